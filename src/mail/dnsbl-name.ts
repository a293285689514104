/**
 * The name under which a DNS list is asked about an address (RFC 5782 §2.1, §2.4).
 *
 * Pure. The octets of an IPv4 address or the nibbles of an IPv6 address, last first, before the name of the zone. A
 * v4-mapped address is IPv4 by the time it comes here. Whether the zone exists is not asked.
 */

/** 32 nibbles, each with its dot. */
const LONGEST_PREFIX = 64;

/** `192.0.2.99` becomes `99.2.0.192.zone`. `bytes`: four or sixteen octets in network order. */
export function dnsblName(bytes: Uint8Array, zone: string): string {
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}.${zone}`;
  const nibbles = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.${zone}`;
}

/** Characters of the longest name that is ever asked for below this zone. */
export function longestNameBelow(zone: string): number {
  return LONGEST_PREFIX + zone.length;
}
