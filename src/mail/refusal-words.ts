/**
 * Words of a refusal that is about us, the sending host, and not about a mailbox or a message. Pure.
 *
 * Does not decide what such a refusal means: delivery/classify.ts and mail/callout-verdict.ts do.
 */

/** Does the text name one of these addresses? 192.0.2.1 is not named by 192.0.2.10. */
export function namesAddress(text: string, ownAddresses: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return ownAddresses.some((address) => {
    const at = lower.indexOf(address.toLowerCase());
    if (at === -1) return false;
    return !/[0-9a-f]/i.test(text[at - 1] ?? '') && !/[0-9a-f]/i.test(text[at + address.length] ?? '');
  });
}

const BLOCKLIST_WORDS =
  /\b(?:(?:block|black|deny)[ -]?list(?:ed)?|dnsbl|rbl|spamhaus|spamcop|barracudacentral|sorbs|uceprotect|abuseat|client host (?:rejected|blocked)|(?:banned|blocked) (?:sending )?ip|ip (?:address )?(?:is )?(?:blocked|banned|listed))\b/i;
/** A mailbox may be called `rbl`. */
const MAILBOXES = /<[^<>]*@[^<>]*>|[^\s<>()[\]]+@[^\s<>()[\]]+/g;

/** Does the text, mailboxes in it apart, speak of a list of bad senders? */
export function namesBlocklist(text: string): boolean {
  return BLOCKLIST_WORDS.test(text.replace(MAILBOXES, ' '));
}
