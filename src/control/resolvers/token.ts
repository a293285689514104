/** `Token`: what speaks for a tenant. */
import type { TokenChange } from '../../tenants/tokens.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers, QueryResolvers, TokenResolvers } from '../generated.ts';
import type { Call } from '../once.ts';
import { onSecret } from '../on-secret.ts';
import { tenantById } from './tenant.ts';

export const Token: TokenResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const tokenQueries: QueryResolvers = {
  token: (_parent, { id }, { deps, viewer }) => deps.tokens.findToken(viewer, id),
  tokens: async (_parent, { first, after }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, afterId: idOfCursor(after) };
    return connectionOfRows(await deps.tokens.listTokens(viewer, page), { first, after });
  },
};

async function onToken<I>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<TokenChange>,
) {
  const { object: token, secret, userErrors } = await onSecret(context, call, work);
  return { token, secret, userErrors };
}

export const tokenMutations: MutationResolvers = {
  tokenCreate: (_parent, { input }, context) =>
    onToken(context, { mutation: 'tokenCreate', input }, (given) =>
      context.deps.tokens.createToken(context.caller, given),
    ),
  tokenRotate: (_parent, { input }, context) =>
    onToken(context, { mutation: 'tokenRotate', input }, ({ id, overlapSeconds, secret }) =>
      context.deps.tokens.rotateToken(context.caller, {
        id,
        overlapSeconds: overlapSeconds ?? DEFAULT_OVERLAP_SECONDS,
        secret,
      }),
    ),
  tokenRevoke: (_parent, { input }, context) =>
    onToken(context, { mutation: 'tokenRevoke', input }, (given) =>
      context.deps.tokens.revokeToken(context.viewer, given),
    ),
};

/** A day, as the schema says. */
const DEFAULT_OVERLAP_SECONDS = 86_400;
