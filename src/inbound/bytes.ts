/**
 * The octets of the DATA phase as they come off the wire: finds the end, takes out the stuffed dots, finds unsafe bytes.
 *
 * Promises that only CRLF.CRLF ends the data (a first line `.CRLF` too), wherever the chunks are cut, and that what is
 * emitted holds no bare CR, bare LF or NUL: with `reject` such a message is scanned to its real end and reported as unsafe,
 * with `normalize` a bare LF becomes CRLF, a bare CR a space, and a NUL goes. A dot after a bare LF is content.
 * Emitted pieces are views of the chunks, never copies. RFC 5321 §4.5.2, §2.3.8.
 */
import { Buffer } from 'node:buffer';

export type BareNewlines = 'reject' | 'normalize';

interface DataScanner {
  /** Reads a chunk. Returns the index after the end of data, or -1 when the data goes on. */
  readonly push: (chunk: Buffer) => number;
  /** True once a bare CR, bare LF or NUL was seen with `reject`; nothing more is emitted then. */
  readonly isUnsafe: () => boolean;
}

/** The state before the next octet; the octets named by CR, DOT and DOT_CR are held back. */
type Place = 'TEXT' | 'LINE_START' | 'CR' | 'DOT' | 'DOT_CR';

const CRLF = Buffer.from('\r\n');
const SPACE = Buffer.from(' ');
const NUL_CODE = 0x00;
const LF_CODE = 0x0a;
const CR_CODE = 0x0d;
const DOT_CODE = 0x2e;

/*
 * One regular expression over the chunk as Latin-1 text finds every octet that needs a look, one character a match.
 * Measured on 10 KB of base64 lines, it beats a loop over the octets and two indexOf a line, on all three runtimes.
 */
const SPECIAL = /\r(?!\n)|(?<!\r)\n|(?<=\r\n)\.|\0/g;
/** Once a message is unsafe, only its end matters. */
const END_ONLY = /\r$|(?<=\r\n)\./g;

/** Begins a data phase. `emit` gets the content, piece by piece; a piece is never empty. */
export function createDataScanner(bareNewlines: BareNewlines, emit: (piece: Buffer) => void): DataScanner {
  let place: Place = 'LINE_START';
  let isUnsafe = false;
  let chunk: Buffer = CRLF;
  /** Start of what was not emitted yet. */
  let from = 0;

  const emitUntil = (end: number): void => {
    if (end > from && !isUnsafe) emit(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end));
    from = end;
  };

  const bare = (code: number): void => {
    if (bareNewlines === 'reject') isUnsafe = true;
    else if (code === LF_CODE) emit(CRLF);
    else if (code === CR_CODE) emit(SPACE);
  };

  /** A dot at a line's start, at `at`: the end of data, a dot to drop, or one to hold back. Returns the end or -1. */
  const dot = (at: number): number => {
    emitUntil(at);
    from = at + 1;
    if (chunk[at + 1] === CR_CODE && chunk[at + 2] === LF_CODE) return at + 3;
    if (at + 1 === chunk.length) place = 'DOT';
    else if (at + 2 === chunk.length && chunk[at + 1] === CR_CODE) {
      place = 'DOT_CR';
      from = at + 2;
    }
    return -1;
  };

  /** Settles what was held back from the chunk before. Returns the end of data or -1. */
  const settle = (): number => {
    const was = place;
    place = 'TEXT';
    const isLf = chunk[0] === LF_CODE;
    if (was === 'DOT') {
      if (chunk[0] !== CR_CODE) return -1;
      if (chunk[1] === LF_CODE) return 2;
      if (chunk.length === 1) {
        place = 'DOT_CR';
        from = 1;
      }
      return -1;
    }
    if (was === 'DOT_CR') {
      if (isLf) return 1;
      bare(CR_CODE);
      return -1;
    }
    if (was === 'CR' && isLf) {
      if (!isUnsafe) emit(CRLF);
      from = 1;
      if (chunk.length === 1) place = 'LINE_START';
      return chunk[1] === DOT_CODE ? dot(1) : -1;
    }
    if (was === 'CR') bare(CR_CODE);
    return was === 'LINE_START' && chunk[0] === DOT_CODE ? dot(0) : -1;
  };

  const scanOctets = (): number => {
    const text = chunk.toString('latin1');
    let pattern = isUnsafe ? END_ONLY : SPECIAL;
    pattern.lastIndex = from;
    while (pattern.test(text)) {
      const at = pattern.lastIndex - 1;
      const code = chunk[at] ?? NUL_CODE;
      if (code === DOT_CODE) {
        const end = dot(at);
        if (end >= 0) return end;
        if (from === chunk.length) return -1;
      } else {
        emitUntil(at);
        from = at + 1;
        if (code === CR_CODE && from === chunk.length) {
          place = 'CR';
          return -1;
        }
        bare(code);
        if (isUnsafe) pattern = END_ONLY;
      }
      pattern.lastIndex = Math.max(from, at + 1);
    }
    return -1;
  };

  return {
    push: (next) => {
      if (next.length === 0) return -1;
      chunk = next;
      from = 0;
      let end = settle();
      if (end < 0 && from < chunk.length) end = scanOctets();
      if (end < 0 && from < chunk.length) {
        emitUntil(chunk.length);
        place = endsInCrlf(chunk) ? 'LINE_START' : 'TEXT';
      }
      chunk = CRLF;
      return end;
    },
    isUnsafe: () => isUnsafe,
  };
}

function endsInCrlf(chunk: Buffer): boolean {
  const last = chunk.length - 1;
  return chunk[last] === LF_CODE && chunk[last - 1] === CR_CODE;
}
