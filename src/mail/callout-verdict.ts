/**
 * The verdict of a primary's answer to a callout about the mailbox: it exists, it does not, or nothing. Pure.
 *
 * Rules, the first that fits decides. Only NEGATIVE ever refuses a recipient; whatever is in doubt is UNKNOWN, and accepts.
 *
 * 1. No reply, a reply to anything but RCPT, 3yz, 4yz: UNKNOWN.
 * 2. 2yz to RCPT: POSITIVE.
 * 3. 5yz whose text names an address of ours or a blocklist is about us: UNKNOWN, blocking, whatever its code.
 * 4. 5yz whose text complains of the sender is about our reverse-path: UNKNOWN, whatever its code.
 * 5. 5yz with an enhanced status code: NEGATIVE for the codes that say "no such mailbox" (RFC 3463 §3.2), and for 5.4.1
 *    where the text is Exchange Online's "recipient address rejected". UNKNOWN for every other code, and where the text
 *    speaks of a limit or of what will pass, as Gmail's 5.2.1 may; 5.7.z is blocking.
 * 6. 550, 551, 553 without one: NEGATIVE when the text stands in the table UNKNOWN_USER, else UNKNOWN.
 * 7. Every other 5yz: UNKNOWN.
 */
import { namesAddress, namesBlocklist, type Reply, withoutMailboxes } from './reply.ts';

/** How far a callout came, and what it was answered there. */
export interface CalloutReply {
  readonly stage: 'MAIL' | 'RCPT';
  /** Null when no reply came: silence, a lost connection, junk. */
  readonly reply: Reply | null;
}

export interface CalloutVerdict {
  readonly verdict: 'POSITIVE' | 'NEGATIVE' | 'UNKNOWN';
  /** The refusal is about us, not the mailbox: an operator has to do something. Only ever beside UNKNOWN. */
  readonly isBlocking: boolean;
  /** 45z to RCPT: ask again later. Only ever beside UNKNOWN. */
  readonly isGreylisting: boolean;
}

/** @param ownAddresses addresses the primary may know us by */
export function classifyCalloutReply(
  { stage, reply }: CalloutReply,
  ownAddresses: readonly string[] = [],
): CalloutVerdict {
  if (reply === null || reply.code < 200 || reply.code > 599) return UNKNOWN;
  switch (Math.floor(reply.code / 100)) {
    case 2:
      return stage === 'RCPT' ? POSITIVE : UNKNOWN;
    case 4: {
      const isGreylisting = stage === 'RCPT' && reply.code >= 450 && reply.code < 460;
      return { verdict: 'UNKNOWN', isBlocking: isAboutUs(reply, ownAddresses), isGreylisting };
    }
    case 5:
      if (isAboutUs(reply, ownAddresses)) return BLOCKING;
      if (stage === 'RCPT' && !isAboutSender(reply.text) && saysNoMailbox(reply)) return NEGATIVE;
      return enhancedCodeOf(reply)?.startsWith('5.7.') ? BLOCKING : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

const UNKNOWN: CalloutVerdict = { verdict: 'UNKNOWN', isBlocking: false, isGreylisting: false };
const BLOCKING: CalloutVerdict = { ...UNKNOWN, isBlocking: true };
const POSITIVE: CalloutVerdict = { ...UNKNOWN, verdict: 'POSITIVE' };
const NEGATIVE: CalloutVerdict = { ...UNKNOWN, verdict: 'NEGATIVE' };

/**
 * RFC 3463 §3.2, §3.3: other address status, bad mailbox, bad mailbox syntax, mailbox has moved, mailbox disabled; and
 * 5.1.10, null MX (RFC 7505), which Exchange uses for "recipient not found".
 */
const NO_MAILBOX_CODES: ReadonlySet<string> = new Set(['5.1.0', '5.1.1', '5.1.3', '5.1.6', '5.1.10', '5.2.1']);
/** The basic codes that are about a mailbox (RFC 5321 §4.2.2). */
const MAILBOX_CODES: ReadonlySet<number> = new Set([550, 551, 553]);

function saysNoMailbox(reply: Reply): boolean {
  const code = enhancedCodeOf(reply);
  if (isAboutElse(reply.text)) return false;
  if (code === null) return MAILBOX_CODES.has(reply.code) && saysUnknownUser(reply.text);
  // Exchange Online's directory-based edge blocking.
  if (code === '5.4.1') return /recipient\s+address\s+rejected/i.test(reply.text);
  return NO_MAILBOX_CODES.has(code);
}

/** Also `(#5.1.1)` (qmail) and `#5.1.0` (Cisco), and one of the wrong class: a reply at odds with itself is no refusal. */
function enhancedCodeOf({ enhancedCode, text }: Reply): string | null {
  if (enhancedCode !== null) return enhancedCode;
  const found = /(?:^|#)([245]\.\d{1,3}\.\d{1,3})(?![\d.])/m.exec(text);
  return found?.[1] ?? null;
}

function isAboutUs({ text }: Reply, ownAddresses: readonly string[]): boolean {
  return namesAddress(text, ownAddresses) || namesBlocklist(text);
}

/**
 * How mail servers say, without an enhanced status code, that a mailbox does not exist. In words: lower case, mailboxes and
 * punctuation left out.
 *
 * A phrase stands here only when no common server uses it for anything else. Knowingly out, as they do: "mailbox
 * unavailable" (RFC 5321 §4.2.2's text for every 550; GMX and Outlook use it for policy), "unrouteable address" (Exim, also for
 * a domain that has lost its router), "invalid recipient" (OpenSMTPD, also for relaying), "user not local" and "not a
 * local address" (relaying), "recipient address rejected" and "address rejected" alone (any policy), "cannot deliver mail
 * for" (Haraka, relaying), "mailbox disabled", "account inactive" and "mailbox full" (the mailbox exists).
 */
const UNKNOWN_USER: readonly string[] = [
  // Sendmail, Postfix, Courier, hMailServer, Exim's default localuser router, IMail, James, CommuniGate, Mercury, Domino,
  // SmarterMail, cPanel ("No Such User Here").
  'user unknown',
  'unknown user',
  'no such user',
  'no such local user',
  // NetEase, mail.ru, and "Local User [a@b] not found".
  'user not found',
  'user not known',
  'user does not exist',
  "user doesn't exist",
  'not a known user',
  'non existent user',
  // MDaemon, Exchange, GroupWise.
  'recipient unknown',
  'unknown recipient',
  'recipient not found',
  'recipient does not exist',
  'no such recipient',
  // Mimecast; the bare phrase is ambiguous.
  'invalid recipient https community mimecast com',
  // qmail and its patches, QQ, Alibaba.
  'no mailbox here by that name',
  'no such mailbox',
  'mailbox not found',
  'mailbox does not exist',
  'unknown mailbox',
  'not a valid mailbox',
  // Gmail's words, quoted by gateways; Tencent and others.
  'email account that you tried to reach does not exist',
  'account does not exist',
  'no such account',
  'unknown account',
  'no account by that name here',
  // PMDF and Sun/Oracle Messaging.
  'unknown or illegal alias',
  'unknown or illegal user',
  'unknown local part',
  'no such person at this address',
].map(wordsOf);

/**
 * Sender verification by Exim and Postfix quotes what *our* server said of the reverse-path, at RCPT: "Verification failed
 * for <probe@…> / 550 User unknown / Sender verify failed", "550 5.1.0 <probe@…>: Sender address rejected: User unknown".
 */
const ABOUT_SENDER = /\bsenders?\b|\bverification failed for\b|\breverse[ -]?path\b|\breturn[ -]path\b/i;

/** About how we behave or what the server is set up for, or not meant to last. */
const ABOUT_ELSE =
  /\btoo many\b|\bexcessive\b|\btoo (?:quickly|fast)\b|\bat a rate that\b|\b(?:relay|relaying)(?: access)? (?:denied|prohibited|not|is not)\b|\b(?:unable|not permitted|not allowed) to relay\b|\btemporar(?:y|ily)\b|\btry (?:again )?later\b|\bgr[ea]y-?list/i;

/** Does the text say that the mailbox is unknown, and speak of nothing else? Case, punctuation and line breaks do not matter. */
function saysUnknownUser(text: string): boolean {
  if (isAboutElse(text)) return false;
  const words = ` ${wordsOf(withoutMailboxes(text))} `;
  return UNKNOWN_USER.some((phrase) => words.includes(` ${phrase} `));
}

/** Does the text speak of limits, of relaying, or of what will pass? */
function isAboutElse(text: string): boolean {
  return ABOUT_ELSE.test(withoutMailboxes(text));
}

/** Is it the reverse-path that the text complains of? */
function isAboutSender(text: string): boolean {
  return ABOUT_SENDER.test(withoutMailboxes(text));
}

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}
