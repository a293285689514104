/**
 * Ends a postmaster that may not want to end: asked, told to stop at once, killed with its children.
 *
 * PostgreSQL can hang while it stops (seen with 18.4: told to stop while it restarts after the crash of a session), and a
 * process that was paused hears no signal but two. What was committed survives each of the ways: the log repairs the files at the next
 * start. A signal goes only to the process that was looked at, by its id and start time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedHost, EmbeddedLog } from './host.ts';
import { childrenOf, isRunning, type ProcessName } from './processes.ts';
import { UnavailableError } from '../db/start-error.ts';

/** PostgreSQL itself kills its children this long after it was told to stop at once (SIGKILL_CHILDREN_AFTER_SECS). */
const OWN_KILL_MS = 5_000;

/** How long the kernel may take to end what was killed; longer only in a system call that cannot be broken off. */
const KILLED_WITHIN_MS = 5_000;

export interface EndOptions {
  readonly server: ProcessName;
  readonly kill: EmbeddedHost['kill'];
  readonly log: EmbeddedLog;
  /** For a stop in order: sessions end, a checkpoint is written. */
  readonly fastMs: number;
  /** For each step after that, besides the time that PostgreSQL takes for it. */
  readonly patienceMs: number;
}

/**
 * Returns when the server and, where it had to be killed, its children are gone.
 *
 * @throws UnavailableError when even a kill does not end them
 */
export async function endServer({ server, kill, log, fastMs, patienceMs }: EndOptions): Promise<void> {
  const { pid } = server;
  if (!(await isRunning(server))) return;
  kill(pid, 'SIGINT');
  kill(pid, 'SIGCONT');
  if (await endsWithin([server], fastMs)) return;
  log.warn(`the embedded PostgreSQL, process id ${pid}, does not stop: telling it to stop at once`);
  if (!(await isRunning(server))) return;
  kill(pid, 'SIGQUIT');
  if (await endsWithin([server], OWN_KILL_MS + patienceMs)) return;
  log.warn(`the embedded PostgreSQL, process id ${pid}, does not stop at once: killing it and its processes`);
  await killProcesses([server, ...(await childrenOf(pid))], kill);
}

/** @throws UnavailableError when one of them does not go */
export async function killProcesses(processes: readonly ProcessName[], kill: EmbeddedHost['kill']): Promise<void> {
  for (const one of processes) {
    if (await isRunning(one)) kill(one.pid, 'SIGKILL');
  }
  if (await endsWithin(processes, KILLED_WITHIN_MS)) return;
  const pids = processes.map(({ pid }) => pid).join(', ');
  throw new UnavailableError(
    `a process of the embedded PostgreSQL (of ${pids}) does not even end by SIGKILL: its disk may hang; restart the machine`,
  );
}

async function endsWithin(processes: readonly ProcessName[], withinMs: number): Promise<boolean> {
  const deadlineAt = performance.now() + withinMs;
  for (;;) {
    const states = await Promise.all(processes.map(isRunning));
    if (!states.includes(true)) return true;
    if (performance.now() > deadlineAt) return false;
    await sleep(20);
  }
}
