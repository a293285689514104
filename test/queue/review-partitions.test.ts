/** Partitions are made and dropped beside a long transaction (a dump, say) without holding up the accepting of mail. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dropEmptyContents, makePartitions } from '../../src/queue/retention.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

async function lastPartition(): Promise<string | undefined> {
  const [row] = await db.sql<{ name: string }[]>`
    select max(relname) as name from pg_class where relname ~ '^contents_[0-9]{8}$' and relkind = 'r'`;
  return row?.name;
}

/** Runs `work` while another session has read the table and its transaction goes on. */
async function besideReader(table: string, work: () => Promise<void>): Promise<void> {
  let end = (): void => undefined;
  const isOver = new Promise<void>((resolve) => {
    end = resolve;
  });
  const hasRead = Promise.withResolvers<void>();
  const reading = db.sql.begin(async (transaction) => {
    await transaction`select from ${transaction(table)} limit 1`;
    hasRead.resolve();
    await isOver;
  });
  await hasRead.promise;
  try {
    await work();
  } finally {
    end();
    await reading;
  }
}

test('a new day waits for a long transaction, mail does not', async () => {
  const destinationId = await makeDestination(db.sql, 'dump.test');
  const spool = openSpool(db.target, { deadlineMs: 4000 });
  const to = [{ address: 'x@dump.test', destinationId }];
  await spool.accept(makeTransaction({ to }));
  const last = await lastPartition();
  await db.sql.unsafe(`drop table ${last}`);
  await besideReader('contents', async () => {
    const making = makePartitions(db.sql);
    await spool.accept(makeTransaction({ to }));
    await making;
    expect(await lastPartition()).not.toBe(last);
  });
  await makePartitions(db.sql);
  expect(await lastPartition()).toBe(last);
  await spool.close();
});

test('an empty day that is being read is dropped another time, the others now', async () => {
  await db.sql`select make_partitions('2020-01-01', '2020-01-03')`;
  await besideReader('contents_20200102', async () => {
    expect(await dropEmptyContents(db.sql)).toEqual(['contents_20200101', 'contents_20200103']);
  });
  expect(await dropEmptyContents(db.sql)).toEqual(['contents_20200102']);
});

test('mail of a day without a partition lies in the rest, and its day is made for the others', async () => {
  const destinationId = await makeDestination(db.sql, 'rest.test');
  const spool = openSpool(db.target);
  const [today] = await db.sql<{ name: string }[]>`
    select 'contents_' || to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD') as name`;
  await db.sql`delete from contents`;
  await db.sql.unsafe(`drop table ${today?.name}`);
  await spool.accept(makeTransaction({ to: [{ address: 'x@rest.test', destinationId }] }));
  await makePartitions(db.sql);
  const [rest] = await db.sql<{ rows: number }[]>`select count(*) as rows from contents_rest`;
  expect(rest?.rows).toBe(1);
  await spool.accept(makeTransaction({ to: [{ address: 'y@rest.test', destinationId }] }));
  expect(await db.sql`select from contents`).toHaveLength(2);
  await spool.close();
});
