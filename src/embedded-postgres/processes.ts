/**
 * Reads the process list of the machine, proc(5), and finds the server of a data folder in it.
 *
 * A process is named by its id together with its start time: an id alone may have been given out again, and in a container the same
 * small numbers are given out at every start. A process that cannot be read, because it has gone or is out of reach, counts as
 * absent. A process is the folder's server only if it is a postmaster and its working directory or its command line names the
 * folder: a shell, a backup or a pager in it is not. A zombie is dead, even if it is never reaped.
 */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** One process and no other. */
export interface ProcessName {
  readonly pid: number;
  /** Clock ticks after boot at which it started. */
  readonly ticks: string;
}

interface Stat {
  readonly ticks: string;
  readonly parent: number;
}

/** Null when there is no such process or it is a zombie. */
async function readStat(pid: number): Promise<Stat | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The command's name, in parentheses, may hold anything; the fields after it start with the state, field 3.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return null;
  const [, parent, ticks] = [fields[0], fields[1], fields[19]];
  return parent === undefined || ticks === undefined ? null : { ticks, parent: Number(parent) };
}

/** Clock ticks after boot at which the process started; null when there is no such process or it is a zombie. */
export async function startTicks(pid: number): Promise<string | null> {
  return (await readStat(pid))?.ticks ?? null;
}

/** Whether this very process still runs. */
export async function isRunning({ pid, ticks }: ProcessName): Promise<boolean> {
  return (await startTicks(pid)) === ticks;
}

/** The program's name as it was called, and its arguments; empty when there is no such process. */
export async function commandLine(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text === '' ? [] : text.split('\0');
}

/** Null where it may not be read: only root with all its rights may look at the processes of others. */
async function workingDirectory(pid: number): Promise<string | null> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => null);
}

/** Every process id of now. */
export async function allPids(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Every process but the zombies, each with its parent. */
async function listProcesses(): Promise<readonly (ProcessName & { readonly parent: number })[]> {
  const found = await Promise.all(
    (await allPids()).map(async (pid) => {
      const stat = await readStat(pid);
      return stat === null ? [] : [{ pid, ...stat }];
    }),
  );
  return found.flat();
}

export const WATCHDOG_NAME = 'backup-mx-watchdog';

interface LiveServer extends ProcessName {
  /** Empty when it has no Unix socket. */
  readonly socketDir: string;
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby' | '';
}

type FoundServer =
  | { readonly kind: 'NONE' }
  /** A postmaster.pid that names no living server of this folder. */
  | { readonly kind: 'STALE' }
  | ({ readonly kind: 'LIVE' } & LiveServer);

function isPostmaster([program = '']: readonly string[]): boolean {
  // Its children call themselves "postgres: checkpointer" and the like.
  return ['postgres', 'postmaster'].includes(basename(program));
}

/** Its start time, or null when it is no server of the folder. */
async function serverTicks(pid: number, folder: string): Promise<string | null> {
  const ticks = await startTicks(pid);
  const line = await commandLine(pid);
  if (ticks === null || !isPostmaster(line)) {
    return null;
  }
  const directory = await workingDirectory(pid);
  const isOfFolder =
    (directory !== null && directory === (await realpath(folder).catch(() => folder))) ||
    line.some((argument) => argument === folder || argument.endsWith(`=${folder}`));
  // What was read belongs to one process only if it is still the same.
  return isOfFolder && (await isRunning({ pid, ticks })) ? ticks : null;
}

/** The server on a data folder, `DATA_DIR/postgres`, as its postmaster.pid and the process list tell. */
export async function findServer(folder: string): Promise<FoundServer> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) {
    return { kind: 'NONE' };
  }
  // Lines, PostgreSQL's pidfile.h: pid, data folder, start time, port, socket directory, listen address, shared memory, status.
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  const ticks = Number.isInteger(pid) && pid > 0 ? await serverTicks(pid, folder) : null;
  if (ticks === null) {
    return { kind: 'STALE' };
  }
  return {
    kind: 'LIVE',
    pid,
    ticks,
    socketDir: lines[4] ?? '',
    port: Number(lines[3]),
    status: (lines[7] ?? '') as LiveServer['status'],
  };
}

/** Whether a watchdog that has yet to act holds this server: it is about to stop. */
export async function hasWatchdog(pid: number): Promise<boolean> {
  for (const other of await allPids()) {
    const line = await commandLine(other);
    const at = line.indexOf(WATCHDOG_NAME);
    if (at !== -1 && line[at + 1] === String(pid)) {
      return true;
    }
  }
  return false;
}

/** The processes that a server has begun: sessions, checkpointer and the like. */
export async function childrenOf(pid: number): Promise<readonly ProcessName[]> {
  return (await listProcesses()).filter(({ parent }) => parent === pid);
}

/**
 * Processes of a dead server that still work in the folder. A healthy one ends by itself when its postmaster is gone; one that is
 * stopped or stuck holds the folder's lock and shared memory for as long as it lives.
 */
export async function orphansOf(folder: string): Promise<readonly ProcessName[]> {
  const directory = await realpath(folder).catch(() => folder);
  const orphans: ProcessName[] = [];
  for (const { pid, ticks, parent } of await listProcesses()) {
    const [program = ''] = await commandLine(pid);
    if (
      program.startsWith('postgres: ') &&
      (await workingDirectory(pid)) === directory &&
      !isPostmaster(await commandLine(parent))
    ) {
      orphans.push({ pid, ticks });
    }
  }
  return orphans;
}
