/**
 * This node's memory of destinations it tried lately: how much each one bears, and when it last accepted mail.
 *
 * In memory and bounded. A destination that was forgotten begins with one slot again, and without a success.
 */
import { monotonicMs } from '../../clock.ts';
import { type ConcurrencyLimit, createConcurrencyLimit, createRateLimit, type RateLimit } from './limits.ts';

const MOST_REMEMBERED = 100_000;

export interface DestinationMemory {
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
