/**
 * The two places a message can be, as parts of one statement with the same columns: the queue and its history.
 *
 * Each gives at most `scanLimit` rows, newest first, and says of each whether it matches the filter, so that the reader knows
 * how far it has looked also where nothing matched.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { allOf, always, type Condition, mineOnly } from '../settings/conditions.ts';

export type RecipientState = 'HELD' | 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

/** What is looked for, in canonical spelling; null: not asked. */
export interface Search {
  readonly viewer: Viewer;
  readonly limit: number;
  readonly scanLimit: number;
  /** All ids in question: at least the first, below the second. */
  readonly fromId: Condition | null;
  readonly belowId: readonly Condition[];
  readonly transactionId: string | null;
  readonly destinationId: string | null;
  readonly state: RecipientState | null;
  /** With a destinationId. */
  readonly recipient: string | null;
  /** The empty string is the null reverse-path. */
  readonly reversePath: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

/** What is in the queue. */
export function heldMessages(sql: SqlExecutor, search: Search): Condition {
  const hasState =
    search.state === null
      ? always(sql)
      : sql`exists (select from recipients r where r.message_id = messages.id and r.state = ${search.state})`;
  return sql`
    select id, transaction_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, accepted_at,
           null::timestamptz as expires_at, next_attempt_at, null::jsonb as recipients,
           (${matches(sql, search)} and ${hasState}) as matches
    from messages
    where ${inQuestion(sql, search)} and ${ofRecipient(sql, search)}
    order by id desc
    limit ${search.scanLimit}`;
}

/** What has ended. Its recipients are part of the row. */
export function endedMessages(sql: SqlExecutor, search: Search): Condition {
  const hasState =
    search.state === null
      ? always(sql)
      : sql`exists (select from jsonb_array_elements(recipients) r where r ->> 'state' = ${search.state})`;
  const hasRecipient =
    search.recipient === null
      ? always(sql)
      : sql`exists (select from jsonb_array_elements(recipients) r
                    where lower(r ->> 'address') = lower(${search.recipient}))`;
  return sql`
    select id, transaction_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, accepted_at,
           expires_at, null::timestamptz as next_attempt_at, recipients,
           (${matches(sql, search)} and ${hasState} and ${hasRecipient}) as matches
    from history
    where ${inQuestion(sql, search)} ${search.state === 'HELD' ? sql`and false` : sql``}
    order by id desc
    limit ${search.scanLimit}`;
}

/** The recipients of a message in the queue as history keeps those of an ended one. */
export function recipientsOf(sql: SqlExecutor, messageId: Condition): Condition {
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_object(
             'number', r.number, 'address', r.address, 'state', r.state, 'attemptCount', r.attempt_count,
             'lastReply', r.last_reply, 'endedAt', r.ended_at) order by r.number), '[]')
    from recipients r where r.message_id = ${messageId})`;
}

/** What an index serves, on columns that both tables have. */
function inQuestion(sql: SqlExecutor, search: Search): Condition {
  const { transactionId, destinationId } = search;
  return allOf(sql, [
    mineOnly(sql, search.viewer),
    idRange(sql, search, 'id'),
    ...(transactionId === null ? [] : [sql`transaction_id = ${transactionId}`]),
    ...(destinationId === null ? [] : [sql`destination_id = ${destinationId}`]),
  ]);
}

function idRange(sql: SqlExecutor, search: Search, column: 'id' | 'message_id'): Condition {
  return allOf(sql, [
    ...(search.fromId === null ? [] : [sql`${sql(column)} >= ${search.fromId}`]),
    ...search.belowId.map((bound) => sql`${sql(column)} < ${bound}`),
  ]);
}

/** What no index serves, on columns that both tables have. */
function matches(sql: SqlExecutor, search: Search): Condition {
  const { reversePath, since, until } = search;
  return allOf(sql, [
    ...(reversePath === '' ? [sql`reverse_path is null`] : []),
    ...(reversePath === null || reversePath === ''
      ? []
      : [sql`reverse_path is not null and lower(reverse_path) = lower(${reversePath})`]),
    ...(since === null ? [] : [sql`accepted_at >= ${since}`]),
    ...(until === null ? [] : [sql`accepted_at < ${until}`]),
  ]);
}

/** By the index on addresses, so that one mailbox's mail is found among a million others' messages. */
function ofRecipient(sql: SqlExecutor, search: Search): Condition {
  if (search.recipient === null || search.destinationId === null) return always(sql);
  return sql`id in (
    select distinct message_id from recipients
    where destination_id = ${search.destinationId} and lower(address) = lower(${search.recipient})
          and ${idRange(sql, search, 'message_id')}
    order by message_id desc
    limit ${search.scanLimit})`;
}
