/**
 * Words of a refusal that is about us, the sending host, and not about a mailbox or a message. Pure.
 *
 * Does not decide what such a refusal means: delivery/classify.ts and mail/callout-verdict.ts do.
 */

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
