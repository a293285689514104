/** A server that was left behind and neither serves nor ends: the next start says so, ends it, and finds what was committed. */
import { afterEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from '../../src/db/client.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import {
  allPids,
  childrenOf,
  commandLine,
  findServer,
  startTicks,
  WATCHDOG_NAME,
} from '../../src/embedded-postgres/processes.ts';
import { until } from '../helpers/child.ts';
import { startService } from '../db/fixtures/service.ts';
import { makePreparedDir } from './prepared-folder.ts';

const PATIENCE_MS = 500;

const notes: string[] = [];
const log = { info: (text: string) => void notes.push(text), warn: (text: string) => void notes.push(text) };
const leftovers: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of leftovers.splice(0).toReversed()) await end();
  notes.length = 0;
});

async function start(dataDir: string, host: EmbeddedOptions['host'] = {}): Promise<EmbeddedDatabase> {
  const options = { memoryBytes: 2 ** 28, endPatienceMs: PATIENCE_MS, ...host };
  const database = await startEmbedded({ dataDir, log, host: options });
  leftovers.push(() => database.stop());
  return database;
}

interface Left {
  readonly dataDir: string;
  readonly pid: number;
  readonly socketDir: string;
}

/** A server with one committed row whose service was killed, with its watchdog unless `isWatched`. */
async function leave(
  isWatched: boolean,
  act: (left: Left, backendPid: number) => void,
  folder?: string,
): Promise<Left> {
  const dataDir = folder ?? (await makePreparedDir());
  const service = startService({ dataDir });
  const { pid = 0, host = '' } = (await service.until('ready')) ?? {};
  const left = { dataDir, pid, socketDir: host };
  leftovers.push(() => kill(pid));
  const sql = connect({ host, port: 5432, database: 'backup_mx', user: 'backup_mx' }, { max: 1 });
  await sql`create table if not exists kept (n int)`;
  await sql`insert into kept values (1)`;
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  if (!isWatched) await endWatchdog(pid);
  act(left, backend?.pid ?? 0);
  service.process.kill('SIGKILL');
  await service.exited;
  void sql.end({ timeout: 0 }).catch(() => undefined);
  return left;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone.
  }
}

async function endWatchdog(server: number): Promise<void> {
  for (const pid of await allPids()) {
    const line = await commandLine(pid);
    if (line[line.indexOf(WATCHDOG_NAME) + 1] === String(server) && line.includes(WATCHDOG_NAME)) kill(pid);
  }
}

async function keptCount(database: EmbeddedDatabase): Promise<number> {
  const sql = connect(database.connection, { max: 1 });
  const rows = await sql`select n from kept`;
  await sql.end({ timeout: 1 });
  return rows.length;
}

async function startsAgain({ dataDir, pid }: Left): Promise<void> {
  const database = await start(dataDir);
  expect(database.postmasterPid()).not.toBe(pid);
  expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  expect(await keptCount(database)).toBe(1);
}

test('stopping for ever because a session is paused: told to stop at once, which kills the session', async () => {
  let backend = 0;
  const left = await leave(true, (_left, backendPid) => {
    backend = backendPid;
    process.kill(backendPid, 'SIGSTOP');
  });
  await until('it is stopping', 20_000, () =>
    readFileSync(join(left.dataDir, 'postgres/postmaster.pid'), 'utf8').includes('stopping'),
  );
  await startsAgain(left);
  expect(await startTicks(backend)).toBeNull();
  expect(notes.join('\n')).toContain(`process id ${left.pid}, does not stop: telling it to stop at once`);
});

test('a paused server goes on for a moment, to stop in order', async () => {
  const left = await leave(false, ({ pid }) => process.kill(pid, 'SIGSTOP'));
  await startsAgain(left);
  expect(notes.join('\n')).toContain(
    `waiting for the PostgreSQL that was left on ${left.dataDir}/postgres, process id ${left.pid}`,
  );
});

test('a server that hears no signal is killed with its children', async () => {
  const left = await leave(false, ({ pid }) => process.kill(pid, 'SIGSTOP'));
  const children = await childrenOf(left.pid);
  expect(children.length).toBeGreaterThan(3);
  // As one that hangs in the kernel or in a debugger: nothing but SIGKILL reaches it.
  const database = await start(left.dataDir, {
    kill: (pid, signal) => {
      if (signal === 'SIGKILL') kill(pid);
    },
  });
  expect(notes.join('\n')).toContain('does not stop at once: killing it and its processes');
  for (const { pid, ticks } of children) expect(await startTicks(pid)).not.toBe(ticks);
  expect(await keptCount(database)).toBe(1);
  process.kill(database.postmasterPid(), 'SIGINT');
});

test('a server whose socket is gone is ended and started anew', async () => {
  const left = await leave(false, ({ socketDir }) => rmSync(socketDir, { recursive: true }));
  await startsAgain(left);
});

test('a paused session of a dead server is killed, as it holds the folder', async () => {
  let backend = 0;
  const left = await leave(false, ({ pid }, backendPid) => {
    backend = backendPid;
    process.kill(backendPid, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
  });
  expect(await startTicks(backend)).not.toBeNull();
  await startsAgain(left);
  expect(notes.join('\n')).toContain(`do not end by themselves: killing ${backend}`);
});

/** Starts a program in the folder, and has postmaster.pid name it. */
function impersonate(dataDir: string, program: string, args: readonly string[]): ChildProcess {
  const folder = join(dataDir, 'postgres');
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore' });
  leftovers.push(() => void child.kill('SIGKILL'));
  writeFileSync(join(folder, 'postmaster.pid'), `${child.pid}\n${folder}\n1\n5432\n${dataDir}\n\n  1 2\nready   \n`);
  return child;
}

test.each([
  ['a shell in the folder', '/bin/sh', () => ['-c', 'read -r line || sleep 600; true']],
  ['a program that is given the folder', '/usr/bin/tail', (folder: string) => ['-f', '/dev/null', folder]],
] as const)('postmaster.pid names %s: it is not taken for the server, and not ended', async (_name, program, args) => {
  const dataDir = await makePreparedDir();
  const child = impersonate(dataDir, program, [...args(join(dataDir, 'postgres'))]);
  const database = await start(dataDir);
  expect(notes.join('\n')).not.toContain('waiting for');
  expect((await findServer(join(dataDir, 'postgres'))).kind).toBe('LIVE');
  expect(database.postmasterPid()).not.toBe(child.pid ?? 0);
  expect({ code: child.exitCode, signal: child.signalCode }).toEqual({ code: null, signal: null });
});

test('a running server that is told to stop by another and hangs in it is ended and started again', async () => {
  const database = await start(await makePreparedDir());
  const pid = database.postmasterPid();
  const sql = connect(database.connection, { max: 1 });
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  process.kill(backend?.pid ?? 0, 'SIGSTOP');
  process.kill(pid, 'SIGINT');
  await until('another one runs', 40_000, () => database.postmasterPid() !== pid);
  void sql.end({ timeout: 0 }).catch(() => undefined);
  expect(notes.join('\n')).toContain('telling it to stop at once');
});

test('a session and then the service killed with -9, eight times: each start is ready', async () => {
  const dataDir = await makePreparedDir();
  for (let round = 1; round <= 8; round += 1) {
    await leave(true, (_left, backendPid) => process.kill(backendPid, 'SIGKILL'), dataDir);
    const database = await start(dataDir);
    expect(await keptCount(database)).toBe(round);
    leftovers.pop();
    await database.stop();
  }
}, 240_000);
