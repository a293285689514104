/** `Message`: one accepted transaction for one domain. */
import type { MessageResolvers } from '../generated.ts';

export const Message: MessageResolvers = {
  transaction: (message) => message.transactionId,
  domain: (message) => message.domainName,
  recipients: (message) => message.recipients.map((recipient) => ({ message, recipient })),
};
