/** What is left of postgres.js's trouble with lost connections: nothing that ends the process, nothing that hangs. */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { COMMANDS, PROJECT, RUNTIMES } from './fixtures/service.ts';

interface LoadResult {
  readonly ending: string;
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
    expect(result).toMatchObject({ ending: 'all ended', uncaught: [], strange: [], sum: 0 });
    // The mark of a connection that was left unusable.
    expect(result.codes['CONNECT_TIMEOUT']).toBeUndefined();
    expect(Object.keys(result.codes).length).toBeGreaterThan(0);
    expect(code).toBe(0);
  });
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
      select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)'`;
    count = ended.length;
  }
  expect(isConnectionLost(await victim)).toBe(true);
  expect(await sql`select 1`).toHaveLength(1);
  expect(await working).toBe('done');
  await database.close();
});
