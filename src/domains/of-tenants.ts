/**
 * The domains of tenants, page by page in order of creation: those of a page of tenants in one statement for each direction.
 */
import type { SqlExecutor } from '../db/client.ts';
import { columnsOf } from '../db/query.ts';
import type { CountItems, PageRequest, Slice } from '../db/walk.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';

export interface TenantPage extends PageRequest {
  readonly tenantId: string;
}

/** A page of each, in the order of its list, with one more where there is more; empty for tenants that the viewer may not see. */
export async function listTenantDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  pages: readonly TenantPage[],
): Promise<readonly (readonly RelayDomain[])[]> {
  const found: RelayDomain[][] = pages.map(() => []);
  for (const isBackward of [false, true]) {
    const asked = pages.flatMap((page, index) =>
      page.isBackward === isBackward && (viewer.isOperator || page.tenantId === viewer.tenantId)
        ? [{ page, index }]
        : [],
    );
    if (asked.length === 0) continue;
    const rows = JSON.stringify(
      asked.map(({ page: { tenantId, from, limit }, index }) => {
        const [low, high] = isBackward ? [FIRST_ID, from?.id ?? LAST_ID] : [from?.id ?? FIRST_ID, LAST_ID];
        return { index, tenant_id: tenantId, low, high, most: limit + 1 };
      }),
    );
    const direction = isBackward ? sql`desc` : sql``;
    const read = await sql<(DomainRow & { readonly index: number })[]>`
      select q.index, page.* from jsonb_to_recordset(${rows}::text::jsonb)
        as q (index integer, tenant_id uuid, low uuid, high uuid, most integer)
      cross join lateral (
        select ${columnsOf(sql, DOMAIN_COLUMNS)} from domains
        where (tenant_id, id) > (q.tenant_id, q.low) and (tenant_id, id) < (q.tenant_id, q.high)
        order by tenant_id ${direction}, id ${direction} limit q.most
      ) as page
      order by q.index, page.id`;
    for (const { index, ...row } of read) found[index]?.push(relayDomainOf(row));
  }
  return found;
}

/** The rows of a page, as they were read with one more, as a page of a list. */
export function tenantSlice(
  rows: readonly RelayDomain[],
  { limit, isBackward }: PageRequest,
  total: CountItems,
): Slice<RelayDomain> {
  const nodes = isBackward ? rows.slice(-limit) : rows.slice(0, limit);
  const positions = nodes.map(({ id }) => ({ key: null, id }));
  const end = isBackward ? positions[0] : positions.at(-1);
  return { nodes, positions, next: rows.length > limit ? (end ?? null) : null, total };
}
