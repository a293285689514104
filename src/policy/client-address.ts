/**
 * The address of a client as it is counted and compared: one spelling for each, and the network it stands for.
 *
 * Whoever has one IPv6 address has its /64, so limits and memory go by that; an IPv4 address stands for itself, also when
 * it comes v4-mapped. Pure. RFC 4291.
 */
import { fromBytes, normalizeAddress } from '../net/addresses.ts';

/** The canonical spelling of an address (RFC 5952), v4-mapped ones as IPv4; null when the text is no address. */
export function normalizeClientAddress(text: string): string | null {
  return normalizeAddress(text);
}

/** The canonical spelling of four or sixteen octets in network order. */
export function clientAddressOf(octets: Uint8Array): string {
  const { text } = fromBytes(octets);
  return normalizeAddress(text) ?? text;
}

/** `192.0.2.1` for an IPv4 address, `2001:db8:1:2::/64` for an IPv6 one; what is no address is given back as it is. */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address;
  const plain = normalizeAddress(address.replace(/%.*$/, ''));
  if (plain === null || !plain.includes(':')) return plain ?? address;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => '0');
  const groups = [...before, ...zeros, ...behind].slice(0, 4);
  return `${groups.join(':')}::/64`;
}
