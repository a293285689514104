/** `backup-mx queue`: held and ended mail, and the verbs on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '../api/connection.ts';
import { allNodes, mutate, type Page, PAGE_INFO } from '../api/requests.ts';
import { type Action, type Call, errorLine, type Shown, UsageError, type VerbTable } from './action.ts';
import { given, listOf, notYours, numberOption } from './call.ts';
import { confirm } from './confirm.ts';
import { bytesText, right, textOf } from './table.ts';

interface Message {
  readonly id: string;
  readonly acceptedAt: string;
  readonly sizeBytes: number;
  readonly reversePath: string | null;
  readonly domain: string;
  readonly recipients: readonly {
    readonly address: string;
    readonly state: string;
    readonly nextAttemptAt: string | null;
    readonly lastReply: string | null;
  }[];
}

interface TimelineEntry {
  readonly at: string;
  readonly kind: string;
  readonly text: string;
}

const ROW = 'id acceptedAt sizeBytes reversePath domain recipients { address state nextAttemptAt lastReply }';
const DEFAULT_COUNT = 50;
const POLL_MS = 500;

const FILTERS = { state: 'TEXT', recipient: 'TEXT', from: 'TEXT', since: 'TEXT', until: 'TEXT' } as const;
/** Only to search by: actions on many messages do not accept them. */
const SEARCHES = { client: 'TEXT', 'message-id': 'TEXT', id: 'TEXT' } as const;
const FILTERS_USAGE = '[--state STATE] [--recipient ADDRESS] [--from ADDRESS] [--since TIME] [--until TIME]';
const SEARCHES_USAGE = '[--client ADDRESS] [--message-id ID] [--id ID]';

function filterOf(call: Call, domain: string | undefined): Record<string, unknown> {
  const filter: Record<string, unknown> = {};
  if (domain !== undefined) filter['domain'] = domain;
  const state = call.text('state')?.toUpperCase();
  if (state !== undefined) filter['state'] = state;
  for (const [option, field] of [
    ['recipient', 'recipient'],
    ['from', 'reversePath'],
    ['since', 'since'],
    ['until', 'until'],
    ['client', 'clientAddress'],
    ['message-id', 'messageId'],
    ['id', 'transaction'],
  ] as const) {
    const text = call.text(option);
    if (text !== undefined) filter[field] = text === '<>' ? '' : text;
  }
  return filter;
}

async function list(call: Call): Promise<Shown> {
  const messages = await listOf<Message>(call, 'messages', ROW, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'MessageFilter',
    filter: filterOf(call, call.text('domain')),
  });
  return {
    kind: 'TABLE',
    columns: ['ID', 'ACCEPTED', right('SIZE'), 'FROM', 'TO', 'STATE'],
    rows: messages.map(({ id, acceptedAt, sizeBytes, reversePath, recipients }) => [
      id,
      acceptedAt,
      bytesText(sizeBytes),
      reversePath ?? '<>',
      recipients.length > 1 ? `${recipients[0]?.address} and ${recipients.length - 1} more` : recipients[0]?.address,
      [...new Set(recipients.map(({ state }) => state))].join(' '),
    ]),
    data: messages,
  };
}

/** A message's own id, or any other id of ours that leads to one message: as a reply, a Received line or a log has it. */
async function findMessage({ ask }: Call, id: string): Promise<Message> {
  const { message } = await ask<{ message: Message | null }>(`query ($id: ID!) { message(id: $id) { ${ROW} } }`, {
    id,
  });
  if (message !== null) return message;
  const query = `query ($filter: MessageFilter) { messages(first: 2, filter: $filter) { nodes { ${ROW} } } }`;
  const { messages } = await ask<{ messages: { nodes: Message[] } }>(query, { filter: { transaction: id } });
  const [found, ...more] = messages.nodes;
  if (found === undefined) notYours('message', id);
  if (more.length > 0) throw new ClientError(`"${id}" matches several messages: queue list --id "${id}" shows them`);
  return found;
}

const TIMELINE = `query ($id: ID!, $first: Int!, $after: String) {
  message(id: $id) { timeline(first: $first, after: $after) { nodes { id at kind text recipients host reply reason reportId } ${PAGE_INFO} } }
}`;
/** An outage of ten days has a few hundred. */
const MOST_ENTRIES = 10_000;

async function showMessage(call: Call): Promise<Shown> {
  const message = await findMessage(call, call.args[0] ?? '');
  const timeline = await allNodes(MOST_ENTRIES, async (after, first) => {
    const variables = { id: message.id, first, after };
    const answer = await call.ask<{ message: { timeline: Page<TimelineEntry> } | null }>(TIMELINE, variables);
    if (answer.message === null) throw new ClientError(`message "${message.id}" is gone`);
    return answer.message.timeline;
  });
  return {
    kind: 'FACTS',
    facts: [
      ['id', message.id],
      ['accepted', message.acceptedAt],
      ['domain', message.domain],
      ['size', bytesText(message.sizeBytes)],
      ['from', message.reversePath ?? '<>'],
      ...message.recipients.map(
        ({ address, state, nextAttemptAt }) =>
          ['to', `${address} ${state}${nextAttemptAt === null ? '' : `, next attempt ${nextAttemptAt}`}`] as const,
      ),
    ],
    table: {
      columns: ['AT', 'WHAT', 'HOW'],
      rows: timeline.map(({ at, kind, text }) => [at, kind, text]),
    },
    data: { ...message, timeline },
  };
}

interface Operation {
  readonly id: string;
  readonly total: number;
  readonly done: number;
  readonly state: string;
}

const OPERATION = 'id total done state';

/** One message by its id, or many by a filter. */
async function act(call: Call, word: string): Promise<Shown> {
  const [id] = call.args;
  const domain = call.text('domain');
  const reason = given(call, 'reason');
  if ((id === undefined) === (domain === undefined))
    throw new UsageError('give a message id, or --domain and a filter');
  if (id !== undefined) {
    const answer = await mutate(call, `message${word}`, { id, ...reason });
    if (answer.kind === 'REFUSED') return answer;
    return { kind: 'LINE', line: `${id}: done`, data: { id } };
  }
  const input = { filter: filterOf(call, domain), ...reason };
  type Payload = { readonly operation: Operation | null; readonly matchedCount: number | null };
  const request = (more: object) =>
    mutate<Payload>(call, `messages${word}`, { ...input, ...more }, `operation { ${OPERATION} } matchedCount`);
  let expectedCount = numberOption(call, 'expect');
  const dryRun = call.isSet('dry-run');
  if (!dryRun && word !== 'Retry') {
    await confirm(call, async () => {
      const counted = await request({ dryRun: true });
      if (counted.kind === 'REFUSED') throw new ClientError(counted.errors.map(errorLine).join('\nbackup-mx: '));
      // What the person agrees to is this many: when mail has come or gone meanwhile, nothing is done.
      expectedCount ??= counted.payload.matchedCount ?? undefined;
      const end = word === 'Cancel' ? 'cancels, without a report to the senders:' : 'returns to their senders:';
      return `This ${end} ${(counted.payload.matchedCount ?? 0).toLocaleString('en')} held messages of ${textOf(domain ?? '')}.`;
    });
  }
  const answer = await request({ dryRun, ...(expectedCount === undefined ? {} : { expectedCount }) });
  if (answer.kind === 'REFUSED') return answer;
  const { operation, matchedCount } = answer.payload;
  if (operation === null) return { kind: 'LINE', line: `${matchedCount} messages match`, data: { matchedCount } };
  const ended = call.isSet('no-wait') ? operation : await follow(call, operation);
  return { kind: 'LINE', line: `${ended.state}: ${ended.done} of ${ended.total} messages`, data: ended };
}

/** Waits until the operation has ended; on a screen reports each change of its progress. */
async function follow({ ask, terminal }: Call, begun: Operation): Promise<Operation> {
  let operation = begun;
  for (let reported = -1; operation.state === 'RUNNING'; ) {
    if (operation.done !== reported && terminal.isWatched) terminal.report(`${operation.done} of ${operation.total}`);
    reported = operation.done;
    await sleep(POLL_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new ClientError(`operation ${begun.id} continues; the query "operation" shows its progress`);
    });
    const answer = await ask<{ operation: Operation | null }>(
      `query ($id: ID!) { operation(id: $id) { ${OPERATION} } }`,
      { id: begun.id },
    );
    if (answer.operation === null) throw new ClientError(`operation ${begun.id} is gone`);
    operation = answer.operation;
  }
  return operation;
}

function acting(word: 'Retry' | 'Cancel' | 'Bounce', says: string): Action {
  const yes = word === 'Retry' ? '' : ' [--yes]';
  return {
    usage: `${word.toLowerCase()} (ID | --domain NAME ${FILTERS_USAGE} [--expect N] [--dry-run] [--no-wait]${yes}) [--reason TEXT]`,
    says,
    argCount: { least: 0, most: 1 },
    options: {
      ...FILTERS,
      domain: 'TEXT',
      reason: 'TEXT',
      expect: 'TEXT',
      'dry-run': 'FLAG',
      'no-wait': 'FLAG',
      ...(yes === '' ? {} : { yes: 'FLAG' as const }),
    },
    run: (call) => act(call, word),
  };
}

export const queueVerb: VerbTable = {
  verb: 'queue',
  says: 'Held and ended mail.',
  example: 'backup-mx queue retry --domain example.org --from news@example.net',
  actions: {
    list: {
      usage: `list [--domain NAME] ${FILTERS_USAGE} ${SEARCHES_USAGE} [--count N]`,
      says: 'Lists messages, newest first; 50 by default.',
      options: { ...FILTERS, ...SEARCHES, domain: 'TEXT', count: 'TEXT' },
      run: list,
    },
    show: {
      usage: 'show ID',
      says: 'Shows one message with its history.',
      argCount: 1,
      run: showMessage,
    },
    retry: acting('Retry', 'Tries held mail now.'),
    cancel: acting('Cancel', 'Ends held mail without a report to its senders.'),
    bounce: acting('Bounce', 'Returns held mail to its senders.'),
  },
};
