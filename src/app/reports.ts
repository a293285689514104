/**
 * What the making of reports needs: the bounce firewall, the words of a report, and what log and metrics hear of it.
 */
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { normalizeDomain } from '../mail/address.ts';
import { composeReport, headerSectionOf, type ReportedEvent } from '../mail/dsn.ts';
import { newId } from '../mail/id.ts';
import { hasAlignedSignature, proveByDkim } from '../policy/authentication/aligned-dkim.ts';
import type { Lookup } from '../policy/authentication/counted-queries.ts';
import { checkSpf } from '../policy/authentication/sender-auth.ts';
import type { Timers } from './timers.ts';
import { createDelayWalk } from '../queue/reports/delayed.ts';
import {
  actionOf,
  type DueReport,
  makeDueReports,
  type ReadContent,
  type ReportDeps,
  type SenderCheck,
} from '../queue/reports/reports.ts';
import { dropOldCounts } from '../db/bounded-counts.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';

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
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trace: Trace | null;
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
    await dropOldCounts(database.sql);
  });
}

function reportDeps({ config, database, lookup, log, metrics, trace }: ReportParts): ReportDeps {
  return {
    sql: database.sql,
    checkSender: (report, readContent) => checkSender(report, readContent, lookup),
    compose: (report, { hosts, message }) => compose(report, { hosts, message, hostname: config.mxHostname }),
    ehloName: config.mxHostname,
    onMade: (report, made) => {
      const action = actionOf(report.facts);
      metrics.reportMade(action);
      trace?.reported({ transactionId: report.transactionId, reportId: made.id, action });
      log.reportMade({
        transactionId: report.transactionId,
        reportId: made.id,
        action,
        reversePath: report.facts.reversePath,
        recipientCount: report.facts.recipients.length,
      });
    },
    onSuppressed: (report, { code, reason }) => {
      metrics.reportSuppressed(code.toLowerCase());
      log.reportSuppressed({ transactionId: report.transactionId, reversePath: report.facts.reversePath, reason });
    },
    onFault: (report, error) => {
      log.fault({ where: `report about ${report.transactionId}`, error });
    },
  };
}

/**
 * The bounce firewall: only mail whose sender is proven gets a report, by SPF of the reverse-path's domain or by an aligned
 * signature over a field that names the reverse-path's mailbox. Anything else would be backscatter, above all about what was refused for its content.
 */
async function checkSender(report: DueReport, readContent: ReadContent, lookup: Lookup): Promise<SenderCheck> {
  const { facts } = report;
  const domain = normalizeDomain(domainOf(facts.reversePath));
  if (domain === null) return { kind: 'SUPPRESS', reason: 'the reverse-path has no domain to ask' };
  const spf = await checkSpf({
    clientAddress: facts.clientAddress ?? '',
    ehloName: facts.ehloName,
    reversePath: facts.reversePath,
    lookup,
  });
  if (spf === 'PASS') return { kind: 'PASS' };
  const dkim = await checkDkim(report, readContent, { domain, lookup });
  if (dkim.kind === 'PASS') return dkim;
  const reason =
    `SPF of ${domainOf(facts.reversePath)} for ${facts.clientAddress ?? 'no address'}: ${spf}; ` +
    `aligned DKIM signature: ${dkim.kind}`;
  return { kind: spf === 'TEMPERROR' || dkim.kind === 'UNKNOWN' ? 'TROUBLE' : 'SUPPRESS', reason };
}

async function checkDkim(
  { transactionId, facts, head }: DueReport,
  readContent: ReadContent,
  { domain, lookup }: { readonly domain: string; readonly lookup: Lookup },
): ReturnType<typeof proveByDkim> {
  if (!hasAlignedSignature(headerSectionOf(head, head.length), domain)) return { kind: 'NONE' };
  const content = await readContent();
  if (content === null) return { kind: 'NONE' };
  const { reversePath } = facts;
  return proveByDkim({ reversePath, domain, content, transactionId, acceptedAt: new Date(facts.acceptedAt), lookup });
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
