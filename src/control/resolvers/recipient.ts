/** `Recipient`: one recipient of one message, with its attempts. */
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { RecipientResolvers } from '../generated.ts';

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
    return load.suppression({ messageId, destinationId, recipientNumber: number, endedAt });
  },
  attempts: async ({ message, recipient }, { first, after }, { load }) => {
    const attempts = await load.attempts({
      messageId: message.id,
      destinationId: message.destinationId,
      recipientNumber: recipient.number,
      endedAt: recipient.endedAt,
      limit: pageSize(first) + 1,
      beforeId: idOfCursor(after),
    });
    return connectionOfRows(attempts, { first, after });
  },
};
