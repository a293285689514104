/** `Query`, where every read begins, with `Service` and `Viewer`. */
import { GraphQLError } from 'graphql';
import type { PageRequest, Slice } from '../../db/walk.ts';
import { formatDuration, UNIT_MS } from '../../mail/duration.ts';
import { findDomain, findDomainsById } from '../../domains/domains.ts';
import { listAuditEntries } from '../../events/audit.ts';
import { listRejections } from '../../events/rejection-pages.ts';
import { findContact, listContacts } from '../../notify/contacts.ts';
import { findWebhook, listWebhooks } from '../../notify/webhooks.ts';
import { listOutages } from '../../outage/list.ts';
import { readLocalFailureSince } from '../../outage/local-failure.ts';
import { readLimits } from '../../queue/limits.ts';
import { listDomains } from '../../queue/read/domain-list.ts';
import { findMessage, listMessages } from '../../queue/read/inspect.ts';
import { listNodes } from '../../cluster/nodes.ts';
import { type MessageFilter, readMessageFilter } from '../../queue/read/search-input.ts';
import { readTotals } from '../../queue/read/totals.ts';
import { readSummary } from '../../queue/read/situations.ts';
import { findOperation, listOperations } from '../../queue/verbs/operations.ts';
import { findTenants, listTenants } from '../../tenants/tenants.ts';
import { findToken, listTokens } from '../../tenants/tokens.ts';
import { connectionIn, isUuid, type PageArgs, pageIn } from '../page.ts';
import { MAX_IDS } from '../admission/limits.ts';
import {
  MutationName,
  NodeRole,
  type QueryResolvers,
  RejectionCode,
  type ServiceNodeResolvers,
  type ServiceResolvers,
  type ViewerResolvers,
} from '../generated.ts';
import { spellCode, spellMutation, storedValue, storedWords } from '../stored-values.ts';
import { consoleSessions } from './console.ts';
import { findNodes } from './node.ts';
import { rejectionCounts, serviceFlow } from './statistics.ts';
import { tenantById } from './tenant.ts';

export const Service: ServiceResolvers = {
  version: (_parent, _args, { service }) => service.version,
  runtime: (_parent, _args, { service }) => service.runtime,
  mxNames: (_parent, _args, { service }) => service.mxNames,
  egressAddresses: (_parent, _args, { service }) => service.egressAddresses,
  messageSizeLimit: async (_parent, _args, { sql }) => (await readLimits(sql)).messageSizeLimitBytes,
  lifetime: async (_parent, _args, { sql }) => formatDuration((await readLimits(sql)).lifetimeSeconds * UNIT_MS.s),
  retrySchedule: async (_parent, _args, { sql }) =>
    (await readLimits(sql)).retrySchedule.map(({ everySeconds, attempts }) => ({
      interval: formatDuration(everySeconds * UNIT_MS.s),
      attemptCount: attempts,
    })),
  nodes: (_parent, _args, { sql, viewer }) => (viewer.isOperator ? listNodes(sql) : null),
  totals: (_parent, _args, { sql, viewer }) => (viewer.isOperator ? readTotals(sql) : null),
  health: async (_parent, _args, { readiness, viewer }) => {
    if (!viewer.isOperator) return null;
    const reasons = await readiness();
    return { isReady: reasons.length === 0, reasons };
  },
  flow: (_parent, args, context) => serviceFlow(args, context),
  troubleSince: (_parent, _args, { sql }) => readLocalFailureSince(sql),
};

export const ServiceNode: ServiceNodeResolvers = {
  roles: ({ roles }) => roles.map((role) => storedValue(NodeRole, role)),
};

export const Viewer: ViewerResolvers = {
  tenant: ({ viewer }, _args, context) => tenantById(context, viewer.tenantId),
  isOperator: ({ viewer }) => viewer.isOperator,
  consoleSessions,
  token: ({ viewer, actor: { token } }, _args, { sql }) => (token === null ? null : findToken(sql, viewer, token.id)),
};

/** A bad filter is refused, instead of listing nothing. */
function refuseBadFilter(filter: MessageFilter): void {
  const reading = readMessageFilter(filter);
  if (reading.kind === 'BAD') throw badFilter(reading.field, reading.message);
}

/** Nothing is one of no values. */
function refuseEmptyLists(filter: object | null | undefined): void {
  for (const [field, values] of Object.entries(filter ?? {})) {
    if (Array.isArray(values) && values.length === 0) throw badFilter(field, 'name at least one value');
  }
}

function badFilter(field: string, message: string): GraphQLError {
  return new GraphQLError(`filter.${field}: ${message}`, {
    extensions: { code: 'BAD_USER_INPUT', path: ['filter', field] },
  });
}

/** A page of a list in an order. */
const ordered = async <T>(order: string, args: PageArgs, read: (page: PageRequest) => Promise<Slice<T>>) =>
  connectionIn(order, await read(pageIn(order, args)), args);

export const Query: QueryResolvers = {
  service: () => ({}),
  viewer: (_parent, _args, { caller }) => caller,

  node: async (_parent, { id }, context) => (await findNodes(context, [id]))[0] ?? null,
  nodes: (_parent, { ids }, context) => {
    if (ids.length <= MAX_IDS) return findNodes(context, ids);
    const message = `ids must have at most ${MAX_IDS} entries.`;
    throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', path: ['ids'] } });
  },
  domain: (_parent, { by: { id, name } }, { sql, viewer, load }) => {
    if (name != null) return findDomain(sql, viewer, name);
    const asked = id?.toLowerCase() ?? '';
    return isUuid(asked) ? load.byId(findDomainsById, asked) : null;
  },
  summary: (_parent, _args, { sql, viewer }) => readSummary(sql, viewer),
  domains: async (_parent, { filter, orderBy: order, ...args }, { sql, viewer }) => {
    refuseEmptyLists(filter);
    const page = { ...pageIn(order, args), order, filter: filter ?? {} };
    return connectionIn(order, await listDomains(sql, viewer, page), args);
  },
  recipientStanding: (_parent, { address }, { statuses, viewer }) => statuses.findStatus(viewer, address),

  message: (_parent, { id }, { sql, viewer }) => findMessage(sql, viewer, id),
  messages: (_parent, { filter: given, orderBy: order, ...page }, { sql, viewer }) => {
    const filter = given ?? {};
    refuseBadFilter(filter);
    return ordered(order, page, (asked) => listMessages(sql, viewer, { ...asked, order, filter }));
  },
  operation: (_parent, { id }, { sql, viewer }) =>
    isUuid(id.toLowerCase()) ? findOperation(sql, viewer, id.toLowerCase()) : null,
  operations: (_parent, { filter, ...args }, { sql, viewer }) => {
    refuseEmptyLists(filter);
    return ordered('NEWEST', args, (page) => listOperations(sql, viewer, { ...page, filter: filter ?? {} }));
  },
  outages: (_parent, { filter, orderBy: order, ...args }, { sql, viewer }) => {
    refuseEmptyLists(filter);
    return ordered(order, args, (page) => listOutages(sql, viewer, { ...page, order, filter: filter ?? {} }));
  },
  rejections: (_parent, { filter, ...args }, { sql, viewer }) =>
    ordered('NEWEST', args, (page) =>
      listRejections(sql, viewer, {
        ...page,
        filter: { ...filter, code: storedWords(RejectionCode, filter?.code, spellCode) },
      }),
    ),

  rejectionCounts: (_parent, args, context) => rejectionCounts(args, context),

  tenant: (_parent, { id }, { load }) => (isUuid(id.toLowerCase()) ? load.byId(findTenants, id.toLowerCase()) : null),
  tenants: (_parent, { filter, orderBy: order, ...args }, { sql, viewer }) =>
    ordered(order, args, (page) => listTenants(sql, viewer, { ...page, order, filter: filter ?? {} })),
  token: (_parent, { id }, { sql, viewer }) => findToken(sql, viewer, id),
  tokens: (_parent, { filter, ...args }, { sql, viewer }) =>
    ordered('CREATED', args, (page) => listTokens(sql, viewer, { ...page, filter: filter ?? {} })),
  webhook: (_parent, { id }, { sql, viewer }) => findWebhook(sql, viewer, id),
  webhooks: (_parent, { filter, ...args }, { sql, viewer }) =>
    ordered('CREATED', args, (page) => listWebhooks(sql, viewer, { ...page, filter: filter ?? {} })),
  alertContact: (_parent, { id }, { sql, viewer }) => findContact(sql, viewer, id),
  alertContacts: (_parent, { filter, ...args }, { sql, viewer }) =>
    ordered('CREATED', args, (page) => listContacts(sql, viewer, { ...page, filter: filter ?? {} })),
  auditEntries: (_parent, { filter, ...args }, { sql, viewer }) =>
    ordered('NEWEST', args, (page) =>
      listAuditEntries(sql, viewer, {
        ...page,
        filter: { ...filter, mutation: storedWords(MutationName, filter?.mutation, spellMutation) },
      }),
    ),
};
