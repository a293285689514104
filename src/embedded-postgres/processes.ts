/**
 * Reads the process list of the machine, proc(5), as far as the launcher of the embedded PostgreSQL needs it.
 *
 * A process is named by its id together with its start time: an id alone may have been given out again. Whatever cannot be
 * read, because the process has gone or is out of reach, counts as absent.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

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
export async function workingDirectory(pid: number): Promise<string | null> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => null);
}

/** Every process id of now. */
export async function allPids(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Every process but the zombies, each with its parent. */
export async function listProcesses(): Promise<readonly (ProcessName & { readonly parent: number })[]> {
  const found = await Promise.all(
    (await allPids()).map(async (pid) => {
      const stat = await readStat(pid);
      return stat === null ? [] : [{ pid, ...stat }];
    }),
  );
  return found.flat();
}
