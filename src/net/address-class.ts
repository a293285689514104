/**
 * What kind of address an IP address is, and whether mail may be carried to it.
 *
 * A customer's DNS decides where we connect: without this guard it could point us at our own network.
 * IPv6 forms that carry an IPv4 address (NAT64, 6to4) are judged by the address they carry. Pure. RFC 6890.
 */
import { fromBytes, isInCidr, parseAddress, parseCidr } from './addresses.ts';
import type { Cidr, IpAddress } from './addresses.ts';

export type AddressClass = 'PUBLIC' | 'LOOPBACK' | 'PRIVATE' | 'LINK_LOCAL' | 'UNSPECIFIED' | 'MULTICAST' | 'RESERVED';

/** The first block that holds an address names its class. */
const BLOCKS: readonly (readonly [Cidr, AddressClass])[] = blocks([
  ['0.0.0.0/8', 'UNSPECIFIED'], // Linux takes a connection to 0.0.0.0 to itself
  ['10.0.0.0/8', 'PRIVATE'],
  ['100.64.0.0/10', 'PRIVATE'], // carrier-grade NAT
  ['127.0.0.0/8', 'LOOPBACK'],
  ['169.254.0.0/16', 'LINK_LOCAL'], // cloud metadata services live here
  ['172.16.0.0/12', 'PRIVATE'],
  ['192.0.0.0/24', 'RESERVED'],
  ['192.168.0.0/16', 'PRIVATE'],
  ['198.18.0.0/15', 'PRIVATE'], // benchmarking of networks
  ['224.0.0.0/4', 'MULTICAST'],
  ['240.0.0.0/4', 'RESERVED'], // with the broadcast address
  ['::/128', 'UNSPECIFIED'],
  ['::1/128', 'LOOPBACK'],
  ['::/96', 'RESERVED'], // v4-compatible, withdrawn
  ['64:ff9b:1::/48', 'PRIVATE'], // local-use NAT64
  ['100::/64', 'RESERVED'], // discard-only
  ['fc00::/7', 'PRIVATE'],
  ['fe80::/10', 'LINK_LOCAL'],
  ['fec0::/10', 'PRIVATE'], // site-local, withdrawn
  ['ff00::/8', 'MULTICAST'],
]);

/** IPv6 blocks that carry an IPv4 address, with the octet at which it starts: NAT64 and 6to4. */
const CARRIERS: readonly (readonly [Cidr | null, number])[] = [
  [parseCidr('64:ff9b::/96'), 12],
  [parseCidr('2002::/16'), 2],
];

/** The class of an address; null when the text is not an address. */
export function classifyAddress(text: string): AddressClass | null {
  const address = parseAddress(text);
  return address === null ? null : classify(address);
}

/**
 * Whether a next hop may be dialled at this address. Loopback, private and link-local addresses only when the
 * operator allows private next hops; unspecified, multicast and reserved ones, and what is no address, never.
 */
export function isUsableNextHopAddress(text: string, allowPrivate: boolean): boolean {
  const kind = classifyAddress(text);
  if (kind === 'LOOPBACK' || kind === 'PRIVATE' || kind === 'LINK_LOCAL') return allowPrivate;
  return kind === 'PUBLIC';
}

/** Whether a web or DNS server that a user names may be asked there: as a next hop, but never on the local link, where clouds tell machines their secrets. */
export function isUsableServerAddress(text: string, allowPrivate: boolean): boolean {
  return classifyAddress(text) !== 'LINK_LOCAL' && isUsableNextHopAddress(text, allowPrivate);
}

function classify(address: IpAddress): AddressClass {
  for (const [block, start] of CARRIERS) {
    if (block !== null && isInCidr(address, block)) return classify(fromBytes(address.bytes.slice(start, start + 4)));
  }
  return BLOCKS.find(([block]) => isInCidr(address, block))?.[1] ?? 'PUBLIC';
}

function blocks(rows: readonly (readonly [string, AddressClass])[]): (readonly [Cidr, AddressClass])[] {
  return rows.map(([text, kind]) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`not a CIDR block: ${text}`);
    return [cidr, kind];
  });
}
