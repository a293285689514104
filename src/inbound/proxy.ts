/**
 * How a proxy names its client: by a PROXY header before everything else, or by XCLIENT. Pure; admission.ts knows who may do so.
 *
 * The PROXY header, version 1 (text) and 2 (binary), has the client's address or says that the connection is the balancer's
 * own (format: HAProxy's `proxy-protocol.txt`). Strict and bounded: one spelling only, TLVs skipped unread, at most 107 octets
 * of text or `MAX_HEADER_OCTETS` of binary.
 *
 * XCLIENT is for a proxy that speaks SMTP itself (Postfix, XCLIENT_README). Of its attributes ADDR, NAME, HELO and PROTO are
 * used; PORT and LOGIN are read and have no effect. Values are xtext (RFC 3461 §4) and decode to printable ASCII.
 */
import { clientAddressOf, normalizeAddress } from '../mail/ip.ts';
import { normalizeLooseDomain } from '../mail/domain.ts';
import { decodeXtext } from '../mail/xtext.ts';

export type ProxyHeader =
  /** The octets may be the beginning of a header, or is one without its end. */
  | { readonly kind: 'MORE' }
  /** These octets begin no header. */
  | { readonly kind: 'NONE' }
  | { readonly kind: 'MALFORMED'; readonly reason: string }
  /** Null when the balancer speaks for itself, or knows no IP address: LOCAL, UNKNOWN, UNSPEC, a Unix socket. */
  | { readonly kind: 'HEADER'; readonly address: string | null; readonly octetCount: number };

const MORE: ProxyHeader = { kind: 'MORE' };
const NONE: ProxyHeader = { kind: 'NONE' };

const SIGNATURE_V1 = octetsOf('PROXY ');
const SIGNATURE_V2 = octetsOf('\r\n\r\n\0\r\nQUIT\n');
/** The longest line of version 1, with its CRLF. */
const MAX_LINE_OCTETS = 107;
/** Limit of version 2: enough for addresses and every TLV that balancers send; what is longer is refused. */
export const MAX_HEADER_OCTETS = 4096;
/** Signature, version and command, family, length. */
const FIXED_OCTETS = 16;

const LINE_V1 = /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

/** Reads the first octets of a connection, from its very first one. */
export function readProxyHeader(octets: Uint8Array): ProxyHeader {
  if (startsAlike(octets, SIGNATURE_V1)) return octets.length < SIGNATURE_V1.length ? MORE : readLine(octets);
  if (startsAlike(octets, SIGNATURE_V2)) return octets.length < FIXED_OCTETS ? MORE : readBinary(octets);
  return NONE;
}

function readLine(octets: Uint8Array): ProxyHeader {
  const end = octets.subarray(0, MAX_LINE_OCTETS).indexOf(0x0a);
  if (end < 0) return octets.length < MAX_LINE_OCTETS ? MORE : malformed('line too long');
  if (octets[end - 1] !== 0x0d) return malformed('line does not end in CRLF');
  const line = String.fromCharCode(...octets.subarray(0, end - 1));
  const octetCount = end + 1;
  if (/^PROXY UNKNOWN(?: [ -~]*)?$/.test(line)) return { kind: 'HEADER', address: null, octetCount };
  const [, family = '', source = '', destination = '', ...ports] = LINE_V1.exec(line) ?? [];
  if (family === '' || ports.some((port) => Number(port) > 65_535)) return malformed('bad line');
  const address = addressOf(family, source);
  if (address === null || addressOf(family, destination) === null) return malformed('bad address');
  return { kind: 'HEADER', address, octetCount };
}

function addressOf(family: string, text: string): string | null {
  return text.includes(':') === (family === '6') ? normalizeAddress(text) : null;
}

/** Family and protocol in one octet, streams only. Without octets the address is unknown to us. */
const FAMILIES: ReadonlyMap<number, { readonly blockOctets: number; readonly addressOctets: number }> = new Map([
  [0x00, { blockOctets: 0, addressOctets: 0 }],
  [0x11, { blockOctets: 12, addressOctets: 4 }],
  [0x21, { blockOctets: 36, addressOctets: 16 }],
  [0x31, { blockOctets: 216, addressOctets: 0 }],
]);

function readBinary(octets: Uint8Array): ProxyHeader {
  const [versionAndCommand = 0, familyAndProtocol = 0, high = 0, low = 0] = octets.subarray(12, FIXED_OCTETS);
  if (versionAndCommand >> 4 !== 2) return malformed('unknown version');
  const command = versionAndCommand & 0xf;
  if (command > 1) return malformed('unknown command');
  const length = high * 256 + low;
  const octetCount = FIXED_OCTETS + length;
  if (octetCount > MAX_HEADER_OCTETS) return malformed('longer than we read');
  const family = FAMILIES.get(familyAndProtocol);
  // A LOCAL header's family and addresses have no meaning.
  const isLocal = command === 0;
  if (!isLocal && family === undefined) return malformed('unknown family or protocol');
  if (!isLocal && length < (family?.blockOctets ?? 0)) return malformed('shorter than its addresses');
  if (octets.length < octetCount) return MORE;
  if (isLocal || family === undefined || family.addressOctets === 0)
    return { kind: 'HEADER', address: null, octetCount };
  const source = octets.slice(FIXED_OCTETS, FIXED_OCTETS + family.addressOctets);
  return { kind: 'HEADER', address: clientAddressOf(source), octetCount };
}

function malformed(reason: string): ProxyHeader {
  return { kind: 'MALFORMED', reason };
}

function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether one of the two is the beginning of the other. */
function startsAlike(octets: Uint8Array, signature: Uint8Array): boolean {
  const shorter = Math.min(octets.length, signature.length);
  for (let at = 0; at < shorter; at += 1) if (octets[at] !== signature[at]) return false;
  return true;
}

/** The attributes after XCLIENT in the reply to EHLO. */
export const XCLIENT_ATTRIBUTES = 'NAME ADDR PORT PROTO HELO LOGIN';

/** Undefined: not given. Null: the proxy does not know it either. */
export interface XclientRequest {
  address?: string | null;
  name?: string | null;
  ehloName?: string | null;
  isExtended?: boolean | null;
}

const UNKNOWN_VALUES = new Set(['[UNAVAILABLE]', '[TEMPUNAVAIL]']);
const MAX_VALUE_LENGTH = 255;

/** Takes one attribute's value over; false if it is not valid. */
type Setter = (into: XclientRequest, value: string | null) => boolean;

const SETTERS: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  ['ADDR', setAddress],
  ['NAME', setName],
  ['HELO', setEhloName],
  ['PROTO', setProtocol],
  ['PORT', (_, value) => value === null || (/^\d{1,5}$/.test(value) && Number(value) <= 65_535)],
  ['LOGIN', () => true],
]);

/** Reads the whole command line; null for a syntax error, of which nothing may take effect. */
export function parseXclient(line: string): XclientRequest | null {
  const words = line
    .trim()
    .split(/[ \t]+/)
    .slice(1);
  const request: XclientRequest = {};
  const seen = new Set<string>();
  for (const word of words) {
    const [, attribute = '', text = ''] = /^([A-Za-z]+)=(.+)$/.exec(word) ?? [];
    const name = attribute.toUpperCase();
    const setter = SETTERS.get(name);
    const value = decodeXtext(text);
    if (setter === undefined || seen.has(name) || value === null || !/^[ -~]+$/.test(value)) return null;
    if (value.length > MAX_VALUE_LENGTH) return null;
    seen.add(name);
    if (!setter(request, UNKNOWN_VALUES.has(value.toUpperCase()) ? null : value)) return null;
  }
  return seen.size === 0 ? null : request;
}

function setAddress(into: XclientRequest, value: string | null): boolean {
  const isTagged = value !== null && /^ipv6:/i.test(value);
  const address = value === null ? null : normalizeAddress(isTagged ? value.slice(5) : value);
  // The tag is for IPv6; a bare IPv6 address is understood as well.
  if (value !== null && (address === null || (isTagged && !value.slice(5).includes(':')))) return false;
  into.address = address;
  return true;
}

function setName(into: XclientRequest, value: string | null): boolean {
  into.name = value === null ? null : normalizeLooseDomain(value);
  return value === null || into.name !== null;
}

function setEhloName(into: XclientRequest, value: string | null): boolean {
  into.ehloName = value;
  return true;
}

function setProtocol(into: XclientRequest, value: string | null): boolean {
  const protocol = value?.toUpperCase();
  if (protocol !== undefined && protocol !== 'SMTP' && protocol !== 'ESMTP') return false;
  into.isExtended = protocol === undefined ? null : protocol === 'ESMTP';
  return true;
}
