/**
 * The queues of many watched domains, in one statement: each as its watcher may see it.
 *
 * The sum of what is folded and what is not, in one snapshot (counts.ts). O(domains and their changes of the last second).
 */
import type { Sql } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';

export interface WatchedDomain {
  readonly viewer: Viewer;
  readonly domainId: string;
}

export interface WatchedCount {
  readonly at: Date;
  /** Messages with at least one held recipient. */
  readonly heldCount: number;
  /** Their size as received. */
  readonly heldBytes: number;
}

/** In their order; null: the viewer has no such domain any more. A claim that waits for its proof holds nothing. */
export async function readWatchedCounts(sql: Sql, watched: readonly WatchedDomain[]): Promise<(WatchedCount | null)[]> {
  const rows = await sql<({ position: number } & WatchedCount)[]>`
    select w.position::integer, bmx_now() as at, (coalesce(d.held_count, 0) + coalesce(delta.held_count, 0))::bigint as "heldCount",
           (coalesce(d.held_bytes, 0) + coalesce(delta.held_bytes, 0))::bigint as "heldBytes"
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
