/**
 * Finds destinations with due mail, claims messages for an attempt, and releases claims.
 *
 * Promises: a claim stores the next attempt before a host is dialled (it moves next_attempt_at along the grid), names
 * (node, epoch), touches one destination, and starts at the last claimed key, so that deleted heads cost nothing. A message
 * has one holder at a time: ownership first, SKIP LOCKED second. Does not decide whether the destination may be tried.
 */
import { Buffer } from 'node:buffer';
import type { Sql, SqlExecutor } from '../db/client.ts';
import { isKnownBy } from '../domains/user-list/known-good.ts';
import type { Notify, OriginalClient } from '../mail/envelope.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import { type DrainSettings, isSetSo } from '../outage/clock.ts';
import { always } from '../db/fragments.ts';
import type { Owner } from '../outage/owner.ts';
import { isPausedNow } from '../outage/pause.ts';
import { insertEvents } from '../events/record.ts';
import { isHeldByDrill, isOfDrill, isOfOpenDrill } from './drills/drill-mark.ts';

/** The pool for the queue's hot statements, for rooms that pass it on without speaking SQL. */
export type QueueSql = Sql;

/** The holder of claims: void once the node's epoch is gone. */
export type Holder = Owner;

export interface ClaimedRecipient {
  readonly number: number;
  readonly address: string;
  readonly notify: readonly Notify[];
  readonly originalRecipient: string | null;
}

export interface ClaimedMessage {
  readonly id: string;
  readonly transactionId: string;
  readonly kind: 'MAIL' | 'REPORT';
  readonly reversePath: string | null;
  readonly sizeBytes: number;
  readonly smtpUtf8: boolean;
  readonly body: '7BIT' | '8BITMIME' | null;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envelopeId: string | null;
  /** A fire drill's: its failures are no evidence of an outage. */
  readonly isDrill?: boolean;
  /** Null for a report, and where it is not known. */
  readonly client: OriginalClient | null;
  readonly recipients: readonly ClaimedRecipient[];
}

/** The end of the last claim: (next_attempt_at as text, id). */
export interface ClaimKey {
  readonly at: string;
  readonly id: string;
}

export const FIRST_KEY: ClaimKey = { at: '-infinity', id: FIRST_ID };

type ClaimedRow = Omit<ClaimedMessage, 'client' | 'recipients'> & {
  readonly clientAddress: string | null;
  readonly clientName: string | null;
  readonly ehloName: string;
  readonly protocol: string;
  readonly keyAt: string;
};

/**
 * Claims up to `limit` messages of a destination that are due, in the order of (next_attempt_at, id) after `after`.
 * With the number of a flush, also those that are not due but were not claimed since the flush. With `settings`, none once the
 * destination has others: they are in force at once, like a pause.
 */
export async function claimDue(
  sql: Sql,
  input: {
    destinationId: string;
    holder: Holder;
    after: ClaimKey;
    limit: number;
    flushNumber: number | null;
    settings?: DrainSettings;
  },
): Promise<{ messages: ClaimedMessage[]; lastKey: ClaimKey }> {
  const { destinationId, holder, after, limit, flushNumber, settings } = input;
  const rows = await sql<ClaimedRow[]>`
    with due as (
      select id, next_attempt_at from messages
      where destination_id = ${destinationId}
        and (next_attempt_at, id) > (${after.at}::text::timestamptz, ${after.id}::uuid)
        and next_attempt_at <= case when ${flushNumber}::integer is null then bmx_now() else 'infinity' end
        and claimed_by is null and not ${isHeldByDrill(sql)}
        and (next_attempt_at <= bmx_now() or flush_number is null or flush_number < ${flushNumber}::integer)
        -- A pause is in force at once, also in the middle of a drain.
        and (select not ${isPausedNow(sql)} and ${settings === undefined ? always(sql) : isSetSo(sql, settings)}
          from destinations d where d.id = ${destinationId})
      order by next_attempt_at, id
      limit ${limit}
      for update skip locked
    ), fresh as materialized (
      select bmx_now() as now, next_attempt(bmx_now(), bmx_now()) as next, flush_number
      from destinations where id = ${destinationId}
    )${flushNumber === null ? sql`` : began(sql, destinationId)}
    update messages m
    set claimed_by = ${holder.node}, claim_epoch = ${holder.epoch}, claimed_at = fresh.now, flush_number = fresh.flush_number,
        next_attempt_at = case when m.first_failure_at is null then fresh.next
                               else next_attempt(m.first_failure_at, fresh.now) end
    from due, fresh
    where m.id = due.id
    returning ${claimedColumns(sql)}, ${isOfDrill(sql, sql`m.envelope_id`)} as "isDrill", due.next_attempt_at::text as "keyAt"`;
  const messages = await withRecipients(sql, rows);
  // Text of one session's timestamps sorts as they do, but for -infinity, which no message has twice.
  const last = rows.reduce<ClaimKey>(
    (key, row) =>
      row.keyAt > key.at || (row.keyAt === key.at && row.id > key.id) ? { at: row.keyAt, id: row.id } : key,
    { at: '', id: '' },
  );
  return { messages, lastKey: last.at === '' ? after : last };
}

function claimedColumns(sql: Sql) {
  return sql`m.id, m.transaction_id as "transactionId", m.kind, m.reverse_path as "reversePath", m.size_bytes as "sizeBytes",
    m.is_smtp_utf8 as "smtpUtf8", m.body, m.ret, m.envelope_id as "envelopeId", host(m.client_address) as "clientAddress",
    m.client_name as "clientName", m.ehlo_name as "ehloName", m.protocol`;
}

/** A part of a claim's `with`: the attempt that was asked for begins. */
function began(sql: Sql, destinationId: string) {
  return sql`, began as (
      update destinations set asked_began_at = bmx_now()
      where id = ${destinationId} and asked_began_at is null and exists (select from due)
    )`;
}

/**
 * Claims the one message that tries a destination whose clock is running, and stores the destination's next attempt: by the
 * grid, beside an open breaker an hour from now.
 * Each time it is another message: of the next twenty the one not tried for longest, to a recipient known good before the
 * others, then a small one. So no message that the host cannot handle blocks the others, and a refusal says more of the
 * primary than of an unknown address. After a flush it is the head of the queue. Mail of an open fire drill is never claimed;
 * mail of an interrupted drill is tried, and expires, like any other. O(1).
 */
export async function claimProbe(
  sql: Sql,
  input: { destinationId: string; holder: Holder; isFlush: boolean },
): Promise<ClaimedMessage | null> {
  const { destinationId, holder, isFlush } = input;
  const pick = isFlush
    ? sql`select id from messages
          where destination_id = ${destinationId} and claimed_by is null and not ${isOfOpenDrill(sql)}
          order by next_attempt_at, id limit 1 for update skip locked`
    : sql`select id from messages where claimed_by is null and id = (
            select id from (
              (select id, size_bytes, claimed_at, 0 as lap from messages, destination
                 where (destination_id, id) > (${destinationId}, destination.cursor)
                   and (destination_id, id) <= (${destinationId}, ${LAST_ID}) and claimed_by is null and not ${isOfOpenDrill(sql)}
                 order by destination_id, id limit 20)
              union all
              (select id, size_bytes, claimed_at, 1 as lap from messages
                 where (destination_id, id) >= (${destinationId}, ${FIRST_ID})
                   and (destination_id, id) <= (${destinationId}, ${LAST_ID}) and claimed_by is null and not ${isOfOpenDrill(sql)}
                 order by destination_id, id limit 20)
            ) as candidates
            order by claimed_at nulls first, not ${isToKnownGood(sql, destinationId)}, lap, size_bytes, id limit 1
          ) for update skip locked`;
  const rows = await sql<ClaimedRow[]>`
    with destination as materialized (
      select coalesce(probe_cursor, ${FIRST_ID}::uuid) as cursor, flush_number
      from destinations where id = ${destinationId}
    ), picked as (${pick}), stored as (
      update destinations d
      set next_attempt_at = case when d.first_failure_at is null then d.next_attempt_at
                                 when d.breaker = 'OPEN' then bmx_now() + interval '1 hour'
                                 else next_attempt(d.first_failure_at, bmx_now()) end,
          probe_cursor = case when d.first_failure_at is null then d.probe_cursor else picked.id end,
          flush_requested_at = case when d.first_failure_at is null then d.flush_requested_at end,
          asked_began_at = coalesce(d.asked_began_at, bmx_now())
      from picked
      where d.id = ${destinationId} and (d.first_failure_at is not null or d.flush_requested_at is not null)
    )
    update messages m
    set claimed_by = ${holder.node}, claim_epoch = ${holder.epoch}, claimed_at = bmx_now(), flush_number = destination.flush_number,
        next_attempt_at = next_attempt(coalesce(m.first_failure_at, bmx_now()), bmx_now())
    from picked, destination
    where m.id = picked.id
    returning ${claimedColumns(sql)}, false as "isDrill", '' as "keyAt"`;
  const [message] = await withRecipients(sql, rows);
  return message ?? null;
}

/**
 * Over `candidates`: a held recipient was delivered to within 90 days, or is in the User List. The limits keep the planner from
 * reading a whole table into a hash for an `exists`.
 */
function isToKnownGood(sql: Sql, destinationId: string) {
  return sql`coalesce((
    select true from recipients r
    cross join lateral (select lower(left(r.address, -strpos(reverse(r.address), '@'))) as form) as whole
    left join domains d on d.destination_id = ${destinationId} and d.status <> 'PENDING'
    cross join lateral (select case
      when strpos(form, coalesce(d.recipient_delimiter, '')) > 1 then left(form, strpos(form, d.recipient_delimiter) - 1)
      else form end as mailbox) as base
    where r.message_id = candidates.id and r.state = 'HELD' and coalesce(
      (select true from recipient_answers a
        where a.destination_id = ${destinationId} and a.local_part = mailbox
          and ${isKnownBy(sql, sql`a.delivered_at`)} and a.suspected_at is null limit 1),
      (select true from recipient_entries e where e.domain_id = d.id and e.local_part in (form, mailbox) limit 1))
    limit 1), false)`;
}

/** Releases claims without an attempt: due again at once, before later mail, and nothing is counted. */
export async function releaseClaims(sql: Sql, holder: Holder, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update messages set claimed_by = null, claim_epoch = null, next_attempt_at = least(claimed_at, accepted_at, bmx_now())
    where id = any(${ids as string[]}::uuid[]) and claimed_by = ${holder.node} and claim_epoch = ${holder.epoch}`;
}

/** Releases claims whose outcome could not be recorded: they wait for the slot that the claim stored. */
export async function releaseToSchedule(sql: SqlExecutor, holder: Holder, ids: readonly string[]): Promise<void> {
  await sql`
    update messages
    set claimed_by = null, claim_epoch = null, first_failure_at = coalesce(first_failure_at, claimed_at)
    where id = any(${ids as string[]}::uuid[]) and claimed_by = ${holder.node} and claim_epoch = ${holder.epoch}`;
}

/**
 * Releases the claims of a dead node. Messages are due at once, but one that has met three deaths waits for its next slot, since
 * it may be the cause. Returns how many there were.
 */
export async function releaseDeadClaims(sql: SqlExecutor, dead: Holder): Promise<number> {
  const rows = await sql`
    with freed as (
      update messages
      set claimed_by = null, claim_epoch = null, deaths = deaths + 1,
          next_attempt_at = case when deaths + 1 < 3 then least(claimed_at, bmx_now()) else next_attempt_at end
      where claimed_by = ${dead.node} and claim_epoch = ${dead.epoch}
      returning id, tenant_id, destination_id
    )
    ${insertEvents(sql, sql`select tenant_id, destination_id, id, 'CLAIM_LOST', '{}'::jsonb from freed`)}
    returning id`;
  return rows.length;
}

/**
 * Releases claims that an earlier round of this holder left at a destination: its answer was lost, or a release failed. False:
 * nothing was released, since some messages are marked as delivered, and must be finalized first (marks.ts).
 */
export async function releaseLeftovers(sql: SqlExecutor, holder: Holder, destinationId: string): Promise<boolean> {
  // Through the index of claims, whatever the statistics say: a walk of all that the destination holds is no way.
  const [row] = await sql<{ is_marked: boolean }[]>`
    with marked as materialized (
      select exists (select from delivery_marks where epoch = ${holder.epoch} and destination_id = ${destinationId}) as is_marked
    ), claims as materialized (
      select id, destination_id from messages where claimed_by = ${holder.node} and claim_epoch = ${holder.epoch}
    ), released as (
      update messages m set claimed_by = null, claim_epoch = null, next_attempt_at = least(m.claimed_at, bmx_now())
      from claims c
      where c.destination_id = ${destinationId} and m.id = c.id
        and m.claimed_by = ${holder.node} and m.claim_epoch = ${holder.epoch} and not (select is_marked from marked)
    )
    select is_marked from marked`;
  return row?.is_marked !== true;
}

/** The holders of claims. A loose index scan: O(holders). */
export async function findClaimants(sql: Sql): Promise<Holder[]> {
  const rows = await sql<Holder[]>`
    with recursive claimants as (
      (select claimed_by, claim_epoch from messages where claimed_by is not null order by claimed_by, claim_epoch limit 1)
      union all
      select m.claimed_by, m.claim_epoch
      from claimants c cross join lateral (
        select claimed_by, claim_epoch from messages
        where claimed_by is not null and (claimed_by, claim_epoch) > (c.claimed_by, c.claim_epoch)
        order by claimed_by, claim_epoch limit 1
      ) m
    )
    select claimed_by as node, claim_epoch as epoch from claimants`;
  return [...rows];
}

async function withRecipients(sql: Sql, rows: readonly ClaimedRow[]): Promise<ClaimedMessage[]> {
  if (rows.length === 0) return [];
  const recipients = await sql<(ClaimedRecipient & { readonly messageId: string })[]>`
    select message_id as "messageId", number, address, string_to_array(notify, ',') as notify, original_recipient as "originalRecipient"
    from recipients
    where message_id = any(${rows.map((row) => row.id)}::uuid[]) and state = 'HELD'
    order by message_id, number`;
  const byMessage = Map.groupBy(recipients, ({ messageId }) => messageId);
  return rows.map(({ clientAddress: address, clientName: name, ehloName, protocol, ...message }) => ({
    ...message,
    client:
      message.kind === 'REPORT' || address === null
        ? null
        : { address, name, ehloName, protocol, transactionId: message.transactionId },
    recipients: byMessage.get(message.id) ?? [],
  }));
}

/** The contents of messages, by id. One that is missing is a bug or a lost disk: the caller defers. */
export async function readContents(sql: Sql, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
  // The driver takes bytea as hexadecimal digits, twice the octets and slower to read.
  const rows = await sql<{ message_id: string; base64: string }[]>`
    select message_id, encode(content, 'base64') as base64 from contents where message_id = any(${ids as string[]}::uuid[])`;
  return new Map(rows.map((row) => [row.message_id, Buffer.from(row.base64, 'base64')]));
}
