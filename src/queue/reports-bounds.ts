/**
 * How many reports one reader gets, whatever proves the sender.
 *
 * A mailbox that was sent enough of them learns nothing new from more, and a signature that was seen before is a replay: such a
 * report is suppressed. A domain with many senders may have many reports due at once without any fault of its own: over its
 * bound a report waits for the next window, for a day at most. RFC 3834 §2 asks for such bounds.
 */
import { countedMailbox } from '../mail/mailbox.ts';
import { organizationOf } from '../mail/organization.ts';
import type { Bound } from '../settings/bounded-counts.ts';

const HOUR_SECONDS = 3600;
/** A signature proves for ten days before acceptance, and mail is held for ten days. */
const SIGNATURE_SECONDS = 30 * 24 * HOUR_SECONDS;
const MOST_TO_MAILBOX = 20;
const MOST_TO_DOMAIN = 200;
const MOST_TO_ORGANIZATION = 500;

export interface ReportBounds {
  /** If one of these is full the report waits. */
  readonly waiting: readonly Bound[];
  /** If one of these is full the report is suppressed. */
  readonly final: readonly Bound[];
}

export interface ReportSubject {
  /** Canonical `local@domain`. */
  readonly reversePath: string;
  readonly transactionId: string;
  /** Those that alone prove the sender. Empty if something better does. */
  readonly signatureIds: readonly string[];
}

/** The bounds of a report to this reverse-path. All reports about one transaction count as one for a signature. */
export function boundsOf({ reversePath, transactionId, signatureIds }: ReportSubject): ReportBounds {
  const domain = reversePath.slice(reversePath.lastIndexOf('@') + 1).toLowerCase();
  const hourly = (kind: string, subject: string, most: number): Bound => {
    return { kind, subject, most, windowSeconds: HOUR_SECONDS };
  };
  return {
    waiting: [
      hourly('REPORT_DOMAIN', domain, MOST_TO_DOMAIN),
      hourly('REPORT_ORGANIZATION', organizationOf(domain), MOST_TO_ORGANIZATION),
    ],
    final: [
      ...signatureIds.map((id) => {
        return { kind: SIGNATURE, subject: id, most: 1, windowSeconds: SIGNATURE_SECONDS, cause: transactionId };
      }),
      hourly('REPORT_MAILBOX', countedMailbox(reversePath), MOST_TO_MAILBOX),
    ],
  };
}

const SIGNATURE = 'REPORT_SIGNATURE';

/** One sentence for the operator. */
export function reasonOf({ kind, most, subject }: Bound): string {
  if (kind === SIGNATURE) return 'RATE: the DKIM signature that alone proves the sender was seen on another message';
  const reader = kind === 'REPORT_MAILBOX' ? 'address' : `domain ${subject}`;
  return `RATE: the ${reader} was sent ${most} reports within an hour`;
}
