import { describe, expect, test } from 'bun:test';
import { classifyAddress, isUsableNextHopAddress, isUsableServerAddress } from '../../src/mail/ip-class.ts';
import type { AddressClass } from '../../src/mail/ip-class.ts';
import {
  formatEndpoint,
  isInCidr,
  normalizeAddress,
  parseAddress,
  parseCidr,
  parseEndpoint,
  reverseLookupName,
} from '../../src/mail/ip.ts';

describe('normalizeAddress', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:127.0.0.1', '127.0.0.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, expected) => {
    expect(normalizeAddress(text)).toBe(expected);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    '2130706433',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '12345::',
    '::g',
    'fe80::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3.4:1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::ffff:1.2.3',
    'localhost',
  ])('%p is no address', (text) => {
    expect(normalizeAddress(text)).toBeNull();
  });

  test('the canonical form of any address parses to the same octets', () => {
    for (let round = 0; round < 2000; round += 1) {
      // Half of the groups are zero, so that "::" is met in every position.
      const groups = Array.from({ length: 8 }, () => (Math.random() < 0.5 ? 0 : Math.floor(Math.random() * 0x10000)));
      const long = groups.map((group) => group.toString(16)).join(':');
      const parsed = parseAddress(long);
      expect(parsed).not.toBeNull();
      expect(parseAddress(parsed?.text ?? '')).toEqual(parsed);
    }
  });
});

describe('parseCidr and isInCidr', () => {
  const isIn = (address: string, cidr: string): boolean => {
    const [parsed, block] = [parseAddress(address), parseCidr(cidr)];
    if (parsed === null || block === null) throw new Error('bad test data');
    return isInCidr(parsed, block);
  };

  test.each([
    ['192.0.2.255', '192.0.2.0/24', true],
    ['192.0.3.0', '192.0.2.0/24', false],
    ['192.0.2.129', '192.0.2.128/25', true],
    ['192.0.2.127', '192.0.2.128/25', false],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.2', '192.0.2.1/32', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['2001:db8:ff::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['::1', '0.0.0.0/0', false],
    ['127.0.0.1', '::/0', false],
  ])('%s in %s: %p', (address, cidr, expected) => {
    expect(isIn(address, cidr)).toBe(expected);
  });

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '::/129',
    '10.0.0/8',
    '::ffff:10.0.0.0/90',
    '/8',
  ])('%p is no block', (text) => {
    expect(parseCidr(text)).toBeNull();
  });
});

describe('classifyAddress', () => {
  const cases: readonly (readonly [string, AddressClass])[] = [
    ['0.0.0.0', 'UNSPECIFIED'],
    ['0.1.2.3', 'UNSPECIFIED'],
    ['::', 'UNSPECIFIED'],
    ['127.255.255.254', 'LOOPBACK'],
    ['::1', 'LOOPBACK'],
    ['::ffff:127.0.0.1', 'LOOPBACK'],
    ['64:ff9b::7f00:1', 'LOOPBACK'],
    ['2002:7f00:1::', 'LOOPBACK'],
    ['10.0.0.1', 'PRIVATE'],
    ['172.16.0.1', 'PRIVATE'],
    ['172.31.255.255', 'PRIVATE'],
    ['172.32.0.1', 'PUBLIC'],
    ['192.168.1.1', 'PRIVATE'],
    ['100.64.0.1', 'PRIVATE'],
    ['fd00::1', 'PRIVATE'],
    ['2002:a00:1::', 'PRIVATE'],
    ['169.254.1.1', 'LINK_LOCAL'],
    ['fe80::1', 'LINK_LOCAL'],
    ['224.0.0.1', 'MULTICAST'],
    ['ff02::1', 'MULTICAST'],
    ['255.255.255.255', 'RESERVED'],
    ['::192.0.2.1', 'RESERVED'],
    ['8.8.8.8', 'PUBLIC'],
    ['2001:4860:4860::8888', 'PUBLIC'],
    ['64:ff9b::808:808', 'PUBLIC'],
  ];
  test.each(cases)('%s is %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
  });

  test('what is no address has no class and is never usable', () => {
    expect(classifyAddress('mail.example.org')).toBeNull();
    expect(isUsableNextHopAddress('mail.example.org', true)).toBe(false);
  });

  test('the operator may allow private addresses, but not 0.0.0.0, multicast or reserved ones', () => {
    for (const address of ['127.0.0.1', '10.0.0.1', 'fe80::1', '::1']) {
      expect(isUsableNextHopAddress(address, false)).toBe(false);
      expect(isUsableNextHopAddress(address, true)).toBe(true);
    }
    for (const address of ['0.0.0.0', '::', '224.0.0.1', '240.0.0.1']) {
      expect(isUsableNextHopAddress(address, true)).toBe(false);
    }
    expect(isUsableNextHopAddress('1.1.1.1', false)).toBe(true);
  });

  test('no server that a user names is asked on the local link, whatever is allowed', () => {
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fe80::1']) {
      expect(isUsableServerAddress(address, true)).toBe(false);
    }
    for (const address of ['127.0.0.1', '10.0.0.1']) {
      expect([isUsableServerAddress(address, true), isUsableServerAddress(address, false)]).toEqual([true, false]);
    }
    expect(isUsableServerAddress('1.1.1.1', false)).toBe(true);
  });
});

describe('endpoints and reverse names', () => {
  test.each([
    ['192.0.2.1:25', { address: '192.0.2.1', port: 25 }],
    ['[2001:DB8::1]:53', { address: '2001:db8::1', port: 53 }],
  ])('%s is parsed and written back', (text, expected) => {
    const endpoint = parseEndpoint(text);
    expect(endpoint).toEqual(expected);
    expect(endpoint === null ? '' : formatEndpoint(endpoint)).toBe(text.toLowerCase());
  });

  test.each(['192.0.2.1', '192.0.2.1:0', '192.0.2.1:65536', '::1:53', '[::1]', 'localhost:53', ':53', ''])(
    '%p is no endpoint',
    (text) => {
      expect(parseEndpoint(text)).toBeNull();
    },
  );

  test.each([
    ['192.0.2.99', '99.2.0.192.in-addr.arpa'],
    ['::ffff:192.0.2.99', '99.2.0.192.in-addr.arpa'],
    ['2001:db8::567:89ab', 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('the reverse name of %s', (text, expected) => {
    const address = parseAddress(text);
    expect(address === null ? '' : reverseLookupName(address)).toBe(expected);
  });
});
