/**
 * The network that stands for one client wherever clients are counted: an IPv4 address, or an IPv6 /64.
 *
 * Whoever has one address of a /64 has them all (RFC 4291 §2.5.4), so counting them singly would bound nothing. Pure.
 */
import { fromBytes, normalizeAddress, parseAddress } from './ip.ts';

const INTERFACE_OCTETS = 8;
/** One customer of a provider may have so much: a site is given a /56 or a /48. */
const SITE_OCTETS = [7, 6] as const;

/** `192.0.2.1`, or `2001:db8:1:2::/64`; a v4-mapped address is its IPv4 address. What is no address stands for itself. */
export function clientNetwork(address: string): string {
  // The common case, in the spelling that a socket gives: nothing to do.
  if (!address.includes(':')) return address;
  const parsed = parseAddress(address);
  if (parsed === null) return address;
  if (parsed.family === 4) return parsed.text;
  return networkOf(parsed.bytes, INTERFACE_OCTETS);
}

/**
 * The networks around that of one client, the narrowest first, which one party may hold as well: the IPv4 /24, the IPv6 /56
 * and /48. What is no address has none.
 */
export function widerNetworks(address: string): readonly string[] {
  if (!address.includes(':')) {
    const end = address.lastIndexOf('.');
    return end < 0 ? [] : [`${address.slice(0, end)}.0/24`];
  }
  const parsed = parseAddress(address);
  if (parsed === null) return [];
  if (parsed.family === 4) return widerNetworks(parsed.text);
  return SITE_OCTETS.map((octets) => networkOf(parsed.bytes, octets));
}

/** The canonical spelling of an address of four or sixteen octets in network order, as a proxy tells it. */
export function clientAddressOf(octets: Uint8Array): string {
  const { text } = fromBytes(octets);
  return normalizeAddress(text) ?? text;
}

function networkOf(bytes: Uint8Array, octets: number): string {
  const network = new Uint8Array(bytes.length);
  network.set(bytes.subarray(0, octets));
  return `${fromBytes(network).text}/${octets * 8}`;
}
