/** `backup-mx queue` and `backup-mx outage`: held and ended mail, the actions on it, and the outages that hold it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message as ApiMessage, Operation as ApiOperation, TimelineEntry } from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import { allNodes, mutate, type Page, PAGE_INFO, readObject, type Selected } from '../api/requests.ts';
import { type Action, type Call, errorLine, type Shown, UsageError, type VerbTable } from './action.ts';
import { given, listOf, notYours, numberOption, shown, tableOf } from './call.ts';
import { confirm } from './confirm.ts';
import { bytesText, right, textOf } from './table.ts';

const ROW = 'id acceptedAt size reversePath domainName recipients { address state nextAttemptAt lastReply }';
type Message = Selected<ApiMessage, typeof ROW>;
const DEFAULT_COUNT = 50;
const POLL_MS = 500;

const FILTERS = '[--state STATE] [--recipient ADDRESS] [--from ADDRESS] [--since TIME] [--until TIME]';
/** Only to search by: actions on many messages do not accept them. */
const SEARCHES = '[--client ADDRESS] [--message-id ID] [--id ID]';

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
    ['message-id', 'internetMessageId'],
    ['id', 'transactionId'],
  ] as const) {
    const text = call.text(option);
    if (text !== undefined) filter[field] = text === '<>' ? '' : text;
  }
  return filter;
}

async function list(call: Call): Promise<Shown> {
  const messages = await listOf(call, 'messages', ROW, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'MessageFilter',
    filter: filterOf(call, call.text('domain')),
  });
  return tableOf(messages, [
    ['ID', ({ id }) => id],
    ['ACCEPTED', ({ acceptedAt }) => acceptedAt],
    [right('SIZE'), ({ size }) => bytesText(size)],
    ['FROM', ({ reversePath }) => reversePath ?? '<>'],
    [
      'TO',
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
  const message = await findMessage(call, call.args[0] ?? '');
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
      ['accepted', message.acceptedAt],
      ['domain', message.domainName],
      ['size', bytesText(message.size)],
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

const OPERATION = 'id totalCount doneCount state';
type Operation = Selected<ApiOperation, typeof OPERATION>;
type Word = 'Retry' | 'Cancel' | 'Bounce';

/** One message by its id, or many by a filter. */
async function act(call: Call, word: Word): Promise<Shown> {
  const [id] = call.args;
  const domain = call.text('domain');
  const reason = given(call, 'reason');
  if ((id === undefined) === (domain === undefined))
    throw new UsageError('give a message id, or --domain and a filter');
  if (id !== undefined) {
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
  return { kind: 'LINE', line: `${ended.state}: ${ended.doneCount} of ${ended.totalCount} messages`, data: ended };
}

/** Waits until the operation has ended; on a screen reports each change of its progress. */
async function follow(call: Call, begun: Operation): Promise<Operation> {
  const { terminal } = call;
  let operation = begun;
  for (let reported = -1; operation.state === 'RUNNING'; ) {
    if (operation.doneCount !== reported && terminal.isWatched)
      terminal.report(`${operation.doneCount} of ${operation.totalCount}`);
    reported = operation.doneCount;
    await sleep(POLL_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new ClientError(`operation ${begun.id} continues; the query "operation" shows its progress`);
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

function acting(word: Word, says: string): Action {
  const yes = word === 'Retry' ? '' : ' [--yes]';
  return {
    usage: `(ID | --domain NAME ${FILTERS} [--expect N] [--dry-run] [--no-wait]${yes}) [--reason TEXT]`,
    says,
    run: (call) => act(call, word),
  };
}

export const queueVerb: VerbTable = {
  verb: 'queue',
  says: 'Held and ended mail.',
  example: 'backup-mx queue retry --domain example.org --from news@example.net',
  actions: {
    list: {
      usage: `[--domain NAME] ${FILTERS} ${SEARCHES} [--count N]`,
      says: 'Lists messages, newest first; 50 by default.',
      run: list,
    },
    show: { usage: 'ID', says: 'Shows one message with its history.', run: showMessage },
    retry: acting('Retry', 'Tries held mail now.'),
    cancel: acting('Cancel', 'Cancels held mail without a report to its senders.'),
    bounce: acting('Bounce', 'Returns held mail to its senders.'),
    stop: { usage: 'OPERATION-ID', says: 'Stops an action on many messages; what is done stays done.', run: stop },
  },
};

const OUTAGE =
  'id domainName kind startedAt endedAt heldCount heldSize oldestAcceptedAt nextAttemptAt lastReply drain { messagesPerSecond etaAt }';

async function listOutages(call: Call): Promise<Shown> {
  const outages = await listOf(call, 'outages', OUTAGE, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'OutageFilter',
    filter: { ...given(call, 'domain'), ...(call.isSet('all') ? {} : { isOpen: true }) },
  });
  return tableOf(outages, [
    ['DOMAIN', ({ domainName }) => domainName],
    ['KIND', ({ kind }) => kind],
    ['SINCE', ({ startedAt }) => startedAt],
    ['UNTIL', ({ endedAt }) => endedAt],
    [right('HELD'), ({ heldCount }) => heldCount],
    [right('SIZE'), ({ heldSize }) => (heldSize === null ? null : bytesText(heldSize))],
    ['NEXT TRY', ({ nextAttemptAt }) => nextAttemptAt],
    ['LAST REPLY', ({ lastReply }) => lastReply],
  ]);
}

export const outageVerb: VerbTable = {
  verb: 'outage',
  says: 'Primaries that are down.',
  example: 'backup-mx outage list --domain example.org',
  actions: {
    list: {
      usage: '[--domain NAME] [--all] [--count N]',
      says: 'Lists open outages; with --all also those that are over.',
      run: listOutages,
    },
  },
};
