/** Partitions are made and dropped beside a long transaction (a dump, say) without holding up the accepting of mail. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dropOldContents, makePartitions } from '../../src/queue/retention.ts';
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
  const spool = openSpool(db.target, { deadlineMs: 20_000 });
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
    expect(await dropOldContents(db.sql)).toEqual(['contents_20200101', 'contents_20200103']);
  });
  expect(await dropOldContents(db.sql)).toEqual(['contents_20200102']);
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

test('a few stragglers move out of an old day, many keep it', async () => {
  const destinationId = await makeDestination(db.sql, 'straggler.test');
  const [tenant] = await db.sql<{ id: string }[]>`select tenant_id as id from destinations where id = ${destinationId}`;
  await db.sql`select make_partitions('2020-02-01', '2020-02-02')`;
  const fill = (day: string, rows: number) => db.sql`
    insert into contents (message_id, tenant_id, destination_id, content)
    select overlay(uuid_floor((${day}::text || ' 12:00Z')::timestamptz)::text
        placing lpad(to_hex(i), 12, '0') from 25)::uuid, ${tenant?.id ?? ''}, ${destinationId}, convert_to('mail ' || i, 'UTF8')
    from generate_series(1, ${rows}::integer) i`;
  await fill('2020-02-01', 3);
  await fill('2020-02-02', 101);
  expect(await dropOldContents(db.sql)).toEqual(['contents_20200201']);
  const rows = await db.sql<{ place: string; count: number; last: string }[]>`
    select tableoid::regclass::text as place, count(*) as count, max(convert_from(content, 'UTF8')) as last
    from contents where destination_id = ${destinationId} group by tableoid order by place`;
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { place: 'contents_20200202', count: 101, last: 'mail 99' },
    { place: 'contents_rest', count: 3, last: 'mail 3' },
  ]);
});
