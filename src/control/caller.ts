/**
 * Who speaks in a request: for which tenant, with which token and scopes, from where.
 */
import type { AuditActor } from '../events/audit.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../mail/viewer.ts';
import { type Scope, SCOPES } from '../tenants/scopes.ts';
import type { KnownToken } from '../tenants/token-cache.ts';

export interface Caller {
  readonly viewer: Viewer;
  readonly scopes: readonly Scope[];
  /** As the audit log has it. */
  readonly actor: AuditActor;
}

/** Null as the token: the operator token of the service itself. One of the operator's tenant speaks for all as well. */
export function callerOf(token: KnownToken | null, clientAddress: string | null): Caller {
  if (token === null) {
    const { tenantId } = OPERATOR_VIEWER;
    return { viewer: OPERATOR_VIEWER, scopes: SCOPES, actor: { tenantId, token: null, clientAddress } };
  }
  const { tenantId, scopes, id, name, prefix } = token;
  return {
    viewer: { tenantId, isOperator: tenantId === OPERATOR_TENANT_ID, tokenName: name },
    scopes,
    actor: { tenantId, token: { id, name, prefix }, clientAddress },
  };
}
