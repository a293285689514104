/**
 * The queues of destinations: exact counts, the oldest message, the next attempt; and the counts alone of watched domains.
 *
 * The count is the folded total and the changes not yet folded, read in one statement and so in one snapshot. The oldest
 * message and the next due one are the ends of index ranges: O(1), also for a destination that holds nothing.
 */
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import type { Sql, SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { tenantScope } from '../../db/fragments.ts';
import { afterPause } from '../../outage/pause.ts';

export interface QueueView {
  /** Messages with at least one held recipient. */
  readonly heldCount: number;
  /** Their size as received. */
  readonly heldSize: number;
  readonly oldestAcceptedAt: Date | null;
  /** Null when nothing is held, or delivery is paused without an end. */
  readonly nextAttemptAt: Date | null;
  /** Beyond the lifetime, for the outage that is open or still draining. */
  readonly holdExtensionHours: number;
}

export const EMPTY_QUEUE: QueueView = {
  heldCount: 0,
  heldSize: 0,
  oldestAcceptedAt: null,
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
           -- Without a held message the destination's own clock does not matter.
           case when oldest.accepted_at is not null then ${afterPause(sql, sql`greatest(due.next_attempt_at, case when d.first_failure_at is not null then d.next_attempt_at end)`)} end
             as "nextAttemptAt",
           (extract(epoch from d.hold_extension) / 3600)::integer as "holdExtensionHours"
    from (select * from destinations where id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}) as d
    cross join lateral (
      select sum(held_count) as held_count, sum(held_bytes) as held_bytes from queue_delta where destination_id = d.id
    ) as delta
    left join lateral (
      select accepted_at from messages
      where (destination_id, id) >= (d.id, ${FIRST_ID}::uuid) and (destination_id, id) <= (d.id, ${LAST_ID}::uuid)
      order by destination_id, id
      limit 1
    ) as oldest on true
    left join lateral (
      select next_attempt_at from messages where destination_id = d.id order by next_attempt_at, id limit 1
    ) as due on true`;
  return new Map(rows.map(({ id, ...queue }) => [id, queue]));
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
