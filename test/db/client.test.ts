/** The pools: what values come out as, what is pinned, what counts as a lost connection. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Client } from 'pg';
import { connect, openDatabase } from '../../src/db/client.ts';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { StartError } from '../../src/db/start-error.ts';
import { parseDatabaseUrl } from '../../src/db/target.ts';
import { createTestDatabase, startPrivateServer, type TestDatabase } from '../helpers/database.ts';

let test_: TestDatabase;

beforeAll(async () => {
  test_ = await createTestDatabase();
});

afterAll(async () => {
  await test_.close();
});

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('values', () => {
  const instant = new Date('2026-03-01T12:00:00.123Z');
  const json = { deep: [1, 'two', null] };

  test('of plain statements', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    const [row] = await test_.sql`
      select ${instant}::timestamptz as at, 9007199254740991::bigint as big, ${bytes}::bytea as bytes,
             ${test_.sql.json(json)}::jsonb as json, array[1, 2]::bigint[] as bigs, ${['a', 'b,"']}::text[] as texts,
             array[${instant}::timestamptz] as instants, current_setting('TimeZone') as zone`;
    expect(row).toEqual({
      at: instant,
      big: Number.MAX_SAFE_INTEGER,
      bytes,
      json,
      bigs: [1, 2],
      texts: ['a', 'b,"'],
      instants: [instant],
      zone: 'UTC',
    });
    const ids = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];
    expect(await test_.sql`select 1 where ${ids[0] ?? ''}::uuid = any(${ids}::uuid[])`).toHaveLength(1);
  });
});

test('sessions have limits and a name; the queue pool has pinned plans', async () => {
  const names = [
    'application_name',
    'statement_timeout',
    'idle_in_transaction_session_timeout',
    'enable_seqscan',
    'enable_hashjoin',
    'enable_mergejoin',
    'plan_cache_mode',
  ];
  const ask = async (sql: TestDatabase['sql']): Promise<unknown> => {
    const rows = await sql<{ name: string; value: string }[]>`
      select name, current_setting(name) as value from unnest(${names}::text[]) as name`;
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  };
  const common = {
    application_name: 'backup-mx',
    statement_timeout: '30s',
    idle_in_transaction_session_timeout: '1min',
  };
  expect(await ask(test_.sql)).toEqual({
    ...common,
    enable_seqscan: 'on',
    enable_hashjoin: 'on',
    enable_mergejoin: 'on',
    plan_cache_mode: 'auto',
  });
  expect(await ask(test_.database.queueSql)).toEqual({
    ...common,
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    plan_cache_mode: 'force_generic_plan',
  });
  const single = connect(test_.target, { max: 1, settings: { statement_timeout: 0 } });
  const limits = { statement_timeout: '0', idle_in_transaction_session_timeout: '1min' };
  expect(await ask(single)).toMatchObject(limits);
  await single.end();
  // What pg-boss gets.
  const client = new Client(test_.database.pgTarget);
  await client.connect();
  const { rows } = await client.query('select name, current_setting(name) as value from unnest($1::text[]) as name', [
    names.slice(1, 3),
  ]);
  await client.end();
  expect(rows).toEqual([
    { name: 'statement_timeout', value: '30s' },
    { name: 'idle_in_transaction_session_timeout', value: '1min' },
  ]);
});

test('pg reaches the same database', async () => {
  const client = new Client(test_.database.pgTarget);
  await client.connect();
  const { rows } = await client.query("select current_database() as name, current_setting('TimeZone') as zone");
  expect(rows).toEqual([{ name: test_.target.database, zone: 'UTC' }]);
  await client.end();
});

describe('a lost connection', () => {
  test('is told from a statement that failed', async () => {
    const { sql } = test_;
    expect(isConnectionLost(await failure(sql`select 1 / 0`))).toBe(false);
    expect(isConnectionLost(await failure(sql`select no_such_column`))).toBe(false);
    expect(isConnectionLost(new Error('anything'))).toBe(false);
    expect(isConnectionLost('a string')).toBe(false);
  });

  test('by the server going away, before, during and between statements, and comes back', async () => {
    const server = await startPrivateServer();
    const client = new Client(server.database.pgTarget);
    client.on('error', () => {});
    await client.connect();
    const underWay = [
      failure(server.sql`select pg_sleep(60)`),
      failure(client.query('select pg_sleep(60)')),
      failure(server.sql.begin(async (transaction) => await transaction`select pg_sleep(60)`)),
    ];
    const watch = connect({ ...server.target, database: 'postgres' }, { max: 1 });
    for (let sleeping = 0; sleeping < 3; ) {
      const [row] = await watch<
        { count: number }[]
      >`select count(*) as count from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`;
      sleeping = row?.count ?? 0;
    }
    await server.kill9();
    for (const error of await Promise.all(underWay)) {
      expect(isConnectionLost(error)).toBe(true);
    }
    expect(isConnectionLost(await failure(server.sql`select 1`))).toBe(true);
    expect(isConnectionLost(await failure(new Client(server.database.pgTarget).connect()))).toBe(true);
    await watch.end({ timeout: 1 });
    await server.restart();
    // A pool waits a moment between attempts.
    let isBack = false;
    while (!isBack) {
      isBack = (await failure(server.sql`select 1`)) === null;
    }
    await server.close();
  });

  test('by refusal or an unknown host', async () => {
    for (const host of ['127.0.0.1', 'no-such-host.invalid', '/no/such/directory']) {
      const database = openDatabase({ host, port: 1, database: 'x', user: 'x' });
      expect(isConnectionLost(await failure(database.sql`select 1`))).toBe(true);
      await database.close();
    }
  });

  test('by an administrator', async () => {
    const victim = connect(test_.target, { max: 1 });
    const [row] = await victim<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const sleeping = failure(victim`select pg_sleep(60)`);
    await test_.sql`select pg_terminate_backend(${row?.pid ?? 0})`;
    expect(isConnectionLost(await sleeping)).toBe(true);
    await victim.end({ timeout: 1 });
  });
});

describe('DATABASE_URL', () => {
  test('is understood', () => {
    expect(parseDatabaseUrl('postgres://us%40er:p%3Aw@db.example:6432/mail?sslmode=require')).toEqual({
      host: 'db.example',
      port: 6432,
      database: 'mail',
      user: 'us@er',
      password: 'p:w',
      ssl: { rejectUnauthorized: false },
    });
    expect(parseDatabaseUrl('postgresql://bmx@[::1]')).toEqual({
      host: '::1',
      port: 5432,
      database: 'bmx',
      user: 'bmx',
      ssl: false,
    });
    expect(parseDatabaseUrl('postgres://bmx@/mail?host=/run/postgresql')).toMatchObject({
      host: '/run/postgresql',
      database: 'mail',
    });
    expect(parseDatabaseUrl('postgres://bmx@db/mail?sslmode=verify-full').ssl).toEqual({ rejectUnauthorized: true });
  });

  test('is refused with one line that does not show the password', () => {
    const bad = [
      'mysql://a:secret@b/c',
      'secret',
      'postgres://a:secret@b:port/c',
      'postgres://b/c',
      'postgres://a:secret@b/c?sslmode=prefer',
      'postgres://a:secret@b/c?pool=5',
      'postgres://a:secret@b/c?sslmode=verify-full&sslrootcert=/no/such/file',
    ];
    for (const url of bad) {
      let message = '';
      try {
        openDatabase({ url });
      } catch (error) {
        expect(error).toBeInstanceOf(StartError);
        message = String(error);
      }
      expect(message).toContain('DATABASE_URL');
      expect(message).not.toContain('secret');
      expect(message).not.toContain('\n');
    }
  });
});
