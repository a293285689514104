/**
 * The content of one message while it is received: a list of chunks, counted against the size limit and the budget.
 *
 * Promises that what is too big, over budget or unsafe is given up at once and drained without being kept, and that many
 * small pieces (a client that sends octet by octet) cost no more memory than few large ones. Never concatenates the whole.
 */
import { Buffer } from 'node:buffer';
import { LARGE_MESSAGE_BYTES } from '../mail/envelope.ts';
import { MAX_HEADER_BYTES } from '../mail/header-section.ts';
import { countReceived } from '../mail/received.ts';

export interface ByteBudget {
  /** Takes `bytes` of the budget, or says false and takes nothing. `isLarge`: they belong to a message that is large by now. */
  readonly reserve: (bytes: number, isLarge?: boolean) => boolean;
  readonly release: (bytes: number) => void;
  readonly freeBytes: () => number;
}

export interface SharedByteBudget extends ByteBudget {
  /**
   * The same budget for one client, whose networks never get all of it. One message of `leastBytes` it gets where there is room.
   *
   * @param networks the narrowest first
   */
  readonly partOf: (networks: readonly string[], leastBytes: number) => ByteBudget;
}

/** A network's part of what the others leave: the IPv4 address or IPv6 /64, the /24 or /56, the /48. */
const NETWORK_PARTS = [0.5, 0.6, 0.7] as const;
/** The part of the whole for large messages; the rest is for small ones. */
const LARGE_PART = 0.75;

/** A budget of `totalBytes` for message content that is received and not yet stored. */
export function createByteBudget(totalBytes: number): SharedByteBudget {
  let usedBytes = 0;
  const held = new Map<string, number>();
  const freeBytes = (): number => totalBytes - usedBytes;
  const reserve = (bytes: number): boolean => {
    if (bytes > freeBytes()) return false;
    usedBytes += bytes;
    return true;
  };
  const release = (bytes: number): void => {
    usedBytes -= bytes;
  };
  return {
    reserve,
    release,
    freeBytes,
    partOf: (networks, leastBytes) => {
      const heldBytes = (network: string): number => held.get(network) ?? 0;
      const roomOf = (network: string, part: number): number =>
        Math.max(part * (freeBytes() + heldBytes(network)), leastBytes) - heldBytes(network);
      const roomBytes = (): number =>
        Math.min(...networks.map((network, at) => roomOf(network, NETWORK_PARTS[at] ?? 1)));
      return {
        reserve: (bytes, isLarge = false) => {
          if (isLarge && usedBytes + bytes > Math.max(LARGE_PART * totalBytes, leastBytes)) return false;
          if (bytes > roomBytes() || !reserve(bytes)) return false;
          for (const network of networks) held.set(network, heldBytes(network) + bytes);
          return true;
        },
        release: (bytes) => {
          release(bytes);
          for (const network of networks) {
            const leftBytes = heldBytes(network) - bytes;
            if (leftBytes > 0) held.set(network, leftBytes);
            else held.delete(network);
          }
        },
        freeBytes: () => Math.min(freeBytes(), roomBytes()),
      };
    },
  };
}

type ContentTrouble = 'TOO_BIG' | 'BUSY';

export interface Content {
  readonly add: (piece: Buffer) => void;
  /** Content octets seen, kept or not (RFC 1870: without stuffed dots and the final one). */
  readonly sizeBytes: () => number;
  readonly trouble: () => ContentTrouble | null;
  /** The chunks in order. Ends the adding. */
  readonly chunks: () => Uint8Array[];
  /** Gives everything up and the budget back. Harmless when repeated. */
  readonly release: () => void;
}

/** A smaller piece is copied into a shared chunk: as a view it would cost more than its octets. */
const SMALL_PIECE_BYTES = 1024;
const SHARED_CHUNK_BYTES = 8192;

export function createContent(budget: ByteBudget, limitBytes: number): Content {
  let chunks: Uint8Array[] = [];
  let shared: Buffer | null = null;
  let sharedBytes = 0;
  let sizeBytes = 0;
  let reservedBytes = 0;
  let trouble: ContentTrouble | null = null;

  const release = (): void => {
    chunks = [];
    shared = null;
    budget.release(reservedBytes);
    reservedBytes = 0;
  };
  const giveUp = (reason: ContentTrouble): void => {
    trouble = reason;
    release();
  };
  const closeShared = (): void => {
    if (shared !== null) chunks.push(shared.subarray(0, sharedBytes));
    shared = null;
  };
  const reserve = (bytes: number): boolean => {
    if (!budget.reserve(bytes, sizeBytes >= LARGE_MESSAGE_BYTES)) return false;
    reservedBytes += bytes;
    return true;
  };
  const keepSmall = (piece: Buffer): void => {
    if (shared !== null && sharedBytes + piece.length > shared.length) closeShared();
    if (shared === null) {
      if (!reserve(SHARED_CHUNK_BYTES)) return giveUp('BUSY');
      shared = Buffer.allocUnsafe(SHARED_CHUNK_BYTES);
      sharedBytes = 0;
    }
    piece.copy(shared, sharedBytes);
    sharedBytes += piece.length;
  };

  return {
    add: (piece) => {
      sizeBytes += piece.length;
      if (trouble === 'TOO_BIG') return;
      if (sizeBytes > limitBytes) return giveUp('TOO_BIG');
      if (trouble !== null) return;
      if (piece.length < SMALL_PIECE_BYTES) return keepSmall(piece);
      closeShared();
      if (!reserve(piece.length)) return giveUp('BUSY');
      chunks.push(piece);
    },
    sizeBytes: () => sizeBytes,
    trouble: () => trouble,
    chunks: () => {
      closeShared();
      return chunks;
    },
    release,
  };
}

/** More Received fields than this are a loop (RFC 5321 §6.3 asks for at least 100). */
const MAX_RECEIVED_FIELDS = 100;
/** As many fields written by one of our own names are one. */
const MAX_OWN_RECEIVED_FIELDS = 3;

/** Has this message gone round? Reads the header section only. */
export function isLoop(chunks: readonly Uint8Array[], names: readonly string[]): boolean {
  const count = countReceived(headerSection(chunks), names);
  return count.total > MAX_RECEIVED_FIELDS || count.ours >= MAX_OWN_RECEIVED_FIELDS;
}

/** Enough of the content to hold the header section, or MAX_HEADER_BYTES of it: nearly always in the first chunk. */
export function headerSection(chunks: readonly Uint8Array[]): Uint8Array {
  let count = 0;
  let bytes = 0;
  // A line end cut by a chunk boundary is found one chunk later, or not: then a little of the body is read as header.
  for (const chunk of chunks) {
    count += 1;
    bytes += chunk.length;
    if (bytes >= MAX_HEADER_BYTES || hasEmptyLine(chunk)) break;
  }
  const [first = new Uint8Array(0)] = chunks;
  return (count <= 1 ? first : Buffer.concat(chunks.slice(0, count))).subarray(0, MAX_HEADER_BYTES);
}

function hasEmptyLine(chunk: Uint8Array): boolean {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).includes('\r\n\r\n', 0, 'latin1');
}

/**
 * Turns of large messages while they are received, so that they leave room for small ones.
 *
 * A turn of the event loop reads a few pieces of large content, however many senders have some, and while small mail comes in
 * all of it together is read at a bounded rate. The message that began first goes first: it ends and frees its memory
 * instead of all growing at once. One piece in eight is that of the network which has waited longest: a message that began early
 * and never ends keeps no other from getting on. TCP holds back the others. A sender that stalls keeps no one waiting: only what
 * has come takes a turn.
 */
export interface LargeContent {
  /** A small message was accepted. */
  readonly noteSmall: () => void;
  /** So many octets of large messages have been read, kept or not. */
  readonly noteRead: (octets: number) => void;
  /**
   * Calls `readOn` when the next octets of a message may be read, at once for a small one.
   *
   * @param piece with its message's `octets` so far, of which `pieceOctets` came now
   */
  readonly next: (piece: Piece) => void;
}

interface Piece {
  /** When the data phase of its message began: the earliest goes first. */
  readonly startedAtMs: number;
  /** The widest network of its client. */
  readonly network: string;
  readonly octets: number;
  readonly pieceOctets: number;
  readonly readOn: () => void;
}

/** Small mail is under way for so long after the last one: longer than it may be kept out by a burst. */
const SMALL_MAIL_MS = 10_000;
/** Pieces of a turn of the event loop, of some 64 KB each. */
const PIECES_A_TURN = 8;
/** One of so many pieces goes to the network that has waited longest. */
const FAIR_EVERY = 8;
/** The rate of all large content together, while small mail comes in: 16 MB a second. */
const OCTETS_PER_MS = 16_000;

/** After so many octets of large mail, stored or rejected, their memory is asked back: it would pile up as garbage. */
const COLLECT_AFTER_OCTETS = 64 * 1024 * 1024;

export function createLargeContent(nowMs: () => number, collectGarbage?: () => void): LargeContent {
  const waiting: Piece[] = [];
  let smallAtMs = -Infinity;
  let freeAtMs = -Infinity;
  let isScheduled = false;
  let takenCount = 0;
  let readOctets = 0;
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
      // What is read at no bounded rate is owed to no later small mail: the next large message would wait for a minute.
      if (isSmallUnderWay()) freeAtMs += piece.pieceOctets / OCTETS_PER_MS;
      piece.readOn();
    }
    schedule();
  };

  return {
    noteSmall: () => {
      smallAtMs = nowMs();
    },
    noteRead: (octets) => {
      readOctets += octets;
      if (readOctets < COLLECT_AFTER_OCTETS) return;
      readOctets = 0;
      collectGarbage?.();
    },
    next: (piece) => {
      if (piece.octets < LARGE_MESSAGE_BYTES) return piece.readOn();
      waiting.push(piece);
      inTurn.add(piece.network);
      schedule();
    },
  };
}
