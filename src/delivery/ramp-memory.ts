/**
 * What this node remembers of the destinations it tried lately: how much each bears, and when it last took mail.
 *
 * In memory and bounded; what is forgotten begins with one lane again, and counts as no success.
 */
import { monotonicMs } from '../clock.ts';
import { createRamp, type Ramp } from './ramp.ts';
import { type Cap, createCap } from './ramp-cap.ts';

const MOST_REMEMBERED = 100_000;

export interface Remembered {
  readonly ramp: Ramp;
  readonly cap: Cap;
  /** When a session last came to a verdict, by the service's time. */
  readonly lastSuccess: { atMs: number };
}

export interface RampMemory {
  of(destinationId: string): Remembered;
  /** It grants no session just now: the sweep leaves it alone for a moment, also with a flush that it has turned away. */
  rest(destinationId: string, flushNumber: number | null): void;
  isResting(destinationId: string, flushNumber: number | null): boolean;
}

/** Between two dials of a host that took mail a minute ago and turns us away now. */
const REST_MS = 10_000;
const NO_REST = { untilMs: Number.NEGATIVE_INFINITY, flushNumber: 0 };

export function createRampMemory(most: number = MOST_REMEMBERED, nowMs: () => number = monotonicMs): RampMemory {
  const remembered = new Map<
    string,
    Remembered & { rest: { readonly untilMs: number; readonly flushNumber: number } }
  >();
  const of = (id: string) => {
    if (remembered.size >= most && !remembered.has(id)) remembered.clear();
    const lastSuccess = { atMs: Number.NEGATIVE_INFINITY };
    const one = remembered.get(id) ?? { ramp: createRamp(), cap: createCap(), lastSuccess, rest: NO_REST };
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
