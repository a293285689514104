/**
 * Last check: does the primary know the mailbox? (Callout at RCPT; RFC 5321 §3.6.2 lets a relay refuse.)
 *
 * In this order:
 *  1. an answer that holds, from memory, else from Postgres: PASS, or 550;
 *  2. a primary that takes any recipient is not asked;
 *  3. nor is one that is away: an outage is open, or the operator has paused the destination. What was known then counts;
 *  4. the primary is asked, within the callout budget, once for all who wait for the same mailbox (callouts.ts). What
 *     is no clear answer accepts; a primary that says nothing, or may not be asked any more, is away.
 *
 * A mailbox is asked for in its one form and without what the delimiter parts, so that an answer serves every spelling. Where
 * that one is refused and the sender has spelt it otherwise, the sender's spelling is asked for before anything is refused:
 * `c++` need not be `c`, and case is the primary's to judge (RFC 5321 §2.4).
 *
 * Promises an answer within 30 seconds, and at once from memory; that nothing but the primary's own word on the mailbox
 * refuses for good; that callouts open no outage. An answer that is getting old is asked for again in the background.
 */
import { within } from '../../clock.ts';
import { baseOf, normalizeLocalPart } from '../../mail/address.ts';
import type { OpenOutages } from '../../outage/callout-view.ts';
import type { VerificationStatus, RecipientKey } from '../../verification/answers.ts';
import { createCallouts, type CalloutResult, type CalloutDeps, type CalloutSubject } from './callouts.ts';
import { type Check, PASS, type ServedQuestion, type Verdict, type ReplyLine } from '../decision.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';

/** A client waits at least five minutes for the reply to RCPT (RFC 5321 §4.5.3.2.3); product: below 30 s. */
const MOST_WAIT_MS = 25_000;
/** A refresh that brought no answer is repeated after this. */
const REFRESH_AGAIN_MS = 300_000;

interface CalloutCheckDeps extends CalloutDeps {
  readonly openOutages: Pick<OpenOutages, 'startedAtMs'>;
}

export interface CalloutCheck {
  readonly check: Check;
  /** Drops what is known of a recipient from this node's memory. */
  forget(recipient: RecipientKey): void;
  /** Cuts all callouts. */
  close(): Promise<void>;
}

export function createCalloutCheck(deps: CalloutCheckDeps): CalloutCheck {
  const { answers, primaries, openOutages, monotonicMs } = deps;
  const callouts = createCallouts(deps);

  const forget: CalloutCheck['forget'] = (recipient) => {
    answers.drop(recipient);
    primaries.drop(recipient.destinationId);
    callouts.forget(recipient);
  };

  /** Asks anew, unless another node has done so; no sender waits for it. */
  const refresh = (subject: CalloutSubject): void => {
    const { recipient } = subject;
    const { destinationId } = recipient;
    answers.postponeRefresh(recipient, monotonicMs() + REFRESH_AGAIN_MS);
    if (openOutages.startedAtMs(destinationId) !== null) return;
    callouts.inBackground(async () => {
      const status = await answers.find(recipient);
      if (!isRefreshDue(status, monotonicMs())) return;
      answers.postponeRefresh(recipient, monotonicMs() + REFRESH_AGAIN_MS);
      const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
      if (!status.isPaused && !facts.isCatchAll) await callouts.ask(subject);
    });
  };

  /** The verdict of what is known, or null. */
  const judgeKnown = (subject: CalloutSubject, mailbox: Mailbox, status: VerificationStatus): Verdict | null => {
    const nowMs = monotonicMs();
    const verdict = judgeStatus(mailbox, status, nowMs);
    if (verdict !== null && isRefreshDue(status, nowMs)) refresh(subject);
    return verdict;
  };

  /** From memory, for a primary that cannot have spoken since: an outage costs no look-up a recipient. Null: look it up. */
  const judgeInOutage = (
    { recipient }: CalloutSubject,
    mailbox: Mailbox,
    status: VerificationStatus,
  ): Verdict | null => {
    const sinceMs = openOutages.startedAtMs(recipient.destinationId);
    const facts = primaries.recall(recipient.destinationId);
    if (sinceMs === null || facts === null) return null;
    return facts.isCatchAll ? PASS : judgeWhileAway(mailbox, status, inOutage(sinceMs, monotonicMs()));
  };

  const decide = async (subject: CalloutSubject, mailbox: Mailbox, deadlineMs: number): Promise<Verdict> => {
    const { recipient } = subject;
    const { destinationId } = recipient;
    const status = await answers.find(recipient);
    const known = judgeKnown(subject, mailbox, status);
    if (known !== null) return known;
    const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
    if (facts.isCatchAll) return PASS;
    const away = awayBefore(openOutages.startedAtMs(destinationId), status.isPaused, monotonicMs());
    if (away !== null) return judgeWhileAway(mailbox, status, away);
    const waitMs = Math.max(0, deadlineMs - monotonicMs());
    const result = await within<CalloutResult, CalloutResult>(waitMs, callouts.ask(subject), () => ({
      kind: 'UNASKED',
    }));
    return judgeResult(result, mailbox, status);
  };

  const judgeResult = (result: CalloutResult, mailbox: Mailbox, before: VerificationStatus): Verdict => {
    const nowMs = monotonicMs();
    switch (result.kind) {
      case 'ANSWERED':
        return judgeStatus(mailbox, result.status, nowMs) ?? PASS;
      case 'NO_ANSWER':
        return mailbox.ifUnknown ?? PASS;
      case 'SILENT':
        return judgeWhileAway(mailbox, before, awaySince(result.sinceMs, nowMs));
      case 'UNASKED': {
        const verdict = judgeWhileAway(mailbox, before, awaySince(nowMs, nowMs));
        const unknownShare = callouts.unknownShare(mailbox.domain.destinationId);
        return verdict === TAKEN_UNKNOWN ? { kind: 'PASS', unknownShare } : verdict;
      }
      default:
        return result satisfies never;
    }
  };

  const judge = (subject: CalloutSubject, mailbox: Mailbox, deadlineMs: number): Verdict | Promise<Verdict> => {
    const status = answers.recall(subject.recipient);
    if (status === null) return decide(subject, mailbox, deadlineMs);
    const known = judgeKnown(subject, mailbox, status) ?? judgeInOutage(subject, mailbox, status);
    return known ?? decide(subject, mailbox, deadlineMs);
  };

  /** The one form has been judged; the sender's own spelling may be another mailbox. */
  const judgeSpelling = async (
    { form, spelling }: Subjects & { readonly spelling: CalloutSubject },
    mailbox: Mailbox,
    told: { readonly verdict: Verdict; readonly deadlineMs: number },
  ): Promise<Verdict> => {
    const { verdict, deadlineMs } = told;
    // Only what the primary said of the form asks for more: where it is away, it is so for every spelling.
    if (verdict !== REFUSE_UNKNOWN && verdict !== DEFER_SUSPECTED) return verdict;
    const isSameName = normalizeLocalPart(spelling.spelling) === form.recipient.localPart;
    const second = await judge(spelling, isSameName ? { ...mailbox, ifUnknown: verdict } : mailbox, deadlineMs);
    return second === REFUSE_UNKNOWN ? verdict : second;
  };

  return {
    check: (question) => {
      if (!question.domain.hasCallAheads) return PASS;
      const subjects = subjectsOf(question);
      if (subjects === null) return PASS;
      const { form, spelling } = subjects;
      const mailbox = { domain: question.domain, isListed: form.isListed, isRole: question.isRole, ifUnknown: null };
      const deadlineMs = monotonicMs() + MOST_WAIT_MS;
      const verdict = judge(form, mailbox, deadlineMs);
      if (spelling === null) return verdict;
      const judgeOther = (told: Verdict) => judgeSpelling({ form, spelling }, mailbox, { verdict: told, deadlineMs });
      if (verdict instanceof Promise) return verdict.then(judgeOther);
      return verdict === PASS ? verdict : judgeOther(verdict);
    },
    forget,
    close: callouts.close,
  };
}

interface Subjects {
  /** The one form of the name, without what the delimiter parts. */
  readonly form: CalloutSubject;
  /** As the sender spells it; null when that is the form. Kept under that spelling, which is no other mailbox's form. */
  readonly spelling: CalloutSubject | null;
}

function subjectsOf({ domain, localPart, isRole }: ServedQuestion): Subjects | null {
  const whole = normalizeLocalPart(localPart);
  if (whole === null) return null;
  const { destinationId, tenantId, recipientList, recipientDelimiter } = domain;
  const base = baseOf(whole, recipientDelimiter);
  // The User List has let it pass before, unless it is exempt.
  const isListed = recipientList.count > 0 && !isRole;
  const subjectOf = (name: string): CalloutSubject => ({
    recipient: { destinationId, tenantId, localPart: name },
    domain,
    spelling: name,
    isListed,
  });
  return { form: subjectOf(base), spelling: localPart === base ? null : subjectOf(localPart) };
}

function isRefreshDue({ refreshAtMs }: VerificationStatus, nowMs: number): boolean {
  return refreshAtMs !== null && refreshAtMs <= nowMs;
}

/** Known to be away before anybody asks. A pause has no beginning here, and is no reason to put mail off for long. */
function awayBefore(outageSinceMs: number | null, isPaused: boolean, nowMs: number): Away | null {
  if (outageSinceMs !== null) return inOutage(outageSinceMs, nowMs);
  return isPaused ? { ...awaySince(nowMs, nowMs), ageMs: Number.POSITIVE_INFINITY } : null;
}

function inOutage(sinceMs: number, nowMs: number): Away {
  return { ...awaySince(sinceMs, nowMs), isOutage: true };
}

function awaySince(sinceMs: number, nowMs: number): Away {
  return { sinceMs, ageMs: nowMs - sinceMs, isOutage: false };
}

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

const REFUSE_UNKNOWN: Verdict = { kind: 'REFUSE', reply: NO_MAILBOX };
/** Nothing is known of the mailbox, and the domain wants such mail to wait. */
const DEFER_UNKNOWN: Verdict = { kind: 'REFUSE', reply: LATER };
/** A mailbox known good was refused once. */
const DEFER_SUSPECTED: Verdict = {
  kind: 'REFUSE',
  reply: { ...LATER, text: "the domain's mail server is not sure of this mailbox; try again later" },
};

/** Greylisting and a moment's misconfiguration are over by then. The statement that confirms has the same interval. */
const CONFIRMED_AFTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

/** The mailbox, as far as it does not depend on the primary. */
interface Mailbox {
  readonly domain: RelayDomain;
  /** In the User List: known good. */
  readonly isListed: boolean;
  /** Must be reachable: not deferred for being unknown (RFC 5321 §4.5.1). */
  readonly isRole: boolean;
  /** The verdict on another spelling, until the primary has answered for this one; null if none exists. */
  readonly ifUnknown: Verdict | null;
}

/**
 * The verdict of what is known about a recipient; null: the primary has to be asked. Instants are of the monotonic clock.
 *
 * Only the primary's own rejection is permanent, and of a recipient known good only its second one, a quarter of an hour after
 * the first.
 */
function judgeStatus(mailbox: Mailbox, status: VerificationStatus, nowMs: number): Verdict | null {
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
const TAKEN_UNKNOWN: Verdict = { kind: 'PASS' };

/** Since when the primary cannot be asked, and how long that has lasted. */
interface Away {
  readonly sinceMs: number;
  readonly ageMs: number;
  /** An outage is open: it has not spoken since. Else it may have, to others: no refusal outlives its time by that. */
  readonly isOutage: boolean;
}

/**
 * The verdict while the primary cannot be asked: what was known when that began still counts (a rejection: while an outage is
 * open), and the domain's policy decides about the unknown.
 */
function judgeWhileAway(mailbox: Mailbox, status: VerificationStatus, away: Away): Verdict {
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
