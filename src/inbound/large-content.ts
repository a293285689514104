/**
 * Turns of large messages while they are received, so that they leave room for small ones.
 *
 * While small mail comes in, all large content together is read at a bounded rate, and the message that began first goes
 * first: it ends and frees its memory instead of all growing at once. Who waits is held back by TCP. Without small mail
 * nothing waits. A sender that stalls keeps no one waiting: only what has come takes a turn.
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
/** Small mail is under way for so long after the last one. */
const SMALL_MAIL_MS = 1000;
/** Measured: half of a small machine's rate of small mail stays. */
const OCTETS_PER_MS = 16_000;

export function createLargeContent(nowMs: () => number): LargeContent {
  const waiting: Piece[] = [];
  let smallAtMs = -Infinity;
  let freeAtMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const isSmallUnderWay = (): boolean => nowMs() - smallAtMs < SMALL_MAIL_MS;

  const takeFirst = (): Piece | undefined => {
    let first = 0;
    waiting.forEach((piece, at) => {
      if (piece.startedAtMs < (waiting[first]?.startedAtMs ?? Infinity)) first = at;
    });
    return waiting.splice(first, 1)[0];
  };

  const release = (): void => {
    timer = null;
    const now = nowMs();
    freeAtMs = Math.max(freeAtMs, now - 1);
    while (waiting.length > 0 && (freeAtMs <= now || !isSmallUnderWay())) {
      const piece = takeFirst();
      if (piece === undefined) break;
      freeAtMs += piece.pieceOctets / OCTETS_PER_MS;
      piece.readOn();
    }
    if (waiting.length > 0) timer = setTimeout(release, Math.max(1, freeAtMs - now));
  };

  return {
    noteSmall: () => {
      smallAtMs = nowMs();
    },
    next: (piece) => {
      if (piece.octets < LARGE_OCTETS || !isSmallUnderWay()) return piece.readOn();
      waiting.push(piece);
      timer ??= setTimeout(release, Math.max(1, freeAtMs - nowMs()));
    },
  };
}
