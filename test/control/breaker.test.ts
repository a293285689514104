/** `Domain.breaker`, suspected recipients and the two verbs, over HTTP. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { makeTransaction, openSpool } from '../helpers/mail.ts';
import { carryOutOperations } from '../../src/queue/verbs/operation-steps.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { type Harness, startControl } from './harness.ts';

let control: Harness;
let spool: Spool;
let domainCount = 0;
let name = '';
let destinationId = '';

beforeAll(async () => {
  control = await startControl();
  spool = openSpool(control.database.target);
});
afterAll(async () => {
  await spool.close();
  await control.close();
});
beforeEach(async () => {
  domainCount += 1;
  name = `breaker-${domainCount}.example`;
  await control.ask('mutation ($name: String!) { domainCreate(input: { name: $name }) { domain { id } } }', { name });
  const [row] = await control.database.sql<{ id: string }[]>`select id from destinations where name = ${name}`;
  destinationId = row?.id ?? '';
});

const BREAKER = 'breaker { state since reply trialCount }';
const RELEASE = `mutation ($input: DomainReleaseBreakerInput!) {
  domainReleaseBreaker(input: $input) { domain { name ${BREAKER} } userErrors { code path } } }`;
const BOUNCE = `mutation ($input: DomainBounceHeldInput!) {
  domainBounceHeld(input: $input) { domain { name queue { heldCount } } recipientCount operation { id verb totalCount doneCount state } userErrors { code path message } } }`;

/** A message whose first recipient is suspected; its id. */
async function suspect(): Promise<string> {
  const to = ['a', 'b'].map((localPart) => ({ address: `${localPart}@${name}`, destinationId }));
  const transaction = makeTransaction({ to });
  await spool.accept(transaction);
  await control.database.sql`
    update recipients set suspected_at = bmx_now(), suspected_reply = '550 5.1.1 no such user'
    where message_id = ${transaction.id} and number = 0`;
  return transaction.id;
}

test('a breaker is shown as it stands; released it is closed, and the second time changes nothing', async () => {
  const { sql } = control.database;
  const see = `query ($name: String!) { domain(by: { name: $name }) { ${BREAKER} } }`;
  expect(await control.ask(see, { name })).toEqual({
    domain: { breaker: { state: 'CLOSED', since: null, reply: null, trialCount: 0 } },
  });
  await sql`
    update destinations set breaker = 'TRIAL', breaker_since = bmx_now(), breaker_reply = '550 no', trial_count = 3
    where id = ${destinationId}`;
  const seen = await control.ask<{ domain: { breaker: Record<string, unknown> } }>(see, { name });
  expect(seen.domain.breaker).toMatchObject({ state: 'TRIAL', reply: '550 no', trialCount: 3 });
  expect(typeof seen.domain.breaker['since']).toBe('string');
  for (let n = 0; n < 2; n += 1) {
    const { domainReleaseBreaker: released } = await control.ask<{ domainReleaseBreaker: unknown }>(RELEASE, {
      input: { name },
    });
    expect(released).toMatchObject({ domain: { name, breaker: { state: 'CLOSED' } }, userErrors: [] });
  }
  const events = await sql`select from events where destination_id = ${destinationId} and kind = 'BREAKER_CLOSED'`;
  expect(events).toHaveLength(1);
  expect(await control.ask(RELEASE, { input: { name: 'nobody.example' } })).toMatchObject({
    domainReleaseBreaker: { domain: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
});

test('a suspected recipient says so, since when and for what', async () => {
  const id = await suspect();
  const query = 'query ($id: ID!) { message(id: $id) { recipients { state suspectedAt suspectedReply } } }';
  const { message } = await control.ask<{ message: { recipients: Record<string, unknown>[] } }>(query, { id });
  expect(message.recipients[0]).toMatchObject({ state: 'HELD', suspectedReply: '550 5.1.1 no such user' });
  expect(message.recipients[0]?.['suspectedAt']).toMatch(/^\d{4}-.*Z$/);
  expect(message.recipients[1]).toEqual({ state: 'HELD', suspectedAt: null, suspectedReply: null });
});

test('what is held and suspected is ended, with the reply in the report; the rest stays, another count changes nothing', async () => {
  const { sql } = control.database;
  const id = await suspect();
  await suspect();
  const inHand = await suspect();
  await sql`update messages set claimed_by = 1, claim_epoch = 1 where id = ${inHand}`;
  const wrong = await control.ask(BOUNCE, { input: { name, expectedCount: 7 } });
  expect(wrong).toMatchObject({
    domainBounceHeld: { recipientCount: 3, userErrors: [{ code: 'CONFLICT', path: ['expectedCount'] }] },
  });
  expect(JSON.stringify(wrong)).toContain('3 recipients');
  expect(await sql`select from recipients where destination_id = ${destinationId} and state = 'FAILED'`).toHaveLength(
    0,
  );
  const input = { name, reason: 'they have moved', expectedCount: 3, idempotencyKey: `bounce ${name}` };
  const asked = [await control.ask(BOUNCE, { input }), await control.ask(BOUNCE, { input })];
  for (const answer of asked) {
    expect(answer).toMatchObject({
      domainBounceHeld: {
        domain: { name },
        recipientCount: 3,
        operation: { verb: 'BOUNCE', totalCount: 3, doneCount: 0 },
        userErrors: [],
      },
    });
  }
  await carryOutOperations({ sql, onResults: () => undefined, onRetried: () => undefined });
  expect(await sql`select from operations where state = 'RUNNING' and done_count = 2`).toHaveLength(1);
  const states = await sql<{ state: string; last_reply: string }[]>`
    select state, last_reply from recipients where message_id = ${id} order by number`;
  expect(states.map(({ state }) => state)).toEqual(['FAILED', 'HELD']);
  expect(states[0]?.last_reply).toBe('550 5.1.1 no such user');
  const reports = await sql<{ facts: { recipients: { status: string }[] } }[]>`
    select facts from reports_due where destination_id = ${destinationId}`;
  expect(reports.map(({ facts }) => facts.recipients.map(({ status }) => status))).toEqual([['5.1.1'], ['5.1.1']]);
  const [event] = await sql<{ facts: unknown }[]>`
    select facts from events where destination_id = ${destinationId} and kind = 'DOMAIN_HELD_BOUNCED'`;
  expect(event?.facts).toEqual({ reason: 'they have moved', recipientCount: 3, operationId: expect.any(String) });
  // What was in delivery, and was not delivered, ends when it comes back; what is refused meanwhile does not.
  const later = await suspect();
  await sql`update messages set claimed_by = null, claim_epoch = null where id = ${inHand}`;
  await carryOutOperations({ sql, onResults: () => undefined, onRetried: () => undefined });
  const left = await sql<{ message_id: string }[]>`
    select message_id from recipients where destination_id = ${destinationId} and state = 'HELD' and suspected_at is not null`;
  expect(left.map(({ message_id: messageId }) => messageId)).toEqual([later]);
  expect(
    await sql`select from operations where destination_id = ${destinationId} and state = 'DONE' and done_count = 3`,
  ).toHaveLength(1);
  await sql`update recipients set suspected_at = null, suspected_reply = null where message_id = ${later}`;
  expect(await control.ask(BOUNCE, { input: { name } })).toMatchObject({
    domainBounceHeld: { recipientCount: 0, operation: null, userErrors: [] },
  });
  const again = await control.ask(BOUNCE, { input: { name, expectedCount: -1 } });
  expect(again).toMatchObject({ domainBounceHeld: { domain: null, userErrors: [{ code: 'OUT_OF_RANGE' }] } });
});
