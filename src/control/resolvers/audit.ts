/** `AuditEntry`: one mutation, who asked for it, and what it came to. */
import { OPERATOR_TENANT_ID } from '../../mail/viewer.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { AuditEntryResolvers, QueryResolvers } from '../generated.ts';
import { tenantById } from './tenant.ts';

export const AuditEntry: AuditEntryResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  isOperator: ({ actorTenantId, tenantId }) => actorTenantId !== tenantId || actorTenantId === OPERATOR_TENANT_ID,
};

export const auditQueries: QueryResolvers = {
  auditLog: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, beforeId: idOfCursor(after), filter: filter ?? {} };
    return connectionOfRows(await deps.audit.listEntries(viewer, page), { first, after });
  },
};
