/** `backup-mx queue`: held and ended mail, and the actions on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message as ApiMessage, Operation as ApiOperation, TimelineEntry } from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import { allNodes, mutate, type Page, PAGE_INFO, readObject, type Selected } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { durationField, given, listOf, notYours, numberField, numberOption, shown, tableOf } from './call.ts';
import { confirm } from './confirm.ts';
import { errorLine } from './show.ts';
import { bytesText, counted, right, text, textOf } from './table.ts';
import { timeOption } from './time.ts';

export const ROW = 'id acceptedAt size reversePath domainName recipients { address state nextAttemptAt lastReply }';
type Message = Selected<ApiMessage, typeof ROW>;
const DEFAULT_COUNT = 50;
const POLL_MS = 500;

const FILTERS =
  '[--state STATE]... [--recipient ADDRESS] [--from ADDRESS] [--client ADDRESS] [--message-id ID] [--id ID] [--min-size BYTES] [--max-size BYTES] [--since TIME] [--until TIME] [--held-for DURATION]';

function filterOf(call: Call, domain: string | undefined): Record<string, unknown> {
  const given = {
    domain,
    recipient: call.text('recipient'),
    reversePath: call.text('from')?.replace(/^<>$/, ''),
    since: timeOption(call, 'since', 'PAST'),
    until: timeOption(call, 'until', 'PAST'),
    clientAddress: call.text('client'),
    internetMessageId: call.text('message-id'),
    transactionId: call.text('id'),
  };
  const states = call.list('state');
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(states.length > 0 ? { states } : {}),
    ...numberField(call, 'min-size', 'minSize'),
    ...numberField(call, 'max-size', 'maxSize'),
    ...durationField(call, 'held-for', 'heldFor'),
  };
}

/** Lists what is held, unless other states, all, or one message by its id are asked for. */
async function list(call: Call): Promise<Shown> {
  const filter = filterOf(call, call.text('domain'));
  const isNamed = call.isSet('all') || 'internetMessageId' in filter || 'transactionId' in filter;
  const messages = await listOf(call, 'messages', ROW, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'MessageFilter',
    orderBy: call.isSet('oldest') ? 'OLDEST' : undefined,
    filter: isNamed ? filter : { states: ['HELD'], ...filter },
  });
  return tableOf(messages, [
    ['ID', ({ id }) => id],
    ['ACCEPTED', ({ acceptedAt }) => call.time(acceptedAt)],
    [right('SIZE'), ({ size }) => bytesText(size)],
    [text('FROM'), ({ reversePath }) => reversePath ?? '<>'],
    [
      text('TO'),
      ({ recipients: [first, ...more] }) => `${first?.address}${more.length > 0 ? ` and ${more.length} more` : ''}`,
    ],
    ['STATE', ({ recipients }) => [...new Set(recipients.map(({ state }) => state))].join(' ')],
  ]);
}

/** A message's own id, or any other id of ours that leads to one message: as a reply, a Received line or a log has it. */
async function findMessage(call: Call, id: string): Promise<Message> {
  const message = await readObject(call, 'message', id, ROW);
  if (message !== null) return message;
  const query = `query ($filter: MessageFilter) { messages(first: 2, filter: $filter) { nodes { ${ROW} } } }`;
  const { messages } = await call.ask<{ messages: { nodes: Message[] } }>(query, { filter: { transactionId: id } });
  const [found, ...more] = messages.nodes;
  if (found === undefined) notYours('message', id);
  if (more.length > 0) throw new ClientError(`"${id}" matches several messages: queue list --id "${id}" shows them`);
  return found;
}

const ENTRY = 'id at kind text recipients host reply reason reportId';
const TIMELINE = `query ($id: ID!, $first: Int!, $after: String) {
  message(id: $id) { timeline(first: $first, after: $after) { nodes { ${ENTRY} } ${PAGE_INFO} } }
}`;
/** An outage of ten days has a few hundred. */
const MOST_ENTRIES = 10_000;

async function showMessage(call: Call): Promise<Shown> {
  return messageShown(call, await findMessage(call, call.args[0] ?? ''));
}

/** A message with its history. */
export async function messageShown(call: Call, message: Message): Promise<Shown> {
  const timeline = await allNodes(MOST_ENTRIES, async (after, first) => {
    const variables = { id: message.id, first, after };
    type Timeline = Page<Selected<TimelineEntry, typeof ENTRY>>;
    const answer = await call.ask<{ message: { timeline: Timeline } | null }>(TIMELINE, variables);
    if (answer.message === null) throw new ClientError(`message "${message.id}" is gone`);
    return answer.message.timeline;
  });
  return {
    kind: 'FACTS',
    facts: [
      ['id', message.id],
      ['accepted', call.time(message.acceptedAt)],
      ['domain', message.domainName],
      ['size', bytesText(message.size)],
      ['from', message.reversePath ?? '<>'],
      ...message.recipients.map(
        ({ address, state, nextAttemptAt }) =>
          [
            'to',
            `${address} ${state}${nextAttemptAt === null ? '' : `, next attempt ${call.time(nextAttemptAt)}`}`,
          ] as const,
      ),
    ],
    table: {
      columns: ['AT', 'WHAT', text('HOW')],
      rows: timeline.map((entry) => [call.time(entry.at), entry.kind, entry.text]),
    },
    data: { ...message, timeline },
  };
}

const OPERATION = 'id totalCount doneCount state';
type Operation = Selected<ApiOperation, typeof OPERATION>;
type Word = 'Retry' | 'Cancel' | 'Bounce';

const ENDS = { Cancel: 'cancels, without a report to the senders', Bounce: 'returns to their senders' } as const;

async function describeOne(call: Call, id: string, word: 'Cancel' | 'Bounce'): Promise<string> {
  const { size, reversePath, recipients } = await findMessage(call, id);
  const held = recipients.filter(({ state }) => state === 'HELD').map(({ address }) => textOf(address));
  const to = `${counted(held.length, 'held recipient')}${held.length === 0 ? '' : ` (${held.slice(0, 5).join(', ')})`}`;
  return `This ${ENDS[word]}: 1 message of ${bytesText(size)} from ${textOf(reversePath ?? '<>')} to ${to}.`;
}

/** One message by its id, or many by a filter. */
async function act(call: Call, word: Word): Promise<Shown> {
  const [id] = call.args;
  const domain = call.text('domain');
  const reason = given(call, 'reason');
  if ((id === undefined) === (domain === undefined))
    throw new UsageError('give a message id, or --domain and a filter');
  if (id !== undefined) {
    if (word !== 'Retry') await confirm(call, () => describeOne(call, id, word));
    const answer = await mutate(call, `message${word}`, { id, ...reason }, '');
    return shown(answer, () => ({ kind: 'LINE', line: `${id}: done`, data: { id } }));
  }
  const input = { filter: filterOf(call, domain), ...reason };
  const request = (more: object) =>
    mutate(call, `messages${word}`, { ...input, ...more }, `operation { ${OPERATION} } matchedCount`);
  let expectedCount = numberOption(call, 'expect');
  const dryRun = call.isSet('dry-run');
  if (!dryRun && word !== 'Retry') {
    await confirm(call, async () => {
      const found = await request({ dryRun: true });
      if (found.kind === 'REFUSED')
        throw new ClientError(found.errors.map((error) => errorLine(error)).join('\nbackup-mx: '));
      // What the person agrees to is this many: when mail has come or gone meanwhile, nothing is done.
      expectedCount ??= found.payload.matchedCount ?? undefined;
      const count = (found.payload.matchedCount ?? 0).toLocaleString('en');
      return `This ${ENDS[word]}: ${count} held messages of ${textOf(domain ?? '')}.`;
    });
  }
  const answer = await request({ dryRun, ...(expectedCount === undefined ? {} : { expectedCount }) });
  if (answer.kind === 'REFUSED') return answer;
  const { operation, matchedCount } = answer.payload;
  if (operation === null) return { kind: 'LINE', line: `${matchedCount} messages match`, data: { matchedCount } };
  const ended = call.isSet('no-wait') ? operation : await follow(call, operation);
  return { kind: 'LINE', line: `${ended.state}: ${ended.doneCount} of ${ended.totalCount} messages`, data: ended };
}

/** Waits until the operation has ended; a person who watches sees its progress. */
async function follow(call: Call, begun: Operation): Promise<Operation> {
  const { terminal, progress } = call;
  let operation = begun;
  while (operation.state === 'RUNNING') {
    progress.say(`${operation.doneCount} of ${operation.totalCount} messages`);
    await sleep(POLL_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new ClientError(`operation ${begun.id} continues: backup-mx queue stop ${begun.id} stops it`);
    });
    const next = await readObject(call, 'operation', begun.id, OPERATION);
    if (next === null) throw new ClientError(`operation ${begun.id} is gone`);
    operation = next;
  }
  return operation;
}

async function stop(call: Call): Promise<Shown> {
  const answer = await mutate(call, 'operationStop', { id: call.args[0] ?? '' }, `operation { ${OPERATION} }`);
  return shown(answer, ({ operation }) => ({
    kind: 'LINE',
    line: `${operation?.state}: ${operation?.doneCount} of ${operation?.totalCount} messages`,
    data: operation,
  }));
}

const SKIPS: Readonly<Record<string, string>> = {
  NOTHING_HELD: 'hold no mail',
  ALREADY_REQUESTED: 'are being tried already',
};

/** Tries the mail of many domains; of one it is `domain flush`. */
async function flush(call: Call): Promise<Shown> {
  const tenantId = call.text('tenant');
  const nextHop = call.text('next-hop');
  const all = call.isSet('all') ? true : undefined;
  const given = Object.entries({ tenantId, nextHop, all }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) throw new UsageError('give one of --tenant, --next-hop and --all');
  const by = Object.fromEntries(given);
  const answer = await mutate(call, 'domainsFlush', { by }, 'requestedCount hasMore skipped { reason domainCount }');
  return shown(answer, (payload) => {
    const others = payload.skipped.map(({ reason, domainCount }) => `, ${domainCount} ${SKIPS[reason] ?? reason}`);
    const more = payload.hasMore === true ? '; there are more: repeat the command' : '';
    return {
      kind: 'LINE',
      line: `${counted(payload.requestedCount ?? 0, 'domain')} tried now${others.join('')}${more}`,
      data: payload,
    };
  });
}

function acting(word: Word, says: string): Action {
  const yes = word === 'Retry' ? '' : ' [--yes]';
  return {
    usage: `(ID | --domain NAME ${FILTERS} [--expect N] [--dry-run] [--no-wait]${yes}) [--reason TEXT]`,
    says,
    mutations: [`message${word}`, `messages${word}`],
    run: (call) => act(call, word),
  };
}

export const queueVerb: VerbTable = {
  verb: 'queue',
  says: 'Held and ended mail.',
  example: 'backup-mx queue retry --domain example.org --from news@example.net',
  preset: 'list',
  actions: {
    list: {
      usage: `[--domain NAME] ${FILTERS} [--all] [--oldest] [--count N]`,
      says: 'Lists held messages, newest first or --oldest first, 50 by default; --state, --id, --message-id and --all also find others.',
      run: list,
    },
    show: { usage: 'ID', says: 'Shows one message with its history.', run: showMessage },
    retry: acting('Retry', 'Tries held mail now.'),
    cancel: acting('Cancel', 'Cancels held mail without a report to its senders.'),
    bounce: acting('Bounce', 'Returns held mail to its senders.'),
    flush: {
      usage: '(--tenant ID | --next-hop HOST | --all)',
      says: 'Tries the held mail of all domains of a tenant, of a primary that is back, or of all domains now.',
      mutations: ['domainsFlush'],
      run: flush,
    },
    stop: {
      usage: 'OPERATION-ID',
      says: 'Stops an action on many messages; what is done stays done.',
      mutations: ['operationStop'],
      run: stop,
    },
  },
};
