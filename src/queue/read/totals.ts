/**
 * The service in figures, for its operator: from counts that are kept (queue/counts.ts) and from indexes. No mail is read. What is
 * held is known about a second late. O(destinations that hold mail), and a count of domains.
 */
import type { SqlExecutor } from '../../db/client.ts';

export interface ServiceTotals {
  readonly tenantCount: number;
  /** Claims too. */
  readonly domainCount: number;
  /** Domains with a primary that is away. */
  readonly openOutageCount: number;
  /** Messages with at least one held recipient, our own reports among them. */
  readonly heldCount: number;
  /** Their size as received, in bytes. */
  readonly heldSize: number;
  /** Null when nothing is held. */
  readonly oldestAcceptedAt: Date | null;
}

export async function readTotals(sql: SqlExecutor): Promise<ServiceTotals> {
  const [row] = await sql<ServiceTotals[]>`
    select (select count(*) from tenants where deleted_at is null)::bigint as "tenantCount",
      (select count(*) from domains)::bigint as "domainCount",
      (select count(*) from outages where ended_at is null)::bigint as "openOutageCount",
      coalesce(sum(held_count), 0)::bigint as "heldCount", coalesce(sum(held_bytes), 0)::bigint as "heldSize",
      min(oldest_accepted_at) as "oldestAcceptedAt"
    from destinations where oldest_accepted_at is not null`;
  if (row === undefined) throw new Error('a sum returned no row');
  return row;
}
