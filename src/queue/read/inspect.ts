/**
 * Messages as the API shows them: one by id, and pages of them, held and ended as one list.
 *
 * Every statement carries its viewer. A message moves from the queue to its history in one transaction and each statement is
 * one snapshot, so it is never seen twice nor missing. A page costs O(page), whatever is held: the list is walked by id, and
 * where no index serves a filter, at most SCAN_LIMIT messages are looked through before the page is handed out as it is. What few
 * messages have – a Message-ID, a sender, a client – is found by its index, among a million others (sources.ts).
 */
import type { SqlExecutor } from '../../db/client.ts';
import { isId } from '../../mail/id.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { afterPause } from '../../outage/pause.ts';
import { endedMessages, heldMessages, recipientsOf, type Search } from './sources.ts';
import { nextId } from '../message.ts';
import { type MessageFilter, readMessageFilter, type RecipientState } from './search-input.ts';
import { allOf, type SqlFragment, tenantScope } from '../../db/fragments.ts';
import { COUNT_LIMIT, type Total } from '../../db/walk.ts';

export interface RecipientView {
  readonly number: number;
  readonly address: string;
  readonly state: RecipientState;
  readonly attemptCount: number;
  readonly lastReply: string | null;
  /** ISO 8601; null while held. */
  readonly endedAt: string | null;
  /** RFC 3339; absent or null unless it is held for a refusal. */
  readonly suspectedAt?: string | null;
  readonly suspectedReply?: string | null;
}

export interface MessageView {
  readonly id: string;
  readonly transactionId: string;
  /** The tenant that had the domain when the message was accepted. */
  readonly tenantId: string;
  readonly destinationId: string;
  readonly domainName: string;
  readonly acceptedAt: Date;
  readonly expiresAt: Date;
  /** Null while a recipient is held. */
  readonly endedAt: Date | null;
  readonly sizeBytes: number;
  readonly reversePath: string | null;
  readonly clientAddress: string | null;
  readonly ehloName: string;
  /** The field Message-ID, without brackets. */
  readonly headerMessageId: string | null;
  /** When a recipient that is still held is tried next, at the earliest; null when nothing is, or delivery is paused without an end. */
  readonly nextAttemptAt: Date | null;
  readonly recipients: readonly RecipientView[];
}

export interface MessagePage {
  readonly messages: readonly MessageView[];
  /** Id after which the next page begins; null when this was the last. */
  readonly nextId: string | null;
}

export interface PageRequest {
  readonly limit: number;
  /** Only messages with a smaller id. */
  readonly beforeId: string | null;
  readonly filter: MessageFilter;
}

/** A few milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 1_000;

export async function findMessage(sql: SqlExecutor, viewer: Viewer, id: string): Promise<MessageView | null> {
  const normal = id.toLowerCase();
  if (!isId(normal)) return null;
  const only = {
    ...ANY,
    viewer,
    limit: 1,
    scanLimit: 1,
    fromId: sql`${normal}`,
    belowId: [sql`${nextId(normal, 1)}`],
  };
  return (await readPage(sql, only)).messages[0] ?? null;
}

/**
 * The number of messages that a filter finds. All that is held, also of one domain, is the sum of the counts that are kept of it. Else
 * so many messages of the queue and of the history are looked through at the most, the newest first.
 */
export async function countMessages(sql: SqlExecutor, viewer: Viewer, filter: MessageFilter): Promise<Total> {
  const search = await searchFor(sql, viewer, { filter, limit: COUNT_LIMIT, beforeId: null });
  if (search === null) return { count: 0, isWhole: true };
  const { domain: _domain, state, ...others } = filter;
  if (state === 'HELD' && Object.values(others).every((value) => value == null)) {
    return { count: await countHeld(sql, viewer, search.destinationId), isWhole: true };
  }
  const scanLimit = COUNT_LIMIT / 2;
  const counted = (rows: SqlFragment) =>
    sql`select count(*)::integer as seen, (count(*) filter (where matches))::integer as found from (${rows}) as rows`;
  const sources = await sql<{ seen: number; found: number }[]>`
    ${counted(heldMessages(sql, { ...search, scanLimit }))} union all ${counted(endedMessages(sql, { ...search, scanLimit }))}`;
  return {
    count: sources.reduce((sum, { found }) => sum + found, 0),
    isWhole: sources.every(({ seen }) => seen < scanLimit),
  };
}

/** All that is held by a destination; null: by all of the viewer's. */
async function countHeld(sql: SqlExecutor, viewer: Viewer, destinationId: string | null): Promise<number> {
  const which = allOf(sql, [
    tenantScope(sql, viewer),
    ...(destinationId === null ? [] : [sql`id = ${destinationId}::uuid`]),
  ]);
  const changed = destinationId === null ? sql`true` : sql`destination_id = ${destinationId}::uuid`;
  const [row] = await sql<{ count: number }[]>`
    select (coalesce((select sum(held_count) from destinations where ${which}), 0)
      + coalesce((select sum(held_count) from queue_delta where ${changed} and ${tenantScope(sql, viewer)}), 0))::bigint as count`;
  return row?.count ?? 0;
}

export async function listMessages(sql: SqlExecutor, viewer: Viewer, page: PageRequest): Promise<MessagePage> {
  const search = await searchFor(sql, viewer, page);
  return search === null ? { messages: [], nextId: null } : readPage(sql, search);
}

const ANY = {
  fromId: null,
  belowId: [],
  id: null,
  destinationId: null,
  state: null,
  recipient: null,
  reversePath: null,
  senderDomain: null,
  client: null,
  headerMessageId: null,
  since: null,
  until: null,
};

/** Null when nothing can match: a domain never heard of, or what is no filter (search-input.ts says why). */
async function searchFor(sql: SqlExecutor, viewer: Viewer, page: PageRequest): Promise<Search | null> {
  const reading = readMessageFilter(page.filter);
  if (reading.kind !== 'OK') return null;
  const { destinationName, ...wanted } = reading.wanted;
  const destinationId = destinationName === null ? null : await findDestinationId(sql, destinationName);
  if (destinationName !== null && destinationId === null) return null;

  const { state, recipient, reversePath, senderDomain, client, headerMessageId, since, until } = wanted;
  const isScan =
    state !== null && state !== 'HELD'
      ? true
      : [recipient, reversePath, senderDomain, client, headerMessageId, since, until].some((value) => value !== null);
  return {
    ...wanted,
    viewer,
    limit: page.limit,
    scanLimit: isScan ? Math.max(SCAN_LIMIT, page.limit + 1) : page.limit + 1,
    ...idBounds(sql, page.beforeId, wanted),
    destinationId,
  };
}

async function findDestinationId(sql: SqlExecutor, name: string): Promise<string | null> {
  const [row] = await sql<{ id: string }[]>`select id from destinations where name = ${name}`;
  return row?.id ?? null;
}

/**
 * The part of the id space a page can lie in. Ids are made a moment before acceptance, on the node's clock, which a moved
 * clock of the database does not follow: the bounds are generous, the exact instants are compared row by row.
 */
function idBounds(
  sql: SqlExecutor,
  beforeId: string | null,
  wanted: Pick<Search, 'id' | 'since' | 'until'>,
): Pick<Search, 'fromId' | 'belowId'> {
  const { id, since, until } = wanted;
  const below = beforeId === null ? [] : [sql`${beforeId}::uuid`];
  if (id !== null) {
    // A transaction's messages have its id and the next ones, one per domain; it has at most a thousand recipients.
    return { fromId: sql`${id}::uuid`, belowId: [...below, sql`${nextId(id, 1_000)}::uuid`] };
  }
  return {
    fromId:
      since === null ? null : sql`uuid_floor(${since}::timestamptz - (select shift from clock) - interval '1 hour')`,
    belowId: until === null ? below : [...below, sql`uuid_floor(${until}::timestamptz + interval '1 hour')`],
  };
}

async function readPage(sql: SqlExecutor, search: Search): Promise<MessagePage> {
  // Rows at or above the frontier are complete in both lists: the one that was cut off ends there.
  const rows = await sql<
    (Omit<MessageView, 'id'> & { readonly id: string | null; readonly frontier: string | null })[]
  >`
    with held as materialized (${heldMessages(sql, search)}),
         ended as materialized (${endedMessages(sql, search)}),
         cut as (
           select greatest(
             (select id from held order by id desc offset ${search.scanLimit - 1} limit 1),
             (select id from ended order by id desc offset ${search.scanLimit - 1} limit 1)) as frontier
         )
    select page.*, cut.frontier
    from cut left join lateral (
      select found.id, found.transaction_id as "transactionId", found.tenant_id as "tenantId", found.destination_id as "destinationId",
             d.name as "domainName", found.accepted_at as "acceptedAt", found.reverse_path as "reversePath",
             found.ehlo_name as "ehloName", found.header_message_id as "headerMessageId", found.size_bytes::bigint as "sizeBytes", host(found.client_address) as "clientAddress",
             coalesce(found.expires_at, found.accepted_at + l.lifetime + d.hold_extension) as "expiresAt",
             found.ended_at as "endedAt",
             case when found.next_attempt_at is not null then ${afterPause(
               sql,
               sql`greatest(found.next_attempt_at, case when d.first_failure_at is not null then d.next_attempt_at end)`,
             )} end as "nextAttemptAt",
             coalesce(found.recipients, ${recipientsOf(sql, sql`found.id`)}) as recipients
      from (
        select * from (select * from held where held.matches union all select * from ended where ended.matches) as both_lists
        where cut.frontier is null or id >= cut.frontier
        order by id desc
        limit ${search.limit + 1}
      ) as found
      join destinations d on d.id = found.destination_id
      cross join queue_limits l
    ) as page on true
    order by page.id desc`;
  const messages = rows.flatMap(({ id, ...message }) => (id === null ? [] : [{ id, ...message }]));
  const shown = messages.slice(0, search.limit);
  if (messages.length > search.limit) return { messages: shown, nextId: shown.at(-1)?.id ?? null };
  return { messages: shown, nextId: search.scanLimit > 1 ? (rows[0]?.frontier ?? null) : null };
}
