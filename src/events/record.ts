/**
 * The append-only record of what happened and who did it: settings changed, verbs given, outages, reports, alarms.
 *
 * Written in the transaction of the change itself, so an event stands exactly when its change does. Never
 * deleted row by row: days of it go with their partition. Never updated, but for their owner (queue/verbs/transfer.ts). Facts hold names, numbers and replies, never content or secrets.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { dropOldDays } from '../db/old-days.ts';
import { newId } from '../mail/id.ts';

/** Changes of an outage in the order of its life. */
export type OutageEventKind = `OUTAGE_${'OPENED' | 'RECLASSIFIED' | 'THRESHOLD' | 'CLOSED' | 'DRAINING' | 'DRAINED'}`;

export type EventKind =
  | 'DOMAIN_CREATED'
  | 'DOMAIN_UPDATED'
  | 'DOMAIN_DELETED'
  | 'DOMAIN_ACTIVATED'
  | 'DOMAIN_SUSPENDED'
  | 'DOMAIN_UNSUSPENDED'
  | 'DOMAIN_TRANSFERRED'
  | 'PROOF_LOST'
  | 'PROOF_FOUND'
  | 'DOMAIN_CHECKED'
  | 'DOMAIN_FLUSHED'
  | 'MX_RECORDS_CHANGED'
  | 'DRILL_REQUESTED'
  | 'DRILL_FINISHED'
  | 'DRILL_SCHEDULED'
  | 'DOMAIN_HELD_BOUNCED'
  | 'DOMAIN_PAUSED'
  | 'DOMAIN_RESUMED'
  | 'HOLD_EXTENDED'
  | 'HOLD_EXTENSION_ENDED'
  | 'OPERATION_STARTED'
  | 'OPERATION_ENDED'
  | 'RECIPIENTS_CHANGED'
  | 'RECIPIENT_FORGOTTEN'
  | 'MESSAGE_RETRIED'
  | 'MESSAGE_CANCELLED'
  | 'MESSAGE_BOUNCED'
  | 'MESSAGE_SUSPECTED'
  | 'CLAIM_LOST'
  | OutageEventKind
  | 'OWN_TROUBLE_BEGAN'
  | 'OWN_TROUBLE_ENDED'
  | 'BREAKER_OPENED'
  | 'BREAKER_TRIAL'
  | 'BREAKER_CLOSED'
  | 'RECIPIENT_SUSPECTED'
  | 'REPORT_MADE'
  | 'REPORT_SUPPRESSED'
  | 'REPORT_DROPPED'
  | 'TENANT_CREATED'
  | 'TENANT_UPDATED'
  | 'TENANT_DELETED'
  | 'TENANT_SUSPENDED'
  | 'TENANT_UNSUSPENDED'
  | 'SERVICE_UPDATED'
  | 'TOKEN_CREATED'
  | 'TOKEN_UPDATED'
  | 'TOKEN_ROTATED'
  | 'TOKEN_REVOKED'
  | 'WEBHOOK_CREATED'
  | 'WEBHOOK_UPDATED'
  | 'WEBHOOK_ROTATED'
  | 'WEBHOOK_DELETED'
  | 'WEBHOOK_DISABLED'
  | 'ALERT_CONTACT_CREATED'
  | 'ALERT_CONTACT_UPDATED'
  | 'ALERT_CONTACT_CONFIRMED'
  | 'ALERT_CONTACT_DELETED'
  | 'MAIL_DIGEST'
  | 'DNSBL_ZONE_ERROR'
  | 'DNSBL_ZONE_OFF'
  | 'DNSBL_ZONE_ON';

export interface NewEvent {
  readonly tenantId: string;
  /** Null when the event is about no destination. */
  readonly destinationId: string | null;
  /** Null when the event is about no message. */
  readonly messageId: string | null;
  readonly kind: EventKind;
  /** Facts worth knowing later; plain JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Appends one event. With a transaction's `sql` it becomes part of that transaction. Throws when the database does. */
export async function recordEvent(sql: SqlExecutor, event: NewEvent): Promise<void> {
  await recordEvents(sql, [event]);
}

/** Appends several events in one statement. */
export async function recordEvents(sql: SqlExecutor, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ tenantId, destinationId, messageId, kind, facts }) => ({
    id: newId(),
    tenant_id: tenantId,
    destination_id: destinationId,
    message_id: messageId,
    kind,
    facts,
  }));
  await insert(
    sql,
    sql`select id, tenant_id, destination_id, message_id, kind, facts
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as r (id uuid, tenant_id uuid, destination_id uuid, message_id uuid, kind text, facts jsonb)`,
  );
}

/**
 * Appends the events that arise in a statement: an insert that stands alone or in its `with` list (`told as (…)`).
 *
 * @param rows a query of five columns: tenant_id, destination_id, message_id, kind, facts
 */
export function insertEvents(sql: SqlExecutor, rows: SqlFragment): SqlFragment {
  return insert(
    sql,
    sql`select new_id(), e.* from (${rows}) as e (tenant_id, destination_id, message_id, kind, facts)`,
  );
}

/** The only statement that writes events. A trigger puts those that are told outside into notify's outbox. */
function insert(sql: SqlExecutor, rows: SqlFragment): SqlFragment {
  return sql`insert into events (id, tenant_id, destination_id, message_id, kind, facts) ${rows}`;
}

/** A year, and a month to look back at it: who changed what, which outages there were. A few rows a day. */
const EVENT_DAYS = 400;

/** Drops the days that are past their time; returns the names of the partitions dropped. Any number of nodes may call it. */
export function dropOldEvents(sql: Sql): Promise<string[]> {
  return dropOldDays(sql, { parent: 'events', keptDays: EVENT_DAYS });
}
