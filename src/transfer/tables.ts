/**
 * The tables that a move includes, in the order in which they can be filled, and those that it leaves, with the reason.
 *
 * Every table of the schema stands in one of the two lists: test/transfer/tables.test.ts fails on a new one that does not.
 */
import type { Query } from '../db/copy-session.ts';

/** Tables that others refer to come first. Contents are last: a file that is cut off is noticed before them. */
export const MOVED_TABLES = [
  'queue_limits',
  'retry_schedule',
  'service_presence',
  'tenants',
  'tokens',
  'audit_entries',
  'destinations',
  'domains',
  'doctor_reports',
  'idempotency_keys',
  'recipient_entries',
  'recipient_answers',
  'primaries',
  'probe_budgets',
  'dnsbl_zones',
  'dnsbl_counts',
  'seen_clients',
  'mta_sts_policies',
  'bounded_counts',
  'webhooks',
  'webhook_deliveries',
  'alert_contacts',
  'alert_notices',
  'alert_items',
  'mail_counts',
  'flow_slots',
  'rejection_slots',
  'drills',
  'drill_schedules',
  'mx_records',
  'outages',
  'operations',
  'messages',
  'recipients',
  'delivery_marks',
  'queue_delta',
  'reports_due',
  'history',
  'attempts',
  'events',
  'event_outbox',
  'rejections',
  'contents',
] as const;

/** Table → why it stays. */
export const LEFT_TABLES: Readonly<Record<string, string>> = {
  schema_requirements: 'is that of the schema, which is the same on both sides',
  clock: 'goes in the head of the file, because a change of it has to redefine a function',
  report_counts: 'was written by programs of the schemas before',
  confirmation_counts: 'was written by programs of the schemas before',
  drain_shares: 'was written by programs of the schemas before',
  webhook_secrets:
    'are in no file that people carry about: each webhook waits at the new place until its secret is rotated',
  domain_transfers: 'are read only as long as a node may still write for the tenant of before',
  console_links: 'hold for minutes',
  console_sessions: 'are sign-ins of browsers at the old place',
  nodes: 'are processes of the old place; the next one frees what was in their hands',
};

/** Tables that stay, but refer to moved ones: a database that is filled begins without their rows. */
export const REFERRING_TABLES = ['console_links', 'console_sessions'] as const;

/** Columns of moved tables that stay: numbers of transactions of the old place. */
export const LEFT_COLUMNS: Readonly<Record<string, readonly string[]>> = { events: ['written_in'] };

/** Any row in one of these is somebody's work (of tenants the second): such a database is not written over. */
export const OCCUPIED_TABLES = [
  'tenants',
  'tokens',
  'domains',
  'destinations',
  'messages',
  'history',
  'reports_due',
  'operations',
  'audit_entries',
  'webhooks',
  'alert_contacts',
] as const;

/** The columns that a COPY writes, in the order of the table. */
export async function readColumns(query: Query, table: string): Promise<string[]> {
  const rows = await query(
    `select attname as name from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [quoted(table)],
  );
  return rows.map(({ name }) => String(name)).filter((name) => LEFT_COLUMNS[table]?.includes(name) !== true);
}

/** A name as an SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
