/**
 * An SMTP reply as a value: code, enhanced status code and text (RFC 5321 §4.2, RFC 3463). And the words of a rejection that is
 * about us, the sending host, and not about a mailbox or a message.
 *
 * The text holds no CR or LF beyond the separation of its lines, so that it can stand in a log, a DSN and the API.
 * Does not judge what a reply means for a message: delivery/classify.ts and mail/callout-verdict.ts do.
 */
import { visible } from './visible.ts';

export interface Reply {
  /** Three-digit code, 200–599. */
  readonly code: number;
  /** Enhanced status code such as `5.1.1`, or null where the peer gave none. */
  readonly enhancedCode: string | null;
  /** The text lines, joined by LF, without the codes, sanitised: no control characters but LF. */
  readonly text: string;
}

/** A peer may send lines without end; what tells us why is in the first few. */
const MAX_LINES = 50;
/** RFC 5321 §4.5.3.1.5 allows 512 octets; twice that is kept of those who send more. */
const MAX_LINE_LENGTH = 1024;

/**
 * Reads a whole reply, its lines separated by CRLF or LF. Lenient: the last line with a code decides, other lines are text.
 * Null when no line begins with a code from 200 to 599, or when its lines say both yes and no (RFC 5321 §4.2.1 wants one code):
 * junk, which is neither a refusal nor an acceptance.
 */
export function parseReply(lines: string): Reply | null {
  const parsed = lines
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(parseLine);
  const last = parsed.findLast((line) => line.code !== null);
  if (last === undefined || last.code === null) return null;
  const { code } = last;
  const isTwoTongued = parsed.some((line) => line.code !== null && classOf(line.code) !== classOf(code));
  if (isTwoTongued) return null;
  const texts = parsed.map((line) => line.text);
  const enhancedCode = texts.map((text) => leadingEnhancedCode(text, code)).find((found) => found !== null) ?? null;
  const text = texts
    .slice(0, MAX_LINES)
    .map((line) => (leadingEnhancedCode(line, code) === enhancedCode ? withoutEnhancedCode(line, enhancedCode) : line))
    .map((line) => sanitizeText(line, MAX_LINE_LENGTH))
    .join('\n');
  return { code, enhancedCode, text };
}

/**
 * The reply as it stands on the wire, its lines joined by LF and none after the last: `550-5.1.1 No\n550 5.1.1 such user`.
 * The form for logs, the API and the Diagnostic-Code field; for the wire, LF becomes CRLF.
 */
export function formatReply(reply: Reply): string {
  const prefix = reply.enhancedCode === null ? '' : `${reply.enhancedCode} `;
  const lines = reply.text.split('\n');
  return lines
    .map((line, index) => `${reply.code}${index < lines.length - 1 ? '-' : ' '}${prefix}${line}`.trimEnd())
    .join('\n');
}

/**
 * One line of harmless text: every CR, LF and control becomes a space, what else is not seen is spelled out (visible.ts), and
 * invalid UTF-16 is replaced.
 *
 * @param maxLength in UTF-16 units; the cut never parts a surrogate pair
 */
export function sanitizeText(text: string, maxLength: number): string {
  const cut = text.slice(0, maxLength + 1).toWellFormed();
  const clean = visible(cut.replace(/\r\n|[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' '));
  if (clean.length <= maxLength) return clean.trimEnd();
  const kept = clean.slice(0, maxLength);
  return (kept.isWellFormed() ? kept : kept.slice(0, -1)).trimEnd();
}

function classOf(code: number): number {
  return Math.floor(code / 100);
}

interface ReplyLine {
  readonly code: number | null;
  readonly text: string;
}

function parseLine(line: string): ReplyLine {
  const match = /^([2-5][0-9][0-9])(?:[ -](.*))?$/s.exec(line);
  return match === null ? { code: null, text: line } : { code: Number(match[1]), text: match[2] ?? '' };
}

/** Only of the code's own class: `550 2.0.0` says nothing that could be trusted (RFC 2034). */
function leadingEnhancedCode(text: string, code: number): string | null {
  const enhancedCode = /^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s|$)/.exec(text)?.[1];
  return enhancedCode?.[0] === String(code)[0] ? (enhancedCode ?? null) : null;
}

function withoutEnhancedCode(line: string, enhancedCode: string | null): string {
  return enhancedCode === null ? line : line.slice(enhancedCode.length).trimStart();
}

/** Does the text name one of these addresses? 192.0.2.1 is not named by 192.0.2.10. */
export function namesAddress(text: string, ownAddresses: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return ownAddresses.some((address) => names(lower, address.toLowerCase()));
}

function names(text: string, address: string): boolean {
  for (let at = text.indexOf(address); at !== -1; at = text.indexOf(address, at + 1)) {
    if (!/[0-9a-f]/.test(text[at - 1] ?? '') && !/[0-9a-f]/.test(text[at + address.length] ?? '')) return true;
  }
  return false;
}

const BLOCKLIST_WORDS =
  /\b(?:(?:block|black|deny)[ -]?list(?:ed)?|dnsbl|rbl|spamhaus|spamcop|barracudacentral|sorbs|uceprotect|abuseat|client host (?:rejected|blocked)|(?:banned|blocked) (?:sending )?ip|ip (?:address )?(?:is )?(?:blocked|banned|listed))\b/i;

/** Does the text, mailboxes in it apart, speak of a list of bad senders? */
export function namesBlocklist(text: string): boolean {
  return BLOCKLIST_WORDS.test(withoutMailboxes(text));
}

const GREYLIST_WORDS = /\bgr[ae]y-?[ -]?list(?:ed|ing)?\b|\bpostgrey\b/i;

/** Does the text, mailboxes in it apart, speak of greylisting (RFC 6647)? */
export function saysGreylisting(text: string): boolean {
  return GREYLIST_WORDS.test(withoutMailboxes(text));
}

/** Bounded, as the text is a stranger's. */
const MAILBOXES = /<[^<>\s]{1,330}>|[^\s<>()[\]"]{1,64}@[^\s<>()[\]",;:]{1,255}/g;

/** The text without the mailboxes that it names: one may be called `rbl` or `sender`. */
export function withoutMailboxes(text: string): string {
  return text.replace(MAILBOXES, ' ');
}
