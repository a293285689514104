/**
 * Mail for this server's own postmaster (RFC 5321 §4.5.1, RFC 2142): `<postmaster>`, and postmaster@, abuse@ and probe@ at
 * MX_HOSTNAME. The last is the reverse-path of our probes: a primary that verifies senders asks us about it.
 *
 * It goes to POSTMASTER_ADDRESS through the same queue. Without that setting it is refused: a mailbox nobody reads would be
 * worse. Decides nothing about postmaster@ of the relay domains: that mail belongs to their primaries.
 */
import { normalizeDomain } from '../../mail/address.ts';
import { type AcceptedRecipient, type ForwardPath, PASS, type ReplyLine, type Verdict } from '../decision.ts';

export interface PostmasterMailbox {
  /** MX_HOSTNAME as lower-case A-label. */
  readonly hostname: string;
  /** Where the mail goes; null when POSTMASTER_ADDRESS is unset. */
  readonly recipient: (AcceptedRecipient & { readonly address: string }) | null;
}

const NO_MAILBOX: ReplyLine = {
  code: 550,
  enhancedCode: '5.1.1',
  text: 'this server has no postmaster mailbox; write to the postmaster of the domain concerned',
  rejection: null,
};

const ROLES = new Set(['postmaster', 'abuse']);
/** At MX_HOSTNAME only. */
const PROBE_SENDER = 'probe';

/** A local part that a domain must read (RFC 5321 §4.5.1, RFC 2142 §4). */
export function isRole(localPart: string): boolean {
  return ROLES.has(localPart.toLowerCase());
}

/** The decision for a forward-path that names this server's postmaster; PASS for any other. */
export function checkPostmaster(mailbox: PostmasterMailbox, path: ForwardPath): Verdict {
  if (path.kind === 'PATH') {
    const { localPart, domain } = path.path;
    const isOurs = isRole(localPart) || localPart.toLowerCase() === PROBE_SENDER;
    if (!isOurs || normalizeDomain(domain) !== mailbox.hostname) return PASS;
  }
  const { recipient } = mailbox;
  return recipient === null ? { kind: 'REFUSE', reply: NO_MAILBOX } : { kind: 'ACCEPT', recipient };
}
