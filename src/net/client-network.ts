/**
 * The network that stands for one client wherever clients are counted: an IPv4 address, or an IPv6 /64.
 *
 * Whoever has one address of a /64 has them all (RFC 4291 §2.5.4), so counting them singly would bound nothing. Pure.
 */
import { fromBytes, parseAddress } from './addresses.ts';

const INTERFACE_OCTETS = 8;

/** `192.0.2.1`, or `2001:db8:1:2::/64`; a v4-mapped address is its IPv4 address. What is no address stands for itself. */
export function clientNetwork(address: string): string {
  // The common case, in the spelling that a socket gives: nothing to do.
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  if (parsed === null) return address;
  if (parsed.family === 4) return parsed.text;
  return `${fromBytes(new Uint8Array([...parsed.bytes.subarray(0, INTERFACE_OCTETS), ...new Uint8Array(INTERFACE_OCTETS)])).text}/64`;
}
