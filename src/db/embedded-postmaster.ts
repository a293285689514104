/**
 * Reads what is known of a server on a data folder: its postmaster.pid and /proc.
 *
 * A pid alone proves nothing: in a container the same small numbers are given out at every start. A process is the folder's
 * server only if its working directory or its command line says so. A zombie is dead, even if nobody ever reaps it.
 */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { startTicks } from './embedded-lock.ts';

export const WATCHDOG_NAME = 'backup-mx-watchdog';

export interface LiveServer {
  readonly pid: number;
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

async function commandLine(pid: number | string): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0');
}

async function isServerOf(pid: number, folder: string): Promise<boolean> {
  if ((await startTicks(pid)) === null) {
    return false;
  }
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  if (directory !== null && directory === (await realpath(folder).catch(() => folder))) {
    return true;
  }
  return (await commandLine(pid)).some((argument) => argument === folder || argument.endsWith(`=${folder}`));
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
  if (!Number.isInteger(pid) || pid <= 0 || !(await isServerOf(pid, folder))) {
    return { kind: 'STALE' };
  }
  return {
    kind: 'LIVE',
    pid,
    socketDir: lines[4] ?? '',
    port: Number(lines[3]),
    status: (lines[7] ?? '') as LiveServer['status'],
  };
}

/** Whether a watchdog that has yet to act holds this server: it is about to stop. */
export async function hasWatchdog(pid: number): Promise<boolean> {
  for (const name of await readdir('/proc').catch(() => [])) {
    if (/^\d+$/.test(name)) {
      const line = await commandLine(name);
      const at = line.indexOf(WATCHDOG_NAME);
      if (at !== -1 && line[at + 1] === String(pid)) {
        return true;
      }
    }
  }
  return false;
}
