/**
 * The two places a message can be, as parts of one statement with the same columns: the queue and its history.
 *
 * Each gives at most `scanLimit` rows, in the order of the list, and says of each whether it matches the filter, so that the reader
 * knows how far it has looked also where nothing matched.
 */
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import type { SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { allOf, always, type SqlFragment, tenantScope } from '../../db/fragments.ts';
import type { Wanted } from './search-input.ts';

/** The search, in canonical spelling; null: not asked. */
export interface Search extends Omit<Wanted, 'destinationName'> {
  readonly viewer: Viewer;
  readonly limit: number;
  readonly scanLimit: number;
  /** The oldest first. */
  readonly isUp: boolean;
  /** All ids in question: at least the first, below the second, and none of a page before this one. */
  readonly fromId: SqlFragment | null;
  readonly belowId: readonly SqlFragment[];
  readonly exceptId: string | null;
  /** Given with a recipient. */
  readonly destinationId: string | null;
}

/** The messages of the queue: each has a held recipient. */
export function heldMessages(sql: SqlExecutor, search: Search): SqlFragment {
  const hasState =
    isAnyOf(sql, search.states) ?? hasRecipient(sql, sql`r.state = any(${[...(search.states ?? [])]}::text[])`);
  const ofRecipient =
    search.recipient === null
      ? always(sql)
      : hasRecipient(sql, sql`lower(r.address) = lower(${search.recipient}::text)`);
  const { heldForHours: hours } = search;
  const heldLongEnough = hours === null ? always(sql) : sql`accepted_at < bmx_now() - make_interval(hours => ${hours})`;
  const from = (messages: SqlFragment, isMatch: SqlFragment) => sql`
    select id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, header_message_id, accepted_at,
           null::timestamptz as expires_at, null::timestamptz as ended_at, next_attempt_at, null::jsonb as recipients,
           (${matches(sql, search)} and ${heldLongEnough} and ${isMatch}) as matches
    from ${messages}
    where ${inQuestion(sql, search)}`;
  const walked = sql`${from(messagesOf(sql, search), hasState)}`;
  // The index on addresses finds a mailbox's mail, as good as that on senders finds a sender's; a Message-ID is rarer still.
  const isRarer = search.headerMessageId !== null || search.ids !== null;
  const key = search.recipient === null || isRarer ? keyOf(sql, search) : null;
  const few = sql`${from(sql`few as messages`, sql`${hasState} and ${ofRecipient}`)}`;
  return fewOrWalked(sql, search, { rows: key?.(sql`messages`) ?? null, few, walked });
}

/** The condition on the states of a held message, which has a recipient in HELD; null: it depends on the others. */
function isAnyOf(sql: SqlExecutor, states: Wanted['states']): SqlFragment | null {
  return states === null || states.includes('HELD') ? always(sql) : null;
}

/** Not EXISTS: the planner may answer that by reading all recipients there are, once. */
export function hasRecipient(sql: SqlExecutor, which: SqlFragment): SqlFragment {
  return sql`coalesce((select true from recipients r where r.message_id = messages.id and ${which} limit 1), false)`;
}

/** The messages that have ended. Their recipients are part of the row. */
export function endedMessages(sql: SqlExecutor, search: Search): SqlFragment {
  const hasState =
    search.states === null
      ? always(sql)
      : sql`exists (select from jsonb_array_elements(recipients) r where r ->> 'state' = any(${[...search.states]}::text[]))`;
  const ofRecipient =
    search.recipient === null
      ? always(sql)
      : sql`exists (select from jsonb_array_elements(recipients) r
                    where lower(r ->> 'address') = lower(${search.recipient}))`;
  const from = (history: SqlFragment) => sql`
    select id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, header_message_id, accepted_at,
           expires_at, ended_at, null::timestamptz as next_attempt_at, recipients,
           (${matches(sql, search)} and ${hasState} and ${ofRecipient}) as matches
    from ${history}
    where ${inQuestion(sql, search)} ${isHeldOnly(search) ? sql`and false` : sql``}`;
  const [few, walked] = [from(sql`few`), from(sql`history`)];
  return fewOrWalked(sql, search, { rows: keyOf(sql, search)?.(sql`history`) ?? null, few, walked });
}

/** Whether only messages with a held recipient match. */
export function isHeldOnly({ states, heldForHours }: Pick<Wanted, 'states' | 'heldForHours'>): boolean {
  return heldForHours !== null || states?.every((state) => state === 'HELD') === true;
}

interface Sources {
  /** Selects what a key finds, up to the limit of a scan. */
  readonly rows: SqlFragment | null;
  /** Selects from these rows, as `few`. */
  readonly few: SqlFragment;
  readonly walked: SqlFragment;
}

/**
 * Reads a value that few messages have by its key. If more messages have it than a page may scan, the list is walked by id
 * instead: matches come soon. Reading the first few decides which of the two it is.
 */
function fewOrWalked(sql: SqlExecutor, search: Search, { rows, few, walked }: Sources): SqlFragment {
  const bounded = sql`${inOrder(sql, search)} limit ${search.scanLimit}`;
  if (rows === null) return sql`${walked} ${bounded}`;
  return sql`
    with few as materialized (${rows})
    (${few} and (select count(*) from few) < ${search.scanLimit} order by id ${directionOf(sql, search)})
    union all
    (${walked} and (select count(*) from few) >= ${search.scanLimit} ${bounded})`;
}

/** Selects the rows of a table that have a value, up to the limit of a scan. */
type Key = (table: SqlFragment) => SqlFragment;

/**
 * The condition that is likely the rarest, as a range of its index in that order. The planner believes to know how often an
 * equality holds, and walks all mail if it never does.
 */
function keyOf(sql: SqlExecutor, search: Search): Key | null {
  const { id, ids, headerMessageId, reversePath, senderDomain, client } = search;
  if (ids !== null) {
    return (table) => sql`
      select found.* from unnest(${[...ids]}::uuid[]) as asked (id)
      cross join lateral (select * from ${table} as rows where rows.id = asked.id limit 1) as found`;
  }
  if (id !== null) return null;
  const between = (indexed: Indexed, bounds: KeyBounds) => keyBetween(sql, indexed, bounds, search.scanLimit);
  if (headerMessageId !== null) {
    return between({ column: sql`header_message_id` }, { low: sql`${headerMessageId}`, high: sql`${headerMessageId}` });
  }
  if (reversePath !== null && reversePath !== '') {
    const wanted = sql`reverse(lower(${reversePath}::text))`;
    return between(senderOf(sql), { low: wanted, high: wanted });
  }
  if (client !== null && (!client.includes('/') || senderDomain === null)) {
    const [low, high] = [firstOf(sql, client), lastOf(sql, client)];
    return between({ column: sql`client_address` }, { low, high });
  }
  if (senderDomain === null) return null;
  // After the last that ends with "@" and the domain come those that end with "A" and the domain, which an address cannot.
  const domain = sql`reverse(lower(${senderDomain}::text))`;
  return between(senderOf(sql), { low: sql`${domain} || '@'`, high: sql`${domain} || 'A'` });
}

interface Indexed {
  /** The index has no entry for null. */
  readonly column: SqlFragment;
  /** The indexed expression. Default: the column. */
  readonly order?: SqlFragment;
}

interface KeyBounds {
  readonly low: SqlFragment;
  readonly high: SqlFragment;
}

function senderOf(sql: SqlExecutor): Indexed {
  return { column: sql`reverse_path`, order: sql`(reverse(lower(reverse_path)) collate "C")` };
}

/**
 * A range of (key, id) pairs: the planner would estimate a range of keys alone between two unknowns as small, and would
 * read and sort all that is held.
 */
function keyBetween(
  sql: SqlExecutor,
  { column, order = column }: Indexed,
  { low, high }: KeyBounds,
  limit: number,
): Key {
  const range = sql`${column} is not null
    and (${order}, id) >= (${low}, ${FIRST_ID}::uuid) and (${order}, id) <= (${high}, ${LAST_ID}::uuid)`;
  return (table) => sql`select * from ${table} where ${range} order by ${order} limit ${limit}`;
}

/** Addresses are stored whole, so a network is all between its first and its last. */
function isOfClient(sql: SqlExecutor, client: string): SqlFragment {
  return sql`client_address >= ${firstOf(sql, client)} and client_address <= ${lastOf(sql, client)}`;
}

function firstOf(sql: SqlExecutor, client: string): SqlFragment {
  return sql`host(network(${client}::text::inet))::inet`;
}

function lastOf(sql: SqlExecutor, client: string): SqlFragment {
  return sql`host(broadcast(${client}::text::inet))::inet`;
}

/** The recipients of a message in the queue as history keeps those of an ended one. */
export function recipientsOf(sql: SqlExecutor, messageId: SqlFragment): SqlFragment {
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_object(
             'number', r.number, 'address', r.address, 'state', r.state, 'attemptCount', r.attempt_count,
             'lastReply', r.last_reply, 'endedAt', r.ended_at,
             'suspectedAt', case when r.state = 'HELD' then r.suspected_at end,
             'suspectedReply', case when r.state = 'HELD' then r.suspected_reply end) order by r.number), '[]')
    from recipients r where r.message_id = ${messageId})`;
}

/** The conditions that an index serves, on columns that both tables have. */
function inQuestion(sql: SqlExecutor, search: Search): SqlFragment {
  const { id } = search;
  const leading = leadingOf(sql, search);
  return allOf(sql, [
    tenantScope(sql, search.viewer),
    // Where an index begins with something else, its range has this bound already: said of the ids alone as well it makes the
    // planner believe in a few ids, and sort everybody's mail of those hours instead of reading one destination's in order.
    ...(search.fromId === null || leading !== null ? [] : [sql`id >= ${search.fromId}`]),
    ...search.belowId.map((bound) => sql`id < ${bound}`),
    ...(search.exceptId === null ? [] : [sql`id <> ${search.exceptId}::uuid`]),
    // Of a transaction for several domains each message has an id of its own, which is searched for as well.
    ...(id === null ? [] : [sql`(transaction_id = ${id} or id = ${id})`]),
    ...(leading === null ? [] : [rowRange(sql, search, leading)]),
  ]);
}

/** The first columns of the index that serves this search; null: the ids alone, of all messages. */
function leadingOf(
  sql: SqlExecutor,
  { viewer, destinationId }: Search,
): { readonly columns: SqlFragment; readonly values: SqlFragment } | null {
  if (destinationId !== null) return { columns: sql`destination_id`, values: sql`${destinationId}::uuid` };
  return viewer.isOperator ? null : { columns: sql`tenant_id`, values: sql`${viewer.tenantId}::uuid` };
}

/**
 * As a range of the index that begins with `columns`, not as equalities: with those the planner thinks that any index on the
 * ids will do, and walks past everybody else's mail to find that this destination, or this tenant, has none.
 */
function rowRange(
  sql: SqlExecutor,
  search: Search,
  {
    columns,
    values,
    id = sql`id`,
  }: { readonly columns: SqlFragment; readonly values: SqlFragment; readonly id?: SqlFragment },
): SqlFragment {
  // Not less, but less or equal, and the rest by the id alone: "less" is estimated as if no row began with these values, and
  // what seems to be one row is sorted instead of read in order.
  const upper = search.belowId.map((bound) => sql`(${columns}, ${id}) <= (${values}, ${bound}) and ${id} < ${bound}`);
  return allOf(sql, [
    sql`(${columns}, ${id}) >= (${values}, ${search.fromId ?? sql`${FIRST_ID}::uuid`})`,
    ...(upper.length === 0 ? [sql`(${columns}, ${id}) <= (${values}, ${LAST_ID}::uuid)`] : upper),
  ]);
}

/** The direction of the list. */
export function directionOf(sql: SqlExecutor, { isUp }: Pick<Search, 'isUp'>): SqlFragment {
  return isUp ? sql`` : sql`desc`;
}

function inOrder(sql: SqlExecutor, search: Search): SqlFragment {
  const leading = leadingOf(sql, search);
  const direction = directionOf(sql, search);
  return leading === null
    ? sql`order by id ${direction}`
    : sql`order by ${leading.columns} ${direction}, id ${direction}`;
}

/** The conditions that the index in use does not serve, on columns that both tables have. */
export function matches(
  sql: SqlExecutor,
  wanted: Omit<Wanted, 'destinationName' | 'recipient' | 'states' | 'id' | 'ids' | 'heldForHours'>,
): SqlFragment {
  const { reversePath, senderDomain, client, headerMessageId, minBytes, maxBytes, since, until } = wanted;
  return allOf(sql, [
    ...(reversePath === '' ? [sql`reverse_path is null`] : []),
    ...(reversePath === null || reversePath === ''
      ? []
      : [sql`reverse_path is not null and lower(reverse_path) = lower(${reversePath})`]),
    ...(senderDomain === null
      ? []
      : [
          sql`coalesce(starts_with(reverse(lower(reverse_path)), reverse(lower(${senderDomain}::text)) || '@'), false)`,
        ]),
    ...(client === null ? [] : [sql`coalesce(${isOfClient(sql, client)}, false)`]),
    ...(headerMessageId === null ? [] : [sql`coalesce(header_message_id = ${headerMessageId}, false)`]),
    ...(minBytes === null ? [] : [sql`size_bytes >= ${minBytes}`]),
    ...(maxBytes === null ? [] : [sql`size_bytes <= ${maxBytes}`]),
    ...(since === null ? [] : [sql`accepted_at >= ${since}::timestamptz`]),
    ...(until === null ? [] : [sql`accepted_at < ${until}::timestamptz`]),
  ]);
}

/**
 * One mailbox's mail by the index on addresses, the first of it, so that it is found among a million others' messages. Each
 * message by its key and below a limit: for a mere condition the planner may walk all that the domain holds instead.
 */
function messagesOf(sql: SqlExecutor, search: Search): SqlFragment {
  if (search.recipient === null || search.destinationId === null) return sql`messages`;
  const direction = directionOf(sql, search);
  const range = rowRange(sql, search, {
    columns: sql`destination_id, lower(address)`,
    values: sql`${search.destinationId}::uuid, lower(${search.recipient}::text)`,
    id: sql`message_id`,
  });
  return sql`(
    select distinct on (destination_id, lower(address), message_id) message_id
    from recipients
    where ${range}
    order by destination_id ${direction}, lower(address) ${direction}, message_id ${direction}
    limit ${search.scanLimit}) as addressed
    cross join lateral (select * from messages where id = addressed.message_id limit 1) as messages`;
}
