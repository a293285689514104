/** `Viewer`: on whose behalf the request speaks. */
import type { Scope, ViewerResolvers } from '../generated.ts';

const ALL_SCOPES: readonly Scope[] = ['DOMAIN_READ', 'DOMAIN_WRITE', 'QUEUE_READ', 'QUEUE_WRITE'];

export const Viewer: ViewerResolvers = {
  tenant: async (viewer, _args, { load }) => {
    const tenant = await load.tenant(viewer.tenantId);
    if (tenant === null) throw new Error(`viewer of unknown tenant ${viewer.tenantId}`);
    return tenant;
  },
  scopes: (viewer) => (viewer.isOperator ? ALL_SCOPES : []),
};
