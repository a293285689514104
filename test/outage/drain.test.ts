/** How fast a destination drains, as its owner measures, and when what it held has ended. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { recordSuccess } from '../../src/outage/clock.ts';
import { createDrainGauge } from '../../src/outage/drain.ts';
import { listOutages } from '../../src/outage/list.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTransaction, openSpool } from '../helpers/mail.ts';
import { eventsOf, fail, holdFor } from './scene.ts';

const OWNER = { node: 1, epoch: 1 };
let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

async function take(id: string, count: number): Promise<void> {
  await db.sql`
    with gone as (
      delete from messages where id in (select id from messages where destination_id = ${id} order by id limit ${count})
      returning destination_id, tenant_id, size_bytes
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select destination_id, tenant_id, -1, -size_bytes from gone`;
}

async function drainOf(id: string) {
  const page = { limit: 10, from: null, isBackward: false, order: 'NEWEST' as const, filter: {} };
  const { nodes: outages } = await listOutages(db.sql, OPERATOR_VIEWER, page);
  const outage = outages.find(({ destinationId }) => destinationId === id);
  return { drain: outage?.drain ?? null, drainedAt: outage?.drainedAt ?? null };
}

test('the owner measures what is held less; drained is what has waited since before the end', async () => {
  const id = await holdFor(db, 'drain.test', 12);
  await fail(db, id);
  expect((await drainOf(id)).drain).toBeNull();
  await db.sql`update destinations set owner_node = 1, owner_epoch = 1 where id = ${id}`;
  await recordSuccess(db.sql, id);
  const gauge = createDrainGauge({ sql: db.sql, owner: () => OWNER });
  const stranger = createDrainGauge({ sql: db.sql, owner: () => ({ node: 2, epoch: 2 }) });
  expect(await gauge.measure()).toEqual([]);
  await stranger.measure();
  expect((await drainOf(id)).drain).toEqual({ messagesPerSecond: 0, etaAt: null });
  await take(id, 6);
  expect(await gauge.measure()).toEqual([]);
  const { drain } = await drainOf(id);
  expect(drain?.messagesPerSecond).toBeGreaterThan(0);
  expect(drain?.etaAt).toBeInstanceOf(Date);
  // Another node's look measures nothing.
  await take(id, 3);
  await stranger.measure();
  expect((await drainOf(id)).drain?.messagesPerSecond).toBe(drain?.messagesPerSecond ?? -1);
  // A claim stores the next attempt; what is in hand waits all the same.
  await db.sql`
    update messages set next_attempt_at = bmx_now() + interval '15 minutes', claimed_by = 1, claim_epoch = 1, claimed_at = bmx_now()
    where destination_id = ${id}`;
  expect(await gauge.measure()).toEqual([]);
  // The rest was deferred for its own sake.
  await db.sql`update messages set claimed_by = null, claim_epoch = null where destination_id = ${id}`;
  expect(await gauge.measure()).toMatchObject([{ domain: 'drain.test', waitingCount: 3 }]);
  expect(await drainOf(id)).toMatchObject({ drain: null });
  expect((await drainOf(id)).drainedAt).not.toBeNull();
  expect((await eventsOf(db, id)).at(-1)).toBe('OUTAGE_DRAINED');
  expect(await gauge.measure()).toEqual([]);
});

test('what was tried while the clock was ahead waits still, though its next attempt lies behind the end', async () => {
  const id = await holdFor(db, 'ahead.test', 2);
  await db.moveClock('1 minute');
  await fail(db, id);
  // An attempt that met a host in trouble: due at once, by the clock of then.
  await db.sql`
    update messages set claimed_at = bmx_now(), next_attempt_at = bmx_now(), flush_number = 0 where destination_id = ${id}`;
  await db.moveClock('-1 minute');
  await recordSuccess(db.sql, id);
  const gauge = createDrainGauge({ sql: db.sql, owner: () => OWNER });
  expect(await gauge.measure()).toEqual([]);
  expect((await drainOf(id)).drainedAt).toBeNull();
  expect(await eventsOf(db, id)).not.toContain('OUTAGE_DRAINED');
  // What came in after the end has nothing to do with it.
  const spool = openSpool(db.target);
  await spool.accept(makeTransaction({ to: [{ address: 'later@ahead.test', destinationId: id }] }));
  await spool.close();
  await take(id, 2);
  expect(await gauge.measure()).toMatchObject([{ domain: 'ahead.test', waitingCount: 0 }]);
});
