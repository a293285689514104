/**
 * Records what comes in groups: one write in flight, what comes meanwhile shares the next. A small group waits a moment for
 * more, since a group costs the database nearly as much as ten of its members; no caller waits for that moment (`idle` ends it).
 *
 * Promises: nothing that was added is dropped. While the database is away a write is repeated for minutes, since a delivery
 * that is not recorded will be made again (a duplicate, never a loss). Another failure is repeated a few times, then each of
 * the group by itself, so that one that cannot be recorded costs the others nothing; what fails still goes to `onFault`.
 * Bounded: `add` waits while too much is unrecorded.
 */
import { monotonicMs } from '../clock.ts';

/** `add` waits above so many groups' worth. */
const MOST_GROUPS_WAITING = 3;
/** Pauses before a failed write is repeated, in milliseconds. */
const REPEAT_AFTER_MS = [200, 1000, 5000];
/** A database that is away is asked every so often, for so long. */
const AWAY_PAUSE_MS = 1000;
const AWAY_PATIENCE_MS = 600_000;

export interface GroupWriter<T> {
  /** Takes one; resolves when there is room for more, not when it is recorded. */
  add(item: T): Promise<void>;
  /** Resolves when all that was added is recorded. */
  idle(): Promise<void>;
  /** Somebody waits for room: what there is goes now, be it few. A write under way makes room by itself. */
  hurry(): void;
  /** A write has failed, or has not been answered for a while: it may be that nothing is recorded any more. */
  isLate(): boolean;
  /** Nothing waits, and no write is under way. */
  isAtRest(): boolean;
}

export interface GroupWriterDeps<T> {
  /** In one write, at most. */
  readonly most: number;
  /** So many are worth a write. */
  readonly enough: number;
  /** How long a smaller group waits for more. */
  readonly gatherMs: number;
  /** A write that takes longer does not go through, as far as anybody knows. */
  readonly lateAfterMs: (group: readonly T[]) => number;
  readonly record: (group: readonly T[]) => Promise<void>;
  readonly onFault: (error: unknown, group: readonly T[]) => Promise<void>;
  /** A group is out of the recorder's hands: recorded, or given up. */
  readonly onRecorded?: (group: readonly T[]) => void;
  /** The database is away, and it is worth while to wait for it. */
  readonly isAway: (error: unknown) => boolean;
  readonly repeatAfterMs?: readonly number[];
}

export function createGroupWriter<T>(deps: GroupWriterDeps<T>): GroupWriter<T> {
  const { most, enough, gatherMs, repeatAfterMs = REPEAT_AFTER_MS } = deps;
  const waiting: T[] = [];
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  /** The number of callers that want all of it recorded now. */
  let hurriedCount = 0;
  /** When the write under way is late, and whether a try has failed; null while there is none. */
  let write: { readonly lateAtMs: number; hasFailed: boolean } | null = null;

  const recordGroup = async (group: readonly T[], pausesMs: readonly number[]): Promise<void> => {
    const startedAt = monotonicMs();
    for (let failures = 0; ; ) {
      try {
        return await deps.record(group);
      } catch (error) {
        if (write !== null) write.hasFailed = true;
        const isAway = deps.isAway(error) && monotonicMs() - startedAt < AWAY_PATIENCE_MS;
        const pauseMs = isAway ? AWAY_PAUSE_MS : pausesMs[failures];
        if (pauseMs === undefined) return giveUp(error, group);
        if (!isAway) failures += 1;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };
  const giveUp = async (error: unknown, group: readonly T[]): Promise<void> => {
    if (group.length === 1 || deps.isAway(error)) return deps.onFault(error, group);
    for (const one of group) await recordGroup([one], []);
  };

  const isWorthAGroup = () => waiting.length >= enough || (hurriedCount > 0 && waiting.length > 0);
  const isAtRest = () => running === null && waiting.length === 0;
  const run = async () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    do {
      const group = waiting.splice(0, most);
      write = { lateAtMs: monotonicMs() + deps.lateAfterMs(group), hasFailed: false };
      await recordGroup(group, repeatAfterMs);
      write = null;
      deps.onRecorded?.(group);
    } while (isWorthAGroup());
    running = null;
    if (waiting.length > 0) gather();
  };
  const start = (): Promise<void> => (running ??= Promise.resolve().then(run));
  const gather = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      void start();
    }, gatherMs);
  };
  /** Records all there is. */
  const flush = async (): Promise<void> => {
    hurriedCount += 1;
    try {
      while (!isAtRest()) await start();
    } finally {
      hurriedCount -= 1;
    }
  };

  return {
    add: async (item) => {
      waiting.push(item);
      if (running === null) void (waiting.length >= enough ? start() : gather());
      if (waiting.length > MOST_GROUPS_WAITING * most) await running;
    },
    idle: flush,
    hurry: () => {
      if (running === null && waiting.length > 0) void start();
    },
    isLate: () => write !== null && (write.hasFailed || monotonicMs() > write.lateAtMs),
    isAtRest,
  };
}
