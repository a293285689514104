/** `backup-mx why`: what became of mail, by whatever a person has of it: an address, one of our ids, a reply line, a Message-ID. */
import type { Message, RecipientStanding, Rejection } from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import type { Selected } from '../api/requests.ts';
import type { Call, Shown, SingleVerb } from './action.ts';
import { tableOf } from './call.ts';
import { messageShown, ROW } from './queue.ts';
import { REJECTION, spokenCode } from './rejections.ts';
import { text } from './table.ts';

const STANDING = 'address isListed deliveredAt answer answeredAt reply suspectedAt isCatchAll';
const MOST = 20;

interface Found {
  readonly messages: { readonly nodes: readonly Selected<Message, typeof ROW>[] };
  readonly rejections: { readonly nodes: readonly Selected<Rejection, typeof REJECTION>[] };
}

/** An id of ours, alone or within a reply line. */
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

async function why(call: Call): Promise<Shown> {
  const asked = call.args.join(' ').trim();
  const [id] = ID.exec(asked) ?? [];
  const isAddress = /^[^\s<>]+@[^\s<>]+$/.test(asked);
  if (isAddress && id === undefined) return whyAddress(call, asked);
  const [messageFilter, rejectionFilter] =
    id === undefined ? [{ internetMessageId: asked }, null] : [{ transactionId: id }, { id }];
  const { messages, rejections } = await search(call, messageFilter, rejectionFilter);
  const [message, ...others] = messages.nodes;
  if (message !== undefined && others.length === 0) return messageShown(call, message);
  if (message === undefined && rejections.nodes.length === 0)
    throw new ClientError(
      `nothing is known of "${asked}": enter an address, an id of ours, our reply to the sender, or a Message-ID in <>`,
    );
  return { ...foundTable(call, { messages, rejections }), data: { messages, rejections } };
}

async function whyAddress(call: Call, address: string): Promise<Shown> {
  const { recipientStanding: standing } = await call.ask<{
    recipientStanding: Selected<RecipientStanding, typeof STANDING> | null;
  }>(`query ($address: String!) { recipientStanding(address: $address) { ${STANDING} } }`, { address });
  const found = await search(call, { recipient: address }, { recipient: address });
  const named = await search(call, { internetMessageId: address }, null);
  const messages = { nodes: [...found.messages.nodes, ...named.messages.nodes] };
  const table = foundTable(call, { messages, rejections: found.rejections });
  return {
    kind: 'FACTS',
    facts:
      standing === null
        ? [['address', `${address}: its domain is not one of yours`]]
        : [
            ['address', standing.address],
            ['in the User List', standing.isListed ?? 'the list is off'],
            ['delivered', call.time(standing.deliveredAt)],
            ['answer', standing.answer === null ? null : `${standing.answer} ${call.time(standing.answeredAt)}`],
            ['reply', standing.reply],
            ['suspected', call.time(standing.suspectedAt)],
            ['catch-all', standing.isCatchAll],
          ],
    ...(table.rows.length === 0 ? {} : { table }),
    data: { standing, messages: messages.nodes, rejections: found.rejections.nodes },
  };
}

function search(call: Call, messages: object, rejections: object | null): Promise<Found> {
  const [declared, field] =
    rejections === null
      ? ['', '']
      : [
          ', $rejections: RejectionFilter',
          `rejections(first: ${MOST}, filter: $rejections) { nodes { ${REJECTION} } }`,
        ];
  return call
    .ask<Partial<Found>>(
      `query ($messages: MessageFilter${declared}) { messages(first: ${MOST}, filter: $messages) { nodes { ${ROW} } } ${field} }`,
      { messages, ...(rejections === null ? {} : { rejections }) },
    )
    .then((found) => ({ messages: { nodes: [] }, rejections: { nodes: [] }, ...found }));
}

/** Messages and rejections together, newest first. */
function foundTable(call: Call, { messages, rejections }: Found) {
  const rows = [
    ...messages.nodes.map(({ id, acceptedAt, reversePath, recipients }) => ({
      id,
      at: acceptedAt,
      what: [...new Set(recipients.map(({ state }) => state))].join(' '),
      from: reversePath,
      reply: recipients.map(({ lastReply }) => lastReply).find((reply) => reply !== null) ?? null,
    })),
    ...rejections.nodes.map(({ id, at, code, reversePath, reply }) => ({
      id,
      at,
      what: spokenCode(code),
      from: reversePath,
      reply,
    })),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return tableOf(rows, [
    ['ID', ({ id }) => id],
    ['AT', ({ at }) => call.time(at)],
    ['WHAT', ({ what }) => what],
    [text('FROM'), ({ from }) => from ?? '<>'],
    [text('REPLY'), ({ reply }) => reply],
  ]);
}

export const whyVerb: SingleVerb = {
  verb: 'why',
  usage: 'ADDRESS|ID|REPLY|MESSAGE-ID...',
  says: 'Shows what became of mail: by an address, an id of ours, our reply to the sender (250 or 550), or a Message-ID.',
  example: "backup-mx why '250 2.6.0 accepted as 01986e7a-3f7c-7cc2-b7f3-0a8cf1b0f0a1'",
  run: why,
};
