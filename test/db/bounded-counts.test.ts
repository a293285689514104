/** Counts within a window on a real database: exact however many ask at once, all or none, and over when the window ends. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { type Bound, dropOldCounts, findFull, type Taken, takePlaces } from '../../src/db/bounded-counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const HOUR_SECONDS = 3600;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await db.sql`delete from bounded_counts`;
});
afterAll(async () => {
  await db.close();
});

function bound(subject: string, most: number, more: Partial<Bound> = {}): Bound {
  return { kind: 'TEST', subject, most, windowSeconds: HOUR_SECONDS, ...more };
}

const take = (...bounds: readonly Bound[]): Promise<Taken> =>
  db.sql.begin((transaction) => takePlaces(transaction, bounds));

async function countOf(subject: string): Promise<number> {
  const [row] = await db.sql<{ count: number }[]>`select count from bounded_counts where subject = ${subject}`;
  return row?.count ?? 0;
}

test('as many as there are places get one, however many ask at once, and in whatever order they name the bounds', async () => {
  const one = bound('one', 7);
  const other = bound('other', 100);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, number) => (number % 2 === 0 ? take(one, other) : take(other, one))),
  );
  expect(answers.filter(({ kind }) => kind === 'TAKEN')).toHaveLength(7);
  expect([await countOf('one'), await countOf('other')]).toEqual([7, 7]);
});

test('none is taken when one is full, and the answer names it with the end of its window', async () => {
  await take(bound('narrow', 1));
  const [{ now } = { now: new Date(0) }] = await db.sql<{ now: Date }[]>`select bmx_now() as now`;
  const narrow = bound('narrow', 1);
  const answer = await take(bound('wide', 9), narrow);
  expect(answer).toMatchObject({ kind: 'FULL', bound: narrow });
  const untilMs = answer.kind === 'FULL' ? answer.until.getTime() - now.getTime() : 0;
  expect(untilMs).toBeLessThanOrEqual(HOUR_SECONDS * 1000);
  expect(untilMs).toBeGreaterThan(HOUR_SECONDS * 1000 - 60_000);
  expect(await countOf('wide')).toBe(0);
  expect(await findFull(db.sql, [bound('wide', 9), narrow])).toMatchObject({ bound: narrow });
  expect(await findFull(db.sql, [bound('wide', 9), bound('narrow', 2)])).toBeNull();
  // Of another kind it is another count.
  expect((await take({ ...narrow, kind: 'OTHER' })).kind).toBe('TAKEN');
});

test('a window that is over begins anew, and is dropped when nothing asks again', async () => {
  for (let count = 0; count < 2; count += 1)
    await take(bound('hourly', 2), bound('daily', 2, { windowSeconds: 86_400 }));
  expect((await take(bound('hourly', 2))).kind).toBe('FULL');
  await db.moveClock('1 hour');
  expect(await findFull(db.sql, [bound('hourly', 2)])).toBeNull();
  await dropOldCounts(db.sql);
  expect([await countOf('hourly'), await countOf('daily')]).toEqual([0, 2]);
  expect((await take(bound('hourly', 2))).kind).toBe('TAKEN');
  expect((await take(bound('daily', 2))).kind).toBe('FULL');
  await db.moveClock('1 day');
  expect((await take(bound('daily', 2))).kind).toBe('TAKEN');
  expect(await countOf('daily')).toBe(1);
});

test('what is being counted is not waited for by who drops old counts: they would lock in another order', async () => {
  await take(bound('a', 2), bound('b', 2));
  await db.moveClock('1 hour');
  let dropped = 'waits';
  await db.sql.begin(async (transaction) => {
    await takePlaces(transaction, [bound('b', 2)]);
    await Promise.race([dropOldCounts(db.sql).then(() => (dropped = 'done')), Bun.sleep(5_000)]);
  });
  expect(dropped).toBe('done');
  expect([await countOf('a'), await countOf('b')]).toEqual([0, 1]);
});

test('a clock that goes back does not lengthen a window', async () => {
  await take(bound('ahead', 1));
  await db.moveClock('-30 days');
  expect(await findFull(db.sql, [bound('ahead', 1)])).toBeNull();
  expect((await take(bound('ahead', 1))).kind).toBe('FULL');
  await db.moveClock('1 hour');
  expect((await take(bound('ahead', 1))).kind).toBe('TAKEN');
  await db.moveClock('30 days');
});

test('what was counted last for the same cause is let through and not counted again', async () => {
  const caused = (cause: string): Bound => bound('signed', 1, { cause });
  expect((await take(caused('a'))).kind).toBe('TAKEN');
  expect((await take(caused('a'))).kind).toBe('TAKEN');
  expect((await take(caused('b'))).kind).toBe('FULL');
  expect((await take(caused('a'))).kind).toBe('TAKEN');
  expect(await countOf('signed')).toBe(1);
});
