/**
 * Last check: does the primary know the mailbox? (Callout at RCPT; RFC 5321 §3.6.2 lets a relay refuse.)
 *
 * In this order:
 *  1. an answer that holds, from memory, else from Postgres: PASS, or 550;
 *  2. a primary that takes any recipient is not asked;
 *  3. nor is one that is away: an outage is open, or the operator has paused the destination. What was known then counts;
 *  4. the primary is asked, within the probe budget, once for all who wait for the same mailbox (call-ahead-inquiry.ts). What
 *     is no clear answer accepts; a primary that says nothing, or may not be asked any more, is away.
 *
 * Promises an answer within 30 seconds, and at once from memory; that nothing but the primary's own word on the mailbox
 * refuses for good; that callouts open no outage. An answer that is getting old is asked anew behind the sender's back.
 */
import { within } from '../clock.ts';
import { baseOf, normalizeLocalPart } from '../mail/local-part.ts';
import type { OpenOutages } from '../outage/open-outages.ts';
import type { Recipient, Standing } from '../recipients/recipient.ts';
import { createInquiries, type Inquiry, type InquiryDeps, type InquirySubject } from './call-ahead-inquiry.ts';
import { type Away, judgeStanding, judgeWhileAway, type Mailbox } from './call-ahead-judge.ts';
import { type Check, PASS, type ServedQuestion, type Verdict } from './decision.ts';

/** A client waits at least five minutes for the reply to RCPT (RFC 5321 §4.5.3.2.3); product: below 30 s. */
const MOST_WAIT_MS = 25_000;
/** A refresh that brought no answer is repeated after this. */
const REFRESH_AGAIN_MS = 300_000;

export interface CallAheadDeps extends InquiryDeps {
  readonly openOutages: Pick<OpenOutages, 'startedAtMs'>;
}

export interface CallAhead {
  readonly check: Check;
  /** Drops what is known of a recipient from this node's memory. */
  forget(recipient: Pick<Recipient, 'destinationId' | 'localPart'>): void;
  /** Cuts all probes. */
  close(): Promise<void>;
}

export function createCallAhead(deps: CallAheadDeps): CallAhead {
  const { answers, primaries, openOutages, monotonicMs } = deps;
  const inquiries = createInquiries(deps);

  const forget: CallAhead['forget'] = (recipient) => {
    answers.drop(recipient);
    primaries.drop(recipient.destinationId);
    inquiries.forget(recipient);
  };

  /** Asks anew, unless another node has done so; nobody waits for it. */
  const refresh = (subject: InquirySubject): void => {
    const { recipient } = subject;
    const { destinationId } = recipient;
    answers.postponeRefresh(recipient, monotonicMs() + REFRESH_AGAIN_MS);
    if (openOutages.startedAtMs(destinationId) !== null) return;
    inquiries.inBackground(async () => {
      const standing = await answers.find(recipient);
      if (!isRefreshDue(standing, monotonicMs())) return;
      answers.postponeRefresh(recipient, monotonicMs() + REFRESH_AGAIN_MS);
      const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
      if (!standing.isPaused && !facts.isCatchAll) await inquiries.ask(subject);
    });
  };

  /** The verdict of what is known, or null. */
  const judgeKnown = (subject: InquirySubject, mailbox: Mailbox, standing: Standing): Verdict | null => {
    const nowMs = monotonicMs();
    const verdict = judgeStanding(mailbox, standing, nowMs);
    if (verdict !== null && isRefreshDue(standing, nowMs)) refresh(subject);
    return verdict;
  };

  const decide = async (subject: InquirySubject, mailbox: Mailbox): Promise<Verdict> => {
    const { recipient } = subject;
    const { destinationId } = recipient;
    const standing = await answers.find(recipient);
    const known = judgeKnown(subject, mailbox, standing);
    if (known !== null) return known;
    const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
    if (facts.isCatchAll) return PASS;
    const away = awayBefore(openOutages.startedAtMs(destinationId), standing.isPaused, monotonicMs());
    if (away !== null) return judgeWhileAway(mailbox, standing, away);
    const inquiry = await within<Inquiry, Inquiry>(MOST_WAIT_MS, inquiries.ask(subject), () => ({ kind: 'UNASKED' }));
    return judgeInquiry(inquiry, mailbox, standing);
  };

  const judgeInquiry = (inquiry: Inquiry, mailbox: Mailbox, before: Standing): Verdict => {
    const nowMs = monotonicMs();
    switch (inquiry.kind) {
      case 'ANSWERED':
        return judgeStanding(mailbox, inquiry.standing, nowMs) ?? PASS;
      case 'NO_ANSWER':
        return PASS;
      case 'SILENT':
        return judgeWhileAway(mailbox, before, { sinceMs: inquiry.sinceMs, ageMs: nowMs - inquiry.sinceMs });
      case 'UNASKED':
        return judgeWhileAway(mailbox, before, { sinceMs: nowMs, ageMs: 0 });
      default:
        return inquiry satisfies never;
    }
  };

  return {
    check: (question) => {
      if (!question.domain.callAheads) return PASS;
      const subject = subjectOf(question);
      if (subject === null) return PASS;
      const mailbox = { domain: question.domain, isListed: subject.isListed, isRole: question.isRole };
      const standing = answers.recall(subject.recipient);
      const known = standing === null ? null : judgeKnown(subject, mailbox, standing);
      return known ?? decide(subject, mailbox);
    },
    forget,
    close: inquiries.close,
  };
}

function subjectOf({ domain, localPart, isRole }: ServedQuestion): InquirySubject | null {
  const form = normalizeLocalPart(localPart);
  if (form === null) return null;
  const { delimiter, count } = domain.recipientList;
  const base = baseOf(form, delimiter);
  return {
    recipient: { destinationId: domain.destinationId, tenantId: domain.tenantId, localPart: base },
    domain,
    // The answer is kept for every spelling, so an ASCII name is asked in the one that every server knows.
    spelling: /^[ -~]*$/.test(localPart) ? base : baseOf(localPart, delimiter),
    // The User List has let it pass before, unless it is exempt.
    isListed: count > 0 && !isRole,
  };
}

function isRefreshDue({ refreshAtMs }: Standing, nowMs: number): boolean {
  return refreshAtMs !== null && refreshAtMs <= nowMs;
}

/** Known to be away before anybody asks. A pause has no beginning here, and is no reason to put mail off for long. */
function awayBefore(outageSinceMs: number | null, isPaused: boolean, nowMs: number): Away | null {
  if (outageSinceMs !== null) return { sinceMs: outageSinceMs, ageMs: nowMs - outageSinceMs };
  return isPaused ? { sinceMs: nowMs, ageMs: Number.POSITIVE_INFINITY } : null;
}
