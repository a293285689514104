/** A transaction that is left open keeps vacuum back: it is found, measured and warned of once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from '../../src/db/client.ts';
import { findOldestSnapshot, watchSnapshots } from '../../src/db/oldest-snapshot.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

test('the dump that began first is the one, by name, while it lasts', async () => {
  expect(await findOldestSnapshot(db.sql)).toBeNull();
  const dump = connect(db.target, { max: 1, applicationName: 'pg_dump' });
  const hasBegun = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const dumping = dump.begin('isolation level repeatable read', async (transaction) => {
    await transaction`select from destinations`;
    hasBegun.resolve();
    await isOver.promise;
  });
  await hasBegun.promise;
  const first = await findOldestSnapshot(db.sql);
  expect(first?.holder).toMatch(/^application pg_dump of role .+, process \d+$/);
  expect(first?.ageMs).toBeGreaterThan(0);
  const again = await findOldestSnapshot(db.sql);
  expect(again?.id).toBe(first?.id ?? '');
  expect(again?.ageMs).toBeGreaterThan(first?.ageMs ?? Infinity);

  const warnings: string[] = [];
  const log = { warning: ({ message }: { message: string }) => void warnings.push(message) };
  await watchSnapshots(db.sql, log)();
  expect(warnings).toEqual([]);
  const watch = watchSnapshots(db.sql, log, 0);
  await watch();
  await watch();
  expect(warnings).toEqual([expect.stringMatching(/open for 0 minutes \(application pg_dump .*tables grow$/)]);

  isOver.resolve();
  await dumping;
  expect(await findOldestSnapshot(db.sql)).toBeNull();
  await dump.end();
});
