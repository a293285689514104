/**
 * The operator's cap on a destination: so many messages a minute, as a bucket that fills all the time (`drainPerMinute`).
 *
 * Promises: over any minute no more than the cap and one bucket; a bucket holds what five seconds bring, and one. The message
 * that asks a destination in trouble whether it is back is none of them. Whoever finds it empty comes back later: nobody waits in here.
 */
import { monotonicMs } from '../clock.ts';

const BUCKETS_PER_MINUTE = 12;

export interface Cap {
  /** Takes as many as there are, up to `most`; whole messages. */
  readonly take: (perMinute: number, most: number) => number;
  readonly giveBack: (count: number) => void;
}

export function createCap(nowMs: () => number = monotonicMs): Cap {
  let left = Number.POSITIVE_INFINITY;
  let filledAtMs = nowMs();
  return {
    take: (perMinute, most) => {
      const atMs = nowMs();
      const size = 1 + perMinute / BUCKETS_PER_MINUTE;
      left = Math.min(size, left + ((atMs - filledAtMs) * perMinute) / 60_000);
      filledAtMs = atMs;
      const taken = Math.min(most, Math.floor(left));
      left -= taken;
      return taken;
    },
    giveBack: (count) => {
      left += count;
    },
  };
}
