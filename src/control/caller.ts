/**
 * Who speaks in a request: for which tenant, with which token and scopes.
 */
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../mail/viewer.ts';
import { type Scope, SCOPES } from '../settings/scopes.ts';
import type { KnownToken } from '../settings/token-book.ts';

export interface Caller {
  readonly viewer: Viewer;
  readonly scopes: readonly Scope[];
  /** Null: the operator token of the service itself. */
  readonly tokenId: string | null;
}

/** Whoever has the operator token of the service. */
export const OPERATOR_CALLER: Caller = { viewer: OPERATOR_VIEWER, scopes: SCOPES, tokenId: null };

/** A token of the operator's tenant speaks for all, as far as its scopes reach. */
export function callerOf({ id, tenantId, scopes }: KnownToken): Caller {
  return { viewer: { tenantId, isOperator: tenantId === OPERATOR_TENANT_ID }, scopes, tokenId: id };
}
