/**
 * Builds delivery and the making of reports from their parts, and says in log and metrics what they do.
 */
import type { Config } from './config.ts';
import { wallClock } from './clock.ts';
import type { Database } from './db/client.ts';
import { attempt } from './delivery/attempt.ts';
import type { HostMemory } from './delivery/host-memory.ts';
import { routeOf } from './delivery/route.ts';
import { createSessions } from './delivery/sessions.ts';
import { type Attempts, createDelivery, type Delivery, type DeliveryEvents } from './delivery/worker.ts';
import { normalizeDomain } from './mail/address.ts';
import { classifyCalloutReply } from './mail/callout-verdict.ts';
import { composeReport, headerSectionOf, type HostTry } from './mail/dsn.ts';
import { newId } from './mail/id.ts';
import { parseReply } from './mail/reply.ts';
import { outageEvents } from './main-outage.ts';
import type { RecipientParts } from './main-recipients.ts';
import type { NextHops } from './net/next-hop.ts';
import { openSession } from './net/smtp-client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from './net/smtp-timeouts.ts';
import type { Lookup } from './policy/counted-queries.ts';
import { checkSpf } from './policy/sender-auth.ts';
import type { Holder } from './queue/claim.ts';
import type { Fate } from './queue/outcome.ts';
import type { DueReport, ReportDeps, ReportFacts, SenderCheck } from './queue/reports.ts';
import type { DestinationState } from './outage/clock.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** Bytes of the original's header section in a report. */
const REPORT_HEADER_BYTES = 32_768;

export interface DeliveryParts {
  readonly config: Config;
  readonly database: Database;
  readonly recipients: Pick<RecipientParts, 'learned' | 'primaries'>;
  readonly holder: () => Holder | null;
  readonly hosts: HostMemory;
  readonly findHops: (destination: Pick<DestinationState, 'name' | 'deliverTo'>) => Promise<NextHops>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export function buildDelivery(parts: DeliveryParts): Delivery {
  return createDelivery({
    sql: parts.database.queueSql,
    holder: parts.holder,
    findRoute: async (destination) => routeOf(await parts.findHops(destination), destination.kind),
    openAttempts: (signal, destinationId) => openAttempts(parts, signal, destinationId),
    hosts: parts.hosts,
    events: deliveryEvents(parts),
  });
}

function openAttempts({ config, recipients }: DeliveryParts, signal: AbortSignal, destinationId: string): Attempts {
  const sessions = createSessions({
    open: (target, sessionSignal) =>
      openSession({
        ...target,
        ehloName: config.mxHostname,
        timeouts: DEFAULT_SMTP_TIMEOUTS,
        tls: 'OPPORTUNISTIC',
        signal: sessionSignal,
      }),
  });
  return {
    attempt: (message, hosts, content) =>
      attempt({
        message: { ...message, content },
        hosts,
        sessions,
        ownAddresses: config.egressAddresses,
        onOffers: ({ sizeLimitBytes }) => recipients.primaries.noteOffer(destinationId, sizeLimitBytes),
        signal,
      }),
    close: () => sessions.closeAll(),
  };
}

function deliveryEvents({ config, recipients, log, metrics }: DeliveryParts): DeliveryEvents {
  return {
    settled: (destination, settlements, fates) => {
      learnFates(recipients, destination, { fates, ownAddresses: config.egressAddresses });
      for (const { messageId, records } of settlements) {
        for (const { host, address, tls, outcome, reply, latencyMs, recipientNumbers } of records) {
          metrics.attempted(outcome);
          log.attempt({
            messageId,
            domain: destination.name,
            host,
            address,
            tls,
            outcome,
            recipientCount: recipientNumbers.length,
            reply,
            latencyMs: Math.round(latencyMs),
          });
        }
      }
      tellFates(log, metrics, destination.name, fates);
    },
    ...outageEvents(log, metrics),
    fault: (where, error) => {
      metrics.faulted('delivery');
      log.fault({ where, error });
    },
  };
}

/** What was delivered exists; who refuses a mailbox is no primary that takes any. */
function learnFates(
  { learned, primaries }: DeliveryParts['recipients'],
  { id, kind }: DestinationState,
  told: { readonly fates: readonly Fate[]; readonly ownAddresses: readonly string[] },
): void {
  if (kind !== 'RELAY') return;
  for (const { state, address, reply } of told.fates) {
    if (state === 'DELIVERED') learned.note(id, address);
    if (state !== 'FAILED') continue;
    const { verdict } = classifyCalloutReply({ stage: 'RCPT', reply: parseReply(reply) }, told.ownAddresses);
    if (verdict === 'NEGATIVE') primaries.noteNegative(id);
  }
}

/** One line per message and state. */
export function tellFates(log: Log, metrics: Metrics, domain: string, fates: readonly Fate[]): void {
  const groups = Map.groupBy(fates, (fate) => `${fate.messageId} ${fate.state}`);
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const { messageId, state, reply, ageSeconds } = first;
    const common = { messageId, domain, recipientCount: group.length };
    switch (state) {
      case 'DELIVERED':
        metrics.delivered(group.length);
        log.delivered({ ...common, host: null, reply, heldMs: Math.round(ageSeconds * 1000) });
        break;
      case 'HELD':
        metrics.deferred(group.length);
        log.deferred({ ...common, reply, nextAttemptAt: null });
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
}

export function reportDeps(parts: DeliveryParts & { lookup: Lookup }): ReportDeps {
  const { config, log, metrics } = parts;
  return {
    sql: parts.database.sql,
    checkSender: (facts) => checkSender(facts, parts.lookup),
    compose: (report, hosts) => compose(report, hosts, config.mxHostname),
    ehloName: config.mxHostname,
    onMade: (report, made) => {
      metrics.reportMade('failed');
      log.reportMade({
        transactionId: report.transactionId,
        reportId: made.id,
        action: 'failed',
        reversePath: report.facts.reversePath,
        recipientCount: report.facts.recipients.length,
      });
    },
    onSuppressed: (report, reason) => {
      metrics.reportSuppressed('spf');
      log.reportSuppressed({ transactionId: report.transactionId, reversePath: report.facts.reversePath, reason });
    },
    onFault: (report, error) => {
      metrics.faulted('reports');
      log.fault({ where: `report about ${report.transactionId}`, error });
    },
  };
}

/** Only mail whose sender is proven gets a report: anything else would be backscatter. */
async function checkSender(facts: ReportFacts, lookup: Lookup): Promise<SenderCheck> {
  if (normalizeDomain(domainOf(facts.reversePath)) === null) {
    return { kind: 'SUPPRESS', reason: 'the reverse-path has no domain to ask' };
  }
  const result = await checkSpf({
    clientAddress: facts.clientAddress ?? '',
    ehloName: facts.ehloName,
    reversePath: facts.reversePath,
    lookup,
  });
  if (result === 'PASS') return { kind: 'PASS' };
  const reason = `SPF of ${domainOf(facts.reversePath)} for ${facts.clientAddress ?? 'no address'}: ${result}`;
  return { kind: result === 'TEMPERROR' ? 'TROUBLE' : 'SUPPRESS', reason };
}

function compose(
  report: DueReport,
  hosts: readonly HostTry[],
  hostname: string,
): { content: Uint8Array; domain: string } {
  const { facts } = report;
  const content = composeReport({
    reportId: newId(),
    transactionId: report.transactionId,
    reportingMta: hostname,
    from: `mailer-daemon@${hostname}`,
    to: facts.reversePath,
    arrivalAt: new Date(facts.acceptedAt),
    at: wallClock(),
    envelopeId: facts.envelopeId,
    lifetimeText: durationText(facts.holdSeconds),
    recipients: facts.recipients.map((recipient) => ({
      address: recipient.address,
      originalRecipient: recipient.originalRecipient,
      event: recipient.state,
      status: recipient.status ?? null,
      remoteMta: recipient.host ?? null,
      diagnostic: recipient.reply,
      lastAttemptAt: recipient.lastAttemptAt === null ? null : new Date(recipient.lastAttemptAt),
      willRetryUntilAt: null,
      hosts,
    })),
    headerSection: headerSectionOf(report.headerSection, REPORT_HEADER_BYTES),
  });
  return { content, domain: domainOf(facts.reversePath) };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function durationText(seconds: number): string {
  const hours = Math.round(seconds / 3600);
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return hours >= 1 ? `${hours} hours` : `${Math.max(1, Math.round(seconds / 60))} minutes`;
}
