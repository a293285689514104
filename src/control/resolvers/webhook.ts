/** `Webhook`: where a tenant is told what happens, and what was sent there. */
import type { WebhookChange } from '../../notify/webhooks.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers, QueryResolvers, WebhookResolvers } from '../generated.ts';
import { onObject } from '../on-object.ts';
import type { Call } from '../once.ts';
import { onSecret } from '../on-secret.ts';
import { tenantById } from './tenant.ts';

export const Webhook: WebhookResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  deliveries: async ({ id }, { first, after, filter }, { deps, viewer }) => {
    const page = { webhookId: id, limit: pageSize(first) + 1, beforeId: idOfCursor(after), status: filter?.status };
    return connectionOfRows(await deps.deliveries.listDeliveries(viewer, page), { first, after });
  },
};

export const webhookQueries: QueryResolvers = {
  webhook: (_parent, { id }, { deps, viewer }) => deps.webhooks.findWebhook(viewer, id),
  webhooks: async (_parent, { first, after }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, afterId: idOfCursor(after) };
    return connectionOfRows(await deps.webhooks.listWebhooks(viewer, page), { first, after });
  },
};

async function onWebhook<I>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<WebhookChange>,
) {
  const { object: webhook, secret, userErrors } = await onSecret(context, call, work);
  return { webhook, secret, userErrors };
}

export const webhookMutations: MutationResolvers = {
  webhookCreate: (_parent, { input }, context) =>
    onWebhook(context, { mutation: 'webhookCreate', input }, (given) =>
      context.deps.webhooks.createWebhook(context.viewer, given),
    ),
  webhookUpdate: (_parent, { input }, context) =>
    onWebhook(context, { mutation: 'webhookUpdate', input }, (given) =>
      context.deps.webhooks.updateWebhook(context.viewer, given),
    ),
  webhookRotateSecret: (_parent, { input }, context) =>
    onWebhook(context, { mutation: 'webhookRotateSecret', input }, ({ id, overlapSeconds }) =>
      context.deps.webhooks.rotateSecret(context.viewer, {
        id,
        overlapSeconds: overlapSeconds ?? DEFAULT_OVERLAP_SECONDS,
      }),
    ),
  webhookDelete: (_parent, { input }, context) =>
    onWebhook(context, { mutation: 'webhookDelete', input }, (given) =>
      context.deps.webhooks.deleteWebhook(context.viewer, given),
    ),
  webhookTest: async (_parent, { input }, context) => {
    const { object: delivery, userErrors } = await onObject(context, { mutation: 'webhookTest', input }, (given) =>
      context.deps.deliveries.sendPing(context.viewer, given),
    );
    return { delivery, userErrors };
  },
  webhookRedeliver: async (_parent, { input }, context) => {
    const { object: delivery, userErrors } = await onObject(context, { mutation: 'webhookRedeliver', input }, (given) =>
      context.deps.deliveries.redeliver(context.viewer, given),
    );
    return { delivery, userErrors };
  },
  webhookReplay: async (_parent, { input }, context) => {
    const { object, userErrors } = await onObject(context, { mutation: 'webhookReplay', input }, (given) =>
      context.deps.deliveries.replay(context.viewer, given),
    );
    const { webhook = null, count = null, isWhole = null } = object ?? {};
    return { webhook, replayedCount: count, hasMore: isWhole === null ? null : !isWhole, userErrors };
  },
};

/** A day, as the schema says. */
const DEFAULT_OVERLAP_SECONDS = 86_400;
