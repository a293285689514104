/**
 * The words of a report: what became of each recipient, as mail/dsn.ts takes it.
 */
import { wallClock } from '../../clock.ts';
import { type ComposedReport, composeReport } from '../../mail/dsn.ts';
import { headerSectionOf } from '../../mail/header-section.ts';
import type { HostTry, ReportedEvent } from '../../mail/dsn-report.ts';
import { newId } from '../../mail/id.ts';
import type { DueReport } from './due-rows.ts';

/** Bytes of the original's header section in a report. */
const REPORT_HEADER_BYTES = 32_768;
/** The size of a report, as of any message: the ceiling of queue_limits.message_size_limit_bytes. */
const REPORT_BYTES = 10 * 1024 * 1024;

const EVENTS = {
  HELD: 'DELAYED',
  DELIVERED: 'RELAYED',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const satisfies Record<string, ReportedEvent>;

/**
 * Composes the DSN of a report.
 *
 * @param hosts those that were tried, with their last answers
 * @param message the reported message, where its sender wants it back
 * @returns with its id, and the domain of its recipient
 */
export function compose(
  report: DueReport,
  { hosts, message }: { readonly hosts: readonly HostTry[]; readonly message: Uint8Array | null },
  hostname: string,
): ComposedReport & { readonly id: string; readonly domain: string } {
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
