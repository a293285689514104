/**
 * Reads what is known of a server on a data folder: its postmaster.pid and the process list.
 *
 * A pid alone proves nothing: in a container the same small numbers are given out at every start. A process is the folder's
 * server only if it is a postmaster and its working directory or its command line names the folder: a shell, a backup or a
 * pager in it is not. A zombie is dead, even if it is never reaped.
 */
import { readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  allPids,
  commandLine,
  isRunning,
  listProcesses,
  type ProcessName,
  startTicks,
  workingDirectory,
} from './processes.ts';

export const WATCHDOG_NAME = 'backup-mx-watchdog';

export interface LiveServer extends ProcessName {
  /** Empty when it has no Unix socket. */
  readonly socketDir: string;
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby' | '';
}

export type FoundServer =
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
