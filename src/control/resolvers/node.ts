/** `Node`: whatever has an id, found by it alone. */
import { listAuditEntries } from '../../events/audit.ts';
import { listRejections } from '../../events/rejection-pages.ts';
import { findDomainsById } from '../../domains/domains.ts';
import { findContact } from '../../notify/contacts.ts';
import { findDelivery } from '../../notify/deliveries.ts';
import { findWebhook } from '../../notify/webhooks.ts';
import { findOutages } from '../../outage/inspect.ts';
import { nextId } from '../../queue/message.ts';
import { findDrill } from '../../queue/drills/drills.ts';
import { findMessage } from '../../queue/read/inspect.ts';
import { findOperations } from '../../queue/verbs/operations.ts';
import { findTenants } from '../../tenants/tenants.ts';
import { findToken } from '../../tenants/tokens.ts';
import { isUuid } from '../page.ts';
import type { Context } from '../context.ts';
import type { ResolversTypes } from '../generated.ts';
import { findNodeTypes } from '../node-types.ts';

type Found = Awaited<ResolversTypes['Node']>;

/** How each type is found. What the viewer may not see is null. */
const FINDERS: Readonly<Record<string, (context: Context, id: string) => Promise<Found | null>>> = {
  AlertContact: ({ sql, viewer }, id) => findContact(sql, viewer, id),
  AuditEntry: async ({ sql, viewer }, id) => {
    const page = { limit: 1, from: { key: null, id: nextId(id, 1) }, isBackward: false, filter: {} };
    const [entry] = (await listAuditEntries(sql, viewer, page)).nodes;
    return entry?.id === id ? entry : null;
  },
  Domain: ({ load }, id) => load.byId(findDomainsById, id),
  Drill: ({ sql, viewer }, id) => findDrill(sql, viewer, id),
  Message: ({ sql, viewer }, id) => findMessage(sql, viewer, id),
  Operation: ({ load }, id) => load.byId(findOperations, id),
  Outage: ({ load }, id) => load.byId(findOutages, id),
  Rejection: async ({ sql, viewer }, id) =>
    (await listRejections(sql, viewer, { limit: 1, from: null, isBackward: false, filter: { id } })).nodes[0] ?? null,
  Tenant: ({ load }, id) => load.byId(findTenants, id),
  Token: ({ sql, viewer }, id) => findToken(sql, viewer, id),
  Webhook: ({ sql, viewer }, id) => findWebhook(sql, viewer, id),
  WebhookDelivery: ({ sql, viewer }, id) => findDelivery(sql, viewer, id),
};

/** The things with these ids, in their order, each with its type. Null for what does not exist, or is not the viewer's. */
export async function findNodes(context: Context, ids: readonly string[]): Promise<(Found | null)[]> {
  const known = ids.map((id) => id.toLowerCase()).map((id) => (isUuid(id) ? id : null));
  const types = await findNodeTypes(
    context.sql,
    known.flatMap((id) => id ?? []),
  );
  return Promise.all(
    known.map(async (id) => {
      const type = id === null ? undefined : types.get(id);
      if (id === null || type === undefined) return null;
      const found = (await FINDERS[type]?.(context, id)) ?? null;
      return found === null ? null : { ...found, __typename: type };
    }),
  );
}
