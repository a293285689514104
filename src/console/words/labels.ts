/** Names of situations, of kinds of outages, refusals and MX records, with the tone they have. Red is only what is lost, or will be. */
import type { MxVerdict, OutageKind, RejectionCode, Situation } from '../operations/generated.ts';

export type Tone = 'held' | 'fine' | 'attention' | 'loss' | 'past';

export interface Label {
  readonly text: string;
  readonly tone: Tone;
  /** The value in an address: `?show=away`. */
  readonly slug: string;
}

/** Most urgent first. */
export const LABELS: Readonly<Record<Situation, Label>> = {
  EXPIRING: { text: 'Expires soon', tone: 'loss', slug: 'expiring' },
  BREAKER_OPEN: { text: 'Refuses known mailboxes', tone: 'attention', slug: 'refusing' },
  OUTAGE: { text: 'Server away', tone: 'held', slug: 'away' },
  DRAINING: { text: 'Handing over', tone: 'held', slug: 'handing-over' },
  HOLDING: { text: 'Some mail waits', tone: 'held', slug: 'waiting' },
  PAUSED: { text: 'Paused', tone: 'held', slug: 'paused' },
  CHECK_FAILED: { text: 'A check failed', tone: 'attention', slug: 'check' },
  SUSPENDED: { text: 'Suspended', tone: 'attention', slug: 'suspended' },
  PENDING: { text: 'Not proven', tone: 'attention', slug: 'not-proven' },
  FINE: { text: 'All is well', tone: 'fine', slug: 'well' },
};

/** The kinds of an outage that is over. */
export const OUTAGE_KINDS: Readonly<Record<OutageKind, string>> = {
  DOWN: 'Server away',
  BLOCKING: 'Turned us away',
  GREYLISTING: 'Greylisted us',
  RATE_LIMITING: 'Limited us',
  TARPITTING: 'Too slow',
  MISCONFIGURED: 'Refused wrongly',
  DNS_BROKEN: 'DNS was broken',
};

/** The reason of a refusal, as the owner of the mailbox hears it. */
export const REJECTIONS: Readonly<Record<RejectionCode, string>> = {
  BMX_USER: 'Not in your User List',
  BMX_PRIMARY: 'Your server has no such mailbox',
  BMX_RELAY: 'Not a domain of ours',
  BMX_DNSBL: 'The sender is on a blocklist of yours',
  BMX_SIZE: 'Too large',
  BMX_RANK: 'No server of yours stands before us',
  BMX_LOOP: 'The message went in a circle',
  BMX_NULLMX: 'The domain takes no mail',
  BMX_BYTES: 'Bytes that no valid message has',
  BMX_LIMIT: 'Too much in a short time',
  BMX_LATER: 'It could not be found out whether the mailbox exists',
  BMX_SUSPENDED: 'The domain is suspended',
  BMX_DNS: 'Your server was not found in the DNS',
  BMX_BUSY: 'We had no room at that moment',
  BMX_STORE: 'We could not store it at that moment',
  OTHER: 'A reason that this version does not know',
};

/** The meaning of MX records for mail. */
export const MX_VERDICTS: Readonly<Record<MxVerdict, { readonly text: string; readonly tone: Tone }>> = {
  OK: { text: 'We are listed after your server: when it is down, mail comes to us.', tone: 'fine' },
  SANDWICH: { text: 'We are listed between your servers: when the first is down, mail comes to us.', tone: 'fine' },
  NOT_LISTED: { text: 'We are not listed: when your server is down, senders do not find us.', tone: 'attention' },
  MOST_PREFERRED: {
    text: 'We are the first of all: we refuse this mail, having no better server to hand it to.',
    tone: 'loss',
  },
  EQUAL_PREFERENCE: {
    text: 'Your best server has our number: we refuse this mail, having no better one to hand it to.',
    tone: 'loss',
  },
  NULL_MX: { text: 'The DNS says that this domain takes no mail at all.', tone: 'loss' },
  UNRESOLVABLE: { text: 'The DNS gave no answer.', tone: 'attention' },
};
