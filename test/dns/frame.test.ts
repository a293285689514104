import { expect, test } from 'bun:test';
import { createFrameReader, type Frame } from '../../src/dns/frame.ts';

/** The message of the first piece that ends it, and how many pieces that took. */
function read(octets: Buffer, pieceBytes: number, maxBytes?: number): readonly [string, number, number] | null {
  const reader = createFrameReader(maxBytes);
  for (let at = 0, pieces = 1; at < octets.length; at += pieceBytes, pieces += 1) {
    const frame: Frame | null = reader.take(octets.subarray(at, at + pieceBytes));
    if (frame !== null) return [frame.bytes.toString(), frame.length, pieces];
  }
  return null;
}

const framed = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);
const LONG = 'x'.repeat(700);

test.each([1, 2, 3, 5, 1000])('in pieces of %i octets', (pieceBytes) => {
  expect(read(framed(LONG), pieceBytes)).toEqual([LONG, 700, Math.ceil(702 / pieceBytes)]);
});

test('what comes after it is ignored', () => {
  expect(read(Buffer.concat([framed('one'), framed('two')]), 1000)).toEqual(['one', 3, 1]);
});

test('one without content is a message', () => {
  expect(read(Buffer.from([0, 0]), 1)).toEqual(['', 0, 2]);
});

test('of one that says it is longer than may be, the head is enough', () => {
  expect(read(framed(LONG), 1, 699)).toEqual(['x'.repeat(12), 700, 14]);
});

test('half of one is none', () => {
  expect(read(framed(LONG).subarray(0, 701), 100)).toBeNull();
});
