/** Another primary, or another domain of the same name: what the one before refused refuses nobody any more. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Viewer } from '../../../src/mail/viewer.ts';
import { createAnswers } from '../../../src/verification/answers.ts';
import { createLearned } from '../../../src/verification/learned.ts';
import { createPrimaries } from '../../../src/verification/primary.ts';
import type { RelayDomain } from '../../../src/domains/relay-domain.ts';
import { addTenant, domainsOn, OPERATOR } from '../../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { createDomain } from '../../../src/domains/create.ts';
import { updateDomain } from '../../../src/domains/update.ts';
import { deleteDomain } from '../../../src/domains/delete.ts';

let db: TestDatabase;
let tenant: Viewer;
const monotonicMs = () => performance.now();

beforeAll(async () => {
  db = await createTestDatabase();
  tenant = await addTenant(db);
});
afterAll(() => db.close());

async function made(name: string): Promise<RelayDomain> {
  const change = await createDomain(domainsOn(db), OPERATOR, { name, deliverTo: [{ host: 'old.example' }] });
  if (change.kind !== 'DONE') throw new Error(`${name} was not made`);
  return change.domain;
}

/** alice is known, bob is not, carol is delivered to and under suspicion; the primary takes 1000 octets. */
async function teach({ destinationId, tenantId, name }: RelayDomain): Promise<void> {
  const answers = createAnswers({ sql: db.sql, monotonicMs });
  const say = (localPart: string, verdict: 'POSITIVE' | 'NEGATIVE') =>
    answers.record({ recipient: { destinationId, tenantId, localPart }, verdict, isListed: false, reply: 'old words' });
  const learned = createLearned({ sql: db.sql, monotonicMs, onLearned: () => undefined });
  learned.note(destinationId, `carol@${name}`);
  await learned.flush();
  await Promise.all([say('alice', 'POSITIVE'), say('bob', 'NEGATIVE'), say('carol', 'NEGATIVE')]);
  const primaries = createPrimaries({ sql: db.sql, monotonicMs });
  primaries.noteOffer(destinationId, 1000);
  await primaries.flush();
}

async function known({ destinationId }: RelayDomain): Promise<string[]> {
  const rows = await db.sql<{ word: string }[]>`
    select concat_ws(' ', local_part, answer, case when suspected_at is not null then 'suspected' end,
                     case when delivered_at is not null then 'delivered' end, reply) as word
    from recipient_answers where destination_id = ${destinationId}
    union all
    select concat_ws(' ', 'SIZE', size_limit_bytes) from primaries where destination_id = ${destinationId}`;
  return rows.map(({ word }) => word).toSorted();
}

const ALL = ['SIZE 1000', 'alice POSITIVE old words', 'bob NEGATIVE old words', 'carol suspected delivered old words'];

test('a new route takes the refusals and the limits of the old primary along, and nobody else’s', async () => {
  const domains = domainsOn(db);
  const moved = await made('moved.example');
  const other = await made('other.example');
  await teach(moved);
  await teach(other);
  expect(await known(moved)).toEqual(ALL);
  await updateDomain(domains, OPERATOR, { name: moved.name, labels: [{ key: 'a', value: 'b' }] });
  await updateDomain(domains, OPERATOR, { name: moved.name, deliverTo: [{ host: 'old.example' }] });
  expect(await known(moved)).toEqual(ALL);
  await updateDomain(domains, OPERATOR, { name: moved.name, deliverTo: [{ host: 'new.example' }] });
  expect(await known(moved)).toEqual(['alice POSITIVE old words', 'carol delivered']);
  expect(await known(other)).toEqual(ALL);
});

test('what somebody who has merely claimed the name sets forgets nothing', async () => {
  const domains = domainsOn(db);
  const served = await made('claimed.example');
  await teach(served);
  const claim = await createDomain(domains, tenant, { name: served.name });
  expect(claim.kind === 'DONE' && claim.domain.status).toBe('PENDING');
  await updateDomain(domains, tenant, { name: served.name, deliverTo: [{ host: 'theirs.example' }] });
  await deleteDomain(domains, tenant, { name: served.name });
  expect(await known(served)).toEqual(ALL);
});

test('a domain that is added anew begins with nothing known', async () => {
  const before = await made('anew.example');
  await teach(before);
  expect((await deleteDomain(domainsOn(db), OPERATOR, { name: before.name })).kind).toBe('DONE');
  const after = await made('anew.example');
  expect(after.destinationId).toBe(before.destinationId);
  expect(await known(after)).toEqual([]);
});

test('an answer that comes after the route has changed, or the domain has gone, is not kept', async () => {
  const domains = domainsOn(db);
  const domain = await made('late.example');
  const { destinationId, tenantId } = domain;
  const answers = createAnswers({ sql: db.sql, monotonicMs });
  const say = (localPart: string) =>
    answers.record({
      recipient: { destinationId, tenantId, localPart },
      verdict: 'NEGATIVE',
      isListed: false,
      reply: 'no',
      domain,
    });
  expect((await say('first')).answer).toBe('NEGATIVE');
  await updateDomain(domains, OPERATOR, { name: domain.name, deliverTo: [{ host: 'new.example', port: 2525 }] });
  expect((await say('second')).answer).toBeNull();
  await updateDomain(domains, OPERATOR, { name: domain.name, deliverTo: [{ host: 'old.example' }] });
  expect((await say('third')).answer).toBe('NEGATIVE');
  await deleteDomain(domains, OPERATOR, { name: domain.name });
  expect((await say('fourth')).answer).toBeNull();
  expect(await known(domain)).toEqual(['third NEGATIVE no']);
});
