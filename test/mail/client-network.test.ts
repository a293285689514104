/** One client, one network: /32 of IPv4, /64 of IPv6, whatever the spelling. */
import { expect, test } from 'bun:test';
import { clientAddressOf, clientNetwork, normalizeAddress } from '../../src/mail/ip.ts';

test.each([
  ['192.0.2.9', '192.0.2.9'],
  ['::ffff:192.0.2.9', '192.0.2.9'],
  ['::ffff:c000:209', '192.0.2.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['', ''],
])('%p counts as %p', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});

test('two addresses of one /64 are one network, of two are two', () => {
  expect(clientNetwork('2001:db8:1:2::1')).toBe(clientNetwork('2001:db8:1:2:ffff::'));
  expect(clientNetwork('2001:db8:1:2::1')).not.toBe(clientNetwork('2001:db8:1:3::1'));
});

test('octets and text of an address have one spelling', () => {
  expect(clientAddressOf(Uint8Array.from([192, 0, 2, 1]))).toBe('192.0.2.1');
  expect(clientAddressOf(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]))).toBe('192.0.2.1');
  expect(clientAddressOf(Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 1]))).toBe('2001:db8::1');
  expect(normalizeAddress('2001:DB8:0::1')).toBe('2001:db8::1');
  expect(normalizeAddress('[192.0.2.1]')).toBeNull();
});
