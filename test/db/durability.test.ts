/** DATABASE_URL servers: the oldest supported PostgreSQL as the system has it, and settings that are refused. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, openDatabase } from '../../src/db/client.ts';
import { checkServer } from '../../src/db/durability.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase, makeTempDir } from '../helpers/database.ts';

const BIN = '/usr/lib/postgresql/15/bin';
const isThere = existsSync(join(BIN, 'postgres'));

if (!isThere) {
  console.log(`SKIPPED: no PostgreSQL 15 in ${BIN}, so DATABASE_URL is tested with the embedded server only`);
}

test('the embedded server is trusted', async () => {
  const embedded = await createTestDatabase();
  expect(await checkServer(embedded.sql)).toEqual({ kind: 'OK', version: '18.4' });
  await embedded.close();
});

test('synchronous_commit off for our role is seen', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.target, { max: 1, settings: { synchronous_commit: 'off' } });
  const check = await checkServer(sql);
  expect(check).toMatchObject({ kind: 'REFUSED' });
  await sql.end();
  await database.close();
});

describe.skipIf(!isThere)('PostgreSQL 15', () => {
  const directory = makeTempDir();
  const folder = join(directory, 'pg');
  const isRoot = process.getuid?.() === 0;
  const asPostgres = (...command: string[]): [string, string[]] =>
    isRoot
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', ...command]]
      : [command[0] ?? '', command.slice(1)];
  const target = { host: directory, port: 5432, database: 'postgres', user: 'bmx' };
  const url = `postgres://bmx@localhost/postgres?host=${directory}`;
  let server: ChildProcess | null = null;

  const start = async (...settings: string[]): Promise<void> => {
    const child = spawn(
      ...asPostgres(`${BIN}/postgres`, '-D', folder, '-k', directory, '-c', 'listen_addresses=', ...settings),
      {
        stdio: 'ignore',
      },
    );
    server = child;
    for (let isUp = false; !isUp; await sleep(20)) {
      const sql = connect(target, { max: 1 });
      isUp = await sql`select 1`.then(
        () => true,
        () => false,
      );
      await sql.end({ timeout: 1 });
    }
  };
  const stop = async (): Promise<void> => {
    const child = server;
    if (child !== null) {
      const exited = new Promise((done) => child.on('exit', done));
      child.kill('SIGINT');
      await exited;
    }
    server = null;
  };

  beforeAll(() => {
    if (isRoot) {
      execFileSync('chown', ['postgres', directory]);
    }
    execFileSync(...asPostgres(`${BIN}/initdb`, '-D', folder, '-U', 'bmx', '--auth=trust', '--no-sync'), {
      stdio: 'ignore',
    });
  });
  afterAll(stop);

  test('is enough, with our whole schema, by URL', async () => {
    await start();
    const database = openDatabase({ url });
    const check = await checkServer(database.sql);
    expect(check.kind === 'OK' && check.version).toStartWith('15.');
    expect((await migrate({ url })).kind).toBe('READY');
    await database.close();
    await stop();
  });

  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    test(`with ${setting} off is refused with one line`, async () => {
      await start('-c', `${setting}=off`);
      const database = openDatabase({ url });
      expect(await checkServer(database.sql)).toEqual({
        kind: 'REFUSED',
        line: `DATABASE_URL: the server has ${setting} = off and could lose mail that was accepted: set it to on`,
      });
      await database.close();
      await stop();
    });
  }
});
