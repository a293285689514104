/** `AuditEntry`: one mutation, who asked for it, and what it came to. */
import { OPERATOR_TENANT_ID } from '../../mail/viewer.ts';
import { connectionOf, idOfCursor, pageSize } from '../connection.ts';
import type { AuditEntryResolvers, QueryResolvers } from '../generated.ts';
import { tenantById } from './tenant.ts';

export const AuditEntry: AuditEntryResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  isOperator: ({ actorTenantId, tenantId }) => actorTenantId !== tenantId || actorTenantId === OPERATOR_TENANT_ID,
};

export const auditQueries: QueryResolvers = {
  auditLog: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first), beforeId: idOfCursor(after), filter: filter ?? {} };
    const { entries, nextId } = await deps.auditPages.listEntries(viewer, page);
    return connectionOf({ nodes: entries, nextId, after });
  },
};
