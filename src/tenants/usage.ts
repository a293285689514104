/**
 * Figures of what a tenant has, beside its quotas: numbers that others keep or that an index counts. No message is read; what is held is known
 * about a second late (queue/counts.ts). O(domains of the tenant).
 */
import type { SqlExecutor } from '../db/client.ts';
import { tenantScope } from '../db/fragments.ts';
import type { Viewer } from '../mail/viewer.ts';

export interface TenantUsage {
  /** Claims too. */
  readonly domainCount: number;
  /** The entries of all its User Lists. */
  readonly recipientEntryCount: number;
  readonly tokenCount: number;
  readonly webhookCount: number;
  readonly alertContactCount: number;
  /** Messages with at least one held recipient. */
  readonly heldCount: number;
  /** Their size as received, in bytes. */
  readonly heldSize: number;
}

/** By tenant id; those the viewer may not see are missing. */
export async function readUsages(
  sql: SqlExecutor,
  viewer: Viewer,
  tenantIds: readonly string[],
): Promise<Map<string, TenantUsage>> {
  const rows = await sql<(TenantUsage & { readonly id: string })[]>`
    select t.id, domain.count as "domainCount", domain.entry_count as "recipientEntryCount",
      (select count(*) from tokens where tenant_id = t.id)::bigint as "tokenCount",
      (select count(*) from webhooks where tenant_id = t.id)::bigint as "webhookCount",
      (select count(*) from alert_contacts where tenant_id = t.id)::bigint as "alertContactCount",
      held.count as "heldCount", held.size as "heldSize"
    from (select id from (select id, id as tenant_id from tenants) as own
          where id = any(${[...tenantIds]}::uuid[]) and ${tenantScope(sql, viewer)}) as t
    cross join lateral (
      select count(*)::bigint as count, coalesce(sum(recipient_count), 0)::bigint as entry_count from domains where tenant_id = t.id
    ) as domain
    cross join lateral (
      select coalesce(sum(held_count), 0)::bigint as count, coalesce(sum(held_bytes), 0)::bigint as size
      from destinations where tenant_id = t.id and oldest_accepted_at is not null and kind = 'RELAY'
    ) as held`;
  return new Map(rows.map(({ id, ...usage }) => [id, usage]));
}
