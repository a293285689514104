/**
 * The node's two clocks, and its timers.
 *
 * `wallClock` stamps log lines and the Received field, and certificates are held against it. `monotonicMs` measures deadlines and latencies, and never jumps.
 * Neither decides about mail: every stored instant and every comparison of instants uses SQL's `bmx_now()`.
 */

/** The node's wall-clock time. For logs, the Received field and the dates of certificates only. */
export function wallClock(): Date {
  return new Date();
}

/** The result of `work`, or that of `late` if `work` takes longer than `timeoutMs`. The work itself goes on. */
export async function within<T, L>(timeoutMs: number, work: Promise<T>, late: () => L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<'PASSED'>((resolve) => {
    timer = setTimeout(() => resolve('PASSED'), timeoutMs);
  });
  const done = work.then((value) => ({ value }));
  try {
    const first = await Promise.race([done, passed]);
    if (first !== 'PASSED') return first.value;
    // No one waits for it any more.
    done.catch(() => undefined);
    return late();
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds on a clock that never goes back. For deadlines and latencies; its zero has no meaning. */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * Repeats `work` every `everyMs` while the node runs, first after that time; `where` names it in the log. While a round is
 * still running no other begins, and an error ends its round only.
 */
export type Every = (everyMs: number, where: string, work: () => Promise<unknown>) => void;

export interface Timers {
  readonly every: Every;
  /** Waits for the rounds under way. */
  readonly stop: () => Promise<void>;
}

export function createTimers(onError: (where: string, error: unknown) => void): Timers {
  const handles: ReturnType<typeof setInterval>[] = [];
  const running = new Set<Promise<unknown>>();
  return {
    every: (everyMs, where, work) => {
      let isRunning = false;
      const round = () => {
        if (isRunning) return;
        isRunning = true;
        const current = work()
          .catch((error: unknown) => onError(where, error))
          .finally(() => {
            isRunning = false;
            running.delete(current);
          });
        running.add(current);
      };
      handles.push(setInterval(round, everyMs));
    },
    stop: async () => {
      for (const handle of handles) clearInterval(handle);
      await Promise.all(running);
    },
  };
}

const LAG_EVERY_MS = 500;

/** Reports how late a timer runs: for that long this process had no time for anything else. */
export function watchEventLoop({ every }: Pick<Timers, 'every'>, onLag: (lagMs: number) => void): void {
  let dueAt = monotonicMs() + LAG_EVERY_MS;
  every(LAG_EVERY_MS, 'event loop', async () => {
    const now = monotonicMs();
    onLag(Math.max(0, now - dueAt));
    dueAt = now + LAG_EVERY_MS;
  });
}
