/**
 * How much one token may ask for in a time: a bucket of cost (limits.ts) that fills again, in the memory of this node.
 *
 * Who has something left may ask, whatever it costs, and waits for his debt afterwards; so a refusal costs nothing to work out,
 * and no request is too large to be made. The operator is not limited: he must get in when the service is busy.
 */
import { createBoundedMap } from '../settings/bounded-map.ts';

/** Some three hundred pages of 50 messages, or three thousand mutations, at once. */
const CAPACITY = 500_000;
/** A dozen such pages a second, or more than a hundred mutations, for as long as one likes. */
const REFILL_PER_SECOND = 20_000;
/** Of any request, whatever it asks for. */
const REQUEST_COST = 50;
/** Tokens remembered; one that is forgotten has a full bucket. */
const MOST_TOKENS = 10_000;

export interface RateLimit {
  /** Seconds until this token may ask again, rounded up. 0: now, and the request itself is charged. */
  begin(tokenId: string): number;
  charge(tokenId: string, cost: number): void;
}

/** `nowMs` on a clock that never goes back. */
export function createRateLimit(nowMs: () => number): RateLimit {
  const buckets = createBoundedMap<{ level: number; atMs: number }>(MOST_TOKENS);

  function levelOf(tokenId: string): number {
    const bucket = buckets.get(tokenId);
    if (bucket === undefined) return CAPACITY;
    return Math.min(CAPACITY, bucket.level + ((nowMs() - bucket.atMs) / 1000) * REFILL_PER_SECOND);
  }

  function take(tokenId: string, cost: number): void {
    // Many begun at once owe no more than one bucket.
    buckets.set(tokenId, { level: Math.max(levelOf(tokenId) - cost, -CAPACITY), atMs: nowMs() });
  }

  return {
    begin(tokenId) {
      const level = levelOf(tokenId);
      if (level <= 0) return Math.ceil((1 - level) / REFILL_PER_SECOND);
      take(tokenId, REQUEST_COST);
      return 0;
    },
    charge: take,
  };
}
