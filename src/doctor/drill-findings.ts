/**
 * The findings of a drill: the state of the domain today, what the drill met at our listener and at the primary, and a conclusion in
 * one sentence. Pure.
 */
import type { DrillDestination, PutOff } from '../queue/drills/drill-facts.ts';
import type { DrillResult } from '../queue/drills/drills.ts';
import type { DrillFinding, DrillStep } from '../db/schema-doctor.ts';
import type { QueueLimits } from '../queue/limits.ts';
import type { MxVerdict } from '../mail/mx.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

export interface Outlook {
  /** Null: it is no longer served. */
  readonly domain: RelayDomain | null;
  readonly mxVerdict: MxVerdict;
  readonly destination: DrillDestination;
  readonly limits: QueueLimits;
  /** Why the service is not ready; empty when it is. */
  readonly notReady: readonly string[];
}

type Code = DrillFinding['code'];
type Verdict = DrillFinding['verdict'];

function finding(code: Code, verdict: Verdict, message: string): DrillFinding {
  return { code, verdict, message };
}

const MX: { readonly [V in MxVerdict]: readonly [Verdict, string] } = {
  OK: ['OK', 'Its MX records name us after its primary: senders come to us when that is down.'],
  SANDWICH: [
    'OK',
    'Its MX records name us between its primary and the same again: senders come to us when that is down.',
  ],
  NOT_LISTED: [
    'PROBLEM',
    'Its MX records do not name us: in an outage no sender would come to us. Add the records that mx.recommended shows.',
  ],
  MOST_PREFERRED: [
    'PROBLEM',
    'No MX record is preferred to ours: mail is refused with 550 5.4.6. Give us a higher number than its primary.',
  ],
  EQUAL_PREFERENCE: [
    'PROBLEM',
    'Our MX record has the same number as its primary: senders come to us at random. Give us a higher one.',
  ],
  NULL_MX: ['PROBLEM', 'It has a null MX (RFC 7505): it declares that it accepts no mail.'],
  UNRESOLVABLE: ['PROBLEM', 'The DNS has no answer about its MX records, or no address for its servers.'],
};

export function outlookOf({ domain, mxVerdict, destination, limits, notReady }: Outlook): DrillFinding[] {
  return [
    domain?.status === 'ACTIVE'
      ? finding('STATUS', 'OK', 'It is in service.')
      : finding('STATUS', 'PROBLEM', 'It is not in service: its mail is not accepted.'),
    finding('MX', ...MX[mxVerdict]),
    ...(domain === null ? [] : [userListOf(domain), tlsOf(domain)]),
    notReady.length === 0
      ? finding('SPACE', 'OK', 'The service has room for mail.')
      : finding('SPACE', 'PROBLEM', notReady.join(' ')),
    ...troubleOf(destination),
    retriesOf(destination, limits),
  ];
}

function userListOf({ recipientList, unknownWhileDown }: RelayDomain): DrillFinding {
  if (recipientList.count > 0) {
    const message = `Its User List has ${recipientList.count} entries: every other mailbox is refused, except postmaster and abuse.`;
    return finding('USER_LIST', 'OK', message);
  }
  const unknown = {
    ACCEPT: 'are accepted',
    DEFER_THEN_ACCEPT: `are deferred for ${unknownWhileDown.hours} hours, then accepted`,
    DEFER: 'are deferred until its primary answers',
  }[unknownWhileDown.policy];
  const message = `Its User List is off: unknown recipients ${unknown} while its primary is down.`;
  return finding('USER_LIST', 'OK', message);
}

function tlsOf({ tlsPolicy }: RelayDomain): DrillFinding {
  return finding('TLS', 'OK', `Its mail is delivered with the TLS policy ${tlsPolicy}.`);
}

/** Empty when nothing hinders delivery. An outage that stands for an open breaker is reported as the breaker. */
export function troubleOf(destination: DrillDestination): DrillFinding[] {
  const { isPaused, isFailing, outageClass, outageSince, isBreakerOpen, breakerReply, breakerSince } = destination;
  const findings: DrillFinding[] = [];
  if (isPaused) findings.push(finding('PAUSE', 'WARNING', 'Its delivery is paused: mail is held until it is resumed.'));
  if (isBreakerOpen) {
    const why = breakerReply === null ? '' : ` (its last reply was "${breakerReply}")`;
    const message = `Its breaker is open${sinceOf(breakerSince)}: its primary refused mailboxes that it had accepted before${why}. Nothing is bounced: all mail is held, and one message an hour tests the primary. Once the primary is repaired, flush the domain to try its mail at once.`;
    findings.push(finding('BREAKER', 'PROBLEM', message));
  }
  if ((isFailing || outageClass !== null) && !(isBreakerOpen && outageClass === 'MISCONFIGURED')) {
    const ofKind = outageClass === null ? '' : `, of the kind ${outageClass}`;
    const message = `An outage of its primary is open${sinceOf(outageSince)}${ofKind}: mail is accepted and held, and delivered when it is back.`;
    findings.push(finding('OUTAGE', 'PROBLEM', message));
  }
  return findings;
}

function sinceOf(since: Date | null): string {
  return since === null ? '' : ` since ${since.toISOString()}`;
}

function spanOf(seconds: number): string {
  if (seconds % 3600 !== 0) return `${seconds / 60} minutes`;
  return seconds === 3600 ? 'hour' : `${seconds / 3600} hours`;
}

function retriesOf({ heldUntil }: DrillDestination, { retrySchedule }: QueueLimits): DrillFinding {
  const stages = retrySchedule.map(({ everySeconds, attempts }) => `${attempts} times every ${spanOf(everySeconds)}`);
  const message = `Mail accepted now would be tried at once, ${stages.join(', then ')}, and held until ${heldUntil.toISOString()}.`;
  return finding('RETRIES', 'OK', message);
}

/** Whether our own listener accepted the message. */
export function acceptanceOf(steps: readonly DrillStep[], isAccepted: boolean): DrillFinding {
  const last = steps.at(-1);
  if (isAccepted) return finding('ACCEPTANCE', 'OK', 'Our own listener accepted the message.');
  const message = `Our own listener did not accept the message: at ${last?.name ?? 'CONNECT'} it replied "${last?.reply ?? ''}".`;
  return finding('ACCEPTANCE', 'PROBLEM', message);
}

/** The delivery to the primary; for a message that was not accepted, the fate of mail in its place. */
export function deliveryOf(
  result: DrillResult,
  deliveries: readonly DrillStep[],
  destination: DrillDestination | null,
): DrillFinding {
  const said = deliveries.at(-1)?.reply ?? '';
  if (result === 'DELIVERED') return finding('DELIVERY', 'OK', `Its primary accepted the message: "${said}".`);
  if (result === 'NOT_DELIVERED') return finding('DELIVERY', 'PROBLEM', untakenOf(said));
  if (result === 'CANCELLED') {
    return finding('DELIVERY', 'WARNING', 'Its message was cancelled before it was delivered.');
  }
  const why = destination === null ? [] : troubleOf(destination).map(({ message }) => message);
  const message = `No attempt was made. ${why.join(' ') || 'No node that delivers has tried it in time.'}`;
  return finding('DELIVERY', 'PROBLEM', message);
}

/** The trial and the breaker: src/outage/breaker.ts. */
function untakenOf(said: string): string {
  switch (said.charAt(0)) {
    case '4':
      return `Its primary deferred the message: "${said}". Mail in its place would be held and tried again until it is delivered or expires.`;
    case '5':
      return `Its primary rejected the message permanently: "${said}". If it does that after an outage, nothing is bounced at first: its first 20 messages are a trial, and if it rejects them all, its mail is held and you are notified. After the trial, rejected mail is returned to the sender.`;
    default:
      return `Its primary was not reached: "${said}". Mail in its place would open an outage: it is accepted, held, and tried until the primary answers.`;
  }
}

/** While the drill waits for the next try. */
export function putOffOf({ reply, nextAttemptAt }: PutOff): DrillFinding {
  const message = `Its primary deferred the message: "${reply}". Greylisting looks like that. The message is tried again at ${nextAttemptAt.toISOString()}, as mail would be.`;
  return finding('GREYLISTING', 'WARNING', message);
}

/** The finding about a message that was deferred, once it has ended. */
export function greylistingOf(result: DrillResult, deliveries: readonly DrillStep[]): DrillFinding {
  const greylisting = (message: string) => finding('GREYLISTING', 'WARNING', message);
  const first = deliveries.find(({ reply }) => reply.startsWith('4'));
  const last = deliveries.at(-1);
  const said = `Its primary deferred the message at first: "${first?.reply ?? ''}"`;
  if (first === undefined || last === undefined || first === last)
    return greylisting(`${said}. It was not tried again.`);
  const minutes = Math.round((last.afterMs - first.afterMs) / 60_000);
  if (result === 'DELIVERED') {
    return greylisting(
      `${said}, and accepted it ${minutes} minutes later: greylisting. After an outage mail would be that much later. Let our egress addresses through it.`,
    );
  }
  return greylisting(
    `${said}, and did not accept it ${minutes} minutes later either: greylisting alone does not do that.`,
  );
}

/** Problems that keep mail from us, in an outage and mostly now as well. */
const WAY_IN: readonly Code[] = ['STATUS', 'MX', 'SPACE', 'ACCEPTANCE'];

/** The outlook for an outage today: no more than the findings say, and it names those that it stands on. */
export function conclusionOf(result: DrillResult, findings: readonly DrillFinding[]): DrillFinding {
  const codesOf = (wanted: Verdict) => findings.filter(({ verdict }) => verdict === wanted).map(({ code }) => code);
  const conclusion = (verdict: Verdict, message: string) =>
    finding('OUTLOOK', verdict, `In an outage today ${message}`);
  const problems = codesOf('PROBLEM');
  const wayIn = problems.filter((code) => WAY_IN.includes(code));
  if (wayIn.length > 0) {
    return conclusion('PROBLEM', `mail would not come to us, or we would not accept it. See ${wayIn.join(', ')}.`);
  }
  if (problems.length > 0) {
    return conclusion(
      'PROBLEM',
      `mail would be accepted and held, and not lost; as things are it would not be delivered. See ${problems.join(', ')}.`,
    );
  }
  if (result === 'INTERRUPTED' || result === 'CANCELLED') {
    const known = result === 'CANCELLED' ? 'mail would be accepted and held; ' : '';
    return conclusion('WARNING', `${known}it is not known how it would end: the drill was not completed.`);
  }
  const warnings = codesOf('WARNING');
  if (warnings.length > 0) {
    return conclusion(
      'WARNING',
      `mail would be accepted, held and delivered when the primary is back, but late. See ${warnings.join(', ')}.`,
    );
  }
  return conclusion('OK', 'mail would come to us, be held, and be delivered when the primary is back.');
}
