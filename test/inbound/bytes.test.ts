/** The data-phase scanner against a slow and plain one, at every chunk boundary. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { type BareNewlines, createDataScanner } from '../../src/inbound/bytes.ts';

interface Scanned {
  /** Octets read until the end of data, or -1. */
  readonly end: number;
  readonly isUnsafe: boolean;
  /** Null when unsafe: what was emitted before is of no interest. */
  readonly content: string | null;
}

function scan(chunks: readonly string[], mode: BareNewlines): Scanned {
  const pieces: Buffer[] = [];
  const scanner = createDataScanner(mode, (piece) => {
    expect(piece.length).toBeGreaterThan(0);
    pieces.push(piece);
  });
  let before = 0;
  for (const chunk of chunks) {
    const end = scanner.push(Buffer.from(chunk, 'latin1'));
    if (end >= 0) return result(before + end);
    before += chunk.length;
  }
  return result(-1);

  function result(end: number): Scanned {
    const isUnsafe = scanner.isUnsafe();
    return { end, isUnsafe, content: isUnsafe ? null : Buffer.concat(pieces).toString('latin1') };
  }
}

/** What RFC 5321 says, on the whole text at once. */
function reference(text: string, mode: BareNewlines): Scanned {
  const end = text.startsWith('.\r\n') ? 0 : text.indexOf('\r\n.\r\n') + 2;
  const isEnded = text.startsWith('.\r\n') || end >= 2;
  const data = isEnded ? text.slice(0, end) : text;
  const unstuffed = data.replace(/(^|\r\n)\./g, '$1');
  const isUnsafe = mode === 'reject' && /\r(?!\n)|(?<!\r)\n|\0/.test(unstuffed);
  const normal = unstuffed.replace(/\0|\r\n|\r|\n/g, (octet) => ({ '\0': '', '\r': ' ' })[octet] ?? '\r\n');
  return { end: isEnded ? end + 3 : -1, isUnsafe, content: isUnsafe ? null : normal };
}

/** Every way to cut a short text in two and three, and each octet alone. */
function* cuts(text: string): Generator<string[]> {
  yield [text];
  yield text.split('');
  for (let a = 1; a < text.length; a += 1) {
    yield [text.slice(0, a), text.slice(a)];
    for (let b = a + 1; b < text.length; b += 1) yield [text.slice(0, a), text.slice(a, b), text.slice(b)];
  }
}

describe('only CRLF.CRLF ends the data', () => {
  const terminators = [
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\r.\r',
    '\r.\r\n',
    '\r\n.\r',
    '\r\n\0.\r\n',
    '\r\n.\0\r\n',
    '\r\n. \r\n',
  ];
  for (const mode of ['reject', 'normalize'] as const) {
    for (const terminator of terminators) {
      test(`${mode} ${JSON.stringify(terminator)}`, () => {
        const text = `a${terminator}b\r\n.\r\nNOOP\r\n`;
        for (const chunks of cuts(text)) {
          const scanned = scan(chunks, mode);
          expect(scanned.end).toBe(text.indexOf('NOOP'));
          expect(scanned).toEqual(reference(text, mode));
        }
      });
    }
  }
});

describe('dots', () => {
  const cases: readonly (readonly [sent: string, content: string])[] = [
    ['.\r\n', ''],
    ['\r\n.\r\n', '\r\n'],
    ['..\r\n.\r\n', '.\r\n'],
    ['.a\r\n.\r\n', 'a\r\n'],
    ['a\r\n..b\r\n...\r\n.\r\n', 'a\r\n.b\r\n..\r\n'],
    ['a.\r\n.\r\n', 'a.\r\n'],
    ['\r\n..\r\n.\r\n', '\r\n.\r\n'],
  ];
  for (const [sent, content] of cases) {
    test(JSON.stringify(sent), () => {
      for (const chunks of cuts(sent)) {
        expect(scan(chunks, 'reject')).toEqual({ end: sent.length, isUnsafe: false, content });
      }
    });
  }

  test('LF..CRLF keeps both dots when newlines are normalised', () => {
    for (const chunks of cuts('a\n..\r\n.\r\n')) expect(scan(chunks, 'normalize').content).toBe('a\r\n..\r\n');
  });
});

describe('random octets', () => {
  const alphabet = ['\r', '\n', '.', '\r\n', '\r\n.', 'a', 'bc', '\0'];
  for (const mode of ['reject', 'normalize'] as const) {
    test(`${mode}, randomly cut, as the reference`, () => {
      for (let round = 0; round < 20_000; round += 1) {
        let text = '';
        const count = Math.floor(Math.random() * 16);
        // Half of the rounds hold no NUL, so that the safe paths are walked as well.
        const letters = round % 2 === 0 ? alphabet.slice(3, 7) : alphabet;
        for (let at = 0; at < count; at += 1) text += letters[Math.floor(Math.random() * letters.length)] ?? '';
        const chunks: string[] = [];
        for (let at = 0; at < text.length; ) {
          const size = 1 + Math.floor(Math.random() * 5);
          chunks.push(text.slice(at, at + size));
          at += size;
        }
        const scanned = scan(chunks, mode);
        const wanted = reference(text, mode);
        // Octets that may still become a line end or an end of data are held back, and not judged yet.
        if (wanted.end < 0) expect(scanned.end).toBe(-1);
        else expect(scanned, JSON.stringify(chunks)).toEqual(wanted);
      }
    });
  }
});
