/** Counters: exact whatever piled up, however many fold at once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { foldDeltas } from '../../src/queue/counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

test('many folding at once, in batches, while deltas come, count each delta once', async () => {
  const ids = await Promise.all(['a', 'b', 'c'].map((name) => makeDestination(db.sql, `${name}.count.test`)));
  const append = () => db.sql`
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select d.id, d.tenant_id, 1, 10 from destinations d cross join generate_series(1, 50) where d.id = any(${ids}::uuid[])`;
  await append();
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) await append();
      await foldDeltas(db.sql, 7);
    }),
  );
  await foldDeltas(db.sql, 7);
  const rows = await db.sql<{ held_count: number; held_bytes: number }[]>`
    select held_count, held_bytes from destinations where id = any(${ids}::uuid[])`;
  expect([...rows]).toEqual(Array.from({ length: 3 }, () => ({ held_count: 550, held_bytes: 5500 })));
  expect(await db.sql`select from queue_delta`).toHaveLength(0);
});

test('what piled up while nobody folded is folded batch by batch', async () => {
  const id = await makeDestination(db.sql, 'pile.test');
  await db.sql`
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select d.id, d.tenant_id, 1, 10 from destinations d cross join generate_series(1, 100000) where d.id = ${id}`;
  await foldDeltas(db.database.queueSql);
  const [row] = await db.sql<{ held_count: number }[]>`select held_count from destinations where id = ${id}`;
  expect(row?.held_count).toBe(100_000);
});
