/**
 * What the making of reports needs: the bounce firewall, and the words of a report.
 */
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { composeReport, headerSectionOf, type ReportedEvent } from '../mail/dsn.ts';
import { newId } from '../mail/id.ts';
import type { Lookup } from '../policy/authentication/counted-queries.ts';
import { proveSender } from '../policy/authentication/bounce-firewall.ts';
import type { Timers } from './timers.ts';
import { createDelayWalk } from '../queue/reports/delayed.ts';
import { type DueReport, makeDueReports, type ReportDeps } from '../queue/reports/reports.ts';
import type { MailEvents } from '../telemetry/events.ts';

const REPORTS_EVERY_MS = 1000;
const DELAYS_EVERY_MS = 5000;
/** Bytes of the original's header section in a report. */
const REPORT_HEADER_BYTES = 32_768;
/** Of a report, as of any message: the ceiling of queue_limits.message_size_limit_bytes. */
const REPORT_BYTES = 10 * 1024 * 1024;

export interface ReportParts {
  readonly config: Pick<Config, 'mxHostname' | 'deliveryHold'>;
  readonly database: Pick<Database, 'sql'>;
  readonly lookup: Lookup;
  readonly events: MailEvents;
}

/** Makes reports as they fall due. While delivery is held nobody is told of a delay: the operator knows best. */
export function startReports(parts: ReportParts & { readonly timers: Timers }): void {
  const { config, database, timers } = parts;
  const deps = reportDeps(parts);
  const walk = createDelayWalk(database.sql);
  timers.every(REPORTS_EVERY_MS, 'reports', async () => {
    await makeDueReports(deps);
  });
  timers.every(DELAYS_EVERY_MS, 'delays', async () => {
    if (!config.deliveryHold) await walk();
  });
}

function reportDeps({ config, database, lookup, events }: ReportParts): ReportDeps {
  return {
    sql: database.sql,
    checkSender: ({ transactionId, facts, head }, readContent) => {
      const { reversePath, clientAddress, ehloName } = facts;
      const acceptedAt = new Date(facts.acceptedAt);
      return proveSender(
        { transactionId, acceptedAt, reversePath, clientAddress, ehloName, head, readContent },
        lookup,
      );
    },
    compose: (report, { hosts, message }) => compose(report, { hosts, message, hostname: config.mxHostname }),
    ehloName: config.mxHostname,
    events,
  };
}

const EVENTS = {
  HELD: 'DELAYED',
  DELIVERED: 'RELAYED',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const satisfies Record<string, ReportedEvent>;

function compose(
  report: DueReport,
  { hosts, message, hostname }: Parameters<ReportDeps['compose']>[1] & { readonly hostname: string },
): ReturnType<ReportDeps['compose']> {
  const { facts } = report;
  const acceptedAt = new Date(facts.acceptedAt);
  const id = newId();
  const composed = composeReport({
    reportId: id,
    transactionId: report.transactionId,
    reportingMta: hostname,
    from: `mailer-daemon@${hostname}`,
    to: facts.reversePath,
    arrivalAt: acceptedAt,
    at: wallClock(),
    envelopeId: facts.envelopeId,
    lifetimeText: durationText(facts.holdSeconds),
    recipients: facts.recipients.map((recipient) => ({
      address: recipient.address,
      originalRecipient: recipient.originalRecipient,
      event: EVENTS[recipient.state],
      status: recipient.status ?? null,
      remoteMta: recipient.host ?? hosts.find(({ reply }) => reply === spoken(recipient.reply))?.host ?? null,
      diagnostic: recipient.reply,
      lastAttemptAt: recipient.lastAttemptAt === null ? null : new Date(recipient.lastAttemptAt),
      willRetryUntilAt: new Date(acceptedAt.getTime() + facts.holdSeconds * 1000),
      hosts: recipient.state === 'DELIVERED' ? [] : hosts,
    })),
    headerSection: headerSectionOf(report.head, REPORT_HEADER_BYTES),
    message,
    maxBytes: REPORT_BYTES,
  });
  return { ...composed, id, domain: domainOf(facts.reversePath) };
}

/** Words of our own in brackets come from no host. */
function spoken(reply: string | null): string | null {
  return reply === null || reply.startsWith('[') ? null : reply;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function durationText(seconds: number): string {
  const hours = Math.round(seconds / 3600);
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return hours >= 1 ? `${hours} hours` : `${Math.max(1, Math.round(seconds / 60))} minutes`;
}
