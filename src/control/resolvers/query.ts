/** `Query`: where every read begins. */
import { GraphQLError } from 'graphql';
import { type MessageFilter, readMessageFilter } from '../../queue/read/search-input.ts';
import { connectionOf, connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { QueryResolvers } from '../generated.ts';
import { alertContactQueries } from './alert-contact.ts';
import { auditQueries } from './audit.ts';
import { operationQueries } from './operation.ts';
import { standingQueries } from './recipient-standing.ts';
import { tenantQueries } from './tenant.ts';
import { tokenQueries } from './token.ts';
import { webhookQueries } from './webhook.ts';

/** What is no filter is told, instead of listing nothing. */
function refuseBadFilter(filter: MessageFilter): void {
  const reading = readMessageFilter(filter);
  if (reading.kind === 'BAD') throw badFilter(reading.field, reading.message);
}

function badFilter(field: string, message: string): GraphQLError {
  return new GraphQLError(`filter.${field}: ${message}`, {
    extensions: { code: 'BAD_USER_INPUT', field: ['filter', field] },
  });
}

export const Query: QueryResolvers = {
  ...standingQueries,
  ...auditQueries,
  ...operationQueries,
  ...tenantQueries,
  ...tokenQueries,
  ...webhookQueries,
  ...alertContactQueries,
  service: () => ({}),
  viewer: (_parent, _args, { caller }) => caller,
  domain: (_parent, { name }, { deps, viewer }) => deps.domains.findDomain(viewer, name),
  domains: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, afterId: idOfCursor(after) };
    const statuses = filter?.doctor ?? null;
    if (statuses?.length === 0) throw badFilter('doctor', 'name at least one verdict');
    const domains = await (statuses === null
      ? deps.domains.listDomains(viewer, page)
      : deps.doctor.listByStatus(viewer, { ...page, statuses }));
    return connectionOfRows(domains, { first, after });
  },
  message: (_parent, { id }, { deps, viewer }) => deps.messages.findMessage(viewer, id),
  messages: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first), beforeId: idOfCursor(after), filter: filter ?? {} };
    refuseBadFilter(page.filter);
    const { messages, nextId } = await deps.messages.listMessages(viewer, page);
    return connectionOf({ nodes: messages, nextId, after });
  },
  outages: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, beforeId: idOfCursor(after), filter: filter ?? {} };
    return connectionOfRows(await deps.outages.listOutages(viewer, page), { first, after });
  },
  rejections: async (_parent, { first, after, filter }, { deps, viewer }) => {
    const page = { limit: pageSize(first), beforeId: idOfCursor(after), filter: filter ?? {} };
    const { rejections, nextId } = await deps.rejections.listRejections(viewer, page);
    return connectionOf({ nodes: rejections, nextId, after });
  },
};
