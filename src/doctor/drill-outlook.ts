/**
 * What an outage would do today, said of one domain: whether its mail would reach us, be taken, kept, and until when.
 *
 * Pure: everything it says it is told.
 */
import type { DrillStanding } from '../queue/drills/drill-facts.ts';
import type { DrillFinding } from '../queue/drills/drills.ts';
import type { QueueLimits } from '../queue/limits.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

export interface Outlook {
  /** Null: it is served no more. */
  readonly domain: RelayDomain | null;
  readonly mxVerdict: MxStanding;
  readonly standing: DrillStanding;
  readonly limits: QueueLimits;
  /** Why the service is not ready; empty when it is. */
  readonly notReady: readonly string[];
}

type MxStanding = 'OK' | 'SANDWICH' | 'NOT_LISTED' | 'MOST_PREFERRED' | 'EQUAL_PREFERENCE' | 'NULL_MX' | 'UNRESOLVABLE';

const MX: { readonly [V in MxStanding]: readonly [DrillFinding['verdict'], string] } = {
  OK: ['OK', 'Its MX records name us behind its primary: senders come to us when that is away.'],
  SANDWICH: [
    'OK',
    'Its MX records name us between its primary and the same again: senders come to us when that is away.',
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
  NULL_MX: ['PROBLEM', 'It has a null MX (RFC 7505): it says that it takes no mail.'],
  UNRESOLVABLE: ['PROBLEM', 'The DNS has no answer about its MX records, or no address for its servers.'],
};

export function outlookOf({ domain, mxVerdict, standing, limits, notReady }: Outlook): DrillFinding[] {
  const [mxIs, mxSays] = MX[mxVerdict];
  const findings: DrillFinding[] = [
    domain?.status === 'ACTIVE'
      ? { code: 'STATUS', verdict: 'OK', message: 'It is in service.' }
      : { code: 'STATUS', verdict: 'PROBLEM', message: 'It is not in service: its mail is not accepted.' },
    { code: 'MX', verdict: mxIs, message: mxSays },
  ];
  if (domain !== null) findings.push(userListOf(domain), tlsOf(domain));
  findings.push(
    notReady.length === 0
      ? { code: 'SPACE', verdict: 'OK', message: 'The service has room for mail.' }
      : { code: 'SPACE', verdict: 'PROBLEM', message: notReady.join(' ') },
    ...troubleOf(standing),
    retriesOf(standing, limits),
  );
  return findings;
}

function userListOf({ recipientList, unknownWhileDown }: RelayDomain): DrillFinding {
  if (recipientList.count > 0) {
    const message = `Its User List has ${recipientList.count} entries: every other mailbox is refused, but for postmaster and abuse.`;
    return { code: 'USER_LIST', verdict: 'OK', message };
  }
  const unknown = {
    ACCEPT: 'are taken',
    DEFER_THEN_ACCEPT: `are put off for ${unknownWhileDown.hours} hours, then taken`,
    DEFER: 'are put off until its primary answers',
  }[unknownWhileDown.policy];
  const message = `Its User List is off: recipients of whom nothing is known ${unknown} while its primary is away.`;
  return { code: 'USER_LIST', verdict: 'OK', message };
}

function tlsOf({ tlsPolicy }: RelayDomain): DrillFinding {
  return { code: 'TLS', verdict: 'OK', message: `Its mail is handed over by the TLS policy ${tlsPolicy}.` };
}

/** Nothing where there is none. An outage that stands for an open breaker is told as the breaker. */
export function troubleOf(standing: DrillStanding): DrillFinding[] {
  const { isPaused, isFailing, outageClass, outageSince, isBreakerOpen, breakerReply, breakerSince } = standing;
  const findings: DrillFinding[] = [];
  if (isPaused)
    findings.push({
      code: 'PAUSE',
      verdict: 'WARNING',
      message: 'Its delivery is paused: mail is held until it is resumed.',
    });
  if (isBreakerOpen) {
    const why = breakerReply === null ? '' : ` (the last word was "${breakerReply}")`;
    const message = `Its breaker is open${sinceOf(breakerSince)}: its primary refused mailboxes that it had taken before${why}. Nothing is bounced: all mail is held, and one message an hour tries whether that is over. Once the primary is mended, a flush of the domain has it tried at once.`;
    findings.push({ code: 'BREAKER', verdict: 'PROBLEM', message });
  }
  if ((isFailing || outageClass !== null) && !(isBreakerOpen && outageClass === 'MISCONFIGURED')) {
    const ofClass = outageClass === null ? '' : `, of class ${outageClass}`;
    const message = `An outage of its primary is going on${sinceOf(outageSince)}${ofClass}: mail is accepted and held, and goes when it is back.`;
    findings.push({ code: 'OUTAGE', verdict: 'PROBLEM', message });
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

function retriesOf({ heldUntil }: DrillStanding, { retrySchedule }: QueueLimits): DrillFinding {
  const stages = retrySchedule.map(({ everySeconds, attempts }) => `${attempts} times every ${spanOf(everySeconds)}`);
  const message = `Mail accepted now would be tried at once, ${stages.join(', then ')}, and held until ${heldUntil.toISOString()}.`;
  return { code: 'RETRIES', verdict: 'OK', message };
}
