/**
 * The arguments of XCLIENT, by which a proxy that speaks SMTP itself names its client (Postfix, XCLIENT_README).
 *
 * Pure. Of the attributes ADDR, NAME, HELO and PROTO are used; PORT and LOGIN are read and have no effect. Values are xtext
 * (RFC 3461 §4) and decode to printable ASCII. Whether the client may send it is reception.ts's to know.
 */
import { normalizeLooseDomain } from '../../mail/domain.ts';
import { decodeXtext } from '../../mail/xtext.ts';
import { normalizeAddress } from '../../mail/ip.ts';

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
