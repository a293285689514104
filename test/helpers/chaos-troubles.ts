/**
 * What goes wrong in a chaos run: on each track one thing after the other, harmed, mended, and a pause. What happened, and when,
 * is kept for the auditor.
 *
 * A seed repeats the plan of every track: the n-th pause, the n-th happening and how long it lasts. It does not repeat how far
 * a track comes, nor what a process was doing in that moment.
 */
import { createRandom, type Random } from './chaos-random.ts';

export type TroubleKind =
  /** SIGKILL. */
  | 'KILL'
  /** SIGSTOP … SIGCONT. */
  | 'PAUSE'
  /** SIGTERM, and a start. */
  | 'RESTART'
  /** Connections end. */
  | 'CUT'
  /** Nothing passes, and nothing ends. */
  | 'PARTITION'
  | 'SLOW'
  /** 452. */
  | 'FULL'
  | 'GREYLIST'
  | 'SERVFAIL'
  | 'DISK_FULL'
  /** The wall clock of one node. */
  | 'CLOCK'
  /** An operator's. */
  | 'VERB';

export interface Trouble {
  /** A node's name, `database`, a primary's address, `dns`, or `operator`. */
  readonly target: string;
  readonly kind: TroubleKind;
  /** When it was harmed, in milliseconds of this machine's clock. */
  readonly from: number;
  /** When it was mended. */
  readonly to: number;
}

export interface Happening {
  readonly kind: TroubleKind;
  /** Harms and mends; calls `harm` in the moment before the harm is done. */
  readonly run: (random: Random, harm: () => void) => Promise<void>;
}

export interface TroubleTrack {
  readonly target: string;
  readonly happenings: readonly Happening[];
  /** Between two happenings, in milliseconds. */
  readonly pauseMs?: readonly [least: number, most: number];
  /** Asked then until it says so. */
  readonly isWorthWhile?: () => Promise<boolean>;
}

const PAUSE_MS = [300, 4000] as const;
const ALWAYS = (): Promise<boolean> => Promise.resolve(true);

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets things happen on all tracks for so long; resolves, or rejects when a track failed, when all is mended. */
export async function runTroubles(
  seed: number,
  tracks: readonly TroubleTrack[],
  durationMs: number,
): Promise<Trouble[]> {
  let endsAt = Date.now() + durationMs;
  const troubles: Trouble[] = [];
  const follow = async (track: TroubleTrack): Promise<void> => {
    const { target, happenings, pauseMs = PAUSE_MS, isWorthWhile = ALWAYS } = track;
    const untilWorthWhile = async (): Promise<void> => {
      if (Date.now() < endsAt && !(await isWorthWhile())) await untilWorthWhile();
    };
    for (let step = 1; ; step += 1) {
      const random = createRandom(seed, `${target} ${step}`);
      await wait(random.between(...pauseMs));
      await untilWorthWhile();
      if (Date.now() >= endsAt) return;
      const { kind, run } = random.pick(happenings);
      let from = Date.now();
      await run(random, () => {
        from = Date.now();
      });
      troubles.push({ target, kind, from, to: Date.now() });
    }
  };
  const failures: unknown[] = [];
  const followToTheEnd = (track: TroubleTrack): Promise<void> =>
    follow(track).catch((error: unknown) => {
      failures.push(error);
      endsAt = 0;
    });
  await Promise.all(tracks.map(followToTheEnd));
  if (failures.length > 0) throw new Error('the chaos itself failed', { cause: failures[0] });
  return troubles.toSorted((one, other) => one.from - other.from);
}
