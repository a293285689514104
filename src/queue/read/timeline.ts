/**
 * The timeline of a message, oldest first, page by page: while it is held and after it has ended.
 *
 * It is put together from what is recorded anyway – the message, its attempts and those that spoke for its destination, events,
 * the ends of its recipients – so that no message costs anything for it. All instants are the database's; the order is by
 * instant, then by cause before effect, then by id, and never changes. Every statement carries its viewer. A page costs O(what
 * happened since its cursor). Records of attempts and events that commit late may sort before what was read already: who
 * follows a timeline reads again from a few seconds before its last cursor (`rewind`), and tells entries apart by their id.
 */
import { Buffer } from 'node:buffer';
import type { SqlExecutor } from '../../db/client.ts';
import { LAST_ID } from '../../mail/id.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../../mail/viewer.ts';
import { type SqlFragment, tenantScope } from '../../db/fragments.ts';
import { recipientsOf } from './sources.ts';
import type { TimelineActor, TimelineEntry, TimelineFacts, TimelineKind } from './timeline-entry.ts';
import { sentenceOf } from './timeline-text.ts';
import type { AttemptView } from './attempts.ts';

/** A place in a timeline: microseconds since 1970, what caused what, an id or a recipient's number. */
export interface TimelinePosition {
  readonly atUs: number;
  readonly rank: number;
  readonly key: string;
}

export interface TimelineRequest {
  readonly messageId: string;
  readonly limit: number;
  /** Only entries after it; null: from the beginning. */
  readonly after: TimelinePosition | null;
}

/** One message's. */
export async function timelineOf(
  sql: SqlExecutor,
  viewer: Viewer,
  request: TimelineRequest,
): Promise<readonly TimelineEntry[]> {
  return (await listTimelines(sql, viewer, [request]))[0] ?? [];
}

/** The place so many milliseconds before another, for a reader that shall miss nothing that commits late. */
export function rewind({ atUs }: TimelinePosition, ms: number): TimelinePosition {
  return { atUs: atUs - ms * 1000, rank: 0, key: '' };
}

/** The id of an entry, which is its cursor. */
export function cursorOfPosition({ atUs, rank, key }: TimelinePosition): string {
  return Buffer.from(`${atUs}.${rank}.${key}`).toString('base64url');
}

/** Null if the service did not make it. */
export function positionOfCursor(cursor: string): TimelinePosition | null {
  const parts = POSITION.exec(Buffer.from(cursor, 'base64url').toString());
  if (parts === null) return null;
  const [, atUs = '', rank = '', key = ''] = parts;
  return { atUs: Number(atUs), rank: Number(rank), key };
}

const POSITION = /^(\d{1,16})\.(\d)\.([0-9a-f-]{0,36})$/;

/** Events of a destination that concern all mail it holds. */
const DESTINATION_EVENTS = [
  'DOMAIN_FLUSHED',
  'DOMAIN_PAUSED',
  'DOMAIN_RESUMED',
  'DOMAIN_UPDATED',
  'DOMAIN_DELETED',
  'HOLD_EXTENDED',
  'HOLD_EXTENSION_ENDED',
  'OUTAGE_OPENED',
  'OUTAGE_RECLASSIFIED',
  'OUTAGE_CLOSED',
  'OUTAGE_DRAINING',
  'OUTAGE_DRAINED',
  'BREAKER_OPENED',
  'BREAKER_TRIAL',
  'BREAKER_CLOSED',
];
/** Events of the whole service; shown to every tenant, without their numbers. */
const SERVICE_EVENTS = ['OWN_TROUBLE_BEGAN', 'OWN_TROUBLE_ENDED'];
const MESSAGE_EVENTS = [
  'MESSAGE_RETRIED',
  'MESSAGE_CANCELLED',
  'MESSAGE_BOUNCED',
  'MESSAGE_SUSPECTED',
  'CLAIM_LOST',
  'REPORT_MADE',
  'REPORT_SUPPRESSED',
];

/** One list per request, in their order; empty where the viewer has no such message. */
export async function listTimelines(
  sql: SqlExecutor,
  viewer: Viewer,
  requests: readonly TimelineRequest[],
): Promise<TimelineEntry[][]> {
  const questions = requests.map(({ messageId, limit, after }, position) => ({
    position,
    message_id: messageId,
    after_us: after?.atUs ?? 0,
    after_rank: after?.rank ?? 0,
    after_key: after?.key ?? '',
    count: limit,
  }));
  const rows = await sql<(TimelineRow & { position: number })[]>`
    with asked as materialized (
      select q.*, found.*
      from jsonb_to_recordset(${JSON.stringify(questions)}::text::jsonb) as q (
        position integer, message_id uuid, after_us bigint, after_rank integer, after_key text, count integer)
      cross join lateral (${messageOf(sql, viewer)}) as found
    ), bounded as materialized (
      -- Ids follow the nodes' clocks, which a moved clock of the database does not move: hence the shift, and the hour.
      select a.*, uuid_floor(greatest(a.accepted_at, to_timestamp(a.after_us / 1e6)) - c.shift - interval '1 hour') as from_id,
        coalesce(uuid_floor(a.ended_at + interval '1 hour'), ${LAST_ID}::uuid) as below_id
      from asked a cross join clock c
    )
    select m.position, entry.at_us, entry.at, entry.rank, entry.key, entry.kind, entry.reply, entry.facts,
      case when entry.rank = 3 then ${hostOfEnd(sql, viewer)} else entry.host end as host, array(
      select r ->> 'address' from jsonb_array_elements(m.recipients) with ordinality as e (r, place)
      where (r ->> 'number')::integer = any(entry.numbers) order by place) as recipients
    from bounded m cross join lateral (
      select (extract(epoch from told.at) * 1000000)::bigint as at_us, told.*
      from (
        ${acceptance(sql)}
        union all ${ownAttempts(sql, viewer)}
        union all ${othersAttempts(sql, viewer)}
        union all ${eventsOf(sql, viewer)}
        union all ${endsOfRecipients(sql)}
      ) as told
      where ((extract(epoch from told.at) * 1000000)::bigint, told.rank, told.key) > (m.after_us, m.after_rank, m.after_key collate "C")
      order by told.at, told.rank, told.key
      limit m.count
    ) as entry
    order by m.position, entry.at_us, entry.rank, entry.key`;
  const lists = requests.map((): TimelineEntry[] => []);
  for (const row of rows) {
    const id = cursorOfPosition({ atUs: row.at_us, rank: row.rank, key: row.key });
    lists[row.position]?.push(entryOf(id, row, viewer));
  }
  return lists;
}

/** The message, in the queue or in its history. In one snapshot it is in one of them. */
function messageOf(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`
    select id, transaction_id, tenant_id, destination_id, accepted_at, null::timestamptz as ended_at, kind, client_address,
      ehlo_name, protocol, tls, size_bytes, ${recipientsOf(sql, sql`messages.id`)} as recipients
    from messages where id = q.message_id and ${tenantScope(sql, viewer)}
    union all
    select id, transaction_id, tenant_id, destination_id, accepted_at, ended_at, kind, client_address, ehlo_name,
      protocol, tls, size_bytes,
      recipients
    from history where id = q.message_id and ${tenantScope(sql, viewer)}
    limit 1`;
}

/** With the outage that was open already: the event of its opening is older than the acceptance. */
function acceptance(sql: SqlExecutor): SqlFragment {
  return sql`
    select m.accepted_at as at, 0 as rank, m.id::text collate "C" as key, 'ACCEPTED' as kind, null::integer[] as numbers,
      null::text as reply, null::text as host,
      jsonb_build_object('transaction', m.transaction_id, 'clientAddress', host(m.client_address), 'ehloName', m.ehlo_name,
        'protocol', m.protocol, 'tls', m.tls,
        'sizeBytes', m.size_bytes::bigint, 'recipientCount', jsonb_array_length(m.recipients), 'isReport', m.kind = 'REPORT',
        'outageId', during.id, 'class', during.class, 'since', during.started_at) as facts
    from (select) as one left join lateral (
      select id, class, started_at, ended_at from outages
      where destination_id = m.destination_id and tenant_id = m.tenant_id and started_at <= m.accepted_at
      order by destination_id desc, id desc limit 1
    ) as during on coalesce(during.ended_at > m.accepted_at, true)`;
}

function attemptFacts(sql: SqlExecutor): SqlFragment {
  return sql`jsonb_build_object('id', id, 'at', at, 'address', address, 'tls', tls, 'outcome', outcome,
    'latencyMs', latency_ms)`;
}

/** When the attempt was over: the instant of the statement that recorded it, and what it brought. */
function overAt(sql: SqlExecutor): SqlFragment {
  return sql`(at + make_interval(secs => latency_ms / 1000.0))`;
}

function ownAttempts(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`
    select ${overAt(sql)}, 1, id::text, 'ATTEMPT', recipient_numbers::integer[], reply, host, ${attemptFacts(sql)}
    from attempts where message_id = m.id and id >= m.from_id and ${tenantScope(sql, viewer)}`;
}

function othersAttempts(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`
    select ${overAt(sql)}, 1, id::text, 'PROBE', null::integer[], reply, host, ${attemptFacts(sql)}
    from attempts
    where destination_id = m.destination_id and is_host_level and message_id <> m.id and ${meanwhile(sql, overAt(sql))}
      and ${tenantScope(sql, viewer)}`;
}

/** Between the message's acceptance and its end. */
function meanwhile(sql: SqlExecutor, at: SqlFragment): SqlFragment {
  return sql`id >= m.from_id and id < m.below_id and ${at} between m.accepted_at and coalesce(m.ended_at, 'infinity')`;
}

function eventsOf(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`
    select at, 2, id::text, kind, ${recipientsOfFacts(sql)}, facts ->> 'reply', null::text, facts
    from events
    where message_id = m.id and id >= m.from_id and kind = any(${MESSAGE_EVENTS}::text[]) and ${tenantScope(sql, viewer)}
    union all
    select dropped.at, 2, dropped.id::text, dropped.kind, null::integer[], dropped.facts ->> 'reply', null::text,
      made.facts || dropped.facts
    from events made join events dropped on dropped.message_id = (made.facts ->> 'reportMessageId')::uuid
    where made.message_id = m.id and made.kind = 'REPORT_MADE' and dropped.kind = 'REPORT_DROPPED'
      and made.tenant_id = m.tenant_id and dropped.tenant_id = m.tenant_id
    union all
    select at, 2, id::text, kind, null::integer[], facts ->> 'reply', null::text, facts
    from events
    where destination_id = m.destination_id and message_id is null and ${meanwhile(sql, sql`at`)}
      and kind = any(${DESTINATION_EVENTS}::text[])
      and (kind <> 'DOMAIN_UPDATED' or facts -> 'before' -> 'deliverTo' <> facts -> 'after' -> 'deliverTo')
      and ${tenantScope(sql, viewer)}
    union all
    select at, 2, id::text, kind, null::integer[], null::text, null::text, '{}'::jsonb
    from events
    where destination_id is null and ${meanwhile(sql, sql`at`)} and kind = any(${SERVICE_EVENTS}::text[])`;
}

function recipientsOfFacts(sql: SqlExecutor): SqlFragment {
  return sql`array(select number::integer from jsonb_array_elements_text(facts -> 'recipients') as number)`;
}

function endsOfRecipients(sql: SqlExecutor): SqlFragment {
  return sql`
    select (r ->> 'endedAt')::timestamptz, 3, lpad(r ->> 'number', 5, '0'), 'RECIPIENT_' || (r ->> 'state'),
      array[(r ->> 'number')::integer], r ->> 'lastReply', null::text, '{}'::jsonb
    from jsonb_array_elements(m.recipients) r
    where r ->> 'state' <> 'HELD'`;
}

/** The host whose reply ended the recipient of an entry. A verb has no host, nor has an attempt of another message. */
function hostOfEnd(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`(
    select host from attempts
    where message_id = m.message_id and entry.numbers[1] = any(recipient_numbers) and reply = entry.reply
      and id >= uuid_floor(m.accepted_at - (select shift from clock) - interval '1 hour') and ${tenantScope(sql, viewer)}
    order by id desc limit 1)`;
}

interface TimelineRow {
  readonly at_us: number;
  readonly rank: number;
  readonly key: string;
  readonly at: Date;
  readonly kind: TimelineKind | keyof typeof TOLD_AS;
  readonly recipients: readonly string[];
  readonly reply: string | null;
  readonly host: string | null;
  readonly facts: TimelineFacts;
}

/** Events whose names say more, or less, than what a timeline tells of them. */
const TOLD_AS = {
  DOMAIN_UPDATED: 'DOMAIN_REROUTED',
  MESSAGE_SUSPECTED: 'RECIPIENT_SUSPECTED',
  OWN_TROUBLE_BEGAN: 'SERVICE_TROUBLE_BEGAN',
  OWN_TROUBLE_ENDED: 'SERVICE_TROUBLE_ENDED',
} as const;

function kindOf(kind: TimelineRow['kind']): TimelineKind {
  return isToldOtherwise(kind) ? TOLD_AS[kind] : kind;
}

function isToldOtherwise(kind: string): kind is keyof typeof TOLD_AS {
  return kind in TOLD_AS;
}

function entryOf(id: string, row: TimelineRow, viewer: Viewer): TimelineEntry {
  const { at, recipients, reply, host, facts } = row;
  const kind = kindOf(row.kind);
  const actor = actorOf(facts, viewer);
  return {
    id,
    at,
    kind,
    text: sentenceOf({ kind, recipients, reply, host, facts, actor }),
    recipients,
    host,
    reply,
    attempt: attemptOf(row),
    outageId: facts.outageId ?? null,
    operationId: facts.operationId ?? null,
    reason: facts.reason ?? null,
    actor,
    reportId: facts.reportMessageId ?? null,
  };
}

function attemptOf({ kind, reply, host, facts }: TimelineRow): AttemptView | null {
  if (kind !== 'ATTEMPT' && kind !== 'PROBE') return null;
  const { id = '', at = '', address = null, tls = null, outcome = 'DEFERRED', latencyMs = 0 } = facts;
  return { id, at: new Date(at), host, address, tls, reply: reply ?? '', outcome, latencyMs };
}

/** Names of the operator's tokens are not told to tenants. */
function actorOf({ by, token = null }: TimelineFacts, viewer: Viewer): TimelineActor | null {
  if (by === undefined) return null;
  const isOperator = by === OPERATOR_TENANT_ID;
  return { isOperator, tokenName: isOperator && !viewer.isOperator ? null : token };
}
