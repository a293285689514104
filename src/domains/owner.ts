/**
 * The owner of something that is to be added: the viewer's own tenant, or the one that an operator names.
 */
import type { SqlExecutor } from '../db/client.ts';
import { bad, type Checked, shown, type UserError } from '../input/checked.ts';
import { askedId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';

/** `given`: absent or null for the viewer's own. Whether the tenant exists, lockOwners says. */
export function checkOwner(viewer: Viewer, given: string | null | undefined): Checked<string> {
  const tenantId = askedId((given ?? viewer.tenantId).toLowerCase());
  if (viewer.isOperator || tenantId === viewer.tenantId) return { kind: 'OK', value: tenantId };
  return bad(noSuchTenant(given ?? '', 'tenantId'));
}

/** Those of these that exist; they are not deleted before COMMIT. */
export async function lockOwners(sql: SqlExecutor, tenantIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from tenants where id = any(${[...tenantIds]}::uuid[]) and deleted_at is null order by id for key share`;
  return new Set(rows.map(({ id }) => id));
}

/** Both of one. */
export async function lockOwner(
  sql: SqlExecutor,
  viewer: Viewer,
  given: string | null | undefined,
): Promise<Checked<string>> {
  const owner = checkOwner(viewer, given);
  if (owner.kind === 'BAD' || (await lockOwners(sql, [owner.value])).size > 0) return owner;
  return bad(noSuchTenant(given ?? owner.value, 'tenantId'));
}

export function noSuchTenant(id: string, field = 'id'): UserError {
  const message = `You have no tenant "${shown(id)}". The query "tenants" lists those you have.`;
  return { path: [field], message, code: 'NOT_FOUND' };
}
