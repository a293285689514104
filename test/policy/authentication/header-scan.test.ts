/** Fields that pretend to be ours are found and cut out, and not an octet more, wherever the chunks end. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { scanHeader, withoutRanges } from '../../../src/policy/authentication/header-scan.ts';
import { hasStretch } from '../../../src/policy/authentication/work-bounds.ts';

const OURS = new Set(['mx.backup.example', 'xn--bcher-kva.example']);
const HEAD = 'From: <a@sender.example>\r\nX-Long: one\r\n two\r\n';
const TAIL = 'Subject: x\r\n\r\nAuthentication-Results: mx.backup.example; dkim=pass\r\nbody\r\n';

function chunksOf(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text, 'utf8');
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

async function clean(content: readonly Uint8Array[]): Promise<string> {
  return Buffer.concat(withoutRanges(content, (await scanHeader(content, OURS)).forged)).toString('utf8');
}

const FORGED = [
  'Authentication-Results: mx.backup.example; dkim=pass\r\n',
  'authentication-results:MX.Backup.Example;\r\n spf=pass\r\n\tsmtp.mailfrom=x\r\n',
  'Authentication-Results \t: mx.backup.example 1; none\r\n',
  'Authentication-Results:\r\n mx.backup.example; none\r\n',
  'Authentication-Results\r\n : mx.backup.example; none\r\n',
  'Authentication-Results: (a (nested\\) ; other.example) comment) mx.backup.example (x); none\r\n',
  'Authentication-Results: "mx.backup.example"; none\r\n',
  'Authentication-Results: "mx\\.backup.\r\n example"; none\r\n',
  'Authentication-Results: mx.backup.example.; none\r\n',
  'Authentication-Results: bücher.example; none\r\n',
  'Authentication-Results: mx.backup.example\r\n',
];
const OTHERS = [
  'Authentication-Results: mx.sender.example; dkim=pass (mx.backup.example)\r\n',
  'Authentication-Results: (mx.backup.example) mx.sender.example; none\r\n',
  'Authentication-Results: xmx.backup.example; none\r\n',
  'ARC-Authentication-Results: i=1; mx.backup.example; none\r\n',
  'X-Authentication-Results: mx.backup.example; none\r\n',
  'Authentication-Results: ; none\r\n',
  'Authentication-Results: \r\n',
];

describe('fields with one of our names', () => {
  test.each(FORGED)('%j is cut out', async (field) => {
    for (const size of [1, 2, 7, 64, 10_000])
      expect(await clean(chunksOf(HEAD + field + TAIL, size))).toBe(HEAD + TAIL);
    expect(await clean(chunksOf(field + HEAD + field + field + TAIL, 11))).toBe(HEAD + TAIL);
  });

  test.each(OTHERS)('%j stays', async (field) => {
    for (const size of [1, 10_000]) {
      expect(await clean(chunksOf(HEAD + field + TAIL, size))).toBe(HEAD + field + TAIL);
    }
  });

  test('any mixture in any chunks loses just those', async () => {
    const field = fc.oneof(
      fc.record({ text: fc.constantFrom(...FORGED), isForged: fc.constant(true) }),
      fc.record({ text: fc.constantFrom(...OTHERS, HEAD), isForged: fc.constant(false) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), async (fields, size) => {
        const kept = fields.filter(({ isForged }) => !isForged).map(({ text }) => text);
        const all = fields.map(({ text }) => text).join('');
        expect(await clean(chunksOf(all + TAIL, size))).toBe(kept.join('') + TAIL);
      }),
    );
  });

  test('a header section without an end is one all the same; no octets are none', async () => {
    expect(await clean(chunksOf(HEAD + FORGED[0], 5))).toBe(HEAD);
    expect(await clean(chunksOf(HEAD + (FORGED[0]?.trimEnd() ?? ''), 5))).toBe(HEAD);
    expect(await clean([])).toBe('');
  });
});

test('lines, and the octets of each field with its folds, are counted up to the empty line', async () => {
  const header = `${HEAD}DKIM-Signature: a\r\n b\r\ndkim-signature : c\r\nX-DKIM-Signature: d\r\n`;
  for (const size of [1, 3, 1000]) {
    expect(await scanHeader(chunksOf(`${header}\r\nDKIM-Signature: e\r\n`, size), OURS)).toEqual({
      bytes: header.length,
      lineCount: 7,
      fields: new Map([
        ['from', { count: 1, octets: 26 }],
        ['x-long', { count: 1, octets: 19 }],
        ['dkim-signature', { count: 2, octets: 43 }],
        ['x-dkim-signature', { count: 1, octets: 21 }],
      ]),
      strayOctets: 0,
      forged: [],
    });
  }
  expect(await scanHeader(chunksOf('\r\nbody\r\n', 1), OURS)).toMatchObject({ bytes: 0, lineCount: 0 });
});

test('a line that is no field belongs to the one above, and is counted as a stray', async () => {
  const scan = await scanHeader(
    chunksOf('From: a\r\nb c: d\r\n e\r\nTo: f\r\n\u00a0From: g\r\nX\r\n : h\r\n\r\n', 4),
    OURS,
  );
  expect([...scan.fields]).toEqual([
    ['from', { count: 1, octets: 21 }],
    ['to', { count: 1, octets: 27 }],
  ]);
  expect(scan.strayOctets).toBe(32);
});

test('a stretch without an octet of a kind is found over chunks, up to the given octet', () => {
  const text = 'ab\r\nabcdef\r\nabc';
  const isEnd = (octet: number): boolean => octet === 0x0a;
  for (const size of [1, 3, 1000]) {
    const content = chunksOf(text, size);
    // With its CR.
    expect(hasStretch(content, { bytes: text.length, most: 6, isEnd })).toBe(true);
    expect(hasStretch(content, { bytes: 10, most: 6, isEnd })).toBe(false);
    expect(hasStretch(content, { bytes: text.length, most: 7, isEnd })).toBe(false);
  }
  expect(hasStretch([], { bytes: 0, most: 0, isEnd })).toBe(false);
});

test('a stretch is found wherever its ends lie', () => {
  const isEnd = (octet: number): boolean => octet === 1;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 0, 0, 1), { maxLength: 60 }),
      fc.integer({ min: 0, max: 8 }),
      (octets, most) => {
        const longest = Math.max(
          ...octets
            .join('')
            .split('1')
            .map(({ length }) => length),
        );
        for (const size of [1, 2, 7, 60]) {
          const chunks = Array.from({ length: Math.ceil(octets.length / size) }, (_, at) =>
            Uint8Array.from(octets.slice(at * size, (at + 1) * size)),
          );
          expect(hasStretch(chunks, { bytes: octets.length, most, isEnd })).toBe(longest > most);
        }
      },
    ),
  );
});

test('others have their turn while a header section as large as a message is read', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const { lineCount } = await scanHeader([Buffer.from('A\r\n'.repeat(3_000_000))], OURS);
  clearInterval(timer);
  expect(lineCount).toBe(3_000_000);
  expect(turns).toBeGreaterThan(10);
});
