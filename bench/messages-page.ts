/**
 * `messages-page`: what an operator or a tenant waits for a page of `messages(first: 50, filter)` with 1,000,000 held, by
 * filter: the first page, a page far down, and what matches nothing. Each asks through GraphQL with a token of his own.
 */
import { cursorOf } from '../src/control/connection.ts';
import { newId } from '../src/mail/id.ts';
import type { MessageFilter } from '../src/queue/inspect.ts';
import { postGraphql, type Service } from '../test/helpers/service.ts';
import { findDatabase } from './database.ts';
import {
  ENDED,
  fillToSearch,
  HELD,
  HOURS,
  SMALL_DOMAINS,
  smallDomain,
  someMailbox,
  someSender,
  type ToSearch,
} from './messages-page-fill.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { quantile, type Report } from './report.ts';
import { DOMAIN, makeBenchFolder, startOurs } from './sides.ts';

const FIRST = 50;
/** Enough for a p99 that is not the slowest of all. */
const PAGES = 400;
const TARGET_MS = 50;

/** Asks for one page; resolves with how many messages it holds. */
type Ask = (filter: MessageFilter, beforeId: string | null) => Promise<number>;

interface Question {
  readonly name: string;
  /** Another value each time, so that no page is read twice. */
  readonly filter: (run: number) => MessageFilter;
  /** The page begins in the middle of the queue. */
  readonly isDeep?: boolean;
  /** So many messages are on one of the pages at the least: what finds nothing by mistake is fast. */
  readonly least: number;
}

interface Figure {
  readonly name: string;
  /** PostgreSQL's processor time a page: what also a busy machine measures. */
  readonly cpuMs: number;
  readonly timesMs: readonly number[];
  readonly counts: readonly number[];
}

interface OfViewer extends Figure {
  readonly who: string;
}

const hourBefore = (nowMs: number, run: number): MessageFilter => {
  const untilMs = nowMs - (run % HOURS) * 3_600_000;
  return { since: new Date(untilMs - 3_600_000), until: new Date(untilMs) };
};

/** Every filter that the API has, alone, and some of them with a domain. */
function operatorsQuestions(filled: ToSearch): Question[] {
  const one = (values: readonly string[], run: number) => values[run % values.length] ?? '';
  return [
    { name: 'none', filter: () => ({}), least: FIRST },
    { name: 'none', isDeep: true, filter: () => ({}), least: FIRST },
    { name: 'domain, half of the mail', filter: () => ({ domain: DOMAIN }), least: FIRST },
    { name: 'domain, half of the mail', isDeep: true, filter: () => ({ domain: DOMAIN }), least: FIRST },
    { name: 'domain, one of 1,000', filter: (run) => ({ domain: smallDomain(1 + run) }), least: FIRST },
    { name: 'domain without mail', filter: () => ({ domain: 'empty.example' }), least: 0 },
    { name: 'state HELD', filter: () => ({ state: 'HELD' }), least: FIRST },
    { name: 'state HELD', isDeep: true, filter: () => ({ state: 'HELD' }), least: FIRST },
    { name: 'state DELIVERED', filter: () => ({ state: 'DELIVERED' }), least: 1 },
    { name: 'state FAILED', isDeep: true, filter: () => ({ state: 'FAILED' }), least: 1 },
    { name: 'state EXPIRED, there is none', filter: () => ({ state: 'EXPIRED' }), least: 0 },
    { name: 'recipient', filter: (run) => ({ recipient: someMailbox(2 * run) }), least: 1 },
    { name: 'recipient', isDeep: true, filter: (run) => ({ recipient: someMailbox(2 * run) }), least: 1 },
    { name: 'recipient without mail', filter: (run) => ({ recipient: `nobody${run}@${DOMAIN}` }), least: 0 },
    { name: 'reverse-path', filter: (run) => ({ reversePath: someSender(run) }), least: 0 },
    { name: 'reverse-path', isDeep: true, filter: (run) => ({ reversePath: someSender(run) }), least: 0 },
    {
      name: 'reverse-path and domain',
      filter: (run) => ({ reversePath: someSender(2 * run), domain: DOMAIN }),
      least: 0,
    },
    { name: 'null reverse-path', filter: () => ({ reversePath: '' }), least: 1 },
    { name: 'reverse-path unknown', filter: (run) => ({ reversePath: `nobody${run}@elsewhere.example` }), least: 0 },
    { name: 'transaction', filter: (run) => ({ transaction: one(filled.someIds, run) }), least: 1 },
    { name: 'transaction unknown', filter: () => ({ transaction: newId() }), least: 0 },
    { name: 'an hour', filter: (run) => hourBefore(filled.nowMs, run), least: 0 },
    { name: 'an hour and domain', filter: (run) => ({ ...hourBefore(filled.nowMs, run), domain: DOMAIN }), least: 0 },
    { name: 'hours before all', filter: () => ({ until: new Date('2020-01-01') }), least: 0 },
  ];
}

/** The questions of somebody whose domain has a thousandth of half of the mail, or none at all. */
function tenantsQuestions(nowMs: number, hasMail: boolean): Question[] {
  const some = (count: number) => (hasMail ? count : 0);
  return [
    { name: 'none', filter: () => ({}), least: some(FIRST) },
    { name: 'none', isDeep: true, filter: () => ({}), least: some(FIRST) },
    { name: 'state HELD', filter: () => ({ state: 'HELD' }), least: some(FIRST) },
    { name: 'state EXPIRED, there is none', filter: () => ({ state: 'EXPIRED' }), least: 0 },
    { name: 'domain', filter: () => ({ domain: hasMail ? smallDomain(1) : 'empty.example' }), least: some(FIRST) },
    { name: 'domain of another', filter: () => ({ domain: DOMAIN }), least: 0 },
    { name: 'recipient of another', filter: (run) => ({ recipient: someMailbox(2 * run) }), least: 0 },
    { name: 'reverse-path unknown', filter: (run) => ({ reversePath: `nobody${run}@elsewhere.example` }), least: 0 },
    { name: 'an hour', filter: (run) => hourBefore(nowMs, run), least: 0 },
  ];
}

interface Asked {
  readonly ask: Ask;
  readonly deepIds: readonly string[];
  readonly postmasterPid: number;
}

async function measure({ ask, deepIds, postmasterPid }: Asked, question: Question): Promise<Figure> {
  const cpuBefore = readTreeCpuSeconds(postmasterPid);
  const timesMs: number[] = [];
  const counts: number[] = [];
  for (let run = 0; run < PAGES; run += 1) {
    const beforeId = question.isDeep === true ? (deepIds[run % deepIds.length] ?? null) : null;
    const startedAtMs = performance.now();
    const count = await ask(question.filter(run), beforeId);
    timesMs.push(performance.now() - startedAtMs);
    counts.push(count);
  }
  const name = `${question.name}${question.isDeep === true ? ', far down' : ''}`;
  const most = Math.max(...counts);
  if (most < question.least) throw new Error(`${name}: no page of more than ${most}, expected ${question.least}`);
  return { name, timesMs, counts, cpuMs: ((readTreeCpuSeconds(postmasterPid) - cpuBefore) / PAGES) * 1000 };
}

const PAGE = `query ($after: String, $filter: MessageFilter) {
  messages(first: ${FIRST}, after: $after, filter: $filter) {
    nodes { id transaction domain reversePath sizeBytes acceptedAt recipients { address state attemptCount lastReply } }
    pageInfo { hasNextPage endCursor } } }`;

function askWith({ httpUrl }: Service, token: string): Ask {
  return async (filter, beforeId) => {
    const variables = { after: beforeId === null ? null : cursorOf(beforeId), filter };
    const { messages } = await postGraphql<{ messages: { nodes: unknown[] } }>({
      httpUrl,
      token,
      query: PAGE,
      variables,
    });
    return messages.nodes.length;
  };
}

async function tokenOf(service: Service, tenantId: string): Promise<string> {
  const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'bench', scopes: ['QUEUE_READ'] } },
  );
  return tokenCreate.secret;
}

export async function runMessagesPage(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const filled = await fillToSearch(service);
    const { postmasterPid } = await findDatabase(service.dataDir);
    const asTenant = async (tenantId: string): Promise<Ask> => askWith(service, await tokenOf(service, tenantId));
    const viewers = [
      { who: 'operator', ask: askWith(service, service.token), questions: operatorsQuestions(filled) },
      { who: 'tenant', ask: await asTenant(filled.tenantId), questions: tenantsQuestions(filled.nowMs, true) },
      {
        who: 'tenant without mail',
        ask: await asTenant(filled.emptyTenantId),
        questions: tenantsQuestions(filled.nowMs, false),
      },
    ];
    const figures: OfViewer[] = [];
    for (const { who, ask, questions } of viewers) {
      for (const question of questions) {
        const figure = { who, ...(await measure({ ask, deepIds: filled.someIds, postmasterPid }, question)) };
        figures.push(figure);
        console.log(rowOf(figure).join(' | '));
      }
    }
    return report(figures);
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function rowOf({ who, name, timesMs, counts, cpuMs }: OfViewer): string[] {
  const at = (share: number) => quantile(timesMs, share).toFixed(1);
  return [
    who,
    name,
    at(0.5),
    at(0.99),
    Math.max(...timesMs).toFixed(1),
    cpuMs.toFixed(1),
    `${Math.min(...counts)}–${Math.max(...counts)}`,
  ];
}

function report(figures: readonly OfViewer[]): Report {
  return {
    head: ['viewer', 'filter', 'median, ms', 'p99, ms', 'longest, ms', 'PostgreSQL CPU, ms', 'messages on a page'],
    rows: figures.map(rowOf),
    verdicts: [
      {
        name: 'p99 of the slowest filter',
        value: Math.max(...figures.map(({ timesMs }) => quantile(timesMs, 0.99))),
        comparison: '<',
        target: TARGET_MS,
        unit: ' ms',
      },
    ],
    notes: [
      `${HELD} held and ${ENDED} ended of ${HOURS} hours, half of them for one domain, half for ${SMALL_DOMAINS} of a tenant each; ${PAGES} pages a filter, one at a time`,
    ],
  };
}
