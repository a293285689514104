/**
 * Reasons not to start: one line, which says what to do. `main.ts` prints it and exits. And the wait for what passes by itself.
 *
 * Exit 2 is for what stays wrong until somebody changes a setting, or what a setting names; a supervisor does not try again.
 * Exit 1 is for everything that may be well at the next start.
 */
import { isDatabaseAway } from './connection-lost.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';

/** The operator has to act (exit 2). Thrown on the way to a running database, never afterwards. One line, without a stack for the reader. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Something that the service needs is not there, and may be there at the next start (exit 1). */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  /** Whether a start waits for it: it passes without anybody who starts the service anew. */
  readonly isPassing: boolean;

  constructor(message: string, isPassing = false) {
    super(message);
    this.isPassing = isPassing;
  }
}

/** Trouble of the machine, by the system's code. */
const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: 'no space or no inode is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the device fails to read or write',
  ESTALE: 'the file system of another machine does not answer',
  EBUSY: 'the device is busy',
  EMFILE: 'too many files are open: raise the limit of open files (LimitNOFILE, ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'no memory is left',
  EAGAIN: 'too many processes run, or no memory is left',
};

/** Codes for which a path or an address that a setting names is to blame. */
const OF_SETTINGS = new Set('EACCES EPERM ENOENT ENOTDIR EISDIR ELOOP ENAMETOOLONG EINVAL EEXIST'.split(' '));

/** Places that another process, or the network, may give free or bring. */
const BUSY = new Set(['EADDRINUSE', 'EADDRNOTAVAIL']);

/** As the C library says it, in what a child process prints. */
const PASSING_TEXT =
  /No space left on device|Disk quota exceeded|Read-only file system|Input\/output error|Too many open files|Cannot allocate memory|Resource temporarily unavailable/;

/** Whether a child process failed for trouble that passes, by what it printed. */
export function isPassingTrouble(text: string): boolean {
  return PASSING_TEXT.test(text);
}

/** Caused by other sessions: lock_not_available, deadlock_detected, query_canceled. */
const OF_OTHERS = /^(?:55P03|40P01|57014)$/;

/**
 * The line for trouble that met a start after its database was up, or null: then it is a bug, and its stack is wanted.
 */
export function lateTrouble(error: unknown): string | null {
  if (isDatabaseAway(error) || OF_OTHERS.test(errorCode(error))) {
    return `the database failed at the start: ${error instanceof Error ? error.message : String(error)}`;
  }
  const trouble = startTrouble('the start failed', error);
  return trouble instanceof UnavailableError ? trouble.message : null;
}

/**
 * The reason not to start that a system error means; any other error is returned as it is, since it is a bug.
 *
 * @param subject what cannot be done, beginning with the setting's name
 */
export function startTrouble(subject: string, error: unknown): unknown {
  const code = errorCode(error);
  const words = PASSING[code];
  if (words !== undefined) return new UnavailableError(`${subject} (${code}): ${words}`, true);
  if (BUSY.has(code)) return new UnavailableError(subject);
  return OF_SETTINGS.has(code) ? new StartError(`${subject} (${code})`) : error;
}

/** The code of an error, of whichever library, else its message: `ENOSPC` of the system, `53100` of PostgreSQL. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return error instanceof Error ? error.message : String(error);
}

const PATIENCE_MS = 60_000;
const TRY_EVERY_MS = 500;
const REPORT_EVERY_MS = 5_000;

export interface Patience {
  /** Called with the reason at the first failure and every five seconds after. */
  readonly onWait: (reason: string) => void;
  /** How long to wait at the most. Default 60 s. */
  readonly patienceMs?: number;
}

/**
 * The result of `attempt`, which is tried until it throws nothing that passes. Reports what it waits for.
 *
 * @param lastLine what the error at the end says, of the last reason and the seconds waited
 * @throws what `attempt` throws; UnavailableError when the time is up
 */
export async function withPatience<T>(
  attempt: () => Promise<T>,
  { onWait, patienceMs = PATIENCE_MS }: Patience,
  lastLine = (reason: string, seconds: number) => `${reason} (waited ${seconds} s)`,
): Promise<T> {
  const startedAt = monotonicMs();
  let reportedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const trouble = await attempt().then(
      (value) => ({ value }),
      (error: unknown) => {
        if (error instanceof UnavailableError && error.isPassing) return error;
        throw error;
      },
    );
    if ('value' in trouble) return trouble.value;
    const now = monotonicMs();
    if (now - startedAt + TRY_EVERY_MS > patienceMs) {
      const seconds = Math.round((now - startedAt) / 1000);
      throw new UnavailableError(lastLine(trouble.message, seconds));
    }
    if (now - reportedAt >= REPORT_EVERY_MS) {
      reportedAt = now;
      onWait(trouble.message);
    }
    await sleep(TRY_EVERY_MS);
  }
}
