/**
 * One DNS message from a TCP connection: its length stands before it (RFC 1035 §4.2.2). Pure.
 *
 * Promises: memory is that of one message, however small the pieces are that it comes in; what comes after it is ignored.
 */
import { Buffer } from 'node:buffer';

export interface Frame {
  /** The message, or its beginning where it says that it is too long. */
  readonly bytes: Buffer;
  /** As it says. */
  readonly length: number;
}

export interface FrameReader {
  /** The message, once it is there; else null. */
  readonly take: (piece: Uint8Array) => Frame | null;
}

const PREFIX_BYTES = 2;
/** RFC 1035 §4.1.1. */
const HEAD_BYTES = 12;

/** @param maxBytes of a longer message the head is enough */
export function createFrameReader(maxBytes = 0xffff): FrameReader {
  let length = 0;
  let prefixBytes = 0;
  let bytes = Buffer.alloc(0);
  let filledBytes = 0;

  return {
    take(piece) {
      let at = 0;
      for (; prefixBytes < PREFIX_BYTES && at < piece.length; at += 1) {
        length = length * 256 + (piece[at] ?? 0);
        prefixBytes += 1;
        if (prefixBytes === PREFIX_BYTES) bytes = Buffer.alloc(length > maxBytes ? HEAD_BYTES : length);
      }
      if (prefixBytes < PREFIX_BYTES) return null;
      const taken = piece.subarray(at, at + bytes.length - filledBytes);
      bytes.set(taken, filledBytes);
      filledBytes += taken.length;
      return filledBytes === bytes.length ? { bytes, length } : null;
    },
  };
}
