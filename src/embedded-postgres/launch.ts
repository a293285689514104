/**
 * Starts one postmaster, watches it, and stops it.
 *
 * - A stop has three steps: stop in order, stop at once, kill with its children. PostgreSQL can hang while it stops (seen with
 *   18.4: told to stop while it restarts after the crash of a session), and a paused process reacts to two signals only. What
 *   was committed survives each step: the log repairs the files at the next start. A signal goes only to the process that was
 *   examined, by its id and start time.
 * - It has a session and process group of its own: Ctrl-C does not stop it before the service has drained.
 * - A `sh` watchdog reads a pipe that we hold. When we are gone, however that came, it reads the end of the file and tells the
 *   postmaster to stop. A line on the pipe tells the watchdog itself to go.
 * - The data folder is passed as descriptor 3, locked with flock where the machine has it: a second container on the same
 *   volume sees neither our process nor PostgreSQL's shared memory, but it sees this lock, which lives as long as any process of the server.
 *   Where the server's account cannot reach the folder, below a closed home, it opens it through that descriptor.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedHost, type EmbeddedLog, type RunAs, spawnAccount } from './host.ts';
import { findServer, isRunning, orphansOf, startTicks, childrenOf, type ProcessName } from './processes.ts';
import { FOLDER_LOCKED, launchArguments, type WatchedService, watchArguments } from './command-line.ts';
import { isPassingTrouble, UnavailableError } from '../db/start-error.ts';

/** Trouble that goes away by itself: the dead server's last processes still hold its memory, its lock, or its pid. */
const PASSING =
  /pre-existing shared memory block|lock file "postmaster\.pid" already exists|lock file "[^"]*" is empty/;

/** Lines of the server's log that an operator should see; the end of a session is not news. */
const REPORTED = /\b(FATAL|PANIC|WARNING):(?! +terminating connection due to)/;

/** A dead server's processes take a second or two to go; a zombie under an init that never reaps may need us to look again. */
const PASSING_TROUBLE_MS = 30_000;

/** For the checkpoint at the end. */
const FAST_STOP_MS = 30_000;

const NOTE_EVERY_MS = 10_000;

interface LaunchOptions {
  /** `postgres` and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly as: RunAs;
  /** `DATA_DIR/postgres`, absolute. */
  readonly folder: string;
  /** The same, open. */
  readonly folderFd: number;
  readonly service: WatchedService;
  readonly host: Pick<EmbeddedHost, 'kill' | 'endPatienceMs'>;
  readonly log: EmbeddedLog;
}

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends the sessions, writes a checkpoint and stops; after half a minute without one. */
  stop(): Promise<void>;
}

/** Waits for the end of a process that may not be our child. */
export async function waitForExit(pid: number): Promise<void> {
  const ticks = await startTicks(pid);
  if (ticks !== null) {
    do {
      await sleep(50);
    } while (await isRunning({ pid, ticks }));
  }
}

interface StopOptions extends Pick<LaunchOptions, 'host' | 'log'> {
  readonly pid: number;
  readonly exited: Promise<void>;
}

/** Stops a server for good, in order if it can: a fast stop first, then at once, which its log repairs at the next start. */
export async function stopServer({ pid, exited, host, log }: StopOptions): Promise<void> {
  const ticks = await startTicks(pid);
  if (ticks !== null) {
    const { kill, endPatienceMs: patienceMs } = host;
    await endServer({ server: { pid, ticks }, kill, log, fastMs: Math.min(FAST_STOP_MS, 3 * patienceMs), patienceMs });
  }
  await exited;
}

type Attempt =
  | { readonly kind: 'READY'; readonly postmaster: Postmaster }
  /** PASSING: of the last server. BLOCKED: of the machine. */
  | { readonly kind: 'PASSING' | 'BLOCKED' | 'FAILED'; readonly reason: string };

async function launchOnce(options: LaunchOptions): Promise<Attempt> {
  const { command, env, as, folder, folderFd, service, host, log } = options;
  const isStale = (await findServer(folder)).kind === 'STALE';
  const child: ChildProcess = spawn('/bin/sh', launchArguments({ isStale, service, command }), {
    ...spawnAccount(as),
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', folderFd],
  });
  const lastLines: string[] = [];
  const state: { isReady: boolean; isOver: boolean; exitCode: number | null } = {
    isReady: false,
    isOver: false,
    exitCode: null,
  };
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.push(line);
      lastLines.splice(0, lastLines.length - 20);
      if (state.isReady && REPORTED.test(line)) {
        log.warn(`postgres: ${line}`);
      }
    });
  }
  // The pipe breaks when the watchdog goes first.
  child.stdin?.on('error', () => {});
  const exited = new Promise<void>((resolve) => {
    const over = (code: number | null): void => {
      state.exitCode ??= code;
      state.isOver = true;
      child.stdin?.end('go\n');
      resolve();
    };
    child.on('error', (error) => {
      lastLines.push(error.message);
      over(null);
    });
    child.on('exit', over);
  });
  const pid = child.pid ?? 0;
  const startedAt = performance.now();
  let nextNoteAt = startedAt + NOTE_EVERY_MS;
  for (let stoppingSince: number | null = null; !state.isOver; ) {
    const found = await findServer(folder);
    if (found.kind === 'LIVE' && found.pid === pid && found.status === 'stopping') {
      stoppingSince ??= performance.now();
      if (performance.now() - stoppingSince > host.endPatienceMs) await stopServer({ pid, exited, host, log });
    }
    if (found.kind === 'LIVE' && found.pid === pid && found.status === 'ready') {
      state.isReady = true;
      return {
        kind: 'READY',
        postmaster: {
          pid,
          exited,
          stop: async () => (state.isOver ? undefined : await stopServer({ pid, exited, host, log })),
        },
      };
    }
    if (performance.now() > nextNoteAt) {
      nextNoteAt += NOTE_EVERY_MS;
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      log.warn(
        `waiting for the embedded PostgreSQL, process id ${pid}: it has been recovering its log for ${seconds} s`,
      );
    }
    await Promise.race([sleep(10), exited]);
  }
  // The last lines may arrive after the exit.
  await sleep(20);
  if (state.exitCode === FOLDER_LOCKED) {
    return { kind: 'PASSING', reason: 'another process, perhaps in another container, holds the folder' };
  }
  const output = lastLines.join('\n');
  const reason =
    lastLines.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ?? lastLines.at(-1) ?? `exit ${state.exitCode}`;
  const kind = PASSING.test(output) ? 'PASSING' : isPassingTrouble(output) ? 'BLOCKED' : 'FAILED';
  return { kind, reason: reason.replace(/^.*?\b(FATAL|PANIC): +/, '') };
}

/**
 * Starts the server and waits until it accepts connections, however long it takes to recover.
 *
 * @throws UnavailableError when it cannot start
 */
export async function launchPostmaster(options: LaunchOptions): Promise<Postmaster> {
  const { folder, host, log } = options;
  const deadlineAt = performance.now() + PASSING_TROUBLE_MS;
  const orphansEndAt = performance.now() + host.endPatienceMs;
  for (let isFirst = true; ; isFirst = false) {
    const attempt = await launchOnce(options);
    if (attempt.kind === 'READY') {
      return attempt.postmaster;
    }
    if (attempt.kind !== 'PASSING' || performance.now() > deadlineAt) {
      const advice =
        attempt.kind !== 'PASSING'
          ? ''
          : ': stop what uses the folder; in a container, run it with an init (docker run --init)';
      throw new UnavailableError(
        `the embedded PostgreSQL in ${folder} does not start (${attempt.reason})${advice}`,
        attempt.kind === 'BLOCKED',
      );
    }
    if (isFirst) {
      log.warn(`waiting for the last server's remains on ${folder} (${attempt.reason})`);
    }
    if (performance.now() > orphansEndAt) {
      await endOrphans(options);
    }
    await sleep(250);
  }
}

/** Ends what is left of a dead server and does not go by itself, such as a session that was paused. */
async function endOrphans({ folder, host, log }: LaunchOptions): Promise<void> {
  const orphans = await orphansOf(folder);
  if (orphans.length === 0) return;
  const pids = orphans.map(({ pid }) => pid).join(', ');
  log.warn(`processes of the last server on ${folder} do not end by themselves: killing ${pids}`);
  await killProcesses(orphans, host.kill);
}

interface WatchOptions {
  readonly pid: number;
  readonly service: WatchedService;
  readonly as: RunAs;
  readonly env: Readonly<Record<string, string>>;
}

/** A watchdog for a server that we did not start. Returns how to send it away. */
export function watchServer({ pid, service, as, env }: WatchOptions): () => void {
  const child = spawn('/bin/sh', watchArguments(pid, service), {
    ...spawnAccount(as),
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin?.on('error', () => {});
  child.on('error', () => {});
  return () => void child.stdin?.end('go\n');
}

/** PostgreSQL itself kills its children this long after it was told to stop at once (SIGKILL_CHILDREN_AFTER_SECS). */
const OWN_KILL_MS = 5_000;

/** How long the kernel may take to end what was killed; longer only in a system call that cannot be broken off. */
const KILLED_WITHIN_MS = 5_000;

interface EndOptions {
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
async function killProcesses(processes: readonly ProcessName[], kill: EmbeddedHost['kill']): Promise<void> {
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
