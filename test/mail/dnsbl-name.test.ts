import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { dnsblName, longestNameBelow, parseAddress } from '../../src/mail/ip.ts';

const ZONE = 'bl.example.net';

const nameOf = (text: string): string => {
  const address = parseAddress(text);
  if (address === null) throw new Error(`not an address: ${text}`);
  return dnsblName(address.bytes, ZONE);
};

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('the name below a zone', () => {
  test.each([
    ['192.0.2.99', '99.2.0.192.bl.example.net'],
    ['127.0.0.2', '2.0.0.127.bl.example.net'],
    ['::ffff:192.0.2.99', '99.2.0.192.bl.example.net'],
    // The example of RFC 5782 §2.4.
    ['2001:db8:1:2:3:4:567:89ab', 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.example.net'],
  ])('of %s is %s', (address, name) => {
    expect(nameOf(address)).toBe(name);
  });

  test('of IPv4 has its four octets, last first', () => {
    fc.assert(
      fc.property(octets(4), (bytes) => {
        const labels = nameOf(bytes.join('.')).split('.');
        expect(labels.slice(4).join('.')).toBe(ZONE);
        expect(labels.slice(0, 4).reverse().map(Number)).toEqual([...bytes]);
      }),
    );
  });

  test('of IPv6 has its 32 nibbles, last first, and never more characters than foreseen', () => {
    fc.assert(
      fc.property(octets(16), (bytes) => {
        const name = dnsblName(bytes, ZONE);
        const nibbles = name.slice(0, -ZONE.length - 1).split('.');
        expect(nibbles).toHaveLength(32);
        expect(Buffer.from(nibbles.reverse().join(''), 'hex')).toEqual(Buffer.from(bytes));
        expect(name).toHaveLength(longestNameBelow(ZONE));
      }),
    );
  });

  test('a v4-mapped address is asked for as the IPv4 address it stands for', () => {
    fc.assert(
      fc.property(octets(4), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        const plain = nameOf(bytes.join('.'));
        expect(nameOf(`::ffff:${bytes.join('.')}`)).toBe(plain);
        expect(nameOf(`0:0:0:0:0:FFFF:${hex.slice(0, 4)}:${hex.slice(4)}`)).toBe(plain);
      }),
    );
  });
});
