/**
 * Records settlements in groups: one write in flight, what comes meanwhile shares the next.
 *
 * Promises: nothing that was added is dropped; a failed write is repeated a few times, since a delivery that is not recorded
 * will be made again (a duplicate, never a loss), then given to `onFault`. Bounded: `add` waits while too much is unrecorded.
 */

const GROUP = 100;
const MOST_WAITING = 400;
/** Pauses before a failed write is repeated, in milliseconds: a restart of the database fits in. */
const REPEAT_AFTER_MS = [200, 1000, 5000];

export interface Recorder<T> {
  /** Takes a settlement; resolves when there is room for more, not when it is recorded. */
  add(item: T): Promise<void>;
  /** Resolves when all that was added is recorded. */
  idle(): Promise<void>;
}

export function createRecorder<T>(deps: {
  record: (group: readonly T[]) => Promise<void>;
  onFault: (error: unknown, group: readonly T[]) => Promise<void>;
  /** False when repeating makes no sense any more: this node has lost its place. */
  isWorthwhile: () => boolean;
}): Recorder<T> {
  const waiting: T[] = [];
  let running: Promise<void> | null = null;

  const recordGroup = async (group: readonly T[]) => {
    for (let failures = 0; ; failures += 1) {
      try {
        return await deps.record(group);
      } catch (error) {
        const pauseMs = REPEAT_AFTER_MS[failures];
        if (pauseMs === undefined || !deps.isWorthwhile()) return deps.onFault(error, group);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };

  const run = async () => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP);
      await recordGroup(group);
    }
    running = null;
  };

  return {
    add: async (item) => {
      waiting.push(item);
      running ??= Promise.resolve().then(run);
      if (waiting.length > MOST_WAITING) await running;
    },
    idle: async () => {
      // A run that ends with something added meanwhile starts another one.
      for (let run = running; run !== null; run = running) await run;
    },
  };
}
