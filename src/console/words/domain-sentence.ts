/**
 * The sentence of a domain's page: cause, what is lost, what is held, what comes next, and until when it is safe.
 *
 * The first state that fits decides. Red is what is lost, or will be within 48 hours, and nothing else.
 */
import type { DomainQuery } from '../operations/generated.ts';
import { counted } from './count.ts';
import { FINDINGS, LOSING } from './findings.ts';
import type { Tone } from './labels.ts';
import type { SentencePart } from './overview-sentence.ts';
import { dueText, expiryText, isNear, spanText, timeText } from './time.ts';

export type DomainState = NonNullable<DomainQuery['domain']>;
type Outage = NonNullable<DomainState['outage']>;
type Service = Pick<DomainQuery['service'], 'troubleSince'>;

/** The state that decides about the words, the picture and what there is to do. */
export type DomainCase =
  | 'PENDING'
  | 'SUSPENDED'
  | 'UNPROTECTED'
  | 'OUR_FAULT'
  | 'PAUSED'
  | 'BREAKER'
  | 'OUTAGE'
  | 'DRAINING'
  | 'HOLDING'
  | 'CHECK_FAILED'
  | 'FINE';

export interface DomainSentence {
  readonly state: DomainCase;
  /** The label of the page. */
  readonly label: string;
  readonly tone: Tone;
  readonly parts: readonly SentencePart[];
}

interface Cause {
  readonly state: DomainCase;
  readonly label: string;
  readonly tone: Tone;
  readonly text: string;
}

/** Since when, by the kind of the outage; DOWN has words of its own, by its last trouble. */
const OUTAGES: Readonly<Record<Exclude<Outage['kind'], 'DOWN'>, { readonly label: string; readonly words: string }>> = {
  BLOCKING: { label: 'Turned away', words: 'Your server has turned us away' },
  GREYLISTING: { label: 'Greylisted', words: 'Your server has greylisted everything from us' },
  RATE_LIMITING: { label: 'Limited', words: 'Your server has limited what it takes from us' },
  TARPITTING: { label: 'Too slow', words: 'Your server has been too slow to take mail' },
  MISCONFIGURED: { label: 'Refuses wrongly', words: 'Your server has refused what it should take' },
  DNS_BROKEN: { label: 'DNS is broken', words: 'The DNS has not found your server' },
};

/** @param now and the time zone of whoever looks */
export function domainSentence(domain: DomainState, service: Service, now: Date, timeZone: string): DomainSentence {
  const since = (at: string): string => timeText(new Date(at), now, timeZone);
  const cause = causeOf(domain, service, since);
  const { heldCount, firstExpiryAt } = domain.queue;
  const expiry = heldCount === 0 || firstExpiryAt === null ? null : new Date(firstExpiryAt);
  const isLosing = expiry !== null && isNear(expiry, now) && cause.state !== 'OUR_FAULT';
  const parts: SentencePart[] = [{ text: cause.text, part: 'first' }];
  const expired = (domain.outage ?? (cause.state === 'DRAINING' ? domain.lastOutage : null))?.expiredCount ?? 0;
  if (expired > 0) {
    const told = expired === 1 ? 'its sender was told' : 'their senders were told';
    parts.push({ text: `${counted(expired, 'message has', 'messages have')} expired; ${told}.`, part: 'loss' });
  }
  parts.push({ text: heldText(cause.state, heldCount), part: 'rest' });
  const next = heldCount === 0 ? null : nextText(domain, cause.state, now);
  if (next !== null) parts.push({ text: next, part: 'rest' });
  const until = expiry === null ? null : untilText(cause.state, expiry, now, timeZone, isLosing);
  if (until !== null) parts.push({ text: until, part: isLosing ? 'loss' : 'rest' });
  if (cause.state === 'PENDING')
    parts.push({ text: 'Publish the TXT record below; we look for it every minute.', part: 'rest' });
  return { ...cause, tone: isLosing ? 'loss' : cause.tone, parts };
}

function causeOf(domain: DomainState, service: Service, since: (at: string) => string): Cause {
  const { status, doctor, pause, breaker, outage, lastOutage, queue } = domain;
  if (status === 'PENDING') {
    const text = 'We do not take mail for this domain yet: it is not proven to be yours.';
    return { state: 'PENDING', label: 'Not proven', tone: 'attention', text };
  }
  if (status === 'SUSPENDED') {
    const text = 'This domain is suspended: senders are asked to try again later.';
    return { state: 'SUSPENDED', label: 'Suspended', tone: 'attention', text };
  }
  const losing = doctor?.findings.find(({ code, verdict }) => verdict === 'PROBLEM' && LOSING.has(code));
  if (losing !== undefined)
    return { state: 'UNPROTECTED', label: 'Not protected', tone: 'loss', text: FINDINGS[losing.code] };
  if (service.troubleSince !== null && (queue.heldCount > 0 || outage !== null)) {
    const text = `Most servers cannot be reached from here since ${since(service.troubleSince)}: the fault is ours.`;
    return { state: 'OUR_FAULT', label: 'Our fault', tone: 'attention', text };
  }
  if (pause?.isInForce === true) {
    const end = pause.until === null ? 'until you resume it' : `until ${since(pause.until)}`;
    return { state: 'PAUSED', label: 'Paused', tone: 'held', text: `Delivery is paused ${end}.` };
  }
  if (breaker.state === 'OPEN') {
    const from = breaker.since === null ? '' : ` since ${since(breaker.since)}`;
    const text = `Your server has refused mailboxes it knows${from}.`;
    return { state: 'BREAKER', label: 'Refuses known mailboxes', tone: 'attention', text };
  }
  if (outage !== null) return causeOfOutage(outage, since(outage.startedAt));
  if (lastOutage?.endedAt != null && lastOutage.drain !== null) {
    const text = `Your server has been back since ${since(lastOutage.endedAt)}.`;
    return { state: 'DRAINING', label: 'Handing over', tone: 'held', text };
  }
  if (queue.heldCount > 0) {
    const text = 'Your server takes mail, but put some messages off.';
    return { state: 'HOLDING', label: 'Some mail waits', tone: 'held', text };
  }
  if (doctor?.verdict === 'PROBLEM' || doctor?.verdict === 'WARNING') {
    const text = 'Your server takes its mail itself. A check found a problem.';
    return { state: 'CHECK_FAILED', label: 'A check failed', tone: 'attention', text };
  }
  return { state: 'FINE', label: 'All is well', tone: 'fine', text: 'Your server takes its mail itself.' };
}

function causeOfOutage({ kind, evidence }: Outage, since: string): Cause {
  if (kind !== 'DOWN') {
    const { label, words } = OUTAGES[kind];
    return { state: 'OUTAGE', label, tone: 'attention', text: `${words} since ${since}.` };
  }
  const trouble = evidence.at(-1)?.trouble;
  const words =
    trouble === 'REFUSED'
      ? 'Your server has refused connections'
      : trouble === 'UNREACHABLE'
        ? 'There has been no route to your server'
        : 'Your server has not answered';
  return { state: 'OUTAGE', label: 'Server away', tone: 'held', text: `${words} since ${since}.` };
}

function heldText(state: DomainCase, heldCount: number): string {
  if (heldCount === 0) return state === 'FINE' ? 'Nothing is held, nothing is late.' : 'Nothing is held.';
  if (state === 'DRAINING') return `We are handing over ${counted(heldCount, 'message')}.`;
  return `${counted(heldCount, 'message is', 'messages are')} safe with us.`;
}

function nextText({ pause, queue, lastOutage }: DomainState, state: DomainCase, now: Date): string | null {
  const away = (at: string): number => Date.parse(at) - now.getTime();
  if (state === 'PAUSED') return pause?.until == null ? null : `Delivery goes on in ${spanText(away(pause.until))}.`;
  if (state === 'DRAINING') {
    const etaAt = lastOutage?.drain?.etaAt ?? null;
    return etaAt === null ? null : `All of it is there in ${spanText(Math.max(0, away(etaAt)))}.`;
  }
  if (queue.nextAttemptAt === null) return null;
  if (away(queue.nextAttemptAt) < 1000) return 'We are trying now.';
  const due = dueText(new Date(queue.nextAttemptAt), now);
  return state === 'BREAKER' ? `We test one message ${due}.` : `Next try ${due}.`;
}

function untilText(state: DomainCase, expiry: Date, now: Date, timeZone: string, isLosing: boolean): string | null {
  if (state === 'OUR_FAULT') return 'Nothing expires while that lasts.';
  if (!isLosing) return state === 'DRAINING' ? null : `Nothing expires before ${expiryText(expiry, now, timeZone)}.`;
  const left = expiry.getTime() - now.getTime();
  const at = expiryText(expiry, now, timeZone);
  return left <= 0
    ? `The first message expires at its next try.`
    : `The first message expires ${at}, in ${spanText(left)}.`;
}
