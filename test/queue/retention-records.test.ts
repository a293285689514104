/** What has ended is told of for 90 days, and for 30 days after its end whenever that was; events, outages, keys by their own. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dropOldEvents } from '../../src/events/record.ts';
import { createIdSource } from '../../src/mail/id.ts';
import { dropOldOutages } from '../../src/outage/lifecycle.ts';
import { dropOldRecords } from '../../src/queue/retention.ts';
import { dropOldKeys } from '../../src/input/idempotency.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

const DAY_MS = 86_400_000;
const TENANT = '00000000-0000-7000-8000-000000000001';

let db: TestDatabase;
let destinationId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  destinationId = await makeDestination(db.sql, 'kept.test');
});
afterAll(async () => {
  await db.close();
});

const idAt = (ageDays: number): string => createIdSource(() => Date.now() - ageDays * DAY_MS)();

async function partitionsOf(parent: string): Promise<string[]> {
  const rows = await db.sql<{ name: string }[]>`
    select relname as name from pg_class where relname ~ ('^' || ${parent} || '_[0-9]{8}$') and relkind = 'r' order by relname`;
  return rows.map(({ name }) => name);
}

async function makeDays(ageDays: number): Promise<void> {
  await db.sql`select make_partitions(current_date - ${ageDays}::integer, current_date - ${ageDays}::integer)`;
}

async function addEnded(acceptedDaysAgo: number, endedDaysAgo: number): Promise<string> {
  const id = idAt(acceptedDaysAgo);
  await db.sql`
    insert into history (id, transaction_id, tenant_id, destination_id, size_bytes, ehlo_name, kind, accepted_at, expires_at, ended_at, recipients)
    values (${id}, ${id}, ${TENANT}, ${destinationId}, 1, '', 'MAIL', now(), now(), now() - make_interval(days => ${endedDaysAgo}), '[]')`;
  return id;
}

async function addAttempt(daysAgo: number): Promise<string> {
  const id = idAt(daysAgo);
  await db.sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
    values (${id}, ${TENANT}, ${destinationId}, ${id}, '{0}', true, '', 'DEFERRED', 1)`;
  return id;
}

const idsIn = async (table: string): Promise<Set<string>> =>
  new Set((await db.sql<{ id: string }[]>`select id from ${db.sql(table)}`).map(({ id }) => id));

test('messages and attempts of 90 days; a week with a message that ended lately stays, in the rest it is only that row', async () => {
  for (const age of [60, 89, 110, 130]) await makeDays(age);
  const kept = [
    await addEnded(1, 1),
    await addEnded(60, 1),
    await addEnded(89, 80),
    // In a week of its own: held by a pause, ended last week.
    await addEnded(130, 7),
    await addEnded(130, 60),
    // Without one.
    await addEnded(160, 7),
  ];
  for (const [accepted, ended] of [
    [110, 60],
    [160, 60],
    [200, 190],
  ] as const) {
    await addEnded(accepted, ended);
  }
  const attempts = [await addAttempt(1), await addAttempt(60), await addAttempt(89)];
  for (const age of [110, 130, 160]) await addAttempt(age);

  const dropped = (await Promise.all([dropOldRecords(db.sql), dropOldRecords(db.sql)])).flat();
  dropped.push(...(await dropOldRecords(db.sql)));
  expect(dropped.filter((name) => name.startsWith('attempts_'))).toHaveLength(2);
  expect(dropped.filter((name) => name.startsWith('history_'))).toHaveLength(1);
  expect(await idsIn('history')).toEqual(new Set(kept));
  expect(await idsIn('attempts')).toEqual(new Set(attempts));

  await db.sql`update history set ended_at = ended_at - interval '30 days'`;
  expect(await dropOldRecords(db.sql)).toHaveLength(1);
  expect(await idsIn('history')).toEqual(new Set(kept.slice(0, 3)));
});

test('events go after 400 days; what is in use waits', async () => {
  const before = await partitionsOf('events');
  await makeDays(399);
  await makeDays(450);
  const hasRead = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const reading = db.sql.begin(async (transaction) => {
    await transaction`select from events limit 1`;
    hasRead.resolve();
    await isOver.promise;
  });
  await hasRead.promise;
  expect(await dropOldEvents(db.sql)).toEqual([]);
  isOver.resolve();
  await reading;
  expect(await dropOldEvents(db.sql)).toHaveLength(1);
  expect(await partitionsOf('events')).toHaveLength(before.length + 1);
});

test('outages that ended 400 days ago and forgotten keys are deleted, open outages never', async () => {
  const ages: [number, number | null][] = [
    [500, 401],
    [500, 399],
    [600, null],
    [10, 9],
  ];
  for (const [began, ended] of ages) {
    await db.sql`
      insert into outages (id, tenant_id, destination_id, started_at, ended_at, class, last_reply)
      values (${idAt(began)}, ${TENANT}, ${destinationId}, now(), now() - make_interval(days => ${ended}), 'DOWN', '')`;
  }
  await dropOldOutages(db.sql);
  const [outages] = await db.sql<{ count: number; open: number }[]>`
    select count(*) as count, count(*) filter (where ended_at is null) as open from outages`;
  expect(outages).toEqual({ count: 3, open: 1 });

  await db.sql`
    insert into idempotency_keys (tenant_id, key, mutation, input_hash, created_at)
    select ${TENANT}, i::text, 'm', '', bmx_now() - make_interval(hours => i) from generate_series(20, 29) i`;
  await dropOldKeys(db.sql, 3);
  await dropOldKeys(db.sql, 100);
  const keys = await db.sql<{ key: string }[]>`select key from idempotency_keys order by key`;
  expect(keys.map(({ key }) => key)).toEqual(['20', '21', '22', '23']);
});

test('what is kept for months is cut into weeks and months, without gap or overlap', async () => {
  const fresh = await createTestDatabase();
  const [bounds] = await fresh.sql<{ first: Date; last: Date }[]>`
    select current_date - 30 as first, current_date + 3 as last`;
  if (bounds === undefined) throw new Error('no day');
  await fresh.sql`select make_partitions(${bounds.first}::date, ${bounds.last}::date)`;
  expect(await fresh.sql`select make_partitions(${bounds.first}::date, ${bounds.last}::date) as made`).toMatchObject([
    { made: 0 },
  ]);
  const counts = await fresh.sql<{ parent: string; parts: number; gaps: number; days: number }[]>`
    select parent, count(*) as parts, count(*) filter (where not is_first and from_id <> after) as gaps,
      round(extract(epoch from max(until) - min(since)) / 86400)::integer as days
    from (
      select parent, from_id, lag(to_id) over w as after, row_number() over w = 1 as is_first,
        to_timestamp(('x' || lpad(left(replace(from_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0) as since,
        to_timestamp(('x' || lpad(left(replace(to_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0) as until
      from unnest(array['attempts', 'contents', 'events']) as parent, partition_bounds(parent::regclass)
      window w as (partition by parent order by from_id)
    ) as parts group by parent order by parent`;
  const [attempts, contents, events] = counts;
  expect(counts.map(({ gaps }) => gaps)).toEqual([0, 0, 0]);
  // Five days are there from the first migrations.
  expect(contents).toMatchObject({ parts: 34, days: 34 });
  expect(attempts?.days).toBeGreaterThanOrEqual(34);
  expect(attempts?.parts).toBeLessThanOrEqual(6 + 5);
  expect(events?.days).toBeGreaterThanOrEqual(34);
  expect(events?.parts).toBeLessThanOrEqual(3 + 5);
  await fresh.close();
});
