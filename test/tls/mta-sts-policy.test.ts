/** The texts of MTA-STS: what is a record, what is a policy, and that no text is an exception. */
import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { allowsHost, readStsPolicy, readStsRecord } from '../../src/tls/mta-sts.ts';
import { cpuMsOf } from '../helpers/timing.ts';

const POLICY = 'version: STSv1\r\nmode: enforce\r\nmx: mx.example\r\nmx: *.pool.example\r\nmax_age: 604800\r\n';

test.each<[string, readonly string[], string | null]>([
  ['plain', ['v=STSv1; id=20260101;'], '20260101'],
  ['no final semicolon', ['v=STSv1; id=a1'], 'a1'],
  ['no blanks', ['v=STSv1;id=a1;'], 'a1'],
  ['more fields', ['v=STSv1; x=1; id=a1; y.z=%;'], 'a1'],
  ['beside others', ['v=spf1 -all', 'v=STSv1; id=a1;'], 'a1'],
  ['twice', ['v=STSv1; id=a1;', 'v=STSv1; id=a2;'], null],
  ['another version', ['v=STSv2; id=a1;'], null],
  ['no id', ['v=STSv1; x=1;'], null],
  ['an id with a dash', ['v=STSv1; id=a-1;'], null],
  ['a long id', [`v=STSv1; id=${'a'.repeat(33)};`], null],
  ['version only', ['v=STSv1;'], null],
  ['something before it', [' v=STSv1; id=a1;'], null],
  ['a field that is none', ['v=STSv1; id=a1; nonsense'], null],
  ['none', [], null],
])('record: %s', (_name, records, expected) => {
  expect(readStsRecord(records)).toBe(expected);
});

test('a policy with CRLF, with LF, with blanks, in any order, with keys of tomorrow', () => {
  const expected = { mode: 'enforce', mx: ['mx.example', '*.pool.example'], maxAgeSeconds: 604_800 } as const;
  expect(readStsPolicy(POLICY)).toEqual(expected);
  expect(readStsPolicy(POLICY.replaceAll('\r', ''))).toEqual(expected);
  const mixed =
    'max_age:604800  \nmx:MX.example.\nfuture-key: = anything at all\nmode:  enforce\nmx: *.pool.example\n\nversion: STSv1';
  expect(readStsPolicy(mixed)).toEqual(expected);
});

test('of a key twice the first counts', () => {
  expect(readStsPolicy(`${POLICY}mode: none\r\nmax_age: 1\r\n`)).toMatchObject({
    mode: 'enforce',
    maxAgeSeconds: 604_800,
  });
});

test('a year at most; a policy of none needs no mx', () => {
  expect(readStsPolicy(POLICY.replace('604800', '9999999999'))).toMatchObject({ maxAgeSeconds: 31_557_600 });
  expect(readStsPolicy('version: STSv1\nmode: none\nmax_age: 86400\n')).toEqual({
    mode: 'none',
    mx: [],
    maxAgeSeconds: 86_400,
  });
});

test.each([
  ['', /version/],
  ['<html>\n', /no field/],
  [POLICY.replace('STSv1', 'STSv2'), /version/],
  [POLICY.replace('enforce', 'ENFORCE'), /mode/],
  [POLICY.replace('mode: enforce\r\n', ''), /mode/],
  [POLICY.replace('604800', '-1'), /max_age/],
  [POLICY.replace('604800', '1e6'), /max_age/],
  [POLICY.replace('604800', '12345678901'), /max_age/],
  [POLICY.replaceAll(/mx: .*\r\n/g, ''), /no mx/],
  [POLICY.replace('mx.example', 'mx example'), /host name/],
  [POLICY.replace('mx.example', '*'), /host name/],
  [POLICY.replace('*.pool', 'a.*.pool'), /host name/],
  [POLICY.replace('mx.example', 'mx..example'), /host name/],
  [POLICY + 'mx: a.example\r\n'.repeat(200), /host name/],
  [`${POLICY}no field\r\n`, /no field/],
])('%j is no policy', (text, fault) => {
  expect(readStsPolicy(text)).toMatchObject({ fault: expect.stringMatching(fault) });
});

test.each([
  ['mx.example', true],
  ['a.pool.example', true],
  ['b.a.pool.example', false],
  ['pool.example', false],
  ['mx.example.evil.example', false],
  ['xmx.example', false],
])('%s: %p', (host, expected) => {
  expect(allowsHost({ mx: ['mx.example', '*.pool.example'] }, host)).toBe(expected);
});

test('any text gives a policy that can be kept, or a fault, in short time', () => {
  const word = fc.constantFrom(
    'version',
    'mode',
    'mx',
    'max_age',
    ':',
    ': ',
    '\n',
    '\r\n',
    'STSv1',
    'enforce',
    '*.a.example',
    '1',
    '\0',
    ' ',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const policy = readStsPolicy(given);
      if ('fault' in policy) return;
      expect(policy.mx.every((pattern) => /^(\*\.)?[a-z0-9_.-]+$/.test(pattern))).toBe(true);
      expect(policy.maxAgeSeconds).toBeLessThanOrEqual(31_557_600);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (records) => {
      readStsRecord(records);
    }),
  );
  const tookMs = cpuMsOf(() => {
    readStsRecord([`v=STSv1;${' \t'.repeat(30_000)}x`]);
    readStsRecord([`v=STSv1; a=${'b'.repeat(60_000)}\0`]);
    readStsPolicy(`mx:${' '.repeat(65_000)}x\n${'a: b \n'.repeat(10_000)}`);
  });
  expect(tookMs).toBeLessThan(1000);
});
