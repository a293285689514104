/** What a hand has marked as delivered is not delivered again, whoever comes after it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { claimDue, FIRST_KEY, type Holder, releaseDeadClaims } from '../../src/queue/claim.ts';
import { finalizeLeftovers, finalizeMarked, findMarkers, giveUpMarked } from '../../src/queue/marks.ts';
import { markDelivered, type MessageResult, recordOutcomes } from '../../src/queue/outcome.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const HAND: Holder = { node: 1, epoch: 1 };
const HEIR: Holder = { node: 2, epoch: 2 };

let db: TestDatabase;
let spool: Spool;
let destinationId: string;
let count = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});
beforeEach(async () => {
  count += 1;
  destinationId = await makeDestination(db.sql, `marks-${count}.test`);
});

async function claimBy(holder: Holder): Promise<string[]> {
  const { messages } = await claimDue(db.sql, {
    destinationId,
    holder,
    after: FIRST_KEY,
    limit: 10,
    flushNumber: null,
  });
  return messages.map(({ id }) => id).sort();
}

/** A message to so many recipients in the hand that will be gone. */
async function held(recipientCount = 1): Promise<string> {
  const to = Array.from({ length: recipientCount }, (_, n) => ({
    address: `u${n}@marks-${count}.test`,
    destinationId,
  }));
  const transaction = makeTransaction({ to });
  await spool.accept(transaction);
  return transaction.id;
}

/** The first recipient's message was taken, the second is to be tried again. */
function taken(messageId: string, isPartly = false): MessageResult {
  const record = { host: 'mx.test', address: '192.0.2.1:25', tls: null, isHostLevel: false, latencyMs: 3 };
  const reply = { code: 250, enhancedCode: null, text: 'ok' };
  const later = { code: 451, enhancedCode: null, text: 'later' };
  return {
    messageId,
    outcomes: new Map([
      [0, { kind: 'DELIVERED', reply }],
      ...(isPartly ? ([[1, { kind: 'DEFERRED', reply: later }]] as const) : []),
    ]),
    records: [
      { ...record, reply: '250 ok', outcome: 'DELIVERED', recipientNumbers: [0], offersDsn: true },
      ...(isPartly ? [{ ...record, reply: '451 later', outcome: 'DEFERRED', recipientNumbers: [1] } as const] : []),
    ],
    isHostLevel: false,
  };
}

async function ended(): Promise<{ id: string; state: string; reply: string }[]> {
  return [
    ...(await db.sql<{ id: string; state: string; reply: string }[]>`
      select h.id, r ->> 'state' as state, r ->> 'lastReply' as reply
      from history h cross join jsonb_array_elements(h.recipients) r where h.destination_id = ${destinationId} order by 1`),
  ];
}

async function expire(holder: Holder): Promise<number> {
  return db.sql.begin(async (transaction) => {
    await finalizeMarked(transaction, holder);
    return releaseDeadClaims(transaction, holder);
  });
}

async function markCount(): Promise<number> {
  return (await db.sql`select from delivery_marks where destination_id = ${destinationId}`).length;
}

test('a hand dies behind its mark: what it delivered has ended, the rest is free', async () => {
  const [one, other] = [await held(), await held()];
  await claimBy(HAND);
  const mark = await markDelivered(db.sql, { destinationId, holder: HAND }, [taken(one)]);
  expect(mark).not.toBeNull();
  expect(await findMarkers(db.sql)).toEqual([HAND]);
  expect(await expire(HAND)).toBe(1);
  expect(await ended()).toEqual([{ id: one, state: 'DELIVERED', reply: '250 ok' }]);
  expect(await claimBy(HEIR)).toEqual([other]);
  const [attempt] = await db.sql`select host, reply, outcome from attempts where message_id = ${one}`;
  expect(attempt).toMatchObject({ host: 'mx.test', reply: '250 ok', outcome: 'DELIVERED' });
  expect([await markCount(), await findMarkers(db.sql)]).toEqual([0, []]);
});

test('a dead hand that wakes and settles what was settled for it changes nothing', async () => {
  const one = await held();
  await claimBy(HAND);
  const mark = await markDelivered(db.sql, { destinationId, holder: HAND }, [taken(one)]);
  await expire(HAND);
  const input = { destinationId, holder: HAND, routeGeneration: 1, messageResults: [taken(one)], marks: [mark ?? ''] };
  expect(await recordOutcomes(db.sql, input)).toEqual([]);
  expect(await ended()).toHaveLength(1);
});

test('of a message that was taken for one of two recipients the other is tried again at once', async () => {
  const one = await held(2);
  await claimBy(HAND);
  await markDelivered(db.sql, { destinationId, holder: HAND }, [taken(one, true)]);
  await expire(HAND);
  expect(await claimBy(HEIR)).toEqual([one]);
  const rows = await db.sql`select number, state from recipients where message_id = ${one} order by number`;
  expect([...rows]).toEqual([
    { number: 0, state: 'DELIVERED' },
    { number: 1, state: 'HELD' },
  ]);
});

test('the next visit of the same hand settles what an earlier one left, at its own destination alone', async () => {
  const [one, other] = [await held(), await held()];
  await claimBy(HAND);
  await markDelivered(db.sql, { destinationId, holder: HAND }, [taken(one)]);
  const elsewhere = await makeDestination(db.sql, `elsewhere-${count}.test`);
  await markDelivered(db.sql, { destinationId: elsewhere, holder: HAND }, [taken(newId())]);
  await finalizeLeftovers(db.sql, { destinationId, holder: HAND });
  expect(await ended()).toMatchObject([{ id: one, state: 'DELIVERED' }]);
  expect(await claimBy(HEIR)).toEqual([other]);
  expect(await db.sql`select from delivery_marks where destination_id = ${elsewhere}`).toHaveLength(1);
});

test('settling takes the mark away in the same transaction; one that was given up is tried again', async () => {
  const [one, other] = [await held(), await held()];
  await claimBy(HAND);
  const marked = { destinationId, holder: HAND };
  const mark = (await markDelivered(db.sql, marked, [taken(one)])) ?? '';
  await recordOutcomes(db.sql, { ...marked, routeGeneration: 1, messageResults: [taken(one)], marks: [mark] });
  expect([await markCount(), (await ended()).length]).toEqual([0, 1]);
  const lost = await markDelivered(db.sql, marked, [taken(other)]);
  await giveUpMarked(db.sql, marked, { ids: [other], mark: lost });
  await expire(HAND);
  expect([await markCount(), (await ended()).length]).toEqual([0, 1]);
  await db.moveClock('1 hour');
  expect(await claimBy(HEIR)).toEqual([other]);
});

test('what was put off, and a fire drill, need no mark', async () => {
  const one = await held();
  const marked = { destinationId, holder: HAND };
  const later: MessageResult = { ...taken(one, true), outcomes: new Map(), records: taken(one, true).records.slice(1) };
  expect(await markDelivered(db.sql, marked, [later])).toBeNull();
  expect(await markDelivered(db.sql, marked, [{ ...taken(one), isDrill: true }])).toBeNull();
  expect(await markCount()).toBe(0);
});
