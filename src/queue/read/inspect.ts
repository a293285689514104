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
import { directionOf, endedMessages, heldMessages, isHeldOnly, recipientsOf, type Search } from './sources.ts';
import { nextId } from '../message.ts';
import { type MessageFilter, readMessageFilter, type RecipientState } from './search-input.ts';
import { allOf, type SqlFragment, tenantScope } from '../../db/fragments.ts';
import { COUNT_LIMIT, emptySlice, type PageRequest, readOnce, type Slice, type Total } from '../../db/walk.ts';

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

export interface MessagesRequest extends PageRequest {
  readonly order: 'NEWEST' | 'OLDEST';
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
  return (await readPage(sql, only)).found[0] ?? null;
}

/**
 * The number of messages that a filter finds. All that is held, also of one domain, is the sum of the counts that are kept of it. Else
 * so many messages of the queue and of the history are looked through at the most, the newest first.
 */
async function countMessages(sql: SqlExecutor, viewer: Viewer, filter: MessageFilter): Promise<Total> {
  const whole = { limit: COUNT_LIMIT, from: null, isBackward: false, order: 'NEWEST' } as const;
  const search = await searchFor(sql, viewer, { ...whole, filter });
  if (search === null) return { count: 0, isWhole: true };
  const { domain: _domain, states, ...others } = filter;
  if (states != null && isHeldOnly(search) && Object.values(others).every((value) => value == null)) {
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

/** Newest or oldest first; a page from the end is in the same order. */
export async function listMessages(
  sql: SqlExecutor,
  viewer: Viewer,
  page: MessagesRequest,
): Promise<Slice<MessageView>> {
  const search = await searchFor(sql, viewer, page);
  if (search === null) return emptySlice();
  const { found, nextId } = await readPage(sql, search);
  const nodes = page.isBackward ? found.toReversed() : found;
  const positionOf = ({ id }: { readonly id: string }) => ({ key: null, id });
  return {
    nodes,
    positions: nodes.map(positionOf),
    next: nextId === null ? null : positionOf({ id: nextId }),
    total: readOnce(() => countMessages(sql, viewer, page.filter)),
  };
}

const ANY = {
  isUp: false,
  fromId: null,
  belowId: [],
  exceptId: null,
  id: null,
  ids: null,
  destinationId: null,
  states: null,
  recipient: null,
  reversePath: null,
  senderDomain: null,
  client: null,
  headerMessageId: null,
  minBytes: null,
  maxBytes: null,
  since: null,
  until: null,
  heldForHours: null,
};

/** Null when nothing can match: a domain never heard of, or what is no filter (search-input.ts says why). */
async function searchFor(sql: SqlExecutor, viewer: Viewer, page: MessagesRequest): Promise<Search | null> {
  const reading = readMessageFilter(page.filter);
  if (reading.kind !== 'OK') return null;
  const { destinationName, ...wanted } = reading.wanted;
  const destinationId = destinationName === null ? null : await findDestinationId(sql, destinationName);
  if (destinationName !== null && destinationId === null) return null;

  const { states, id: _id, ...conditions } = wanted;
  const isScan = (states !== null && !isHeldOnly(wanted)) || Object.values(conditions).some((value) => value !== null);
  const isUp = (page.order === 'OLDEST') !== page.isBackward;
  return {
    ...wanted,
    viewer,
    limit: page.limit,
    scanLimit: isScan ? Math.max(SCAN_LIMIT, page.limit + 1) : page.limit + 1,
    isUp,
    ...idBounds(sql, { fromId: page.from?.id ?? null, isUp }, wanted),
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
  page: { readonly fromId: string | null; readonly isUp: boolean },
  { id, since, until }: Pick<Search, 'id' | 'since' | 'until'>,
): Pick<Search, 'fromId' | 'belowId' | 'exceptId'> {
  const position = page.fromId === null ? null : sql`${page.fromId}::uuid`;
  const below = position === null || page.isUp ? [] : [position];
  const from = position !== null && page.isUp ? position : null;
  const exceptId = page.isUp ? page.fromId : null;
  // Of two lower bounds an index scan may begin at the farther one.
  const atLeast = (bound: SqlFragment) => (from === null ? bound : sql`greatest(${bound}, ${from})`);
  if (id !== null) {
    // A transaction's messages have its id and the next ones, one per domain; it has at most a thousand recipients.
    return { fromId: atLeast(sql`${id}::uuid`), belowId: [...below, sql`${nextId(id, 1_000)}::uuid`], exceptId };
  }
  return {
    fromId:
      since === null
        ? from
        : atLeast(sql`uuid_floor(${since}::timestamptz - (select shift from clock) - interval '1 hour')`),
    belowId: until === null ? below : [...below, sql`uuid_floor(${until}::timestamptz + interval '1 hour')`],
    exceptId,
  };
}

interface FoundPage {
  /** In the direction of the search. */
  readonly found: readonly MessageView[];
  /** The id after which it goes on; null: it ends there. */
  readonly nextId: string | null;
}

async function readPage(sql: SqlExecutor, search: Search): Promise<FoundPage> {
  const direction = directionOf(sql, search);
  // Rows up to the frontier are complete in both lists: the one that was cut off ends there.
  const rows = await sql<
    (Omit<MessageView, 'id'> & { readonly id: string | null; readonly frontier: string | null })[]
  >`
    with held as materialized (${heldMessages(sql, search)}),
         ended as materialized (${endedMessages(sql, search)}),
         cut as (
           select ${search.isUp ? sql`least` : sql`greatest`}(
             (select id from held order by id ${direction} offset ${search.scanLimit - 1} limit 1),
             (select id from ended order by id ${direction} offset ${search.scanLimit - 1} limit 1)) as frontier
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
        where cut.frontier is null or id ${search.isUp ? sql`<=` : sql`>=`} cut.frontier
        order by id ${direction}
        limit ${search.limit + 1}
      ) as found
      join destinations d on d.id = found.destination_id
      cross join queue_limits l
    ) as page on true
    order by page.id ${direction}`;
  const messages = rows.flatMap(({ id, ...message }) => (id === null ? [] : [{ id, ...message }]));
  const found = messages.slice(0, search.limit);
  if (messages.length > search.limit) return { found, nextId: found.at(-1)?.id ?? null };
  return { found, nextId: search.scanLimit > 1 ? (rows[0]?.frontier ?? null) : null };
}
