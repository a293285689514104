/** `Tenant`: an owner of domains. */
import type { Change } from '../../input/change.ts';
import type { Tenant } from '../../tenants/tenants.ts';
import { connectionOfRows, idOfCursor, isUuid, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers, QueryResolvers } from '../generated.ts';
import { onObject } from '../on-object.ts';
import type { Call } from '../once.ts';

/** The owner of something that the viewer sees, and so is his own or an operator's to see. */
export async function tenantById({ load }: Context, tenantId: string): Promise<Tenant> {
  const tenant = await load.tenant(tenantId);
  if (tenant === null) throw new Error(`something of an unknown tenant ${tenantId}`);
  return tenant;
}

export const tenantQueries: QueryResolvers = {
  tenant: (_parent, { id }, { load }) => (isUuid(id.toLowerCase()) ? load.tenant(id.toLowerCase()) : null),
  tenants: async (_parent, { first, after }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, afterId: idOfCursor(after) };
    return connectionOfRows(await deps.tenants.listTenants(viewer, page), { first, after });
  },
};

async function onTenant<I>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<Change<Tenant>>,
) {
  const { object: tenant, userErrors } = await onObject(context, call, work);
  return { tenant, userErrors };
}

export const tenantMutations: MutationResolvers = {
  tenantCreate: (_parent, { input }, context) =>
    onTenant(context, { mutation: 'tenantCreate', input }, (given) =>
      context.deps.tenants.createTenant(context.viewer, given),
    ),
  tenantUpdate: (_parent, { input }, context) =>
    onTenant(context, { mutation: 'tenantUpdate', input }, (given) =>
      context.deps.tenants.updateTenant(context.viewer, given),
    ),
  tenantDelete: (_parent, { input }, context) =>
    onTenant(context, { mutation: 'tenantDelete', input }, (given) =>
      context.deps.tenants.deleteTenant(context.viewer, given),
    ),
};
