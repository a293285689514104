/**
 * Turns of large messages while they are received, so that they leave room for small ones.
 *
 * A turn of the event loop reads a few pieces of large content, however many senders have some, and while small mail comes in
 * all of it together is read at a bounded rate. The message that began first goes first: it ends and frees its memory
 * instead of all growing at once. Who waits is held back by TCP. A sender that stalls keeps no one waiting: only what has come takes a turn.
 */

export interface LargeContent {
  /** A small message was accepted. */
  readonly noteSmall: () => void;
  /**
   * Calls `readOn` when the next octets of a message may be read, at once for a small one.
   *
   * @param startedAtMs when its data phase began; the earliest goes first
   * @param octets of it so far, of which `pieceOctets` came now
   */
  readonly next: (piece: Piece) => void;
}

export interface Piece {
  readonly startedAtMs: number;
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
/** Of all large content together, while small mail comes in: 16 MB a second. */
const OCTETS_PER_MS = 16_000;

export function createLargeContent(nowMs: () => number): LargeContent {
  const waiting: Piece[] = [];
  let smallAtMs = -Infinity;
  let freeAtMs = -Infinity;
  let isScheduled = false;

  const isSmallUnderWay = (): boolean => nowMs() - smallAtMs < SMALL_MAIL_MS;

  const takeFirst = (): Piece | undefined => {
    let first = 0;
    waiting.forEach((piece, at) => {
      if (piece.startedAtMs < (waiting[first]?.startedAtMs ?? Infinity)) first = at;
    });
    return waiting.splice(first, 1)[0];
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
      const piece = takeFirst();
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
      schedule();
    },
  };
}
