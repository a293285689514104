/**
 * The pace of one data phase, where places or memory are short: in each period a part of what is held already must come.
 *
 * Promises that whoever holds much and sends next to nothing is known after one period, and that time in which we did not read
 * counts for nobody. Knows neither clock nor socket.
 */

export interface Pace {
  /** The present period begins now. */
  readonly restart: (nowMs: number, octets: number) => void;
  /** A period is over, and too little of the `octets` so far came in it. */
  readonly isTooSlow: (nowMs: number, octets: number) => boolean;
  /** So long it was we who did not read. */
  readonly excuse: (heldMs: number) => void;
}

const PERIOD_MS = 10_000;
/** 2 KB a second, whatever is held. */
const LEAST_OCTETS = 20_000;
/** In a period a tenth of the whole: 10 MB take less than two minutes then. */
const LEAST_PART = 0.1;

export function createPace(): Pace {
  let sinceMs = 0;
  let octetsBefore = 0;
  const restart = (nowMs: number, octets: number): void => {
    sinceMs = nowMs;
    octetsBefore = octets;
  };
  return {
    restart,
    isTooSlow: (nowMs, octets) => {
      if (nowMs - sinceMs < PERIOD_MS) return false;
      const came = octets - octetsBefore;
      const due = Math.max(LEAST_OCTETS, LEAST_PART * octetsBefore);
      restart(nowMs, octets);
      return came < due;
    },
    excuse: (heldMs) => {
      sinceMs += heldMs;
    },
  };
}
