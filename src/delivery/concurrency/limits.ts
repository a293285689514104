/**
 * How much a destination bears: messages at once (ConcurrencyLimit), and messages a minute where the operator sets a cap (RateLimit).
 *
 * The concurrency limit is TCP's (RFC 5681): slow start, additive increase, multiplicative decrease. Promises: never below one
 * slot, never above the most; it starts with one and doubles with every round of accepted messages up to the known concurrency,
 * then grows by one a round. A session that is refused or times out halves it, once for all that began before. What was refused
 * lately is not tried again at once. It grows only while every slot is in use.
 *
 * The rate limit is a bucket that fills all the time (`drainPerMinute`). Promises: over any minute no more than the cap and one
 * bucket; a bucket holds what five seconds bring, and one. The message that tests a destination in trouble does not count. No
 * caller waits here: whoever finds the bucket empty comes back later.
 *
 * Both are in this node's memory only, bounded, with the time of the last success. A new owner starts anew, and a destination that
 * was forgotten begins with one slot.
 */
import { monotonicMs } from '../../clock.ts';

/** Postfix's default_destination_concurrency_limit: what nearly every host bears. */
const KNOWN_SLOTS = 20;
/** Below Postfix's smtpd_client_connection_count_limit of 50: callouts need sessions too. */
export const MOST_SLOTS = 40;
/** So many sessions were too many; before this time is over they are not tried again. */
const CEILING_MS = 60_000;
/** Three messages that came to a verdict count as one that was accepted. */
const JUDGED_WEIGHT = 1 / 3;

export interface ConcurrencyLimit {
  /** Messages that may be under way now. */
  readonly slots: () => number;
  /** An attempt begins; the result is passed to `refused` at its end. */
  readonly begin: () => number;
  /** A host came to a verdict while so many slots were in use. */
  readonly judged: (input: { readonly slotsInUse: number; readonly isTaken: boolean }) => void;
  /** The host refused or dropped a session, or let it time out, in an attempt that began with this number. */
  readonly refused: (begunAt: number) => void;
  /** The destination did not answer: it is tried with one slot again, and soon with as many as it was known to bear. */
  readonly restart: () => void;
}

export function createConcurrencyLimit(
  options: { readonly known?: number; readonly most?: number; readonly nowMs?: () => number } = {},
): ConcurrencyLimit {
  const { most = MOST_SLOTS, nowMs = monotonicMs } = options;
  let known = Math.min(options.known ?? KNOWN_SLOTS, most);
  let limit = 1;
  /** Counts decreases: an attempt that began before the last one is part of it. */
  let generation = 0;
  let ceiling = { slots: most, untilMs: Number.NEGATIVE_INFINITY };

  // Thirds and twentieths do not add up to whole numbers.
  const slots = () => Math.max(1, Math.floor(limit + 1e-6));
  const highest = () => (nowMs() < ceiling.untilMs ? ceiling.slots : most);
  return {
    slots,
    begin: () => generation,
    judged({ slotsInUse, isTaken }) {
      if (slotsInUse < slots()) return;
      const weight = isTaken ? 1 : JUDGED_WEIGHT;
      const grown = limit + (limit < known ? weight : weight / slots());
      limit = Math.max(limit, Math.min(grown, limit < known ? known : most, highest()));
    },
    refused(begunAt) {
      if (begunAt !== generation) return;
      generation += 1;
      ceiling = { slots: Math.max(1, slots() - 1), untilMs: nowMs() + CEILING_MS };
      limit = Math.max(1, Math.floor(slots() / 2));
      known = limit;
    },
    restart() {
      limit = 1;
      generation += 1;
    },
  };
}

const BUCKETS_PER_MINUTE = 12;

export interface RateLimit {
  /** Takes as many as there are, up to `most`; whole messages. */
  readonly take: (perMinute: number, most: number) => number;
  readonly giveBack: (count: number) => void;
}

export function createRateLimit(nowMs: () => number = monotonicMs): RateLimit {
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

const MOST_REMEMBERED = 100_000;

interface DestinationMemory {
  readonly limit: ConcurrencyLimit;
  readonly rate: RateLimit;
  /** When a session last came to a verdict, by the service's time. */
  readonly lastSuccess: { atMs: number };
  /** Until when the sweep leaves it alone, because it granted no session; the flush that was turned away with it. */
  rest: { readonly untilMs: number; readonly flushNumber: number };
}

export interface DestinationMemories {
  of(destinationId: string): DestinationMemory;
  /** It grants no session now: the sweep leaves it alone for a moment, also with a flush that it has turned away. */
  rest(destinationId: string, flushNumber: number | null): void;
  isResting(destinationId: string, flushNumber: number | null): boolean;
}

/** Between two dials of a host that accepted mail a minute ago and turns us away now. */
const REST_MS = 10_000;
const NO_REST = { untilMs: Number.NEGATIVE_INFINITY, flushNumber: 0 };

export function createDestinationMemories(
  most: number = MOST_REMEMBERED,
  nowMs: () => number = monotonicMs,
): DestinationMemories {
  const remembered = new Map<string, DestinationMemory>();
  const of = (id: string): DestinationMemory => {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    if (remembered.size >= most) remembered.clear();
    const lastSuccess = { atMs: Number.NEGATIVE_INFINITY };
    const one = { limit: createConcurrencyLimit(), rate: createRateLimit(), lastSuccess, rest: NO_REST };
    remembered.set(id, one);
    return one;
  };
  return {
    of,
    rest: (id, flushNumber) => {
      of(id).rest = { untilMs: nowMs() + REST_MS, flushNumber: flushNumber ?? 0 };
    },
    isResting: (id, flushNumber) => {
      const { untilMs, flushNumber: turnedAway } = remembered.get(id)?.rest ?? NO_REST;
      return untilMs > nowMs() && (flushNumber ?? 0) <= turnedAway;
    },
  };
}
