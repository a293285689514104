/**
 * The node's two clocks.
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

/** Repeats `work` every `everyMs` while the node runs (app/timers.ts); `where` names it in the log. */
export type Every = (everyMs: number, where: string, work: () => Promise<void>) => void;
