/**
 * The IANA registries of special-purpose addresses (IPv4 and IPv6, of 2025), entry by entry: both edges of each block are not
 * public, and the neighbours outside are, unless they stand here as another entry's. Metadata services are never dialled.
 */
import { describe, expect, test } from 'bun:test';
import {
  type AddressClass,
  classifyAddress,
  isUsableNextHopAddress,
  isUsableServerAddress,
} from '../../src/mail/ip-class.ts';
import { fromBytes, normalizeAddress, parseCidr } from '../../src/mail/ip.ts';

/** `before` and `after`: the class of the neighbours. */
const REGISTRY: readonly (readonly [
  block: string,
  kind: AddressClass,
  before: AddressClass | null,
  after: AddressClass | null,
])[] = [
  ['0.0.0.0/8', 'UNSPECIFIED', null, 'PUBLIC'],
  ['10.0.0.0/8', 'PRIVATE', 'PUBLIC', 'PUBLIC'],
  ['100.64.0.0/10', 'PRIVATE', 'PUBLIC', 'PUBLIC'],
  ['127.0.0.0/8', 'LOOPBACK', 'PUBLIC', 'PUBLIC'],
  ['169.254.0.0/16', 'LINK_LOCAL', 'PUBLIC', 'PUBLIC'],
  ['172.16.0.0/12', 'PRIVATE', 'PUBLIC', 'PUBLIC'],
  ['192.0.0.0/24', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['192.0.0.0/29', 'RESERVED', 'PUBLIC', 'RESERVED'],
  ['192.0.0.8/32', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['192.0.0.9/32', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['192.0.0.10/32', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['192.0.0.170/31', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['192.0.2.0/24', 'DOCUMENTATION', 'PUBLIC', 'PUBLIC'],
  ['192.31.196.0/24', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['192.52.193.0/24', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['192.88.99.0/24', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['192.168.0.0/16', 'PRIVATE', 'PUBLIC', 'PUBLIC'],
  ['192.175.48.0/24', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['198.18.0.0/15', 'PRIVATE', 'PUBLIC', 'PUBLIC'],
  ['198.51.100.0/24', 'DOCUMENTATION', 'PUBLIC', 'PUBLIC'],
  ['203.0.113.0/24', 'DOCUMENTATION', 'PUBLIC', 'PUBLIC'],
  ['224.0.0.0/4', 'MULTICAST', 'PUBLIC', 'RESERVED'],
  ['240.0.0.0/4', 'RESERVED', 'MULTICAST', null],
  ['255.255.255.255/32', 'RESERVED', 'RESERVED', null],
  ['::/128', 'UNSPECIFIED', null, 'LOOPBACK'],
  ['::1/128', 'LOOPBACK', 'UNSPECIFIED', 'RESERVED'],
  ['64:ff9b:1::/48', 'PRIVATE', 'RESERVED', 'RESERVED'],
  ['100::/64', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['100:0:0:1::/64', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001::/23', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['2001::/32', 'RESERVED', 'PUBLIC', 'RESERVED'],
  ['2001:1::1/128', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:1::2/128', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:1::3/128', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:2::/48', 'PRIVATE', 'RESERVED', 'RESERVED'],
  ['2001:3::/32', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:4:112::/48', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:10::/28', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:20::/28', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:30::/28', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['2001:db8::/32', 'DOCUMENTATION', 'PUBLIC', 'PUBLIC'],
  ['2620:4f:8000::/48', 'RESERVED', 'PUBLIC', 'PUBLIC'],
  ['3fff::/20', 'DOCUMENTATION', 'PUBLIC', 'PUBLIC'],
  ['5f00::/16', 'RESERVED', 'RESERVED', 'RESERVED'],
  ['fc00::/7', 'PRIVATE', 'RESERVED', 'RESERVED'],
  ['fe80::/10', 'LINK_LOCAL', 'RESERVED', 'PRIVATE'],
  // Beside the registries: site-local, multicast, global unicast as a whole.
  ['fec0::/10', 'PRIVATE', 'LINK_LOCAL', 'MULTICAST'],
  ['ff00::/8', 'MULTICAST', 'PRIVATE', null],
];

/** The address so many away; null at the end of the family. */
function away(bytes: Uint8Array, step: 1 | -1): string | null {
  const next = Uint8Array.from(bytes);
  for (let at = next.length - 1; at >= 0; at -= 1) {
    const value = (next[at] ?? 0) + step;
    next[at] = value & 0xff;
    if (value === (next[at] ?? 0)) return fromBytes(next).text;
  }
  return null;
}

function edges(block: string) {
  const cidr = parseCidr(block);
  if (cidr === null) throw new Error(`not a block: ${block}`);
  const { bytes } = cidr.network;
  const last = Uint8Array.from(bytes, (byte, at) => {
    const free = Math.min(8, Math.max(0, (at + 1) * 8 - cidr.prefixLength));
    return byte | (0xff >> (8 - free));
  });
  return { first: fromBytes(bytes).text, last: fromBytes(last).text, before: away(bytes, -1), after: away(last, 1) };
}

describe('the registries', () => {
  test.each(REGISTRY.map((row) => [...row] as const))('%s is %s; before %s, after %s', (block, kind, before, after) => {
    const at = edges(block);
    expect([classifyAddress(at.first), classifyAddress(at.last)]).toEqual([kind, kind]);
    expect(at.before === null ? null : classifyAddress(at.before)).toBe(before);
    expect(at.after === null ? null : classifyAddress(at.after)).toBe(after);
    expect(isUsableNextHopAddress(at.first, false) || isUsableServerAddress(at.last, false)).toBe(false);
  });

  test('global unicast is public from edge to edge, and nothing beside it', () => {
    const at = edges('2000::/3');
    expect([at.first, at.last, at.before ?? '', at.after ?? ''].map(classifyAddress)).toEqual([
      'PUBLIC',
      'PUBLIC',
      'RESERVED',
      'RESERVED',
    ]);
  });
});

describe('an IPv4 address in IPv6', () => {
  test.each<[ipv4: string, kind: AddressClass]>([
    ['127.0.0.1', 'LOOPBACK'],
    ['10.0.0.1', 'PRIVATE'],
    ['169.254.1.1', 'LINK_LOCAL'],
    ['169.254.169.254', 'METADATA'],
    ['168.63.129.16', 'METADATA'],
    ['192.0.2.1', 'DOCUMENTATION'],
    ['0.0.0.0', 'UNSPECIFIED'],
    ['255.255.255.255', 'RESERVED'],
    ['8.8.8.8', 'PUBLIC'],
  ])('%s: mapped and by NAT64 it is %s, by 6to4 never public', (ipv4, kind) => {
    const hex = ipv4.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
    const groups = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
    expect(classifyAddress(`::ffff:${ipv4}`)).toBe(kind);
    expect(classifyAddress(`64:ff9b::${ipv4}`)).toBe(kind);
    expect(classifyAddress(`2002:${groups}::1`)).toBe(kind === 'PUBLIC' ? 'RESERVED' : kind);
    // Local-use NAT64 (RFC 6052), as /96 and as /48.
    const local = kind === 'METADATA' ? 'METADATA' : 'PRIVATE';
    expect(classifyAddress(`64:ff9b:1::${ipv4}`)).toBe(local);
    expect(classifyAddress(`64:ff9b:1:${hex[0]}${hex[1]}:00${hex[2]}:${hex[3]}00::`)).toBe(local);
    // IPv4-translated, IPv4-compatible, and Teredo.
    for (const text of [`::ffff:0:${ipv4}`, `::${ipv4}`, `2001:0:${groups}::1`]) {
      // ::0.0.0.0 is the unspecified address itself.
      expect(classifyAddress(text)).toBe(normalizeAddress(text) === '::' ? 'UNSPECIFIED' : 'RESERVED');
    }
  });
});

test.each([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '::ffff:168.63.129.16',
  '64:ff9b::168.63.129.16',
  '2002:a83f:8110::1',
])('%s, where a cloud tells its secrets, is never dialled, whatever the operator allows', (address) => {
  expect(classifyAddress(address)).toBe('METADATA');
  expect([isUsableNextHopAddress(address, true), isUsableServerAddress(address, true)]).toEqual([false, false]);
});

test('the neighbours of what clouds use are what they were', () => {
  expect(
    ['168.63.129.15', '168.63.129.17', '100.100.100.199', '169.254.169.253', 'fd00:ec3::1'].map(classifyAddress),
  ).toEqual(['PUBLIC', 'PUBLIC', 'PRIVATE', 'LINK_LOCAL', 'PRIVATE']);
});

test('documentation addresses are for laboratories: dialled where private ones may be', () => {
  for (const address of ['192.0.2.1', '2001:db8::1', '3fff::1']) {
    expect([isUsableNextHopAddress(address, false), isUsableNextHopAddress(address, true)]).toEqual([false, true]);
  }
});
