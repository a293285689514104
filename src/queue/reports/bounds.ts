/**
 * How many reports one reader gets, whatever proves the sender.
 *
 * A mailbox that was sent enough of them learns nothing new from more, and a signature that was seen before is a replay: such a
 * report is suppressed. A domain with many senders may have many reports due at once without any fault of its own, and addresses
 * that may be one mailbox may be several persons' ones: over such a bound a report waits for the next window, for a day at most.
 * A tenant reaches its own share of a reader's provider first, so that its failures keep no other tenant's senders in the dark.
 * RFC 3834 §2 asks for such bounds.
 */
import { countedMailbox, untaggedMailbox } from '../../mail/address.ts';
import { organizationOf } from '../../mail/organization.ts';
import type { Bound } from '../../db/bounded-counts.ts';

const HOUR_SECONDS = 3600;
/** A signature proves for ten days before acceptance, and mail is held for ten days. */
const SIGNATURE_SECONDS = 30 * 24 * HOUR_SECONDS;
const MOST_TO_MAILBOX = 20;
const MOST_OF_TENANT_TO_ORGANIZATION = 200;
const MOST_TO_DOMAIN = 500;
const MOST_TO_ORGANIZATION = 1000;

export interface ReportBounds {
  /** If one of these is full the report waits. */
  readonly waiting: readonly Bound[];
  /** If one of these is full the report is suppressed. */
  readonly final: readonly Bound[];
}

export interface ReportSubject {
  /** The tenant whose mail is reported. */
  readonly tenantId: string;
  /** Canonical `local@domain`. */
  readonly reversePath: string;
  readonly transactionId: string;
  /** Those that alone prove the sender. Empty if something better does. */
  readonly signatureIds: readonly string[];
}

/** The bounds of a report to this reverse-path. All reports about one transaction count as one for a signature. */
export function boundsOf({ tenantId, reversePath, transactionId, signatureIds }: ReportSubject): ReportBounds {
  const domain = reversePath.slice(reversePath.lastIndexOf('@') + 1).toLowerCase();
  const organization = organizationOf(domain);
  const hourly = (kind: string, subject: string, most: number): Bound => {
    return { kind, subject, most, windowSeconds: HOUR_SECONDS };
  };
  return {
    waiting: [
      hourly(SIMILAR, countedMailbox(reversePath), MOST_TO_MAILBOX),
      hourly(ORGANIZATION_OF_TENANT, `${organization} ${tenantId}`, MOST_OF_TENANT_TO_ORGANIZATION),
      hourly('REPORT_DOMAIN', domain, MOST_TO_DOMAIN),
      hourly('REPORT_ORGANIZATION', organization, MOST_TO_ORGANIZATION),
    ],
    final: [
      ...signatureIds.map((id) => {
        return { kind: SIGNATURE, subject: id, most: 1, windowSeconds: SIGNATURE_SECONDS, cause: transactionId };
      }),
      hourly(MAILBOX, untaggedMailbox(reversePath), MOST_TO_MAILBOX),
    ],
  };
}

/** As many wait for a bound as it lets through in a day, for which they would wait at most. */
export function backlogOf({ kind, subject, most }: Bound): Bound {
  return { kind: `${kind}_WAITING`, subject, most: 24 * most, windowSeconds: 24 * HOUR_SECONDS };
}

const SIGNATURE = 'REPORT_SIGNATURE';
const MAILBOX = 'REPORT_MAILBOX';
const SIMILAR = 'REPORT_SIMILAR';
const ORGANIZATION_OF_TENANT = 'REPORT_ORGANIZATION_TENANT';

/** One sentence for the operator. */
export function reasonOf({ kind, most, subject }: Bound): string {
  const [place] = subject.split(' ');
  const told: Readonly<Record<string, string>> = {
    [SIGNATURE]: 'the DKIM signature that alone proves the sender was seen on another message',
    [MAILBOX]: `the address was sent ${most} reports within an hour`,
    [SIMILAR]: `the address and those like it were sent ${most} reports within an hour`,
    [ORGANIZATION_OF_TENANT]: `${place} was sent ${most} reports about mail of one tenant within an hour`,
  };
  return `RATE: ${told[kind] ?? `the domain ${subject} was sent ${most} reports within an hour`}`;
}
