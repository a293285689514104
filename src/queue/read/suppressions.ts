/**
 * The reason why no report was sent about a recipient that ended, from the record of events.
 *
 * A report is decided within a day after its recipient ended (reports.ts), so a short range of the destination's events is
 * looked through. Many recipients are answered by one statement.
 */
import type { SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { tenantScope } from '../../db/fragments.ts';

export interface SuppressionQuestion {
  readonly messageId: string;
  readonly destinationId: string;
  readonly recipientNumber: number;
  /** ISO 8601. */
  readonly endedAt: string;
}

/** The reason per question, in their order; null where a report was made, or none was due. */
export async function findSuppressions(
  sql: SqlExecutor,
  viewer: Viewer,
  questions: readonly SuppressionQuestion[],
): Promise<(string | null)[]> {
  const asked = questions.map((question, position) => ({
    position,
    message_id: question.messageId,
    destination_id: question.destinationId,
    recipient_number: question.recipientNumber,
    ended_at: question.endedAt,
  }));
  // Ids follow the nodes' clocks, which a moved clock of the database does not move: hence the shift.
  const rows = await sql<{ position: number; reason: string | null }[]>`
    select q.position, found.reason
    from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb) as q (
      position integer, message_id uuid, destination_id uuid, recipient_number smallint, ended_at timestamptz)
    cross join lateral (
      select kind, facts ->> 'reason' as reason
      from events
      where (destination_id, id) >= (q.destination_id, uuid_floor(q.ended_at - (select shift from clock) - interval '1 hour'))
        and (destination_id, id) < (q.destination_id, uuid_floor(q.ended_at + interval '26 hours'))
        and message_id = q.message_id and kind in ('REPORT_MADE', 'REPORT_SUPPRESSED')
        and facts ->> 'action' <> 'delayed' and facts -> 'recipients' @> to_jsonb(q.recipient_number)
        and ${tenantScope(sql, viewer)}
      order by destination_id, id limit 1
    ) as found
    where found.kind = 'REPORT_SUPPRESSED'`;
  const reasons = new Map(rows.map(({ position, reason }) => [position, reason]));
  return questions.map((_, position) => reasons.get(position) ?? null);
}
