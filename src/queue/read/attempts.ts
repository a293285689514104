/**
 * The attempts of recipients: their own, and those that found their primary away meanwhile; these also for a whole destination.
 * Newest first, page by page. And the reason why no report was sent about a recipient that ended.
 *
 * Many recipients are answered by one statement, so that a page of messages with their attempts is no hundred questions.
 */
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import type { SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { tenantScope } from '../../db/fragments.ts';

export interface AttemptView {
  readonly id: string;
  readonly at: Date;
  readonly host: string | null;
  readonly address: string | null;
  readonly tls: string | null;
  readonly reply: string;
  readonly outcome: 'DELIVERED' | 'DEFERRED' | 'FAILED';
  readonly latencyMs: number;
}

/** An attempt as it is shown; an attempt of a destination as a whole has no id. */
export type ShownAttempt = Omit<AttemptView, 'id'>;

export interface AttemptsRequest {
  readonly messageId: string;
  readonly destinationId: string;
  readonly recipientNumber: number;
  /** When the recipient ended, ISO 8601: what befell its primary later is no attempt of its. Null while held. */
  readonly endedAt: string | null;
  readonly limit: number;
  /** Only attempts with a smaller id. */
  readonly beforeId: string | null;
}

interface AttemptRow extends AttemptView {
  /** Position of the request, from 0. */
  position: number;
}

/** One list per request, in their order. */
export async function listAttempts(
  sql: SqlExecutor,
  viewer: Viewer,
  requests: readonly AttemptsRequest[],
): Promise<AttemptView[][]> {
  const questions = requests.map((request, position) => ({
    position,
    message_id: request.messageId,
    destination_id: request.destinationId,
    recipient_number: request.recipientNumber,
    ended_at: request.endedAt,
    before_id: request.beforeId ?? LAST_ID,
    count: request.limit,
  }));
  // A message's attempts are younger than it, so the lower bound of the ids spares the older partitions.
  const rows = await sql<AttemptRow[]>`
    select q.position, found.*
    from jsonb_to_recordset(${JSON.stringify(questions)}::text::jsonb) as q (
      position integer, message_id uuid, destination_id uuid, recipient_number smallint,
      ended_at timestamptz, before_id uuid, count integer)
    cross join lateral (
      (select id, at, host, address, tls, reply, outcome, latency_ms as "latencyMs"
       from attempts
       where message_id = q.message_id and id >= q.message_id and id < q.before_id
             and q.recipient_number = any(recipient_numbers) and ${tenantScope(sql, viewer)}
       order by id desc
       limit q.count)
      union all
      (select id, at, host, address, tls, reply, outcome, latency_ms as "latencyMs"
       from attempts
       where destination_id = q.destination_id and is_host_level and id >= q.message_id and id < q.before_id
             and message_id <> q.message_id and (q.ended_at is null or at <= q.ended_at) and ${tenantScope(sql, viewer)}
       order by id desc
       limit q.count)
      order by id desc
      limit q.count
    ) as found
    order by q.position, found.id desc`;
  return listsOf(requests, rows);
}

export interface DestinationAttemptsRequest extends Pick<AttemptsRequest, 'destinationId' | 'limit' | 'beforeId'> {
  /** Only attempts from then on; null: all that are kept. */
  readonly since: Date | null;
}

/** The attempts that told something about all that their destination held. One list per request, in their order. */
export async function listDestinationAttempts(
  sql: SqlExecutor,
  viewer: Viewer,
  requests: readonly DestinationAttemptsRequest[],
): Promise<AttemptView[][]> {
  // Ids follow the nodes' clocks, which a moved clock of the database does not move: hence the shift.
  const rows = await sql<AttemptRow[]>`
    select (q.number - 1)::integer as position, found.*
    from unnest(
      ${requests.map(({ destinationId }) => destinationId)}::uuid[],
      ${requests.map(({ beforeId }) => beforeId ?? LAST_ID)}::uuid[],
      ${requests.map(({ since }) => since?.toISOString() ?? null)}::text[]::timestamptz[],
      ${requests.map(({ limit }) => limit)}::integer[]
    ) with ordinality as q (destination_id, before_id, since, count, number)
    cross join lateral (
      select id, at, host, address, tls, reply, outcome, latency_ms as "latencyMs"
      from attempts
      where destination_id = q.destination_id and is_host_level and id < q.before_id
        and id >= coalesce(uuid_floor(q.since - (select shift from clock) - interval '1 hour'), ${FIRST_ID}::uuid)
        and coalesce(at >= q.since, true) and ${tenantScope(sql, viewer)}
      order by id desc
      limit q.count
    ) as found
    order by q.number, found.id desc`;
  return listsOf(requests, rows);
}

function listsOf(requests: readonly unknown[], rows: readonly AttemptRow[]): AttemptView[][] {
  const lists = requests.map((): AttemptView[] => []);
  for (const { position, ...attempt } of rows) lists[position]?.push(attempt);
  return lists;
}

export interface SuppressionQuestion {
  readonly messageId: string;
  readonly destinationId: string;
  readonly recipientNumber: number;
  /** ISO 8601. */
  readonly endedAt: string;
}

/**
 * The reason per question, in their order; null where a report was made, or none was due. A report is decided within a day after
 * its recipient ended (reports.ts), so a short range of the destination's events is searched.
 */
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
