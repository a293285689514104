/** Which dead primaries are checked between two attempts, and what an answer brings. */
import { afterAll, beforeEach, expect, test } from 'bun:test';
import { readDestination } from '../../src/outage/clock.ts';
import { advanceAttempt, advanceNeighbours, takeChecks } from '../../src/outage/checks.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';
import { fail, holdFor, refusedAt } from './scene.ts';

let db: TestDatabase;
let count = 0;

beforeEach(async () => {
  await db?.close();
  db = await createTestDatabase();
});
afterAll(() => db.close());

const taken = async (limit = 10) => (await takeChecks(db.sql, limit)).map(({ name }) => name).toSorted();

async function failing(more: Parameters<typeof fail>[2] = {}): Promise<{ id: string; name: string }> {
  count += 1;
  const name = `c${count}.test`;
  const id = await holdFor(db, name);
  await fail(db, id, more);
  return { id, name };
}

test('once a minute, a minute behind the attempt, until the first day is over', async () => {
  const { name } = await failing();
  expect(await taken()).toEqual([]);
  await db.moveClock('61 seconds');
  expect(await taken()).toEqual([name]);
  expect(await taken()).toEqual([]);
  await db.moveClock('61 seconds');
  expect(await taken()).toEqual([name]);
  await db.moveClock('24 hours');
  expect(await taken()).toEqual([]);
});

test('never where a greeting is no news, nothing can be dialled, or nothing is wanted', async () => {
  await failing({ trouble: 'DNS', reply: '[DNS: SERVFAIL]', evidence: [] });
  const blocked = {
    ...refusedAt('192.0.2.1:25'),
    trouble: 'GREETING',
    reply: '550 5.7.1 no',
    isGreeted: true,
  } as const;
  await failing({ trouble: 'GREETING', reply: '550 5.7.1 no', evidence: [blocked] });
  const paused = await failing();
  const owned = await failing();
  const broken = await failing();
  const empty = await makeDestination(db.sql, 'empty.test');
  await fail(db, empty);
  await db.sql`update destinations set is_paused = true where id = ${paused.id}`;
  await db.sql`update destinations set owner_node = 1, owner_epoch = 1 where id = ${owned.id}`;
  await db.sql`update destinations set breaker = 'OPEN' where id = ${broken.id}`;
  await db.moveClock('2 minutes');
  expect(await taken()).toEqual([]);
});

test('as many as are asked for, those that waited longest first', async () => {
  const first = await failing();
  const second = await failing();
  await db.moveClock('90 seconds');
  expect(await taken(1)).toEqual([first.name]);
  expect(await taken(1)).toEqual([second.name]);
});

test('an answer makes the attempt due, and one that fails ends the checks of its interval', async () => {
  const { id, name } = await failing();
  await db.moveClock('61 seconds');
  expect(await taken()).toEqual([name]);
  expect(await advanceAttempt(db.sql, id)).toBe(true);
  expect(await readDestination(db.sql, id)).toMatchObject({ isDue: true });
  expect(await advanceAttempt(db.sql, id)).toBe(false);
  await fail(db, id);
  await db.moveClock('61 seconds');
  expect(await taken()).toEqual([]);
  // The grid has not moved; behind its next slot checks go on.
  await db.moveClock('13 minutes');
  expect(await readDestination(db.sql, id)).toMatchObject({ isDue: true });
  await fail(db, id);
  await db.moveClock('61 seconds');
  expect(await taken()).toEqual([name]);
});

test('a host that is back makes attempts of its other domains due, some at a time', async () => {
  const there = { evidence: [refusedAt('192.0.2.9:25')] };
  const neighbours = [await failing(there), await failing(there), await failing(there)];
  await failing();
  await db.moveClock('61 seconds');
  const advanced = await advanceNeighbours(db.sql, ['192.0.2.9:25'], 2);
  expect(advanced).toHaveLength(2);
  const rest = await advanceNeighbours(db.sql, ['192.0.2.9:25'], 2);
  expect([...advanced, ...rest].toSorted()).toEqual(neighbours.map(({ id }) => id).toSorted());
  expect(await advanceNeighbours(db.sql, ['192.0.2.9:25'], 2)).toEqual([]);
});
