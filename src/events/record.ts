/**
 * The append-only record of what happened and who did it: settings changed, verbs given, outages, reports, alarms.
 *
 * Written in the transaction of the change itself, so an event stands exactly when its change does. Never updated, never
 * deleted row by row: days of it go with their partition. Facts hold names, numbers and replies, never content or secrets.
 */
import type { SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';

export type EventKind =
  | 'DOMAIN_CREATED'
  | 'DOMAIN_UPDATED'
  | 'DOMAIN_DELETED'
  | 'DOMAIN_ACTIVATED'
  | 'DOMAIN_SUSPENDED'
  | 'DOMAIN_UNSUSPENDED'
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
  | 'OUTAGE_OPENED'
  | 'OUTAGE_RECLASSIFIED'
  | 'OUTAGE_THRESHOLD'
  | 'OUTAGE_CLOSED'
  | 'OUTAGE_DRAINING'
  | 'OUTAGE_DRAINED'
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
  | 'TOKEN_CREATED'
  | 'TOKEN_ROTATED'
  | 'TOKEN_REVOKED'
  | 'WEBHOOK_CREATED'
  | 'WEBHOOK_UPDATED'
  | 'WEBHOOK_ROTATED'
  | 'WEBHOOK_DELETED'
  | 'WEBHOOK_DISABLED'
  | 'ALERT_CONTACT_CREATED'
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
  /** What is worth knowing later; plain JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Appends one event. With a transaction's `sql` it becomes part of that transaction. Throws when the database does. */
export async function recordEvent(sql: SqlExecutor, event: NewEvent): Promise<void> {
  await recordEvents(sql, [event]);
}

/** As recordEvent, of several in one statement. */
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
  await sql`
    insert into events (id, tenant_id, destination_id, message_id, kind, facts)
    select id, tenant_id, destination_id, message_id, kind, facts
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
      as r (id uuid, tenant_id uuid, destination_id uuid, message_id uuid, kind text, facts jsonb)`;
}
