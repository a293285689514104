/**
 * The events of the mail: one function for each, which writes its log line, moves its counters and adds its span.
 *
 * The module that sees an event calls its function here, after COMMIT; no other module relays it. Events that are only a log line are the
 * log's own functions. Does not decide anything, keeps nothing, and no function waits or throws.
 */
import { wallClock } from '../clock.ts';
import type { AttemptRecord } from '../mail/outcome.ts';
import type { Log } from './log.ts';
import { kindName } from '../mail/kind-name.ts';
import type { LogEvents } from './log-events.ts';
import type { Metrics } from './metrics.ts';
import type { ApiRequest, Trace } from './trace.ts';

/** The state of one recipient after an attempt, an expiry or a verb. */
interface RecipientState {
  readonly messageId: string;
  readonly transactionId: string;
  readonly number: number;
  readonly state: 'HELD' | 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';
  /** The message is a report of ours. */
  readonly isReport: boolean;
  readonly reply: string;
  readonly nextAttemptAt: Date | null;
  /** Since acceptance. */
  readonly ageSeconds: number;
}

/** All dials of one attempt of a message. */
interface MessageAttempts {
  readonly messageId: string;
  readonly records: readonly AttemptRecord[];
}

/** A change of an outage: both null if it went on as it was. */
interface OutageChange {
  readonly openedOutageId: string | null;
  /** The kind before this change, if the outage was open already and had another one. */
  readonly formerClass: string | null;
  readonly outageClass: string;
  readonly reply: string;
}

interface OutageEnd {
  readonly outageClass: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Messages held when it ended: they drain now. */
  readonly heldCount: number;
  /** A trial of the breaker began with it. */
  readonly beganTrial: boolean;
}

interface BreakerMove {
  readonly to: 'CLOSED' | 'TRIAL' | 'OPEN';
  /** A trial was over before this step: it is told first. */
  readonly isAfterTrial?: boolean;
  /** The reply that opened it. */
  readonly reply?: string | null;
  /** The outage that was opened with it. */
  readonly openedOutageId?: string | null;
  readonly formerClass?: string | null;
}

interface WebhookAttempt {
  readonly webhookId: string;
  readonly host: string;
  readonly kind: string;
  readonly isDelivered: boolean;
  /** Null: no answer came. */
  readonly status: number | null;
  /** Set if the webhook gets nothing more. */
  readonly disabledReason: string | null;
}

/** Told here together with other events, or with more than the log line needs. */
type Wrapped =
  | 'attempt'
  | 'delivered'
  | 'deferred'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'outageOpened'
  | 'outageReclassified'
  | 'outageThreshold'
  | 'outageClosed'
  | 'outageDraining'
  | 'breakerOpened'
  | 'breakerTrial'
  | 'breakerClosed'
  | 'reportSuppressed'
  | 'drillFinished'
  | 'webhookFailed'
  | 'webhookDisabled';

export interface MailEvents extends Omit<Log, Wrapped>, Pick<Metrics, 'tlsSession' | 'committed' | 'calledAhead'> {
  /** The result of attempts, an expiry or a verb for recipients of one domain. One line and one span per message, state and reply. */
  readonly settled: (
    domain: string,
    recipients: readonly RecipientState[],
    attempts?: readonly MessageAttempts[],
  ) => void;
  readonly outageChanged: (domain: string, change: OutageChange) => void;
  readonly outageThreshold: (
    outage: Omit<LogEvents['outageThreshold'], 'kind'> & { readonly outageClass: string },
  ) => void;
  readonly outageClosed: (domain: string, end: OutageEnd) => void;
  readonly breakerMoved: (domain: string, move: BreakerMove) => void;
  readonly reportSuppressed: (report: LogEvents['reportSuppressed'] & { readonly code: string }) => void;
  readonly drillFinished: (
    drill: LogEvents['drillFinished'] & { readonly result: Parameters<Metrics['drillFinished']>[0] },
  ) => void;
  readonly webhookAttempted: (attempt: WebhookAttempt) => void;
  /** A GraphQL request was answered. */
  readonly requested: (request: Parameters<Metrics['apiRequest']>[0] & ApiRequest) => void;
}

interface MailEventsOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Null if no collector is named. */
  readonly trace: Trace | null;
}

export function createMailEvents({ log, metrics, trace }: MailEventsOptions): MailEvents {
  const outageOpened = (domain: string, outageClass: string, reply: string): void => {
    metrics.outageEvent('OUTAGE_OPENED', outageClass);
    log.outageOpened({ domain, kind: outageClass, reply });
  };
  const outageChanged: MailEvents['outageChanged'] = (domain, { openedOutageId, formerClass, outageClass, reply }) => {
    if (openedOutageId !== null) return outageOpened(domain, outageClass, reply);
    if (formerClass === null) return undefined;
    metrics.outageEvent('OUTAGE_RECLASSIFIED', outageClass);
    return log.outageReclassified({ domain, kind: outageClass, formerKind: formerClass, reply });
  };
  const breakerMoved: MailEvents['breakerMoved'] = (domain, move) => {
    const { to, isAfterTrial = false, openedOutageId = null, formerClass = null } = move;
    const reply = move.reply ?? '';
    if (isAfterTrial) breakerMoved(domain, { to: 'CLOSED' });
    metrics.breakerMoved(to);
    switch (to) {
      case 'OPEN':
        log.breakerOpened({ domain, reply });
        outageChanged(domain, { openedOutageId, formerClass, outageClass: 'MISCONFIGURED', reply });
        break;
      case 'TRIAL':
        log.breakerTrial({ domain });
        break;
      case 'CLOSED':
        log.breakerClosed({ domain });
        break;
      default:
        to satisfies never;
    }
  };
  const attempted = (fields: LogEvents['attempt']): void => {
    metrics.attempted(fields);
    const rounded = { ...fields, latencyMs: Math.round(fields.latencyMs) };
    log.attempt(rounded);
    trace?.attempted(rounded);
  };

  return {
    ...log,
    tlsSession: metrics.tlsSession,
    committed: metrics.committed,
    calledAhead: metrics.calledAhead,
    accepted: (message) => {
      metrics.accepted(message);
      log.accepted(message);
      trace?.accepted(message);
    },
    refused: (refusal) => {
      metrics.refused(refusal);
      log.refused(refusal);
    },
    settled: (domain, recipients, attempts = []) => {
      const transactions = new Map(recipients.map(({ messageId, transactionId }) => [messageId, transactionId]));
      for (const { messageId, records } of attempts) {
        const transactionId = transactions.get(messageId) ?? null;
        for (const { host, address, tls, outcome, reply, latencyMs, recipientNumbers } of records) {
          const recipientCount = recipientNumbers.length;
          attempted({
            messageId,
            transactionId,
            domain,
            host,
            address,
            tls,
            outcome,
            recipientCount,
            reply,
            latencyMs,
          });
        }
      }
      const recordsOf = new Map(attempts.map(({ messageId, records }) => [messageId, records]));
      for (const group of groupsOf(recipients)) {
        const [first] = group;
        if (first === undefined) continue;
        const { messageId, transactionId, number, state, isReport, reply, nextAttemptAt, ageSeconds } = first;
        if (isReport && (state === 'FAILED' || state === 'EXPIRED')) metrics.reportDropped();
        const common = { messageId, transactionId, domain, recipientCount: group.length };
        trace?.settled({ ...common, state });
        switch (state) {
          case 'DELIVERED':
            metrics.delivered(group.length);
            log.delivered({
              ...common,
              ...placeOf(recordsOf.get(messageId), number),
              reply,
              heldMs: Math.round(ageSeconds * 1000),
            });
            break;
          case 'HELD':
            metrics.deferred(group.length);
            log.deferred({ ...common, reply, nextAttemptAt });
            break;
          case 'FAILED':
            metrics.failed(group.length);
            log.failed({ ...common, reply });
            break;
          case 'EXPIRED':
            metrics.expired(group.length);
            log.expired({ ...common, acceptedAt: new Date(wallClock().getTime() - ageSeconds * 1000), reply });
            break;
          case 'CANCELLED':
            metrics.cancelled(group.length);
            log.cancelled({ ...common, reason: reply });
            break;
          default:
            state satisfies never;
        }
      }
    },
    outageChanged,
    outageThreshold: ({ outageClass, ...outage }) => {
      metrics.outageEvent('OUTAGE_THRESHOLD', outageClass);
      log.outageThreshold({ kind: outageClass, ...outage });
    },
    outageClosed: (domain, { outageClass, startedAt, endedAt, heldCount, beganTrial }) => {
      if (beganTrial) breakerMoved(domain, { to: 'TRIAL' });
      metrics.outageEvent('OUTAGE_CLOSED', outageClass);
      log.outageClosed({ domain, durationMs: endedAt.getTime() - startedAt.getTime(), heldCount });
      if (heldCount <= 0) return;
      metrics.outageEvent('OUTAGE_DRAINING', outageClass);
      log.outageDraining({ domain, heldCount });
    },
    breakerMoved,
    reportMade: (report) => {
      metrics.reportMade(report.action);
      trace?.reported(report);
      log.reportMade(report);
    },
    reportSuppressed: ({ code, ...report }) => {
      metrics.reportSuppressed(code.toLowerCase());
      log.reportSuppressed(report);
    },
    drillFinished: (drill) => {
      metrics.drillFinished(drill.result);
      log.drillFinished(drill);
    },
    alertSent: (alert) => {
      metrics.alertMail('SENT');
      log.alertSent(alert);
    },
    alertWithheld: (alert) => {
      metrics.alertMail('WITHHELD');
      log.alertWithheld(alert);
    },
    webhookAttempted: ({ webhookId, host, kind, isDelivered, status, disabledReason: reason }) => {
      metrics.webhookAttempted(isDelivered ? 'DELIVERED' : status === null ? 'UNREACHED' : 'REFUSED');
      if (!isDelivered) log.webhookFailed({ webhookId, host, kind: kindName(kind), status });
      if (reason !== null) log.webhookDisabled({ webhookId, host, reason });
    },
    requested: (request) => {
      metrics.apiRequest(request);
      trace?.requested(request);
    },
  };
}

interface FaultCounts {
  readonly faulted: (where: string) => void;
  readonly databaseAway: (where: string) => void;
}

/**
 * A log whose faults are counted by their place. A failure because the database is away is not a fault: it is counted apart and
 * logged at the level of traces, since the readiness watch logs it once.
 *
 * @param isAway whether work failed because of the database's state, not because of a bug
 */
export function countFaults(log: Log, counts: FaultCounts, isAway: (error: unknown) => boolean): Log {
  return {
    ...log,
    fault: (fields) => {
      const { where, error } = fields;
      // `report about 0198…` is one place for all reports: a metric's labels hold no ids and no names.
      const place = where.replace(/ (?:of|to|at|about) .*/, '');
      if (!isAway(error)) {
        counts.faulted(place);
        return log.fault(fields);
      }
      counts.databaseAway(place);
      const message = `the database is away: ${error instanceof Error ? error.message : String(error)}`;
      return log.trace({ where, message });
    },
  };
}

/** The host of a recipient's last reply. */
function placeOf(records: readonly AttemptRecord[] = [], number: number): Pick<AttemptRecord, 'host' | 'address'> {
  const { host = null, address = null } =
    records.findLast(({ recipientNumbers }) => recipientNumbers.includes(number)) ?? {};
  return { host, address };
}

function groupsOf(recipients: readonly RecipientState[]): Iterable<readonly RecipientState[]> {
  return Map.groupBy(recipients, ({ messageId, state, reply }) => `${messageId} ${state} ${reply}`).values();
}
