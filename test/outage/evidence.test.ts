/** Evidence that an outage keeps, and what changes its class. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { recordConditions } from '../../src/outage/greylisting.ts';
import { recordSuccess } from '../../src/outage/clock.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventsOf, fail, holdFor, refusedAt } from './scene.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

async function read(id: string) {
  const [row] = await db.sql<{ class: string; evidence: { address: string; at: string; reply: string }[] }[]>`
    select class, evidence from outages where destination_id = ${id} and ended_at is null`;
  if (row === undefined) throw new Error('no outage');
  return row;
}

test('the same met again takes the place of the old; no more than ten are kept, the newest last', async () => {
  const id = await holdFor(db, 'evidence.test');
  await fail(db, id, { evidence: [refusedAt('192.0.2.1:25'), refusedAt('192.0.2.2:25')] });
  const [first] = (await read(id)).evidence;
  await db.moveClock('15 minutes');
  await fail(db, id, { evidence: [refusedAt('192.0.2.1:25')] });
  const again = (await read(id)).evidence;
  expect(again.map(({ address }) => address)).toEqual(['192.0.2.2:25', '192.0.2.1:25']);
  expect(Date.parse(again[1]?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(15 * 60_000);
  for (let n = 10; n < 22; n += 1) await fail(db, id, { evidence: [refusedAt(`192.0.2.${n}:25`)] });
  expect((await read(id)).evidence.map(({ address }) => address)).toEqual(
    Array.from({ length: 10 }, (_, n) => `192.0.2.${n + 12}:25`),
  );
});

test('another class is an event, once', async () => {
  const id = await holdFor(db, 'classes.test');
  expect(await fail(db, id)).toMatchObject({ outageClass: 'DOWN', formerClass: null });
  const blocked = { trouble: 'GREETING', reply: '554 5.7.1 no', evidence: [] } as const;
  expect(await fail(db, id, blocked)).toMatchObject({ outageClass: 'BLOCKING', formerClass: 'DOWN' });
  expect(await fail(db, id, blocked)).toMatchObject({ outageClass: 'BLOCKING', formerClass: null });
  expect((await read(id)).class).toBe('BLOCKING');
  expect(await eventsOf(db, id)).toEqual(['OUTAGE_OPENED', 'OUTAGE_RECLASSIFIED']);
});

test('time-outs of a primary known to tarpit are TARPITTING, but not at the first failure', async () => {
  const id = await holdFor(db, 'slow.test');
  const slow = { trouble: 'TIMEOUT', reply: '[timed out waiting for the reply to RCPT]', evidence: [] } as const;
  await recordConditions(db.sql, id, { isGreylisting: false, isTarpitting: true });
  expect(await fail(db, id, slow)).toMatchObject({ outageClass: 'DOWN' });
  await db.moveClock('15 minutes');
  expect(await fail(db, id, slow)).toMatchObject({ outageClass: 'TARPITTING', formerClass: 'DOWN' });
  // One that was never seen to be slow is down.
  const silent = await holdFor(db, 'silent.test');
  await fail(db, silent, slow);
  await db.moveClock('15 minutes');
  expect(await fail(db, silent, slow)).toMatchObject({ outageClass: 'DOWN' });
});

test('the end tells what is held; with nothing held it has drained', async () => {
  const id = await holdFor(db, 'held.test', 3);
  await fail(db, id);
  expect(await recordSuccess(db.sql, id)).toMatchObject({ heldCount: 3, outageClass: 'DOWN' });
  expect((await eventsOf(db, id)).toSorted()).toEqual([
    'BREAKER_TRIAL',
    'OUTAGE_CLOSED',
    'OUTAGE_DRAINING',
    'OUTAGE_OPENED',
  ]);
  const [row] = await db.sql`
    select held_at_end::integer as held, drained_at from outages where destination_id = ${id}`;
  expect(row).toEqual({ held: 3, drained_at: null });
});
