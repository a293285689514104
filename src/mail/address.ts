/**
 * Reverse-paths and forward-paths: what stands in the angle brackets of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3).
 *
 * Promises one canonical spelling per mailbox: local part as given, quoted only where it must be; domain as lower-case
 * A-label or literal; no source route, no control character. Parsing the canonical spelling gives it back.
 * Does not decide whether an address is served, nor read anything into `%` or `!` in a local part.
 */
import { Buffer } from 'node:buffer';
import { normalizeLiteral, normalizeLooseDomain } from './domain.ts';

export { normalizeDomain } from './domain.ts';

export interface Path {
  /** Unquoted, case kept. */
  readonly localPart: string;
  /** Lower-case A-label, or an address literal in brackets. */
  readonly domain: string;
  /** Canonical `local@domain`. */
  readonly address: string;
}

export type ParsedPath =
  | { readonly kind: 'PATH'; readonly path: Path }
  /** `<>` */
  | { readonly kind: 'NULL' }
  /** `<postmaster>` without a domain, in any case (RFC 5321 §4.1.1.3). Meant for RCPT only. */
  | { readonly kind: 'POSTMASTER' }
  | { readonly kind: 'INVALID'; readonly code: 'SYNTAX' | 'LENGTH'; readonly reason: string };

export interface PathOptions {
  /** True for MAIL, where `<>` is the null reverse-path. */
  readonly allowNull: boolean;
  /** True when the client gave SMTPUTF8; without it every octet is ASCII. */
  readonly smtpUtf8: boolean;
}

/** Octets, brackets included: RFC 5321 §4.5.3.1.3. */
const MAX_PATH_OCTETS = 256;
/** RFC 5321 §4.5.3.1.1. Of the unquoted local part. */
const MAX_LOCAL_PART_OCTETS = 64;
/** RFC 5321 §4.5.3.1.2. */
const MAX_DOMAIN_OCTETS = 255;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
// Deviates: RFC 5321 §4.1.2 – dots at the ends and in a row pass unquoted, as mailboxes like `a..b` exist; kept quoted.
const LOOSE_DOT_STRING = new RegExp(`^(?:${ATOM}|\\.)+$`, 'u');
/** Quoted-string content: no controls, a backslash only before a printable character. */
const QUOTED_STRING = /^"((?:[ !#-[\]-~\u0080-\u{10ffff}]|\\[ -~])*)"$/u;
/** C1 controls, line separators, and the mark that octets which are not UTF-8 leave. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/;
const ROUTE = /^@[^@:,[\]\s"]+(?:,@[^@:,[\]\s"]+)*:/;

/** Parses a path with its brackets, `<a@b.example>`. Source routes are reduced to their last address (RFC 5321, appendix C). */
export function parsePath(text: string, options: PathOptions): ParsedPath {
  if (!text.startsWith('<') || !text.endsWith('>') || text.length < 2) return syntax('no angle brackets');
  if (Buffer.byteLength(text) > MAX_PATH_OCTETS) return length(`path longer than ${MAX_PATH_OCTETS} octets`);
  if (!text.isWellFormed() || UNSAFE.test(text)) return syntax('unsafe character');
  if (!options.smtpUtf8 && /[^\x00-\x7f]/.test(text)) return syntax('non-ASCII address without SMTPUTF8');

  const inner = text.slice(1, -1);
  if (inner === '') return options.allowNull ? { kind: 'NULL' } : syntax('empty path');
  if (inner.toLowerCase() === 'postmaster') return { kind: 'POSTMASTER' };

  const mailbox = inner.startsWith('@') ? inner.replace(ROUTE, '') : inner;
  // No `@` may follow the domain's, and inside a domain none is valid: the last one is the separator.
  const at = mailbox.lastIndexOf('@');
  if (at < 0) return syntax('no domain');
  return mailboxOf(mailbox.slice(0, at), mailbox.slice(at + 1));
}

/** Is this one mailbox, `local@domain`, ready to be put in angle brackets? */
export function isAddress(text: string): boolean {
  return !text.startsWith('@') && parsePath(`<${text}>`, { allowNull: false, smtpUtf8: true }).kind === 'PATH';
}

/** Writes `local@domain`, the local part quoted where RFC 5321 §4.1.2 asks for it. */
export function formatAddress(localPart: string, domain: string): string {
  if (DOT_STRING.test(localPart)) return `${localPart}@${domain}`;
  return `"${localPart.replace(/["\\]/g, '\\$&')}"@${domain}`;
}

function mailboxOf(givenLocalPart: string, givenDomain: string): ParsedPath {
  const localPart = unquoted(givenLocalPart);
  if (localPart === null) return syntax('bad local part');
  if (Buffer.byteLength(localPart) > MAX_LOCAL_PART_OCTETS) {
    return length(`local part longer than ${MAX_LOCAL_PART_OCTETS} octets`);
  }
  if (Buffer.byteLength(givenDomain) > MAX_DOMAIN_OCTETS) {
    return length(`domain longer than ${MAX_DOMAIN_OCTETS} octets`);
  }
  const domain = givenDomain.startsWith('[') ? normalizeLiteral(givenDomain) : normalizeLooseDomain(givenDomain);
  if (domain === null) return syntax('bad domain');
  const address = formatAddress(localPart, domain);
  // Quotes and A-labels may have made it longer than it came.
  if (Buffer.byteLength(address) > MAX_PATH_OCTETS - 2) return length(`path longer than ${MAX_PATH_OCTETS} octets`);
  return { kind: 'PATH', path: { localPart, domain, address } };
}

/** Null when it is neither a dot-string nor a quoted string. An empty quoted string is an empty local part: also null. */
function unquoted(given: string): string | null {
  if (LOOSE_DOT_STRING.test(given)) return given;
  const content = QUOTED_STRING.exec(given)?.[1];
  return content === undefined || content === '' ? null : content.replace(/\\(.)/gu, '$1');
}

function syntax(reason: string): ParsedPath {
  return { kind: 'INVALID', code: 'SYNTAX', reason };
}

function length(reason: string): ParsedPath {
  return { kind: 'INVALID', code: 'LENGTH', reason };
}
