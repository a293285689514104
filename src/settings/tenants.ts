/**
 * Tenants: the owners of domains. For now an installation has one, the operator's own.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';

export interface Tenant {
  readonly id: string;
  readonly name: string;
}

/** Those of these tenants that the viewer may see, by id. */
export async function findTenants(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, Tenant>> {
  const rows = await sql<{ id: string; name: string }[]>`
    select id, name from tenants
    where id = any(${[...ids]}::uuid[]) ${viewer.isOperator ? sql`` : sql`and id = ${viewer.tenantId}`}`;
  return new Map(rows.map((row) => [row.id, { id: row.id, name: row.name }]));
}
