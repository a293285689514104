/**
 * On whose behalf settings and the queue are read or changed. Part of every such query itself (invariant 9).
 */
import { askedId } from './id.ts';

export interface Viewer {
  /** The tenant whose rows may be seen; an operator sees all. */
  readonly tenantId: string;
  readonly isOperator: boolean;
  /** The name of the token that is used, for the record; absent or null: the service's own operator token, or no token at all. */
  readonly tokenName?: string | null;
}

/** The actor, as events have it among their facts. */
export function actorOf({ tenantId, tokenName = null }: Viewer): {
  readonly by: string;
  readonly token: string | null;
} {
  return { by: tenantId, token: tokenName };
}

/** The tenant that every installation starts with; an operator's own domains belong to it. */
export const OPERATOR_TENANT_ID = '00000000-0000-7000-8000-000000000001';

/** Whoever has the operator token. */
export const OPERATOR_VIEWER: Viewer = { tenantId: OPERATOR_TENANT_ID, isOperator: true };

/** The viewer that sees of what this one sees only what belongs to a tenant. Null: nothing does. */
export function narrowed(viewer: Viewer, tenantId: string | null | undefined): Viewer | null {
  if (tenantId == null) return viewer;
  const owner = askedId(tenantId.trim());
  if (!viewer.isOperator) return viewer.tenantId === owner ? viewer : null;
  return { tenantId: owner, isOperator: false };
}
