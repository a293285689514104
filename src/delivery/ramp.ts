/**
 * How many lanes a destination bears: slow start, additive increase, multiplicative decrease (as TCP, RFC 5681, does it).
 *
 * Promises: never below one lane, never above the most; starts with one and doubles with every round of taken messages up to
 * the known concurrency, then grows by one lane a round; a session that is refused or times out halves it, once for all that
 * began before. What was refused lately is not tried again at once. Grows only while every lane is in use. In memory only: a
 * new owner starts anew.
 */
import { monotonicMs } from '../clock.ts';

/** Postfix's default_destination_concurrency_limit: what nearly every host bears. */
const KNOWN_LANES = 20;
/** Below Postfix's smtpd_client_connection_count_limit of 50: call-aheads need sessions too. */
const MOST_LANES = 40;
/** So many sessions were too many; before this time is over they are not tried again. */
const CEILING_MS = 60_000;
/** Three that are judged count as one that is taken. */
const JUDGED_WEIGHT = 1 / 3;

export interface Ramp {
  /** Lanes that may run now. */
  readonly lanes: () => number;
  /** An attempt begins; what it returns is told with its end. */
  readonly begin: () => number;
  /** A host came to a verdict while so many lanes were in use. */
  readonly judged: (input: { readonly lanesInUse: number; readonly isTaken: boolean }) => void;
  /** The host refused or dropped a session, or let it time out, in an attempt that began so. */
  readonly refused: (begunAt: number) => void;
  /** The destination was away: it is asked by one lane again, and soon by as many as it was known to bear. */
  readonly restart: () => void;
}

export function createRamp(
  options: { readonly known?: number; readonly most?: number; readonly nowMs?: () => number } = {},
): Ramp {
  const { most = MOST_LANES, nowMs = monotonicMs } = options;
  let known = Math.min(options.known ?? KNOWN_LANES, most);
  let limit = 1;
  /** Of decreases: an attempt that began before the last one has been heard with it. */
  let generation = 0;
  let ceiling = { lanes: most, untilMs: Number.NEGATIVE_INFINITY };

  // Thirds and twentieths do not add up to whole numbers.
  const lanes = () => Math.max(1, Math.floor(limit + 1e-6));
  const highest = () => (nowMs() < ceiling.untilMs ? ceiling.lanes : most);
  return {
    lanes,
    begin: () => generation,
    judged({ lanesInUse, isTaken }) {
      if (lanesInUse < lanes()) return;
      const weight = isTaken ? 1 : JUDGED_WEIGHT;
      const grown = limit + (limit < known ? weight : weight / lanes());
      limit = Math.max(limit, Math.min(grown, limit < known ? known : most, highest()));
    },
    refused(begunAt) {
      if (begunAt !== generation) return;
      generation += 1;
      ceiling = { lanes: Math.max(1, lanes() - 1), untilMs: nowMs() + CEILING_MS };
      limit = Math.max(1, Math.floor(lanes() / 2));
      known = limit;
    },
    restart() {
      limit = 1;
      generation += 1;
    },
  };
}
