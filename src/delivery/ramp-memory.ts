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
  /** When a session last came to a verdict, on the monotonic clock. */
  readonly lastSuccess: { atMs: number };
}

export interface RampMemory {
  of(destinationId: string): Remembered;
  /** It grants no session just now: the sweep leaves it alone for a moment. */
  rest(destinationId: string): void;
  isResting(destinationId: string): boolean;
}

/** Between two dials of a host that took mail a minute ago and turns us away now. */
const REST_MS = 10_000;

export function createRampMemory(most: number = MOST_REMEMBERED): RampMemory {
  const remembered = new Map<string, Remembered & { restUntilMs: number }>();
  const of = (id: string) => {
    if (remembered.size >= most && !remembered.has(id)) remembered.clear();
    const lastSuccess = { atMs: Number.NEGATIVE_INFINITY };
    const one = remembered.get(id) ?? { ramp: createRamp(), cap: createCap(), lastSuccess, restUntilMs: 0 };
    remembered.set(id, one);
    return one;
  };
  return {
    of,
    rest: (id) => {
      of(id).restUntilMs = monotonicMs() + REST_MS;
    },
    isResting: (id) => (remembered.get(id)?.restUntilMs ?? 0) > monotonicMs(),
  };
}
