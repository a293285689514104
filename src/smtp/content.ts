/**
 * The octets that stand between the go-ahead to DATA and its reply: dots doubled, the final dot at the end (RFC 5321 §4.5.2).
 *
 * Promises, wherever the content is cut into pieces: line ends are CRLF only (RFC 5321 §2.3.8; a bare CR or LF, which the listener
 * does not let in, becomes one), every leading dot is doubled, nothing else changes. What needs no change is not copied.
 */
import { Buffer } from 'node:buffer';

export interface ContentEncoder {
  readonly encode: (piece: Buffer) => Buffer;
  /** The last piece, with the final dot in the same buffer. */
  readonly end: (piece: Buffer) => Buffer;
}

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
/** Before the first octet: a line begins, though nothing ended one. */
const NOTHING = -1;

const INSERTED_CR = Buffer.from('\r');
const INSERTED_LF = Buffer.from('\n');
const INSERTED_DOT = Buffer.from('.');
const INSERTED_LF_DOT = Buffer.from('\n.');

export function createContentEncoder(): ContentEncoder {
  let previous = NOTHING;

  const piecesOf = (piece: Buffer): Buffer[] => {
    const pieces: Buffer[] = [];
    const { length } = piece;
    let from = 0;
    let before = previous;
    let nextCr = -1;
    let nextLf = -1;
    for (let at = 0; at < length; at += 1) {
      if (before > CR) {
        // Nearly all octets are neither at a line's end nor after one: the runtime's own search passes over them.
        if (nextCr < at) nextCr = positionOf(piece, CR, at);
        if (nextLf < at) nextLf = positionOf(piece, LF, at);
        const next = Math.min(nextCr, nextLf);
        if (next > at) before = piece[next - 1] ?? 0;
        if (next === length) break;
        at = next;
      }
      const octet = piece[at] ?? 0;
      const insert = insertedBefore(octet, before);
      before = octet;
      if (insert === null) continue;
      if (at > from) pieces.push(piece.subarray(from, at));
      pieces.push(insert);
      from = at;
    }
    if (length > from) pieces.push(from === 0 ? piece : piece.subarray(from));
    previous = before;
    return pieces;
  };

  return {
    encode: (piece) => {
      const pieces = piecesOf(piece);
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    },
    end: (piece) => Buffer.concat([...piecesOf(piece), finalDot(previous)]),
  };
}

/** The next place of an octet, or the end. */
function positionOf(piece: Buffer, octet: number, from: number): number {
  const at = piece.indexOf(octet, from);
  return at === -1 ? piece.length : at;
}

/** The octets that have to stand between two octets, or null. */
function insertedBefore(octet: number, before: number): Buffer | null {
  if (before === CR && octet !== LF) return octet === DOT ? INSERTED_LF_DOT : INSERTED_LF;
  if (octet === LF && before !== CR) return INSERTED_CR;
  return octet === DOT && (before === LF || before === NOTHING) ? INSERTED_DOT : null;
}

function finalDot(last: number): Buffer {
  switch (last) {
    case LF:
      return Buffer.from('.\r\n');
    case CR:
      return Buffer.from('\n.\r\n');
    default:
      return Buffer.from('\r\n.\r\n');
  }
}
