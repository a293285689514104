/**
 * Notices that a peer has made no progress for too long.
 *
 * One timer serves a whole session and is not touched on the fast path: progress only notes the time, and the timer, when it
 * fires, looks whether the limit has really passed. A session may carry thousands of messages a second.
 */
import { monotonicMs } from '../clock.ts';

export interface Watchdog {
  /** From now on progress is due within what `limitMs` says, asked again whenever it matters, and `earliestMs` is its least. */
  readonly expect: (earliestMs: number, limitMs: () => number) => void;
  /** Something came, or something went out. */
  readonly progress: () => void;
  /** Nothing is expected any more. */
  readonly rest: () => void;
  /** Ends it: clears the timer. */
  readonly stop: () => void;
}

export function createWatchdog(onExpired: () => void): Watchdog {
  let limit: (() => number) | null = null;
  let earliestMs = 0;
  let progressAtMs = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let firesAtMs = Number.POSITIVE_INFINITY;
  let isStopped = false;

  const arm = (inMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    firesAtMs = monotonicMs() + inMs;
    timer = setTimeout(fire, inMs);
  };
  const fire = (): void => {
    timer = null;
    firesAtMs = Number.POSITIVE_INFINITY;
    if (limit === null) return;
    const remainingMs = progressAtMs + limit() - monotonicMs();
    if (remainingMs <= 0) onExpired();
    else arm(Math.min(remainingMs, earliestMs));
  };

  return {
    expect(newEarliestMs, newLimit) {
      if (isStopped) return;
      limit = newLimit;
      earliestMs = newEarliestMs;
      progressAtMs = monotonicMs();
      if (progressAtMs + earliestMs < firesAtMs) arm(earliestMs);
    },
    progress() {
      progressAtMs = monotonicMs();
    },
    rest() {
      limit = null;
    },
    stop() {
      isStopped = true;
      limit = null;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
