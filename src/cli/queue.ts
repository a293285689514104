/** `backup-mx queue`: held and ended mail, and the verbs on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Action,
  allNodes,
  type Call,
  numberOption,
  type Shown,
  type VerbTable,
  PAGE_INFO,
  type Page,
} from './action.ts';
import { mutate } from './mutation.ts';
import { Refusal } from './refusal.ts';
import { bytesText } from './table.ts';

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
    readonly attempts: {
      readonly nodes: readonly {
        readonly at: string;
        readonly host: string | null;
        readonly outcome: string;
        readonly reply: string;
      }[];
    };
  }[];
}

const ROW = 'id acceptedAt sizeBytes reversePath domain recipients { address state nextAttemptAt lastReply }';
const DEFAULT_COUNT = 50;
const POLL_MS = 500;

const FILTERS = { state: 'TEXT', recipient: 'TEXT', from: 'TEXT', since: 'TEXT', until: 'TEXT' } as const;
const FILTERS_USAGE = '[--state STATE] [--recipient ADDRESS] [--from ADDRESS] [--since TIME] [--until TIME]';

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
  ] as const) {
    const text = call.text(option);
    if (text !== undefined) filter[field] = text === '<>' ? '' : text;
  }
  return filter;
}

async function list(call: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String, $filter: MessageFilter) {
    messages(first: $first, after: $after, filter: $filter) { nodes { ${ROW} } ${PAGE_INFO} }
  }`;
  const filter = filterOf(call, call.text('domain'));
  const most = numberOption(call, 'count') ?? DEFAULT_COUNT;
  const messages = await allNodes(
    most,
    async (after, first) => (await call.ask<{ messages: Page<Message> }>(query, { first, after, filter })).messages,
  );
  return {
    kind: 'TABLE',
    columns: [
      { title: 'ID' },
      { title: 'ACCEPTED' },
      { title: 'SIZE', align: 'RIGHT' },
      { title: 'FROM' },
      { title: 'TO' },
      { title: 'STATE' },
    ],
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

async function showMessage({ ask, args: [id] }: Call): Promise<Shown> {
  const query = `query ($id: ID!) { message(id: $id) { ${ROW.replace('lastReply', 'lastReply attempts(first: 20) { nodes { at host outcome reply } }')} } }`;
  const { message } = await ask<{ message: Message | null }>(query, { id });
  if (message === null) throw new Refusal(`you have no message "${id}"`);
  return {
    kind: 'FACTS',
    facts: [
      ['id', message.id],
      ['accepted', message.acceptedAt],
      ['domain', message.domain],
      ['size', bytesText(message.sizeBytes)],
      ['from', message.reversePath ?? '<>'],
      ...message.recipients.flatMap(({ address, state, nextAttemptAt, attempts }) => [
        ['to', `${address} ${state}${nextAttemptAt === null ? '' : `, next attempt ${nextAttemptAt}`}`] as const,
        ...attempts.nodes.map(
          ({ at, host, outcome, reply }) => ['', `${at} ${host ?? '-'} ${outcome}: ${reply}`] as const,
        ),
      ]),
    ],
    data: message,
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
  const reason = call.text('reason');
  const given = reason === undefined ? {} : { reason };
  if ((id === undefined) === (domain === undefined)) throw new Refusal('name a message id, or --domain and a filter');
  if (id !== undefined) {
    const answer = await mutate(call, `message${word}`, { id, ...given });
    if (answer.kind === 'REFUSED') return answer;
    return { kind: 'LINE', line: `${id}: done`, data: { id } };
  }
  const expected = numberOption(call, 'expect');
  const input = {
    filter: filterOf(call, domain),
    ...given,
    dryRun: call.isSet('dry-run'),
    ...(expected === undefined ? {} : { expectedCount: expected }),
  };
  type Payload = { readonly operation: Operation | null; readonly matchedCount: number | null };
  const answer = await mutate<Payload>(call, `messages${word}`, input, `operation { ${OPERATION} } matchedCount`);
  if (answer.kind === 'REFUSED') return answer;
  const { operation, matchedCount } = answer.payload;
  if (operation === null) return { kind: 'LINE', line: `${matchedCount} messages are meant`, data: { matchedCount } };
  const ended = call.isSet('no-wait') ? operation : await follow(call, operation);
  return { kind: 'LINE', line: `${ended.state}: ${ended.done} of ${ended.total} messages`, data: ended };
}

/** Until the operation has ended; tells how far it is whenever that has changed. */
async function follow({ ask, terminal }: Call, begun: Operation): Promise<Operation> {
  let operation = begun;
  for (let told = -1; operation.state === 'RUNNING'; ) {
    if (operation.done !== told) terminal.tell(`${operation.done} of ${operation.total}`);
    told = operation.done;
    await sleep(POLL_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new Refusal(`operation ${begun.id} goes on; the query "operation" shows how far it is`);
    });
    const answer = await ask<{ operation: Operation | null }>(
      `query ($id: ID!) { operation(id: $id) { ${OPERATION} } }`,
      { id: begun.id },
    );
    if (answer.operation === null) throw new Refusal(`operation ${begun.id} is gone`);
    operation = answer.operation;
  }
  return operation;
}

function acting(word: 'Retry' | 'Cancel' | 'Bounce', says: string): Action {
  return {
    usage: `${word.toLowerCase()} (ID | --domain NAME ${FILTERS_USAGE} [--expect N] [--dry-run] [--no-wait]) [--reason TEXT]`,
    says,
    argCount: { least: 0, most: 1 },
    options: { ...FILTERS, domain: 'TEXT', reason: 'TEXT', expect: 'TEXT', 'dry-run': 'FLAG', 'no-wait': 'FLAG' },
    run: (call) => act(call, word),
  };
}

export const queueVerb: VerbTable = {
  verb: 'queue',
  says: 'Held and ended mail.',
  actions: {
    list: {
      usage: `list [--domain NAME] ${FILTERS_USAGE} [--count N]`,
      says: 'Messages, newest first; 50 unless --count says otherwise.',
      argCount: { least: 0, most: 0 },
      options: { ...FILTERS, domain: 'TEXT', count: 'TEXT' },
      run: list,
    },
    show: {
      usage: 'show ID',
      says: 'One message and its attempts.',
      argCount: { least: 1, most: 1 },
      options: {},
      run: showMessage,
    },
    retry: acting('Retry', 'Tries held mail now.'),
    cancel: acting('Cancel', 'Ends held mail; its senders are not told.'),
    bounce: acting('Bounce', 'Returns held mail to its senders.'),
  },
};
