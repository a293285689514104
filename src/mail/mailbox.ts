/**
 * Which addresses lead to one mailbox, whatever tag they carry (RFC 5233 §1).
 *
 * Two answers, because a wrong guess costs something else in each. A proof names a mailbox only where nearly every server
 * agrees. A count takes together what may be one mailbox on some servers: two persons who then share a bound lose little.
 * No server is asked, so both are guesses, and neither is used to deliver mail.
 */
import { normalizeLocalPart } from './local-part.ts';

/** `prvs=0123abcdef=alice`, the tagged sender that many servers put on outgoing mail (Bounce Address Tag Validation). */
const BATV = /^prvs=[^=]*=(?=.)/;

/** True when both addresses name one mailbox, apart from a tag after `+` and a tag of BATV. */
export function isSameMailbox(address: string, other: string): boolean {
  return untaggedMailbox(address) === untaggedMailbox(other);
}

/** The mailbox that nearly every server delivers to: without a tag after `+` and a tag of BATV. For comparison only. */
export function untaggedMailbox(address: string): string {
  return mailboxOf(address, /\+/);
}

/**
 * The subject under which mail to an address is counted: without its tag after `+` or `-`, without dots. The result is for
 * comparison only.
 */
export function countedMailbox(address: string): string {
  const [localPart, domain] = splitAt(mailboxOf(address, /[+-]/));
  return `${localPart.replaceAll('.', '') || localPart}@${domain}`;
}

function mailboxOf(address: string, separator: RegExp): string {
  const [given, domain] = splitAt(address);
  const unquoted = given.startsWith('"') ? given.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : given;
  const form = (normalizeLocalPart(unquoted) ?? unquoted.toLowerCase()).replace(BATV, '');
  const end = form.search(separator);
  return `${end > 0 ? form.slice(0, end) : form}@${domain.toLowerCase()}`;
}

function splitAt(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, at), address.slice(at + 1)];
}
