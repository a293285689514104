/** The octets of a request are counted and found their way through before anything is parsed; in whatever pieces they come. */
import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { createJsonScan, type JsonScan, type ScanFault } from '../../src/control/admission/json-scan.ts';

function scanned(text: string | Uint8Array, pieceLength = 7): { scan: JsonScan; fault: ScanFault | null } {
  const octets = Buffer.from(text);
  const scan = createJsonScan();
  for (let at = 0; at < octets.length; at += pieceLength) {
    const fault = scan.push(octets.subarray(at, at + pieceLength));
    if (fault !== null) return { scan, fault };
  }
  return { scan, fault: scan.end() };
}

function partOf(text: string, span: { readonly start: number; readonly end: number } | null | undefined): unknown {
  return JSON.parse(Buffer.from(text).subarray(span?.start, span?.end).toString());
}

test('any object that JSON.parse takes is taken, with its members where they are', () => {
  const variables = fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 5 }), {
    noNullPrototype: true,
  });
  const request = fc.record({ query: fc.string({ unit: 'grapheme' }), variables });
  fc.assert(
    fc.property(request, fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 1), (wanted, piece, indent) => {
      const text = JSON.stringify(wanted, null, indent);
      const { scan, fault } = scanned(text, piece);
      expect(fault).toBeNull();
      expect(partOf(text, scan.member('query'))).toBe(wanted.query);
      expect(scan.memberNames()).toEqual(['query', 'variables']);
      const found = [...(scan.variables() ?? [])].map(([name, span]) => [name, partOf(text, span)] as const);
      expect(new Map(found)).toEqual(new Map(Object.entries(JSON.parse(JSON.stringify(wanted.variables)) as object)));
    }),
    { numRuns: 200 },
  );
});

test.each([
  '',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1]',
  '{"a":[1,]}',
  '{"a":[1 2]}',
  '{"a":tru}',
  '{"a":01}',
  '{"a":1}}',
  '{"a":1} x',
  '{"a":"\u0001"}',
  "{'a':1}",
  '{"a":+1}',
  '{"a":NaN}',
  '[]',
  '"a"',
  '1',
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":1}',
  '{"variables":{"v":1,"v":2}}',
])('%p is no request', (text) => {
  expect(scanned(text).fault?.message).toMatch(/^The request /);
});

test('what may not be large is refused at the octet that is too much, whatever follows', () => {
  const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  expect(scanned(deep(63)).fault).toBeNull();
  expect(scanned(deep(64)).fault?.message).toContain('64 levels');
  const members = (count: number): string =>
    `{"a":{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join()}}}`;
  expect(scanned(members(200)).fault).toBeNull();
  expect(scanned(members(201)).fault?.message).toContain('200 members');
  expect(scanned(`{"${'k'.repeat(200)}":1}`).fault).toBeNull();
  expect(scanned(`{"${'k'.repeat(201)}":1}`).fault?.message).toContain('200 octets');
  expect(scanned(`{"a":${'1'.repeat(100)}}`).fault).toBeNull();
  expect(scanned(`{"a":${'1'.repeat(101)}}`).fault?.message).toContain('100');
  const text = (octets: number): string => `{"a":"${'x'.repeat(octets)}"}`;
  expect(scanned(text(1024 * 1024), 65_536).fault).toBeNull();
  expect(scanned(text(1024 * 1024 + 1), 65_536).fault?.message).toContain('1 MiB');
});

test('values and containers are counted as they come', () => {
  const { scan } = scanned('{"query":"x","variables":{"a":[{},{},[1,"b",null]]}}');
  // Names count, each of them is made anew.
  expect(scan.counts()).toMatchObject({ values: 13, containers: 6 });
});
