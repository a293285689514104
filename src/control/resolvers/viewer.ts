/** `Viewer`: on whose behalf the request speaks. */
import type { ViewerResolvers } from '../generated.ts';
import { tenantById } from './tenant.ts';

export const Viewer: ViewerResolvers = {
  tenant: ({ viewer }, _args, context) => tenantById(context, viewer.tenantId),
  isOperator: ({ viewer }) => viewer.isOperator,
  token: ({ viewer, actor: { token } }, _args, { deps }) =>
    token === null ? null : deps.tokens.findToken(viewer, token.id),
};
