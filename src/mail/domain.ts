/**
 * Domain names and address literals as they stand in an address (RFC 5321 §4.1.2, §4.1.3, RFC 5891).
 *
 * A domain has one form everywhere in the service: lower case, A-labels, no trailing dot. Whether it exists in DNS is
 * not asked here.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** A name of 255 octets in the DNS, its length bytes and root counted, has 253 characters in writing (RFC 1035). */
const MAX_NAME_LENGTH = 253;

const LABELS = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Names that the DNS holds in practice: hosts with an underscore send mail, though RFC 5321 §4.1.2 has no such names. */
const LOOSE_LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ASCII = /^[\x00-\x7f]*$/;

/**
 * The one form of a domain: `Bücher.Example.` becomes `xn--bcher-kva.example`.
 *
 * A single label is a domain; all digits after the last dot make an IPv4 address, not a domain. Null for whatever is no
 * host name of letters, digits and hyphens, or too long for the DNS.
 */
export function normalizeDomain(text: string): string | null {
  return normalize(text, LABELS);
}

/** As `normalizeDomain`, but lets underscores pass outside the last label: for names that others chose. */
export function normalizeLooseDomain(text: string): string | null {
  return normalize(text, LOOSE_LABELS);
}

function normalize(text: string, labels: RegExp): string | null {
  // Four bytes of UTF-8 never become more than a few of punycode; a longer text needs no look.
  if (text.length > 4 * MAX_NAME_LENGTH) return null;
  const ascii = ASCII.test(text) ? text.toLowerCase() : fromUnicode(text);
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length > MAX_NAME_LENGTH || !labels.test(name)) return null;
  const lastLabel = name.slice(name.lastIndexOf('.') + 1);
  return /^[0-9]+$/.test(lastLabel) ? null : name;
}

/** Empty when it is no domain. The ASCII part is checked first, as the runtimes differ in what else they let through. */
function fromUnicode(text: string): string {
  return /^[A-Za-z0-9._\u0080-\u{10ffff}-]+$/u.test(text) && text.isWellFormed() ? domainToASCII(text) : '';
}

/**
 * An address literal in its one form, `[192.0.2.1]` or `[IPv6:2001:db8::1]`; null if the text is not one (RFC 5321 §4.1.3).
 * No general literal is known, so none is accepted.
 */
export function normalizeLiteral(text: string): string | null {
  if (!text.startsWith('[') || !text.endsWith(']')) return null;
  const inner = text.slice(1, -1);
  if (isIPv4(inner)) return `[${inner}]`;
  const tag = inner.slice(0, 5).toLowerCase();
  const address = inner.slice(5).toLowerCase();
  return tag === 'ipv6:' && isIPv6(address) && !address.includes('%') ? `[IPv6:${address}]` : null;
}

/** The address literal of an IP address: `2001:db8::1` becomes `[IPv6:2001:db8::1]`; null when it is no address. */
export function literalOf(address: string): string | null {
  return normalizeLiteral(`[${address}]`) ?? normalizeLiteral(`[IPv6:${address}]`);
}

/**
 * Whether `name` is what the pattern says, or one label below its wildcard, as certificates and MTA-STS policies write it
 * (RFC 9525 §6.3, RFC 8461 §4.1). Both in lower case, without a final dot.
 */
export function coversName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
