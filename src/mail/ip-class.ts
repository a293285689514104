/**
 * The kind of an IP address, and whether mail may be carried to it.
 *
 * A customer's DNS decides where we connect: without this guard it could point us at our own network. No address of the
 * IANA registries of special-purpose addresses is public, not even one that is said to be globally reachable: those
 * are anycast services, and no mail server. In IPv6 only global unicast is public. Forms that carry an IPv4 address
 * (NAT64, 6to4) are judged by the address they carry. Pure. RFC 6890.
 */
import { fromBytes, isInCidr, parseAddress, parseCidr } from './ip.ts';
import type { Cidr, IpAddress } from './ip.ts';

export type AddressClass =
  | 'PUBLIC'
  | 'LOOPBACK'
  | 'PRIVATE'
  | 'LINK_LOCAL'
  /** Clouds tell machines their secrets there. */
  | 'METADATA'
  | 'DOCUMENTATION'
  | 'UNSPECIFIED'
  | 'MULTICAST'
  | 'RESERVED';

/** The first block that holds an address names its class. */
const BLOCKS: readonly (readonly [Cidr, AddressClass])[] = blocks([
  ['168.63.129.16/32', 'METADATA'], // Azure; routed like a public address
  ['169.254.169.254/32', 'METADATA'], // nearly all clouds
  ['169.254.170.0/24', 'METADATA'], // AWS, credentials of containers
  ['100.100.100.200/32', 'METADATA'], // Alibaba
  ['192.0.0.192/32', 'METADATA'], // Oracle, formerly
  ['fd00:ec2::/32', 'METADATA'], // AWS
  ['fd20:ce::254/128', 'METADATA'], // Google
  ['0.0.0.0/8', 'UNSPECIFIED'], // Linux takes a connection to 0.0.0.0 to itself
  ['10.0.0.0/8', 'PRIVATE'],
  ['100.64.0.0/10', 'PRIVATE'], // carrier-grade NAT
  ['127.0.0.0/8', 'LOOPBACK'],
  ['169.254.0.0/16', 'LINK_LOCAL'],
  ['172.16.0.0/12', 'PRIVATE'],
  ['192.0.0.0/24', 'RESERVED'], // protocol assignments: DS-Lite, PCP and TURN anycast, NAT64 discovery
  ['192.0.2.0/24', 'DOCUMENTATION'],
  ['192.31.196.0/24', 'RESERVED'], // AS112
  ['192.52.193.0/24', 'RESERVED'], // AMT
  ['192.88.99.0/24', 'RESERVED'], // 6to4 relays, withdrawn
  ['192.168.0.0/16', 'PRIVATE'],
  ['192.175.48.0/24', 'RESERVED'], // AS112
  ['198.18.0.0/15', 'PRIVATE'], // benchmarking of networks
  ['198.51.100.0/24', 'DOCUMENTATION'],
  ['203.0.113.0/24', 'DOCUMENTATION'],
  ['224.0.0.0/4', 'MULTICAST'],
  ['240.0.0.0/4', 'RESERVED'], // with the broadcast address
  ['0.0.0.0/0', 'PUBLIC'],
  ['::/128', 'UNSPECIFIED'],
  ['::1/128', 'LOOPBACK'],
  ['64:ff9b::/96', 'PUBLIC'], // NAT64, if what it carries is
  ['64:ff9b:1::/48', 'PRIVATE'], // local-use NAT64
  ['2001:2::/48', 'PRIVATE'], // benchmarking of networks
  ['2001::/23', 'RESERVED'], // protocol assignments: Teredo, anycast, AMT, AS112, ORCHID, drone identities
  ['2001:db8::/32', 'DOCUMENTATION'],
  ['2002::/16', 'RESERVED'], // 6to4, withdrawn
  ['2620:4f:8000::/48', 'RESERVED'], // AS112
  ['3fff::/20', 'DOCUMENTATION'],
  ['2000::/3', 'PUBLIC'], // global unicast
  ['fc00::/7', 'PRIVATE'],
  ['fe80::/10', 'LINK_LOCAL'],
  ['fec0::/10', 'PRIVATE'], // site-local, withdrawn
  ['ff00::/8', 'MULTICAST'],
  ['::/0', 'RESERVED'], // IPv4 in old forms, discard-only, SRv6, and what is not assigned
]);

/** IPv6 blocks that carry an IPv4 address, with its octets: NAT64, 6to4, and local-use NAT64 in each of its lengths (RFC 6052 §2.2). */
const CARRIERS: readonly { readonly block: Cidr | null; readonly octets: readonly number[] }[] = [
  { block: parseCidr('64:ff9b::/96'), octets: [12, 13, 14, 15] },
  { block: parseCidr('2002::/16'), octets: [2, 3, 4, 5] },
  { block: parseCidr('64:ff9b:1::/48'), octets: [6, 7, 9, 10] },
  { block: parseCidr('64:ff9b:1::/48'), octets: [7, 9, 10, 11] },
  { block: parseCidr('64:ff9b:1::/48'), octets: [9, 10, 11, 12] },
  { block: parseCidr('64:ff9b:1::/48'), octets: [12, 13, 14, 15] },
];

/** Addresses asked for lately: a drain asks for the same few addresses with every message. */
const KNOWN = new Map<string, AddressClass>();
const MOST_KNOWN = 1000;

/** The class of an address; null when the text is not an address. */
export function classifyAddress(text: string): AddressClass | null {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const address = parseAddress(text);
  if (address === null) return null;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const kind = classify(address);
  KNOWN.set(text, kind);
  return kind;
}

/**
 * Whether a next hop may be dialled at this address. Loopback, private, link-local and documentation addresses only when
 * the operator allows private next hops; metadata services, unspecified, multicast and reserved addresses never.
 */
export function isUsableNextHopAddress(text: string, allowPrivate: boolean): boolean {
  const kind = classifyAddress(text);
  const isLocal = kind === 'LOOPBACK' || kind === 'PRIVATE' || kind === 'LINK_LOCAL' || kind === 'DOCUMENTATION';
  return isLocal ? allowPrivate : kind === 'PUBLIC';
}

/** Whether a web or DNS server that a user names may be asked there: as a next hop, but never on the local link. */
export function isUsableServerAddress(text: string, allowPrivate: boolean): boolean {
  return classifyAddress(text) !== 'LINK_LOCAL' && isUsableNextHopAddress(text, allowPrivate);
}

function classify(address: IpAddress): AddressClass {
  const own = BLOCKS.find(([block]) => isInCidr(address, block))?.[1] ?? 'RESERVED';
  const carried = CARRIERS.flatMap(({ block, octets }) =>
    block !== null && isInCidr(address, block)
      ? [classify(fromBytes(Uint8Array.from(octets, (octet) => address.bytes[octet] ?? 0)))]
      : [],
  );
  if (carried.includes('METADATA')) return 'METADATA';
  // Local-use NAT64 is private whatever it carries.
  const [only] = carried;
  return only === undefined || only === 'PUBLIC' || own === 'PRIVATE' ? own : only;
}

function blocks(rows: readonly (readonly [string, AddressClass])[]): (readonly [Cidr, AddressClass])[] {
  return rows.map(([text, kind]) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`not a CIDR block: ${text}`);
    return [cidr, kind];
  });
}
