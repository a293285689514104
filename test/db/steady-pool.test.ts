/** What is left of postgres.js's trouble with lost connections: nothing that ends the process, nothing that hangs. */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { once } from 'node:events';
import { type AddressInfo, connect as openSocket, createServer } from 'node:net';
import postgres from 'postgres';
import { connect, statementsUnderWay } from '../../src/db/client.ts';
import { type Sql, steadyPool } from '../../src/db/steady-pool.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { COMMANDS, PROJECT, RUNTIMES } from './fixtures/service.ts';

interface LoadResult {
  readonly ending: string;
  /** What each hand that has not ended was about. */
  readonly stuck: string[];
  readonly uncaught: string[];
  readonly strange: string[];
  readonly codes: Record<string, number>;
  readonly sum: number;
  readonly doneCount: number;
}

for (const runtime of RUNTIMES) {
  test(`${runtime}: PostgreSQL is killed three times under load`, async () => {
    const [file = '', ...args] = COMMANDS[runtime];
    const command = join(PROJECT, 'node_modules', file);
    const child = spawn(command, [...args, join(PROJECT, 'test/db/fixtures/load.ts')], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => void (output += String(chunk)));
    const code = await new Promise((done) => child.on('close', done));
    const result = JSON.parse(output) as LoadResult;
    expect(result).toMatchObject({ ending: 'all ended', stuck: [], uncaught: [], strange: [], sum: 0 });
    // The mark of a connection that was left unusable.
    expect(result.codes['CONNECT_TIMEOUT']).toBeUndefined();
    expect(Object.keys(result.codes).length).toBeGreaterThan(0);
    expect(code).toBe(0);
  }, 240_000);
}

test('a transaction whose connection was closed rejects, whatever its work does next', async () => {
  const database = await createTestDatabase();
  const { sql } = database;
  const seen: unknown[] = [];
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const outcome: unknown = await sql
    .begin(async (transaction) => {
      const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`;
      await sql`select pg_terminate_backend(${row?.pid ?? 0})`;
      for (let step = 0; step < 3; step += 1) {
        await transaction`select 1`.catch((error: unknown) => seen.push(error));
      }
      finish();
    })
    .catch((error: unknown) => error);
  expect(isConnectionLost(outcome)).toBe(true);
  await finished;
  expect(seen).toHaveLength(3);
  expect(seen.every(isConnectionLost)).toBe(true);
  expect(await sql`select 1`).toHaveLength(1);
  await database.close();
});

test('a failed statement still rolls back, and a result comes through', async () => {
  const database = await createTestDatabase();
  const { sql } = database;
  await sql`create table t (n int)`;
  const failed: unknown = await sql
    .begin(async (transaction) => {
      await transaction`insert into t values (1)`;
      await transaction`select 1 / 0`;
    })
    .catch((error: unknown) => error);
  expect(String(failed)).toContain('division by zero');
  expect(
    await sql.begin('isolation level serializable', (transaction) => [transaction`select count(*) as n from t`]),
  ).toMatchObject([[{ n: 0 }]]);
  await database.close();
});

test('another connection of a retired pool ends its work', async () => {
  const database = await createTestDatabase();
  const { sql } = database;
  const slow = sql`select pg_sleep(0.5), 'done' as word`;
  const working = slow.then((rows) => rows[0]?.['word'] as unknown);
  const victim = sql`select pg_sleep(60)`.catch((error: unknown) => error);
  for (let count = 0; count < 1; ) {
    const ended = await database.database.queueSql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query = 'select pg_sleep(60)'`;
    count = ended.length;
  }
  expect(isConnectionLost(await victim)).toBe(true);
  expect(await sql`select 1`).toHaveLength(1);
  expect(await working).toBe('done');
  await database.close();
});

test('a lost connection of one transaction touches no other, and no connection of a retired pool stays', async () => {
  const database = await createTestDatabase();
  const applicationName = 'retiring';
  const sql = connect(database.target, { max: 2, applicationName });
  const backends = async (): Promise<number[]> => {
    const rows = await database.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where application_name = ${applicationName} order by pid`;
    return rows.map(({ pid }) => pid);
  };
  await Promise.all([sql`select pg_sleep(0.05)`, sql`select pg_sleep(0.05)`]);
  const [retiring = 0] = await backends();
  let victim = 0;
  const begun = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 30 }, (_value, at) =>
    outcome(
      sql.begin(async (transaction) => {
        const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid, pg_sleep(0.02)`;
        if (at !== 1) return;
        victim = row?.pid ?? 0;
        begun.resolve();
        await transaction`select pg_sleep(60)`;
      }),
    ),
  );
  await begun.promise;
  await database.sql`select pg_terminate_backend(pid) from unnest(${[victim, retiring]}::integer[]) as pid`;
  expect(await Promise.all(waiting)).toEqual(Array.from(waiting, (_value, at) => (at === 1 ? 'lost' : 'fulfilled')));

  // One for statements, after the other was retired with its pool, and the two for transactions.
  const [own] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  while ((await backends()).length > 3) await database.sql`select pg_sleep(0.05)`;
  expect(await backends()).toContain(own?.pid ?? 0);
  expect(await sql`select 1`).toHaveLength(1);
  await sql.end({ timeout: 5 });
  // A backend ends a moment after its connection.
  while ((await backends()).length > 0) await database.sql`select pg_sleep(0.05)`;
  await database.close();
}, 30_000);

test('a statement of a transaction that has ended, or lost its connection, is never written', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.target, { max: 2 });
  await sql`create table late (word text)`;
  // Made in the transaction, started after it: on that connection it would be another's, or its own transaction.
  let startLate = async (): Promise<unknown> => 'not made';
  const end = async (how: string, before: (pid: number) => Promise<unknown>) => {
    const ended = outcome(
      sql.begin(async (transaction) => {
        const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`;
        const late = transaction`insert into late values (${how})`;
        startLate = () => outcome(late);
        await before(row?.pid ?? 0);
      }),
    );
    const other = await ended;
    // Another transaction has the connection by now, or a new one.
    const next = await outcome(
      sql.begin(async (transaction) => {
        await transaction`select 1`;
        return startLate();
      }),
    );
    return [other, next];
  };
  expect(await end('after the end', async () => null)).toEqual(['fulfilled', 'fulfilled']);
  const lost = await end('after the loss', async (pid) => {
    await database.sql`select pg_terminate_backend(${pid})`;
    while ((await database.sql`select from pg_stat_activity where pid = ${pid}`).length > 0) continue;
  });
  expect(lost).toEqual(['lost', 'fulfilled']);
  expect(await startLate()).toBe('lost');
  expect(await sql`select word from late`).toEqual([] as never);
  await sql.end({ timeout: 5 });
  await database.close();
}, 30_000);

const INT8 = { to: 20, from: [20], serialize: String, parse: Number };

async function outcome(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'fulfilled',
    (error: unknown) => (isConnectionLost(error) ? 'lost' : error),
  );
}

test('a connection that fails and never closes leaves nothing open', async () => {
  const database = await createTestDatabase();
  const { host, port, user, database: name } = database.target;
  let fail = (): void => {};
  const socket = async (): Promise<unknown> => {
    const opened = openSocket(`${host}/.s.PGSQL.${port}`);
    await once(opened, 'connect');
    const emit = opened.emit.bind(opened);
    opened.emit = (event: string, ...args: unknown[]) => event !== 'close' && emit(event, ...args);
    fail = () => void emit('error', Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    return opened;
  };
  const options = { socket, host, port, user, database: name, fetch_types: false };
  const sql = steadyPool((onclose, max): Sql => postgres({ ...options, max, types: { bigint: INT8 }, onclose }), {
    max: 1,
    connectMs: 15_000,
  });
  let begin = (): void => {};
  const isBegun = new Promise<void>((resolve) => (begin = resolve));
  const transaction = outcome(
    sql.begin(async (inner) => {
      await inner`select 1`;
      begin();
      await inner`select pg_sleep(60)`.catch(() => {});
      await inner`select 2`;
    }),
  );
  await isBegun;
  const waiting = [outcome(sql`select 1`), outcome(sql.begin(() => []))];
  await new Promise((resolve) => setImmediate(resolve));
  fail();
  expect(await outcome(sql`select 1`)).toBe('fulfilled');
  expect(await Promise.all([transaction, ...waiting])).toEqual(['lost', 'lost', 'lost']);
  await sql.end({ timeout: 0 });
  await database.close();
}, 30_000);

test('a peer that accepts connections and closes them again does not hold statements for ever', async () => {
  const peer = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end())).listen(
    0,
    '127.0.0.1',
  );
  await once(peer, 'listening');
  const { port } = peer.address() as AddressInfo;
  const options = { host: '127.0.0.1', port, user: 'someone', database: 'something', fetch_types: false };
  const sql = steadyPool((onclose, max): Sql => postgres({ ...options, max, types: { bigint: INT8 }, onclose }), {
    max: 1,
    connectMs: 200,
  });
  const waiting = [outcome(sql`select 1`), outcome(sql.begin(() => [])), outcome(sql.unsafe('select 1'))];
  expect(await Promise.all(waiting)).toEqual(['lost', 'lost', 'lost']);
  await sql.end({ timeout: 0 });
  peer.close();
}, 30_000);

test('a transaction that begins behind many statements has its connection for itself', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.target, { max: 2 });
  await sql`create table counted (number integer)`;
  const sleepBoth = () => [sql`select pg_sleep(0.1)`.execute(), sql`select pg_sleep(0.1)`.execute()];
  await Promise.all(sleepBoth());
  // With these the driver has written as far ahead as it does, less one statement on each of the two connections.
  const slow = sleepBoth();
  const ahead = Array.from({ length: 198 }, () => sql`insert into counted values (1)`.execute());
  const begun = [1, 2].map(() => sql.begin(async (transaction) => transaction`insert into counted values (2)`));
  await Promise.all([...slow, ...ahead, ...begun]);
  const left = await database.sql`
    select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
  expect(left).toHaveLength(0);
  expect(await database.sql`select from counted`).toHaveLength(200);
  await sql.end();
  await database.close();
});

test('what is under way is counted until it has ended', async () => {
  const database = await createTestDatabase();
  const { sql } = database.database;
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const transaction = sql.begin(async (inner) => {
    await inner`select 1`;
    begun.resolve();
    await release.promise;
  });
  expect(statementsUnderWay(sql)).toBe(1);
  // The statement inside counts as well while it runs.
  await begun.promise;
  const failure = await sql`select 1 / 0`.then(
    () => null,
    (error: unknown) => String(error),
  );
  expect(failure).toContain('division by zero');
  expect(statementsUnderWay(sql)).toBe(1);
  release.resolve();
  await transaction;
  expect(statementsUnderWay(sql)).toBe(0);
  await database.close();
});
