/** One spelling for a client's address, however it is told. */
import { expect, test } from 'bun:test';
import { clientAddressOf, clientNetwork, normalizeClientAddress } from '../../src/policy/client-address.ts';

test('two addresses of one /64 are one network, of two are two', () => {
  expect(clientNetwork('2001:db8:1:2::1')).toBe(clientNetwork('2001:db8:1:2:ffff::'));
  expect(clientNetwork('2001:db8:1:2::1')).not.toBe(clientNetwork('2001:db8:1:3::1'));
});

test('octets and text of an address have one spelling', () => {
  expect(clientAddressOf(Uint8Array.from([192, 0, 2, 1]))).toBe('192.0.2.1');
  expect(clientAddressOf(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]))).toBe('192.0.2.1');
  expect(clientAddressOf(Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 1]))).toBe('2001:db8::1');
  expect(normalizeClientAddress('2001:DB8:0::1')).toBe('2001:db8::1');
  expect(normalizeClientAddress('[192.0.2.1]')).toBeNull();
});
