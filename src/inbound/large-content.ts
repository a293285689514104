/**
 * Turns of large messages while they are received, so that they leave room for small ones.
 *
 * A turn of the event loop reads a few pieces of large content, however many senders have some, and while small mail comes in
 * all of it together is read at a bounded rate. The message that began first goes first: it ends and frees its memory
 * instead of all growing at once. One piece in eight is that of the network which has waited longest: whoever began early and
 * never ends keeps no one from getting on. Who waits is held back by TCP. A sender that stalls keeps no one waiting: only what
 * has come takes a turn.
 */

export interface LargeContent {
  /** A small message was accepted. */
  readonly noteSmall: () => void;
  /**
   * Calls `readOn` when the next octets of a message may be read, at once for a small one.
   *
   * @param piece with its message's `octets` so far, of which `pieceOctets` came now
   */
  readonly next: (piece: Piece) => void;
}

export interface Piece {
  /** When the data phase of its message began: the earliest goes first. */
  readonly startedAtMs: number;
  /** Of its client. */
  readonly network: string;
  readonly octets: number;
  readonly pieceOctets: number;
  readonly readOn: () => void;
}

/** As in the spool: from here on a message is large. */
export const LARGE_OCTETS = 256 * 1024;
/** Small mail is under way for so long after the last one: longer than it may be kept out by a burst. */
const SMALL_MAIL_MS = 10_000;
/** Pieces of a turn of the event loop, of some 64 KB each. */
const PIECES_A_TURN = 8;
/** Of so many pieces one goes to the network that has waited longest. */
const FAIR_EVERY = 8;
/** Of all large content together, while small mail comes in: 16 MB a second. */
const OCTETS_PER_MS = 16_000;

export function createLargeContent(nowMs: () => number): LargeContent {
  const waiting: Piece[] = [];
  let smallAtMs = -Infinity;
  let freeAtMs = -Infinity;
  let isScheduled = false;
  let takenCount = 0;
  /** Networks that wait or have had a fair turn lately, the one whose turn is next first. */
  const inTurn = new Set<string>();

  const isSmallUnderWay = (): boolean => nowMs() - smallAtMs < SMALL_MAIL_MS;

  const earliest = (pieces: readonly Piece[]): Piece | undefined => {
    let [first] = pieces;
    for (const piece of pieces) if (piece.startedAtMs < (first?.startedAtMs ?? Infinity)) first = piece;
    return first;
  };
  const earliestOfNextNetwork = (): Piece | undefined => {
    for (const network of inTurn) {
      const piece = earliest(waiting.filter((one) => one.network === network));
      inTurn.delete(network);
      if (piece === undefined) continue;
      inTurn.add(network);
      return piece;
    }
    return undefined;
  };
  const takeNext = (): Piece | undefined => {
    takenCount += 1;
    const piece = takenCount % FAIR_EVERY === 0 ? earliestOfNextNetwork() : earliest(waiting);
    if (piece !== undefined) waiting.splice(waiting.indexOf(piece), 1);
    return piece;
  };

  const schedule = (): void => {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    const waitMs = isSmallUnderWay() ? freeAtMs - nowMs() : 0;
    if (waitMs > 0) setTimeout(release, Math.max(1, waitMs));
    else setImmediate(release);
  };

  const release = (): void => {
    isScheduled = false;
    const now = nowMs();
    freeAtMs = Math.max(freeAtMs, now - 1);
    for (let count = 0; count < PIECES_A_TURN && (freeAtMs <= now || !isSmallUnderWay()); count += 1) {
      const piece = takeNext();
      if (piece === undefined) break;
      freeAtMs += piece.pieceOctets / OCTETS_PER_MS;
      piece.readOn();
    }
    schedule();
  };

  return {
    noteSmall: () => {
      smallAtMs = nowMs();
    },
    next: (piece) => {
      if (piece.octets < LARGE_OCTETS) return piece.readOn();
      waiting.push(piece);
      inTurn.add(piece.network);
      schedule();
    },
  };
}

/**
 * The pace of one data phase, where places or memory are short: in each period a part of what is held already must come.
 *
 * A client that holds much and sends next to nothing is known after one period. Time in which we did not read counts for no one.
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
