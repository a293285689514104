/**
 * Turns what is known about a recipient into a verdict. Pure: instants are of the monotonic clock.
 *
 * Only the primary's own word refuses for good, and of a recipient known good only its second, a quarter of an hour after the
 * first. While the primary cannot be asked, what was known when that began goes on to count (a refusal: while an outage is open), and the domain's policy decides
 * about the unknown.
 */
import type { VerificationStatus } from '../../verification/recipient.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { PASS, type Verdict, type ReplyLine } from '../decision.ts';

/* The words of rejections: none names the primary, its address or its reply. */
const NO_MAILBOX: ReplyLine = {
  code: 550,
  enhancedCode: '5.1.1',
  text: "the domain's mail server says that there is no such mailbox",
  rejection: 'BMX-PRIMARY',
};
const LATER: ReplyLine = {
  code: 450,
  enhancedCode: '4.2.1',
  text: "mailbox not known here, and the domain's mail server cannot be asked now; try again later",
  rejection: 'BMX-LATER',
};

export const REFUSE_UNKNOWN: Verdict = { kind: 'REFUSE', reply: NO_MAILBOX };
/** Nothing is known of the mailbox, and the domain wants such mail to wait. */
export const DEFER_UNKNOWN: Verdict = { kind: 'REFUSE', reply: LATER };
/** A mailbox known good was refused once. */
export const DEFER_SUSPECTED: Verdict = {
  kind: 'REFUSE',
  reply: { ...LATER, text: "the domain's mail server is not sure of this mailbox; try again later" },
};

/** Greylisting and a moment's misconfiguration are over by then. The statement that confirms has the same interval. */
const CONFIRMED_AFTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

/** The mailbox, as far as it does not depend on the primary. */
export interface Mailbox {
  readonly domain: RelayDomain;
  /** In the User List: known good. */
  readonly isListed: boolean;
  /** Must be reachable: not put off for being unknown (RFC 5321 §4.5.1). */
  readonly isRole: boolean;
  /** The verdict on another spelling, until the primary has answered for this one; null if none exists. */
  readonly ifUnknown: Verdict | null;
}

/** Null: the primary has to be asked. */
export function judgeStatus(mailbox: Mailbox, status: VerificationStatus, nowMs: number): Verdict | null {
  const { answer, expiresAtMs, suspectedAtMs } = status;
  const holds = expiresAtMs !== null && expiresAtMs > nowMs;
  if (answer === 'NEGATIVE') {
    // Listed since: the answer is about a time before.
    const isOutdated = mailbox.isListed && suspectedAtMs === null;
    return holds && !isOutdated ? REFUSE_UNKNOWN : null;
  }
  if (suspectedAtMs !== null) return nowMs - suspectedAtMs < CONFIRMED_AFTER_MS ? DEFER_SUSPECTED : null;
  return answer === 'POSITIVE' && holds ? PASS : null;
}

/** Taken by the domain's policy, though nothing is known of it. */
export const TAKEN_UNKNOWN: Verdict = { kind: 'PASS' };

/** Since when the primary cannot be asked, and how long that has lasted. */
export interface Away {
  readonly sinceMs: number;
  readonly ageMs: number;
  /** An outage is open: it has not spoken since. Else it may have, to others: no refusal outlives its time by that. */
  readonly isOutage: boolean;
}

export function judgeWhileAway(mailbox: Mailbox, status: VerificationStatus, away: Away): Verdict {
  const { answer, expiresAtMs, isDelivered } = status;
  const { domain, isListed, isRole, ifUnknown } = mailbox;
  const held = expiresAtMs !== null && expiresAtMs > away.sinceMs;
  if (isListed || isDelivered || (answer === 'POSITIVE' && held)) return PASS;
  if (answer === 'NEGATIVE' && held && away.isOutage) return REFUSE_UNKNOWN;
  if (ifUnknown !== null) return ifUnknown;
  if (isRole) return PASS;
  const { policy, hours } = domain.unknownWhileDown;
  switch (policy) {
    case 'ACCEPT':
      return TAKEN_UNKNOWN;
    case 'DEFER_THEN_ACCEPT':
      return away.ageMs >= hours * HOUR_MS ? PASS : DEFER_UNKNOWN;
    case 'DEFER':
      return DEFER_UNKNOWN;
    default:
      return policy satisfies never;
  }
}
