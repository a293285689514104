/**
 * How much one payer may ask for in a time: a bucket of cost (limits.ts) that fills again, in the memory of this node.
 *
 * A payer that has something left may ask, whatever it costs, and waits for its debt afterwards; so a refusal costs nothing to
 * work out, and no request is too large to be made.
 */
import { createBoundedMap } from '../db/bounded-map.ts';

/** Some three hundred pages of 50 messages, or three thousand mutations, at once. */
const CAPACITY = 500_000;
/** A dozen such pages a second, or more than a hundred mutations, for as long as one likes. */
const REFILL_PER_SECOND = 20_000;
/** Of any request, whatever it asks for. */
const REQUEST_COST = 50;
/** Payers remembered; one that is forgotten has a full bucket. */
const MOST_PAYERS = 10_000;

export interface RateLimit {
  /** Seconds until this payer may ask again, rounded up; 0: now. `credit`: a cost that is taken for not charged. */
  waitOf(payer: string, credit?: number): number;
  charge(payer: string, cost: number): void;
  /** As `waitOf`; when that is 0, the request itself is charged. */
  begin(payer: string): number;
}

/**
 * @param nowMs a clock that never goes back
 * @param times the bucket of a payer is as many times larger, and fills as many times faster
 */
export function createRateLimit(nowMs: () => number, times = 1): RateLimit {
  const [capacity, refillPerSecond] = [CAPACITY * times, REFILL_PER_SECOND * times];
  const buckets = createBoundedMap<{ level: number; atMs: number }>(MOST_PAYERS);

  function levelOf(payer: string): number {
    const bucket = buckets.get(payer);
    if (bucket === undefined) return capacity;
    return Math.min(capacity, bucket.level + ((nowMs() - bucket.atMs) / 1000) * refillPerSecond);
  }

  function waitOf(payer: string, credit = 0): number {
    const level = levelOf(payer) + credit;
    return level > 0 ? 0 : Math.ceil((1 - level) / refillPerSecond);
  }

  function charge(payer: string, cost: number): void {
    // Many begun at once owe no more than one bucket.
    buckets.set(payer, { level: Math.max(levelOf(payer) - cost, -capacity), atMs: nowMs() });
  }

  return {
    waitOf,
    charge,
    begin(payer) {
      const seconds = waitOf(payer);
      if (seconds === 0) charge(payer, REQUEST_COST);
      return seconds;
    },
  };
}
