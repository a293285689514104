/**
 * Bounds on the time that work may take, kept by one timer for the whole listener instead of one per command.
 *
 * Promises that `within` settles: with the work's own result, or with the fallback at most `tickMs` after the limit. The
 * work itself is not stopped, and its late result is dropped.
 */

export interface Watch {
  readonly within: <T>(work: Promise<T>, limitMs: number, fallback: T) => Promise<T>;
  /** Runs `check` at every tick. */
  readonly onTick: (check: (nowMs: number) => void) => void;
  readonly stop: () => void;
}

interface Waiting {
  readonly deadlineMs: number;
  readonly expire: () => void;
}

/** Starts the timer; `stop` ends it and expires nothing. */
export function createWatch(tickMs: number, monotonicMs: () => number): Watch {
  const waiting = new Set<Waiting>();
  const checks: ((nowMs: number) => void)[] = [];
  const timer = setInterval(() => {
    const nowMs = monotonicMs();
    for (const entry of waiting) if (entry.deadlineMs <= nowMs) entry.expire();
    for (const check of checks) check(nowMs);
  }, tickMs);
  return {
    within: (work, limitMs, fallback) =>
      new Promise((resolve, reject) => {
        const settle = (then: () => void): void => {
          waiting.delete(entry);
          then();
        };
        const entry = { deadlineMs: monotonicMs() + limitMs, expire: () => settle(() => resolve(fallback)) };
        waiting.add(entry);
        work.then(
          (result) => settle(() => resolve(result)),
          (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      }),
    onTick: (check) => {
      checks.push(check);
    },
    stop: () => clearInterval(timer),
  };
}
