/** The held mail of each domain that holds any, by the counts that are kept: no mail is read. O(domains that hold mail). */
import type { Sql } from '../../db/client.ts';

export interface HeldDomain {
  readonly destinationId: string;
  readonly tenantId: string;
  readonly domainName: string;
  readonly heldCount: number;
  readonly heldSize: number;
}

/** The domains of these tenants; null: of all. */
export async function readHeldDomains(
  sql: Sql,
  tenantIds: readonly string[] | null,
): Promise<{ readonly at: Date; readonly held: readonly HeldDomain[] }> {
  const ofTenants = tenantIds === null ? sql`true` : sql`tenant_id = any(${[...tenantIds]}::uuid[])`;
  const [row] = await sql<{ at: Date; held: HeldDomain[] }[]>`
    select bmx_now() as at, coalesce(jsonb_agg(jsonb_build_object('destinationId', id, 'tenantId', tenant_id, 'domainName', name,
      'heldCount', held_count, 'heldSize', held_bytes) order by oldest_accepted_at), '[]') as held
    from destinations where oldest_accepted_at is not null and kind = 'RELAY' and held_count > 0 and ${ofTenants}`;
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row;
}
