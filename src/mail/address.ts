/**
 * Reverse-paths and forward-paths: what stands in the angle brackets of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3). And the one
 * form under which a mailbox is known here: in User Lists, in what callouts have shown, in what was delivered.
 *
 * Promises one canonical spelling per mailbox: local part as given, quoted only where it must be; domain as lower-case
 * A-label or literal; no source route, no control character. Parsing the canonical spelling gives it back.
 * Does not decide whether an address is served, nor read anything into `%` or `!` in a local part.
 *
 * A form is the same for every spelling that differs in case or Unicode composition only (RFC 6531 §3.3), in every locale, and there
 * is one for every local part that parsePath lets through. A form is only ever compared: the primary is shown the spelling of the
 * sender, since case is the primary's to judge (RFC 5321 §2.4). Which addresses lead to one mailbox, whatever tag they carry
 * (RFC 5233 §1), has two answers, because a wrong guess costs something else in each. A proof names a mailbox only where nearly
 * every server agrees. A count takes together what may be one mailbox on some servers: two persons who then share a bound lose
 * little. Neither guess is used to deliver mail.
 */
import { Buffer } from 'node:buffer';
import { normalizeLiteral, normalizeLooseDomain } from './domain.ts';

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
/** RFC 5321 §4.5.3.1.1. Without its quotes. */
const MAX_LOCAL_PART_OCTETS = 64;
/** RFC 5321 §4.5.3.1.2. */
const MAX_DOMAIN_OCTETS = 255;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
// Deviates: RFC 5321 §4.1.2 – dots at the ends and in a row pass unquoted, as mailboxes like `a..b` exist; kept quoted.
const LOOSE_DOT_STRING = new RegExp(`^(?:${ATOM}|\\.)+$`, 'u');
/** Quoted-string content: no controls, a backslash only before a printable character. */
const QUOTED_STRING = /^"((?:[ !#-[\]-~\u0080-\u{10ffff}]|\\[ -~])*)"$/u;
/** Controls, line separators, and the mark that octets which are not UTF-8 leave. */
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
  return mailbox.includes('@') ? mailboxOf(...splitAt(mailbox)) : syntax('no domain');
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

const ASCII = /^[ -~]*$/;

/**
 * The form of a local part given without its quotes, or null when it cannot be one: empty, a control character, half a
 * surrogate pair, longer than 64 octets. A form may be longer than that itself, where a lower-case letter takes more octets
 * than its capital.
 */
export function normalizeLocalPart(text: string): string | null {
  if (text === '' || text.length > 4 * MAX_LOCAL_PART_OCTETS) return null;
  if (!text.isWellFormed() || UNSAFE.test(text)) return null;
  if (ASCII.test(text)) return text.length > MAX_LOCAL_PART_OCTETS ? null : text.toLowerCase();
  const form = foldCase(text.normalize('NFC')).normalize('NFC');
  // Composition shortens, folding may lengthen: one spelling that fits is enough, and a form is its own form.
  const spellings = [text, form, form.toUpperCase().normalize('NFC')];
  return spellings.some((spelling) => Buffer.byteLength(spelling) <= MAX_LOCAL_PART_OCTETS) ? form : null;
}

/**
 * The form without what follows the delimiter: `alice` of `alice+lists`. The form itself without a delimiter, where it does
 * not occur, and where nothing would be left.
 */
export function baseOf(form: string, delimiter: string | null): string {
  const end = delimiter === null ? -1 : form.indexOf(delimiter);
  return end > 0 ? form.slice(0, end) : form;
}

/** Letter by letter: the lower case of a whole word would write one capital sigma in two ways, by where it stands. */
function foldCase(text: string): string {
  let folded = '';
  for (const letter of text) folded += letter === 'ς' ? 'σ' : letter.toLowerCase();
  return folded;
}

/** `prvs=0123abcdef=alice`, the tagged sender that many servers put on outgoing mail (Bounce Address Tag Validation). */
const BATV = /^prvs=[^=]*=(?=.)/;

/** True when both addresses name one mailbox, apart from a tag after `+` and a tag of BATV. */
export function isSameMailbox(address: string, other: string): boolean {
  return untaggedMailbox(address) === untaggedMailbox(other);
}

/** The mailbox that nearly every server delivers to: without a tag after `+` and a tag of BATV. For comparison only. */
export function untaggedMailbox(address: string): string {
  return formOf(address, /\+/);
}

/**
 * The subject under which mail to an address is counted: without its tag after `+` or `-`, without dots. The result is for
 * comparison only.
 */
export function countedMailbox(address: string): string {
  const [localPart, domain] = splitAt(formOf(address, /[+-]/));
  return `${localPart.replaceAll('.', '') || localPart}@${domain}`;
}

function formOf(address: string, separator: RegExp): string {
  const [given, domain] = splitAt(address);
  const unquoted = given.startsWith('"') ? given.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : given;
  const form = (normalizeLocalPart(unquoted) ?? unquoted.toLowerCase()).replace(BATV, '');
  const end = form.search(separator);
  return `${end > 0 ? form.slice(0, end) : form}@${domain.toLowerCase()}`;
}

/** No `@` may follow the domain's, and inside a domain none is valid: the last one is the separator. */
function splitAt(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, at), address.slice(at + 1)];
}
