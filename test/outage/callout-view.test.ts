/** Open outages in memory: what is read each second, and what stays while the database is away. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readDestination, recordFailure, recordSuccess } from '../../src/outage/clock.ts';
import { createOpenOutages } from '../../src/outage/callout-view.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;
const nowMs = 1_000_000;
const monotonicMs = () => nowMs;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

async function fail(destinationId: string): Promise<void> {
  const state = await readDestination(db.sql, destinationId);
  await recordFailure(db.sql, { destinationId, begunAt: state?.now ?? '', trouble: 'REFUSED', reply: '[refused]' });
}

test('a reading says which are open and since when; another when they are over', async () => {
  const open = createOpenOutages({ sql: db.sql, monotonicMs });
  const down = await makeDestination(db.sql, 'down.test');
  const well = await makeDestination(db.sql, 'well.test');
  await fail(down);
  await db.moveClock('3 hours');
  expect(open.startedAtMs(down)).toBeNull();
  await open.refresh();
  const sinceMs = open.startedAtMs(down) ?? Number.NaN;
  expect(nowMs - sinceMs).toBeGreaterThanOrEqual(3 * 3_600_000);
  expect(nowMs - sinceMs).toBeLessThan(3 * 3_600_000 + 60_000);
  expect(open.startedAtMs(well)).toBeNull();
  await recordSuccess(db.sql, down);
  await open.refresh();
  expect(open.startedAtMs(down)).toBeNull();
});

test('a reading that fails leaves the last one', async () => {
  let isAway = false;
  const sql = new Proxy(db.sql, {
    apply: (target, self, args) =>
      isAway ? Promise.reject(new Error('away')) : Reflect.apply(target as never, self, args),
  });
  const open = createOpenOutages({ sql, monotonicMs });
  const id = await makeDestination(db.sql, 'away.test');
  await fail(id);
  await open.refresh();
  isAway = true;
  expect(open.refresh()).rejects.toThrow('away');
  expect(open.startedAtMs(id)).not.toBeNull();
});
