/**
 * The one form under which a mailbox is known here: in User Lists, in what callouts have shown, in what was delivered.
 *
 * Promises the same form for every spelling that differs in case or Unicode composition only (RFC 6531 §3.3), in every
 * locale, and a form for every local part that parsePath lets through. A form is only ever compared: the primary is shown
 * the spelling of the sender, since case is the primary's to judge (RFC 5321 §2.4).
 *
 * Two answers tell which addresses lead to one mailbox, whatever tag they carry (RFC 5233 §1), because a wrong guess costs
 * something else in each. A proof names a mailbox only where nearly every server agrees. A count takes together what may be one
 * mailbox on some servers: two persons who then share a bound lose little. Neither guess is used to deliver mail.
 */
import { Buffer } from 'node:buffer';

/** RFC 5321 §4.5.3.1.1. */
const MAX_OCTETS = 64;
/** Controls, line separators, and the mark that octets which are not UTF-8 leave. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/;
const ASCII = /^[ -~]*$/;

/**
 * The form of a local part given without its quotes, or null when it cannot be one: empty, a control character, half a
 * surrogate pair, longer than 64 octets. A form may be longer than that itself, where a lower-case letter takes more octets
 * than its capital.
 */
export function normalizeLocalPart(text: string): string | null {
  if (text === '' || text.length > 4 * MAX_OCTETS) return null;
  if (!text.isWellFormed() || UNSAFE.test(text)) return null;
  if (ASCII.test(text)) return text.length > MAX_OCTETS ? null : text.toLowerCase();
  const form = foldCase(text.normalize('NFC')).normalize('NFC');
  // Composition shortens, folding may lengthen: one spelling that fits is enough, and a form is its own form.
  const spellings = [text, form, form.toUpperCase().normalize('NFC')];
  return spellings.some((spelling) => Buffer.byteLength(spelling) <= MAX_OCTETS) ? form : null;
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
