/** `Message`: one accepted transaction for one domain. */
import { Buffer } from 'node:buffer';
import { GraphQLError } from 'graphql';
import { headerFieldsOf } from '../../mail/header-section.ts';
import type { MessageView } from '../../queue/read/inspect.ts';
import type { Context } from '../context.ts';
import type { MessageResolvers } from '../generated.ts';
import { checkReason } from '../reason.ts';
import { timelinePage } from './timeline.ts';

export const Message: MessageResolvers = {
  transaction: (message) => message.transactionId,
  domain: (message) => message.domainName,
  recipients: (message) => message.recipients.map((recipient) => ({ message, recipient })),
  headers: async ({ id }, _args, { load }) => {
    const section = await load.headerSection(id);
    return section === null ? null : headerFieldsOf(section);
  },
  timeline: timelinePage,
  content: (message, { reason }, context) => readContent(context, message, reason),
};

/** Who reads somebody's mail says why, and that is written down before it is read. */
async function readContent({ deps, viewer, caller, live }: Context, message: MessageView, given: string) {
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
  const entryId = await deps.audit.begin({ actor: caller.actor, mutation: 'Message.content', input, subject });
  const content = await deps.contents.readContent(viewer, id);
  await deps.audit.end({ id: entryId, outcome: content === null ? 'REFUSED' : 'DONE', userErrorCodes: [], subject });
  if (content === null) return null;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return { sizeBytes: bytes.length, base64: bytes.toString('base64'), text: bytes.toString('utf8') };
}
