/** One server in one folder: what it is started with, what it does when it, or what is left of it, misbehaves. */
import { afterAll, describe, expect, test } from 'bun:test';
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Sql } from '../../src/db/client.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { waitForExit } from '../../src/embedded-postgres/launch.ts';
import { hasWatchdog, WATCHDOG_NAME } from '../../src/embedded-postgres/processes.ts';
import { makeTempDir } from '../helpers/database.ts';
import { startService } from '../db/fixtures/service.ts';
import { makePreparedDir } from './prepared-folder.ts';

const notes: string[] = [];
const log = { info: (text: string) => void notes.push(text), warn: (text: string) => void notes.push(text) };
const running = new Set<EmbeddedDatabase>();

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ dataDir, log, ...options, host: { memoryBytes: 2 ** 30, ...options.host } });
  running.add(database);
  return database;
}

async function stop(database: EmbeddedDatabase): Promise<void> {
  running.delete(database);
  await database.stop();
}

afterAll(async () => {
  await Promise.all([...running].map(async (database) => await database.stop()));
});

async function query<T>(database: EmbeddedDatabase, ask: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(database.connection, { max: 1 });
  try {
    return await ask(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function settings(database: EmbeddedDatabase): Promise<Record<string, string>> {
  const rows = await query(
    database,
    async (sql) => await sql<{ name: string; setting: string }[]>`select name, setting from pg_settings`,
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

function watchdogOf(pid: number): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (existsSync(`/proc/${name}/cmdline`)) {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (line[line.indexOf(WATCHDOG_NAME) + 1] === String(pid) && line.includes(WATCHDOG_NAME)) {
        return Number(name);
      }
    }
  }
  return 0;
}

test('a fresh server is durable, UTF-8, reached over a private socket only, and names its folder', async () => {
  const dataDir = makeTempDir();
  const database = await start(dataDir, { host: { memoryBytes: 8 * 2 ** 30 } });
  expect(await settings(database)).toMatchObject({
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    data_checksums: 'on',
    server_encoding: 'UTF8',
    listen_addresses: '',
    shared_buffers: String((512 * 1024) / 8),
    wal_buffers: String((64 * 1024) / 8),
    max_wal_size: '4096',
    TimeZone: 'UTC',
    data_directory: join(dataDir, 'postgres'),
  });
  const [row] = await query(
    database,
    async (sql) => await sql`select datcollate from pg_database where datname = 'backup_mx'`,
  );
  expect(row?.['datcollate']).toBe('C.UTF-8');
  const pid = database.postmasterPid();
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  expect(line.slice(1, 3)).toEqual(['-D', join(dataDir, 'postgres')]);
  const socketDir = statSync(database.connection.host);
  expect(socketDir.mode & 0o777).toBe(0o700);
  expect(socketDir.uid).toBe(statSync(join(dataDir, 'postgres')).uid);
  expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
  const refused = await new Promise((done) => {
    createConnection(database.connection.port, '127.0.0.1').on('error', done).on('connect', done);
  });
  expect(refused).toBeInstanceOf(Error);
  expect(await database.freeBytes()).toBeGreaterThan(0);
  await stop(database);
  expect(existsSync(database.connection.host)).toBe(false);
  expect(readdirSync(dataDir)).toEqual(['postgres']);
});

test('a relative DATA_DIR is absolute on the command line', async () => {
  const dataDir = await makePreparedDir();
  const database = await start(join('..', '..', '..', '..', '..', '..', '..', dataDir));
  expect(readFileSync(`/proc/${database.postmasterPid()}/cmdline`, 'utf8')).toContain(`${dataDir}/postgres`);
  await stop(database);
});

test('a small machine gets small buffers', async () => {
  const database = await start(await makePreparedDir(), { host: { memoryBytes: 512 * 2 ** 20 } });
  expect(await settings(database)).toMatchObject({
    shared_buffers: String((64 * 1024) / 8),
    wal_buffers: String((16 * 1024) / 8),
  });
  await stop(database);
});

describe('a folder in use', () => {
  test('by a running service is refused, and that service goes on', async () => {
    const dataDir = await makePreparedDir();
    const service = startService({ dataDir });
    const pid = (await service.until('ready'))?.pid ?? 0;
    const before = readdirSync(dataDir);
    const error: unknown = await start(dataDir).catch((reason: unknown) => reason);
    expect(String(error)).toContain(`${dataDir} is in use by the service with process id ${service.process.pid}`);
    expect(readdirSync(dataDir)).toEqual(before);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
    service.process.stdin.end();
    expect(await service.exited).toBe(0);
    await stop(await start(dataDir));
  });

  test('by this very process is refused, and of two starts at once one gets it', async () => {
    const dataDir = makeTempDir();
    const outcomes = await Promise.allSettled([start(dataDir), start(dataDir)]);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']));
    await Promise.all([...running].map(stop));
  });

  test('by two processes started at once: one gets it, one says so', async () => {
    const dataDir = makeTempDir();
    const services = [startService({ dataDir }), startService({ dataDir })];
    const ends = await Promise.all(
      services.map(async (service) => await Promise.race([service.until('ready'), service.until('failed')])),
    );
    const lines = ends.map((line, index) => line ?? services[index]?.lines.at(-1));
    expect(new Set(lines.map((line) => line?.event))).toEqual(new Set(['failed', 'ready']));
    for (const service of services) {
      service.process.stdin.end();
      await service.exited;
    }
  });
});

describe('a server that outlived its service', () => {
  async function orphan(dataDir: string): Promise<number> {
    const service = startService({ dataDir });
    const pid = (await service.until('ready'))?.pid ?? 0;
    process.kill(watchdogOf(pid), 'SIGKILL');
    service.process.kill('SIGKILL');
    await service.exited;
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
    return pid;
  }

  test('is used as it is, and stopped with the new service', async () => {
    const dataDir = await makePreparedDir();
    const pid = await orphan(dataDir);
    const database = await start(dataDir);
    expect(database.postmasterPid()).toBe(pid);
    while (!(await hasWatchdog(pid))) {
      await sleep(5);
    }
    expect(await query(database, async (sql) => await sql`select 1`)).toHaveLength(1);
    await stop(database);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  test('has a watchdog again: it goes when the new service is killed', async () => {
    const dataDir = await makePreparedDir();
    const pid = await orphan(dataDir);
    const service = startService({ dataDir });
    expect((await service.until('ready'))?.pid).toBe(pid);
    service.process.kill('SIGKILL');
    await waitForExit(pid);
  });

  test('leaves nothing in the temp directory, even if both are killed', async () => {
    const service = startService({ dataDir: await makePreparedDir() });
    const { pid = 0, host = '' } = (await service.until('ready')) ?? {};
    process.kill(pid, 'SIGKILL');
    service.process.kill('SIGKILL');
    while (existsSync(host)) {
      await sleep(20);
    }
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  test('is started again at the same address when it dies', async () => {
    const dataDir = await makePreparedDir();
    const pid = await orphan(dataDir);
    const database = await start(dataDir, { isRelaunched: false });
    process.kill(pid, 'SIGKILL');
    await waitForExit(pid);
    await database.relaunch();
    expect(database.postmasterPid()).not.toBe(pid);
    expect(await query(database, async (sql) => await sql`select 1`)).toHaveLength(1);
    await stop(database);
  });
});

test('a server that dies is started again at the same address', async () => {
  const database = await start(await makePreparedDir());
  await query(database, async (sql) => await sql`create table kept (n int)`);
  const pid = database.postmasterPid();
  process.kill(pid, 'SIGKILL');
  while (database.postmasterPid() === pid) {
    await sleep(20);
  }
  expect(notes).toContain('the embedded PostgreSQL died, starting it again');
  expect(await query(database, async (sql) => await sql`select * from kept`)).toHaveLength(0);
  await stop(database);
});

describe('remains of a dead server', () => {
  /** Starts over the remains, is asked, and stops. */
  async function works(dataDir: string): Promise<void> {
    const database = await start(dataDir);
    expect(await query(database, async (sql) => await sql`select 1`)).toHaveLength(1);
    await stop(database);
  }

  test('a postmaster.pid whose number another process has now', async () => {
    const dataDir = await makePreparedDir();
    writeFileSync(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${process.pid}\n${dataDir}/postgres\n1\n5432\n/tmp/x\n\n`,
    );
    await works(dataDir);
  });

  test('a zombie that nobody reaps', async () => {
    const dataDir = await makePreparedDir();
    // The shell starts a child, which outlives it, and becomes something that never waits for it.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const zombie = Number(await new Promise((done) => parent.stdout.once('data', done)));
    while (!readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z ')) {
      await sleep(5);
    }
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `${zombie}\n${dataDir}/postgres\n1\n5432\n/tmp/x\n\n`);
    await works(dataDir);
    parent.kill();
  });

  test('an empty postmaster.pid', async () => {
    const dataDir = await makePreparedDir();
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), '');
    await works(dataDir);
  });

  // The folder's lock shows a process of the dead server first; without flock on the machine its shared memory does.
  for (const hasFlock of [true, false]) {
    const what = hasFlock ? "the folder's lock" : 'the shared memory';
    test(`a process of it that still holds ${what} is waited for`, async () => {
      const dataDir = await makePreparedDir();
      const tools = mkdtempSync(join(tmpdir(), 'bmx-test-tools-'));
      for (const tool of ['rm', 'rmdir', 'sleep']) {
        symlinkSync(
          spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(),
          join(tools, tool),
        );
      }
      spawnSync('chmod', ['755', tools]);
      const PATH = hasFlock ? (process.env['PATH'] ?? '') : tools;
      const first = await start(dataDir, { isRelaunched: false, host: { env: { PATH, LC_ALL: 'C' } } });
      const sql = connect(first.connection, { max: 1 });
      const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
      const pid = first.postmasterPid();
      const backendPid = backend?.pid ?? 0;
      process.kill(backendPid, 'SIGSTOP');
      process.kill(pid, 'SIGKILL');
      await waitForExit(pid);
      notes.length = 0;
      const relaunched = first.relaunch();
      while (!notes.some((note) => note.startsWith("waiting for the last server's remains"))) {
        await sleep(10);
      }
      expect(notes.join()).toContain(hasFlock ? 'holds the folder' : 'shared memory block');
      process.kill(backendPid, 'SIGCONT');
      await relaunched;
      await sql.end({ timeout: 1 });
      await stop(first);
      spawnSync('rm', ['-r', tools]);
    });
  }

  test('an initdb that was cut off', async () => {
    const dataDir = makeTempDir();
    mkdirSync(join(dataDir, 'postgres.unfinished', 'base'), { recursive: true });
    await stop(await start(dataDir));
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });
});
