import { expect, test } from 'bun:test';
import { type ObservedMx, type ObservedMxSet, mxVerdict } from '../../src/dns/mx-set.ts';
import type { MxVerdict } from '../../src/mail/mx.ts';

/** `10 p`: a host with an address of its own; `20 us`: ourselves; `10 p!`: in trouble; `10 p-`: without an address. */
function setOf(...lines: string[]): ObservedMxSet {
  const hosts = lines.map((line): ObservedMx => {
    const [preference = '', name = ''] = line.split(' ');
    const host = name.replace(/[-!]$/, '');
    const isLost = host !== name;
    const trouble = name.endsWith('!') ? 'SERVFAIL' : null;
    // Names that differ in their final digit only are one machine: p, p1.
    const address = `11.0.2.${host.charCodeAt(0)}`;
    const isSelf = host === 'us';
    return { host, preference: Number(preference), addresses: isLost ? [] : [address], isSelf, trouble };
  });
  return { kind: 'SET', hosts, isImplicit: false };
}

const cases: readonly (readonly [MxVerdict, string[]])[] = [
  ['OK', ['10 p', '20 us']],
  ['OK', ['10 p', '20 us', '30 other']],
  ['OK', ['10 p', '20 us', '20 other']],
  ['OK', ['10 p!', '15 q', '20 us']],
  ['SANDWICH', ['10 p', '20 us', '30 p']],
  ['SANDWICH', ['10 p', '20 us', '30 p1']],
  ['NOT_LISTED', ['10 p', '20 q']],
  ['MOST_PREFERRED', ['10 us']],
  ['MOST_PREFERRED', ['10 us', '20 p']],
  ['EQUAL_PREFERENCE', ['20 us', '20 p']],
  ['EQUAL_PREFERENCE', ['20 us', '20 p', '30 p']],
  ['UNRESOLVABLE', ['10 p-', '20 us']],
  ['UNRESOLVABLE', ['10 p!', '20 us']],
  ['UNRESOLVABLE', ['10 p-']],
];
test.each(cases)('%s: %p', (verdict, lines) => {
  expect(mxVerdict(setOf(...lines))).toBe(verdict);
});

test.each([
  [{ kind: 'NULL_MX' } as const, 'NULL_MX'],
  [{ kind: 'NXDOMAIN' } as const, 'UNRESOLVABLE'],
  [{ kind: 'NO_ADDRESS' } as const, 'UNRESOLVABLE'],
  [{ kind: 'TROUBLE', reason: 'SERVFAIL' } as const, 'UNRESOLVABLE'],
])('%p gives %s', (set, verdict) => {
  expect<string>(mxVerdict(set)).toBe(verdict);
});
