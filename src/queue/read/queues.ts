/**
 * The queues of destinations: exact counts, the oldest message, the next attempts; and the counts alone of watched domains.
 *
 * The count is the folded total and the changes not yet folded, read in one statement and so in one snapshot. The oldest
 * message and the next due one are the ends of index ranges: O(1), also for a destination that holds nothing.
 */
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import type { Sql, SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { type SqlFragment, tenantScope } from '../../db/fragments.ts';
import { afterPause } from '../../outage/pause.ts';

export interface QueueView {
  /** Messages with at least one held recipient. */
  readonly heldCount: number;
  /** Their size as received. */
  readonly heldSize: number;
  readonly oldestAcceptedAt: Date | null;
  /** When the oldest has outlived its lifetime; null when nothing is held. */
  readonly firstExpiryAt: Date | null;
  /** Null when nothing is held, or delivery is paused without an end. */
  readonly nextAttemptAt: Date | null;
  /** Beyond the lifetime, for the outage that is open or still draining. */
  readonly holdExtensionHours: number;
}

export const EMPTY_QUEUE: QueueView = {
  heldCount: 0,
  heldSize: 0,
  oldestAcceptedAt: null,
  firstExpiryAt: null,
  nextAttemptAt: null,
  holdExtensionHours: 0,
};

/** By destination id; those the viewer may not see are missing. */
export async function readQueues(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, QueueView>> {
  const rows = await sql<(QueueView & { readonly id: string })[]>`
    select d.id,
           (d.held_count + coalesce(delta.held_count, 0))::bigint as "heldCount",
           (d.held_bytes + coalesce(delta.held_bytes, 0))::bigint as "heldSize",
           oldest.accepted_at as "oldestAcceptedAt",
           oldest.accepted_at + (select lifetime from queue_limits) + d.hold_extension as "firstExpiryAt",
           ${nextAttempt(sql)} as "nextAttemptAt",
           (extract(epoch from d.hold_extension) / 3600)::integer as "holdExtensionHours"
    from (select * from destinations where id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}) as d
    cross join lateral (
      select sum(held_count) as held_count, sum(held_bytes) as held_bytes from queue_delta where destination_id = d.id
    ) as delta
    ${ends(sql)}`;
  return new Map(rows.map(({ id, ...queue }) => [id, queue]));
}

/** Joins to destinations `d`: the `oldest` message that each holds, and the one that is `due` first. */
function ends(sql: SqlExecutor): SqlFragment {
  return sql`
    left join lateral (
      select accepted_at from messages
      where (destination_id, id) >= (d.id, ${FIRST_ID}::uuid) and (destination_id, id) <= (d.id, ${LAST_ID}::uuid)
      order by destination_id, id
      limit 1
    ) as oldest on true
    left join lateral (
      select next_attempt_at from messages where destination_id = d.id order by next_attempt_at, id limit 1
    ) as due on true`;
}

/** When a destination is tried next, over `ends`. Without a held message its own clock does not matter. */
function nextAttempt(sql: SqlExecutor): SqlFragment {
  const at = sql`greatest(due.next_attempt_at, case when d.first_failure_at is not null then d.next_attempt_at end)`;
  return sql`case when oldest.accepted_at is not null then ${afterPause(sql, at)} end`;
}

export interface AttemptsToCome {
  readonly destinationId: string;
  /** At most so many. */
  readonly count: number;
}

/**
 * The next attempts at each destination if each of them fails, in the order of the questions: those of its clock, with an open
 * breaker one an hour. Without an outage each message has its own clock, and only the first attempt is known. O(attempts).
 */
export async function readNextAttempts(
  sql: SqlExecutor,
  viewer: Viewer,
  questions: readonly AttemptsToCome[],
): Promise<(readonly Date[])[]> {
  const rows = await sql<{ position: number; at: Date }[]>`
    with recursive steps as (
      select q.position, q.most, 1 as number, d.breaker, d.first_failure_at, ${nextAttempt(sql)} as at
      from unnest(
        ${questions.map(({ destinationId }) => destinationId)}::uuid[], ${questions.map(({ count }) => count)}::integer[]
      ) with ordinality as q (destination_id, most, position)
      join (select * from destinations where ${tenantScope(sql, viewer)}) as d on d.id = q.destination_id
      ${ends(sql)}
      union all
      select position, most, number + 1, breaker, first_failure_at,
        case when breaker = 'OPEN' then greatest(at, bmx_now()) + interval '1 hour'
          else next_attempt(first_failure_at, greatest(at, bmx_now())) end
      from steps where number < most and at is not null and first_failure_at is not null
    )
    select position::integer, at from steps where at is not null order by position, number`;
  const attempts = Map.groupBy(rows, ({ position }) => position - 1);
  return questions.map((_question, index) => (attempts.get(index) ?? []).map(({ at }) => at));
}

export interface WatchedDomain {
  readonly viewer: Viewer;
  readonly domainId: string;
}

export type WatchedCount = Pick<QueueView, 'heldCount' | 'heldSize'> & { readonly at: Date };

/**
 * The counts of many domains, each as its watcher may see it. In their order; null: the viewer has no such domain any more. A
 * claim that waits for its proof holds nothing. O(domains and their changes of the last second).
 */
export async function readWatchedCounts(sql: Sql, watched: readonly WatchedDomain[]): Promise<(WatchedCount | null)[]> {
  const rows = await sql<({ position: number } & WatchedCount)[]>`
    select w.position::integer, bmx_now() as at, (coalesce(d.held_count, 0) + coalesce(delta.held_count, 0))::bigint as "heldCount",
           (coalesce(d.held_bytes, 0) + coalesce(delta.held_bytes, 0))::bigint as "heldSize"
    from unnest(
      ${watched.map(({ domainId }) => domainId)}::uuid[],
      ${watched.map(({ viewer }) => (viewer.isOperator ? null : viewer.tenantId))}::uuid[]
    ) with ordinality as w (domain_id, tenant_id, position)
    join domains on domains.id = w.domain_id and (w.tenant_id is null or domains.tenant_id = w.tenant_id)
    left join destinations d on d.id = domains.destination_id and (w.tenant_id is null or d.tenant_id = w.tenant_id)
    cross join lateral (
      select sum(q.held_count) as held_count, sum(q.held_bytes) as held_bytes from queue_delta q where q.destination_id = d.id
    ) as delta`;
  const counts: (WatchedCount | null)[] = watched.map(() => null);
  for (const { position, ...count } of rows) counts[position - 1] = count;
  return counts;
}
