/** What belongs to a tenant beside its domains: `Token`, `Webhook`, `AlertContact`, `AuditEntry`. */
import { OPERATOR_TENANT_ID } from '../../mail/viewer.ts';
import { listDeliveries } from '../../notify/deliveries.ts';
import { findTenants, type Tenant } from '../../tenants/tenants.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { AlertContactResolvers, AuditEntryResolvers, TokenResolvers, WebhookResolvers } from '../generated.ts';

/** The owner of something that the viewer sees, and so is his own or an operator's to see. */
export async function tenantById({ load }: Context, tenantId: string): Promise<Tenant> {
  const tenant = await load.byId(findTenants, tenantId);
  if (tenant === null) throw new Error(`something of an unknown tenant ${tenantId}`);
  return tenant;
}

export const Token: TokenResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const AlertContact: AlertContactResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const Webhook: WebhookResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  deliveries: async ({ id }, { first, after, filter }, { sql, viewer }) => {
    const page = { webhookId: id, limit: pageSize(first) + 1, beforeId: idOfCursor(after), status: filter?.status };
    return connectionOfRows(await listDeliveries(sql, viewer, page), { first, after });
  },
};

export const AuditEntry: AuditEntryResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  isOperator: ({ actorTenantId, tenantId }) => actorTenantId !== tenantId || actorTenantId === OPERATOR_TENANT_ID,
};
