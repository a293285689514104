/**
 * The content of one message while it is received: a list of chunks, counted against the size limit and the budget.
 *
 * Promises that what is too big, over budget or unsafe is given up at once and drained without being kept, and that many
 * small pieces (a client that sends octet by octet) cost no more memory than few large ones. Never concatenates the whole.
 */
import { Buffer } from 'node:buffer';
import { countReceived } from '../mail/received.ts';
import { LARGE_OCTETS } from './large-content.ts';
import type { ByteBudget } from './limits.ts';

export type ContentTrouble = 'TOO_BIG' | 'BUSY';

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
    if (!budget.reserve(bytes, sizeBytes >= LARGE_OCTETS)) return false;
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

/** Enough of the content to hold the whole header section: nearly always the first chunk as it is. */
export function headerSection(chunks: readonly Uint8Array[]): Uint8Array {
  const first = chunks[0];
  if (first === undefined) return new Uint8Array(0);
  if (chunks.length === 1 || hasEmptyLine(first)) return first;
  let count = 2;
  // A line end cut by a chunk boundary is found one chunk later, or not: then a little of the body is read as header.
  while (count < chunks.length && !hasEmptyLine(chunks[count - 1] ?? first)) count += 1;
  return Buffer.concat(chunks.slice(0, count));
}

function hasEmptyLine(chunk: Uint8Array): boolean {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).includes('\r\n\r\n', 0, 'latin1');
}
