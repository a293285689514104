/**
 * Work that is repeated: one round at a time, an error ends its round only.
 */
import { monotonicMs } from '../clock.ts';

export interface Timers {
  /** Runs `work` every `everyMs`, first after that time; a round that is still running is not joined by another. */
  every(everyMs: number, where: string, work: () => Promise<unknown>): void;
  /** Waits for the rounds under way. */
  stop(): Promise<void>;
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

/** Tells how late a timer runs: that long this process had no time for anything else. */
export function watchEventLoop(timers: Timers, onLag: (lagMs: number) => void): void {
  let dueAt = monotonicMs() + LAG_EVERY_MS;
  timers.every(LAG_EVERY_MS, 'event loop', async () => {
    const now = monotonicMs();
    onLag(Math.max(0, now - dueAt));
    dueAt = now + LAG_EVERY_MS;
  });
}
