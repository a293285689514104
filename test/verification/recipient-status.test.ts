/** What a person sees of a recipient, and forgets: their own domains only, with an event, in force at once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { createAnswers, formatForgetNotice, parseForgetNotice } from '../../src/verification/answers.ts';
import { createLearned } from '../../src/verification/learned.ts';
import { createPrimaries } from '../../src/verification/primary.ts';
import { createRecipientStatuses } from '../../src/verification/recipient-status.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;
const monotonicMs = () => performance.now();
const mine: Viewer = { tenantId: newId(), isOperator: false };
const other: Viewer = { tenantId: newId(), isOperator: false };
const destinationId = newId();

beforeAll(async () => {
  db = await createTestDatabase();
  await db.sql`insert into tenants (id, name) values (${mine.tenantId}, 'mine'), (${other.tenantId}, 'other')`;
  await db.sql`insert into destinations (id, tenant_id, name, kind) values (${destinationId}, ${mine.tenantId}, 'mine.test', 'RELAY')`;
  await db.sql`insert into domains (id, tenant_id, destination_id, name, status, recipient_count, recipient_delimiter) values
    (${newId()}, ${mine.tenantId}, ${destinationId}, 'mine.test', 'ACTIVE', 1, '+'),
    (${newId()}, ${other.tenantId}, ${destinationId}, 'mine.test', 'PENDING', 0, null)`;
});
afterAll(() => db.close());

test('a standing is shown to its owner and the operator, null to anybody else, a claimant of the name included', async () => {
  const recipient = { destinationId, tenantId: mine.tenantId, localPart: 'alice' };
  const answers = createAnswers({ sql: db.sql, monotonicMs });
  const learned = createLearned({ sql: db.sql, monotonicMs, onLearned: answers.drop });
  const primaries = createPrimaries({ sql: db.sql, monotonicMs });
  await answers.record({ recipient, verdict: 'POSITIVE', isListed: true, reply: '250 2.1.5 Recipient OK' });
  learned.note(destinationId, 'alice@mine.test');
  await learned.flush();
  await primaries.claimTest(destinationId);
  await primaries.recordCatchAll(destinationId);

  const forgotten: unknown[] = [];
  const statuses = createRecipientStatuses({
    sql: db.sql,
    isListed: (_domain, localPart) => localPart === 'Alice+x',
    onForgotten: (one) => void forgotten.push(one),
  });
  for (const viewer of [mine, OPERATOR_VIEWER]) {
    const seen = await statuses.findStatus(viewer, 'Alice+x@MINE.test');
    expect(seen).toMatchObject({
      address: 'alice@mine.test',
      isListed: true,
      answer: 'POSITIVE',
      reply: '250 2.1.5 Recipient OK',
      suspectedAt: null,
      isCatchAll: true,
    });
    expect(seen?.deliveredAt).toBeInstanceOf(Date);
    expect((seen?.expiresAt?.getTime() ?? 0) - (seen?.answeredAt?.getTime() ?? 0)).toBe(7 * 86_400_000);
  }
  expect(await statuses.findStatus(other, 'alice@mine.test')).toBeNull();
  expect(await statuses.findStatus(mine, 'alice@elsewhere.test')).toBeNull();
  expect(await statuses.findStatus(mine, 'no address')).toBeNull();
  expect(await statuses.findStatus(mine, 'nobody@mine.test')).toMatchObject({ isListed: false, answer: null });

  const codes = async (viewer: Viewer, address: string) => {
    const result = await statuses.forgetRecipient(viewer, address);
    return result.kind === 'DONE' ? 'DONE' : result.errors.map(({ path, code }) => `${path.join()} ${code}`);
  };
  expect(await codes(other, 'alice@mine.test')).toEqual(['address NOT_FOUND']);
  expect(await codes(mine, 'alice')).toEqual(['address NOT_AN_ADDRESS']);
  expect(forgotten).toEqual([]);
  expect((await answers.find(recipient)).answer).toBe('POSITIVE');

  expect(await codes(mine, 'alice@mine.test')).toBe('DONE');
  expect(forgotten).toEqual([recipient]);
  answers.drop(recipient);
  expect(await answers.find(recipient)).toMatchObject({ answer: null, suspectedAtMs: null, isDelivered: true });
  expect(await statuses.findStatus(mine, 'alice@mine.test')).toMatchObject({
    answer: null,
    reply: null,
    isCatchAll: null,
  });
  const events = await db.sql`select kind, tenant_id, facts from events`;
  expect([...events]).toEqual([
    {
      kind: 'RECIPIENT_FORGOTTEN',
      tenant_id: mine.tenantId,
      facts: { address: 'alice@mine.test', by: mine.tenantId },
    },
  ]);
});

test('a notice survives any local part, and others are not mistaken for one', () => {
  for (const localPart of ['alice', 'a:b', ':', 'münchen', 'a b']) {
    expect(parseForgetNotice(formatForgetNotice({ destinationId, localPart }))).toEqual({ destinationId, localPart });
  }
  expect(parseForgetNotice('domain:mine.test')).toBeNull();
});

test('forgotten with a recipient is what the primary said of the spelling given', async () => {
  const answers = createAnswers({ sql: db.sql, monotonicMs });
  const at = (localPart: string) => ({ destinationId, tenantId: mine.tenantId, localPart });
  const names = ['list', 'list+owner', 'List+Owner', 'other'];
  for (const name of names) {
    await answers.record({ recipient: at(name), verdict: 'NEGATIVE', isListed: false, reply: '550 5.1.1 no' });
  }
  const forgotten: string[] = [];
  const statuses = createRecipientStatuses({
    sql: db.sql,
    isListed: () => false,
    onForgotten: ({ localPart }) => void forgotten.push(localPart),
  });
  expect(await statuses.forgetRecipient(mine, 'List+Owner@mine.test')).toEqual({ kind: 'DONE' });
  expect(forgotten).toEqual(['list', 'list+owner', 'List+Owner']);
  const fresh = createAnswers({ sql: db.sql, monotonicMs });
  const found = await Promise.all(names.map(async (name) => (await fresh.find(at(name))).answer));
  expect(found).toEqual([null, null, null, 'NEGATIVE']);
});
