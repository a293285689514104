/** `Message`, one accepted transaction for one domain, with `Recipient` and `TimelineEntry`. */
import { Buffer } from 'node:buffer';
import { GraphQLError } from 'graphql';
import { beginAudit, endAudit } from '../../events/audit.ts';
import { formatDuration } from '../../mail/duration.ts';
import { headerFieldsOf } from '../../mail/header-section.ts';
import { CONTENT_FIELDS, subjectOf } from '../../mail/subject.ts';
import { grants } from '../../tenants/token-cache.ts';
import { findDomainsByDestination } from '../../domains/domains.ts';
import { findOutages } from '../../outage/inspect.ts';
import { findSuppressions, listAttempts } from '../../queue/read/attempts.ts';
import type { MessageView } from '../../queue/read/inspect.ts';
import { readContent, readHeaderSections } from '../../queue/read/message-content.ts';
import type { TimelineEntry as Entry } from '../../queue/read/timeline-entry.ts';
import { listTimelines, positionOfCursor } from '../../queue/read/timeline.ts';
import { findOperations } from '../../queue/verbs/operations.ts';
import { type Connection, connectionOfRows, countRows, idOfCursor, notACursor, pageSize } from '../page.ts';
import type { Context } from '../context.ts';
import type {
  AttemptResolvers,
  MessageResolvers,
  OperationResolvers,
  RecipientResolvers,
  TimelineEntryResolvers,
} from '../generated.ts';
import { checkReason } from '../mutate.ts';

export const Message: MessageResolvers = {
  domain: ({ destinationId }, _args, { load }) => load.byId(findDomainsByDestination, destinationId),
  size: ({ sizeBytes }) => sizeBytes,
  internetMessageId: ({ headerMessageId }) => headerMessageId,
  recipients: (message) => message.recipients.map((recipient) => ({ message, recipient })),
  headers: async ({ id }, _args, { load, caller }) => {
    const section = await load.byId(readHeaderSections, id);
    if (section === null) return null;
    const fields = headerFieldsOf(section);
    if (grants(caller.scopes, 'MESSAGE_CONTENT')) return fields;
    return fields.filter(({ name }) => !CONTENT_FIELDS.has(name.toLowerCase()));
  },
  subject: async ({ id }, _args, { load }) => {
    const section = await load.byId(readHeaderSections, id);
    return section === null ? null : subjectOf(section);
  },
  timeline: timelinePage,
  content: (message, { reason }, context) => contentOf(context, message, reason),
};

export const Recipient: RecipientResolvers = {
  address: ({ recipient }) => recipient.address,
  state: ({ recipient }) => recipient.state,
  nextAttemptAt: ({ message, recipient }) => (recipient.state === 'HELD' ? message.nextAttemptAt : null),
  attemptCount: ({ recipient }) => recipient.attemptCount,
  lastReply: ({ recipient }) => recipient.lastReply,
  suspectedAt: ({ recipient: { suspectedAt } }) => (suspectedAt == null ? null : new Date(suspectedAt)),
  suspectedReply: ({ recipient }) => recipient.suspectedReply ?? null,
  dsnSuppressedReason: async ({ message, recipient }, _, { load }) => {
    const { state, endedAt, number } = recipient;
    if (endedAt === null || state === 'CANCELLED' || message.reversePath === null) return null;
    const { id: messageId, destinationId } = message;
    return load.each(findSuppressions, { messageId, destinationId, recipientNumber: number, endedAt });
  },
  attempts: async ({ message, recipient }, { first, after }, { load }) => {
    const page = {
      messageId: message.id,
      destinationId: message.destinationId,
      recipientNumber: recipient.number,
      endedAt: recipient.endedAt,
      limit: pageSize(first) + 1,
      beforeId: idOfCursor(after),
    };
    const total = countRows((limit) => load.each(listAttempts, { ...page, limit, beforeId: null }));
    return connectionOfRows(await load.each(listAttempts, page), { first, after }, total);
  },
};

export const Attempt: AttemptResolvers = { latency: ({ latencyMs }) => formatDuration(latencyMs) };

export const Operation: OperationResolvers = {
  domain: ({ destinationId }, _args, { load }) => load.byId(findDomainsByDestination, destinationId),
};

export const TimelineEntry: TimelineEntryResolvers = {
  outage: ({ outageId }, _args, { load }) => (outageId === null ? null : load.byId(findOutages, outageId)),
  operation: ({ operationId }, _args, { load }) =>
    operationId === null ? null : load.byId(findOperations, operationId),
};

/** An entry's id is its cursor. */
async function timelinePage(
  { id: messageId }: MessageView,
  { first, after }: { readonly first: number; readonly after?: string | null },
  { load }: Context,
): Promise<Connection<Entry>> {
  const position = after == null ? null : positionOfCursor(after);
  if (after != null && position === null) throw notACursor();
  const entries = await load.each(listTimelines, { messageId, limit: pageSize(first) + 1, after: position });
  const edges = entries.slice(0, first).map((node) => ({ cursor: node.id, node }));
  return {
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: {
      hasNextPage: entries.length > first,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    total: countRows((limit) => load.each(listTimelines, { messageId, limit, after: null })),
  };
}

/** Whoever reads another's mail says why, and that is written down before it is read. */
async function contentOf({ sql, viewer, caller, live }: Context, message: MessageView, given: string) {
  const checked = checkReason(given, '');
  if (checked.kind === 'BAD' || checked.reason === '') {
    const sentence =
      checked.kind === 'BAD' ? checked.error.message : 'Say in reason why you read it: it is kept in the audit log.';
    throw new GraphQLError(sentence, { extensions: { code: 'BAD_USER_INPUT' } });
  }
  const { id, domainName, tenantId, sizeBytes } = message;
  const { answers, session } = live;
  const shortage = answers.holdContent({ tenantId: viewer.tenantId, sizeBytes, done: session.done });
  if (shortage !== null) {
    const sentence = 'The messages that are read at this time take all the room there is. Read them one at a time.';
    throw new GraphQLError(sentence, { extensions: { code: 'RATE_LIMITED' } });
  }
  const subject = { kind: 'MESSAGE' as const, id, name: domainName, tenantId, state: null };
  const input = { id, reason: checked.reason };
  const entryId = await beginAudit(sql, { actor: caller.actor, mutation: 'Message.content', input, subject });
  const content = await readContent(sql, viewer, id);
  await endAudit(sql, { id: entryId, outcome: content === null ? 'REFUSED' : 'DONE', userErrorCodes: [], subject });
  if (content === null) return null;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return { size: bytes.length, base64: bytes.toString('base64'), text: bytes.toString('utf8') };
}
