/**
 * IP addresses as values: parse, write in one canonical form, match against CIDR blocks, compare.
 *
 * A v4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address everywhere, so that no test can be passed by
 * the other spelling. Accepts only the plain forms: no brackets, no zone ids, no leading zeros, no `0x7f.1`.
 * Pure. ip-class.ts says whether a kind of address may be dialled. RFC 4291, RFC 5952.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** Four or sixteen octets in network order. */
  readonly bytes: Uint8Array;
  /** Dotted quad, or RFC 5952 lower case. */
  readonly text: string;
}

export interface Cidr {
  readonly network: IpAddress;
  readonly prefixLength: number;
}

/** A transport address: an IP address in canonical form and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Parses an IPv4 or IPv6 address; null when the text is not exactly one. */
export function parseAddress(text: string): IpAddress | null {
  const bytes = addressBytes(text);
  if (bytes === null) return null;
  return fromBytes(bytes.length === 16 && isV4Mapped(bytes) ? bytes.slice(12) : bytes);
}

/** The four or sixteen octets of an address as it is written; null when the text is not exactly one. */
export function addressBytes(text: string): Uint8Array | null {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** The canonical spelling of an address, or null when the text is not one. */
export function normalizeAddress(text: string): string | null {
  return parseAddress(text)?.text ?? null;
}

/** Parses `192.0.2.0/24`, `2001:db8::/32`, or an address alone as a block of one; null when it is neither. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const network = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (network === null) return null;
  const bits = network.bytes.length * 8;
  if (slash === -1) return { network, prefixLength: bits };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return null;
  // A mapped block is written with the length of the IPv6 form: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefixLength = Number(digits) - (network.family === 4 && text.includes(':') ? 96 : 0);
  return prefixLength < 0 || prefixLength > bits ? null : { network, prefixLength };
}

/** Whether the address lies in the block. An address of the other family does not. */
export function isInCidr(address: IpAddress, cidr: Cidr): boolean {
  if (address.family !== cidr.network.family) return false;
  for (let index = 0, bits = cidr.prefixLength; bits > 0; index += 1, bits -= 8) {
    const mask = bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff;
    if (((address.bytes[index] ?? 0) & mask) !== ((cidr.network.bytes[index] ?? 0) & mask)) return false;
  }
  return true;
}

/** Whether an address lies in one of the networks; texts that are no network, or no address, match nothing. */
export function isWithin(networks: readonly string[]): (address: string) => boolean {
  const blocks = networks.flatMap((text) => parseCidr(text) ?? []);
  return (address) => {
    const parsed = blocks.length === 0 ? null : parseAddress(address);
    return parsed !== null && blocks.some((block) => isInCidr(parsed, block));
  };
}

/** Parses `192.0.2.1:25` or `[2001:db8::1]:25`; null when it is neither, or the port is 0 or above 65535. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = normalizeAddress(match?.[1] ?? match?.[2] ?? '');
  const port = Number(match?.[3] ?? 0);
  return address === null || port < 1 || port > 65535 ? null : { address, port };
}

/** Writes an address and port as `192.0.2.1:25` or `[2001:db8::1]:25`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The name to ask for PTR records of an address: `1.2.0.192.in-addr.arpa`, or 32 nibbles below `ip6.arpa`. */
export function reverseLookupName({ family, bytes }: IpAddress): string {
  return `${reversedLabels(bytes)}.${family === 4 ? 'in-addr.arpa' : 'ip6.arpa'}`;
}

/** The octets of an IPv4 address or the nibbles of an IPv6 address, last first. */
function reversedLabels(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].reverse().join('.');
  const nibbles = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return nibbles.map((nibble) => nibble.toString(16)).join('.');
}

/** Builds the value from four or sixteen octets; no folding of v4-mapped addresses. */
export function fromBytes(bytes: Uint8Array): IpAddress {
  const family = bytes.length === 4 ? 4 : 6;
  return { family, bytes, text: family === 4 ? bytes.join('.') : formatIpv6(bytes) };
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const octets = parts.map(Number);
  return octets.some((octet) => octet > 255) ? null : Uint8Array.from(octets);
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group; without it nothing may be missing.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  return Uint8Array.from([...head, ...new Uint8Array(missing), ...tail]);
}

/** The octets of colon-separated groups; a dotted quad may stand at the end of the whole address only. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const octets: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
      continue;
    }
    const quad = mayEndInIpv4 && index === groups.length - 1 ? parseIpv4(group) : null;
    if (quad === null) return null;
    octets.push(...quad);
  }
  return octets;
}

function isV4Mapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** RFC 5952 §4: lower case, no leading zeros, the longest (first) run of two or more zero groups as "::". */
function formatIpv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  }
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === '0') end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

const INTERFACE_OCTETS = 8;
/** One customer of a provider may have so much: a site is given a /56 or a /48. */
const SITE_OCTETS = [7, 6] as const;

/**
 * The network that stands for one client wherever clients are counted: `192.0.2.1`, or `2001:db8:1:2::/64`.
 *
 * A client that has one address of a /64 has them all (RFC 4291 §2.5.4), so counting single ones would bound nothing. A v4-mapped
 * address is its IPv4 address; a text that is not an address stands for itself.
 */
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
function widerNetworks(address: string): readonly string[] {
  if (!address.includes(':')) {
    const end = address.lastIndexOf('.');
    return end < 0 ? [] : [`${address.slice(0, end)}.0/24`];
  }
  const parsed = parseAddress(address);
  if (parsed === null) return [];
  if (parsed.family === 4) return widerNetworks(parsed.text);
  return SITE_OCTETS.map((octets) => networkOf(parsed.bytes, octets));
}

/** The network of one client and those around it, the narrowest first: whatever is counted by client is counted for each. */
export function clientNetworks(address: string): readonly [string, ...string[]] {
  return [clientNetwork(address), ...widerNetworks(address)];
}

/** The limits of these networks, in those of one client: itself, the IPv4 /24 or IPv6 /56, the IPv6 /48. */
export const NETWORK_SHARES = [1, 4, 8] as const;

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

/** The name under which a DNS list is asked about an address (RFC 5782 §2.1, §2.4): `99.2.0.192.zone` for `192.0.2.99`. */
export function dnsblName(bytes: Uint8Array, zone: string): string {
  return `${reversedLabels(bytes)}.${zone}`;
}

/** 32 nibbles, each with its dot. */
const LONGEST_PREFIX = 64;

/** Characters of the longest name that is ever asked for below this zone. */
export function longestNameBelow(zone: string): number {
  return LONGEST_PREFIX + zone.length;
}
