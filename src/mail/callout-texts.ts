/**
 * How mail servers say, without an enhanced status code, that a mailbox does not exist; and the words beside which the same
 * phrase is about somebody or something else. Data.
 *
 * A phrase stands here only when no common server uses it for anything else. Knowingly out, as they do: "mailbox
 * unavailable" (RFC 5321 §4.2.2's text for every 550; GMX and Outlook use it for policy), "unrouteable address" (Exim, also for
 * a domain that has lost its router), "invalid recipient" (OpenSMTPD, also for relaying), "user not local" and "not a
 * local address" (relaying), "recipient address rejected" and "address rejected" alone (any policy), "cannot deliver mail
 * for" (Haraka, relaying), "mailbox disabled", "account inactive" and "mailbox full" (the mailbox exists).
 */
import { withoutMailboxes } from './refusal-words.ts';

/** In words: lower case, mailboxes and punctuation left out. */
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
export function saysUnknownUser(text: string): boolean {
  if (isAboutElse(text)) return false;
  const words = ` ${wordsOf(withoutMailboxes(text))} `;
  return UNKNOWN_USER.some((phrase) => words.includes(` ${phrase} `));
}

/** Does the text speak of limits, of relaying, or of what will pass? */
export function isAboutElse(text: string): boolean {
  return ABOUT_ELSE.test(withoutMailboxes(text));
}

/** Is it the reverse-path that the text complains of? */
export function isAboutSender(text: string): boolean {
  return ABOUT_SENDER.test(withoutMailboxes(text));
}

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}
