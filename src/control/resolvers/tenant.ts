/** The things of a tenant beside its domains: `Token`, `Webhook`, `AlertContact`, `AuditEntry`. */
import { readOnce } from '../../db/walk.ts';
import { listTenantDomains, tenantSlice } from '../../domains/of-tenants.ts';
import { UNIT_MS } from '../../mail/duration.ts';
import { OPERATOR_TENANT_ID } from '../../mail/viewer.ts';
import { confirmContact, createContact, deleteContact, updateContact } from '../../notify/contacts.ts';
import { listDeliveries, redeliver, replay, sendPing } from '../../notify/deliveries.ts';
import { createWebhook, deleteWebhook, rotateSecret, updateWebhook } from '../../notify/webhooks.ts';
import { readUsages, type TenantUsage } from '../../tenants/usage.ts';
import { setSuspension } from '../../tenants/suspension.ts';
import {
  createTenant,
  deleteTenant,
  findTenants,
  type Tenant as TenantView,
  updateTenant,
} from '../../tenants/tenants.ts';
import { createToken, revokeToken, rotateToken, updateToken } from '../../tenants/tokens.ts';
import { connectionIn, connectionOfRows, countRows, idOfCursor, pageIn, pageSize } from '../page.ts';
import type { Context } from '../context.ts';
import {
  type AlertContactResolvers,
  type AuditEntryResolvers,
  MutationName,
  type MutationResolvers,
  type TenantResolvers,
  type TokenResolvers,
  WebhookEventKind,
  type WebhookResolvers,
} from '../generated.ts';
import { checkReason, errorsOf, type Given, once, onObject } from '../mutate.ts';
import { updateLimits } from '../../queue/limit-change.ts';
import { storedValue } from '../stored-values.ts';
import { tenantFlow } from './statistics.ts';

/** The owner of something that the viewer sees, and so is his own or an operator's to see. */
export async function tenantById({ load }: Context, tenantId: string): Promise<TenantView> {
  const tenant = await load.byId(findTenants, tenantId);
  if (tenant === null) throw new Error(`something of an unknown tenant ${tenantId}`);
  return tenant;
}

async function usageOf({ id }: { readonly id: string }, { load }: Context): Promise<TenantUsage> {
  const usage = await load.byId(readUsages, id);
  if (usage === null) throw new Error(`the tenant ${id} is gone`);
  return usage;
}

export const Tenant: TenantResolvers = {
  flow: tenantFlow,
  usage: (tenant, _args, context) => usageOf(tenant, context),
  domains: async (tenant, args, context) => {
    const page = pageIn('CREATED', args);
    const rows = await context.load.each(listTenantDomains, { ...page, tenantId: tenant.id });
    const total = readOnce(async () => ({ count: (await usageOf(tenant, context)).domainCount, isWhole: true }));
    return connectionIn('CREATED', tenantSlice(rows, page, total), args);
  },
};

export const Token: TokenResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const AlertContact: AlertContactResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
};

export const Webhook: WebhookResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  events: ({ events }) => [...new Set(events.map((kind) => storedValue(WebhookEventKind, kind)))],
  deliveries: async ({ id }, { first, after, filter }, { load }) => {
    const page = { webhookId: id, limit: pageSize(first) + 1, beforeId: idOfCursor(after), status: filter?.status };
    const total = countRows((limit) => load.each(listDeliveries, { ...page, limit, beforeId: null }));
    return connectionOfRows(await load.each(listDeliveries, page), { first, after }, total);
  },
};

export const AuditEntry: AuditEntryResolvers = {
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  mutation: ({ mutation }) => storedValue(MutationName, mutation),
  isOperator: ({ actorTenantId, tenantId }) => actorTenantId !== tenantId || actorTenantId === OPERATOR_TENANT_ID,
};

/** A day, as the schema says. */
const DEFAULT_OVERLAP_MS = UNIT_MS.d;

export const serviceMutations: MutationResolvers = {
  serviceUpdate: async (_parent, { input }, context) => {
    const change = await once(context, input, (given) => updateLimits(context.sql, context.viewer, given));
    return { service: change.kind === 'DONE' ? {} : null, userErrors: errorsOf(change) };
  },
};

export const tenantMutations: MutationResolvers = {
  tenantCreate: (_parent, { input }, context) =>
    onObject(context, 'tenant', input, (given) => createTenant(context.sql, context.viewer, given)),
  tenantUpdate: (_parent, { input }, context) =>
    onObject(context, 'tenant', input, (given) => updateTenant(context.sql, context.viewer, given)),
  tenantDelete: (_parent, { input }, context) =>
    onObject(context, 'tenant', input, (given) => deleteTenant(context.tokens, context.viewer, given)),
  tenantSuspend: (_parent, { input }, context) => suspend(context, input, true),
  tenantUnsuspend: (_parent, { input }, context) => suspend(context, input, false),
};

async function suspend(
  context: Context,
  input: Given<{ readonly id: string; readonly reason?: string | null }>,
  is: boolean,
) {
  const checked = checkReason(input.reason, 'by the operator');
  if (checked.kind === 'BAD') return { tenant: null, userErrors: [checked.error] };
  const { reason } = checked;
  return onObject(context, 'tenant', input, ({ id }) => setSuspension(context, context.viewer, is, { id, reason }));
}

export const tokenMutations: MutationResolvers = {
  tokenCreate: (_parent, { input }, context) =>
    onObject(context, 'token', input, (given) => createToken(context.tokens, context.caller, given)),
  tokenUpdate: (_parent, { input }, context) =>
    onObject(context, 'token', input, (given) => updateToken(context.tokens, context.caller, given)),
  tokenRotate: (_parent, { input }, context) =>
    onObject(context, 'token', input, ({ id, overlap, secret }) =>
      rotateToken(context.tokens, context.caller, {
        id,
        overlapSeconds: (overlap ?? DEFAULT_OVERLAP_MS) / UNIT_MS.s,
        secret,
      }),
    ),
  tokenDelete: (_parent, { input }, context) =>
    onObject(context, 'token', input, (given) => revokeToken(context.tokens, context.viewer, given)),
};

export const webhookMutations: MutationResolvers = {
  webhookCreate: (_parent, { input }, context) =>
    onObject(context, 'webhook', input, (given) => createWebhook(context.sql, context.viewer, given, context.webhooks)),
  webhookUpdate: (_parent, { input }, context) =>
    onObject(context, 'webhook', input, (given) => updateWebhook(context.sql, context.viewer, given, context.webhooks)),
  webhookRotate: (_parent, { input }, context) =>
    onObject(context, 'webhook', input, ({ id, overlap }) =>
      rotateSecret(context.sql, context.viewer, {
        id,
        overlapSeconds: (overlap ?? DEFAULT_OVERLAP_MS) / UNIT_MS.s,
      }),
    ),
  webhookDelete: (_parent, { input }, context) =>
    onObject(context, 'webhook', input, (given) => deleteWebhook(context.sql, context.viewer, given)),
  webhookTest: (_parent, { input }, context) =>
    onObject(context, 'delivery', input, (given) =>
      sendPing(context.sql, context.viewer, given, context.webhooks.send),
    ),
  webhookRedeliver: (_parent, { input }, context) =>
    onObject(context, 'delivery', input, async (given) => {
      const change = await redeliver(context.sql, context.viewer, given);
      context.webhooks.poke();
      return change;
    }),
  webhookReplay: async (_parent, { input }, context) => {
    const { replayed, userErrors } = await onObject(context, 'replayed', input, async (given) => {
      const { publicUrl } = context.service;
      const change = await replay(context.sql, context.viewer, { ...given, publicUrl });
      if (change.kind === 'DONE') context.webhooks.poke();
      return change;
    });
    const { webhook = null, count = null, isWhole = null } = replayed ?? {};
    return { webhook, replayedCount: count, hasMore: isWhole === null ? null : !isWhole, userErrors };
  },
};

export const alertContactMutations: MutationResolvers = {
  alertContactCreate: (_parent, { input }, context) =>
    onObject(context, 'alertContact', input, (given) =>
      createContact(context.sql, context.viewer, given, context.service.mxHostname),
    ),
  alertContactUpdate: (_parent, { input }, context) =>
    onObject(context, 'alertContact', input, (given) => updateContact(context.sql, context.viewer, given)),
  alertContactConfirm: (_parent, { input }, context) =>
    onObject(context, 'alertContact', input, (given) => confirmContact(context.sql, context.viewer, given)),
  alertContactDelete: (_parent, { input }, context) =>
    onObject(context, 'alertContact', input, (given) => deleteContact(context.sql, context.viewer, given)),
};
