/**
 * `messages-page`: what an operator or a tenant waits for a page of `messages(first: 50, filter)` with 1,000,000 held, by
 * filter: the first page, a page far down, and what matches nothing. Each asks through GraphQL with a token of his own.
 */
import { cursorOf } from '../src/control/page.ts';
import { newId } from '../src/mail/id.ts';
import type { MessageFilter } from '../src/queue/read/search-input.ts';
import {
  ENDED,
  fillToSearch,
  HELD,
  HOURS,
  SMALL_DOMAINS,
  smallDomain,
  someClient,
  someMailbox,
  someMessageId,
  someSender,
  type ToSearch,
} from './messages-page-fill.ts';
import { measurePages, type Question } from './page-times.ts';
import type { Report } from './report.ts';
import { DOMAIN, makeBenchFolder, startOurs } from './sides.ts';

const FIRST = 50;

interface Search {
  readonly name: string;
  /** Another value each time. */
  readonly filter: (run: number) => MessageFilter;
  /** The page begins in the middle of the queue. */
  readonly isDeep?: boolean;
  readonly least: number;
}

const hourBefore = (nowMs: number, run: number): MessageFilter => {
  const untilMs = nowMs - (run % HOURS) * 3_600_000;
  return { since: new Date(untilMs - 3_600_000), until: new Date(untilMs) };
};

/** Every filter that the API has, alone, and some of them with a domain. */
function operatorsSearches(filled: ToSearch): Search[] {
  const one = (values: readonly string[], run: number) => values[run % values.length] ?? '';
  return [
    { name: 'none', filter: () => ({}), least: FIRST },
    { name: 'none', isDeep: true, filter: () => ({}), least: FIRST },
    { name: 'domain, half of the mail', filter: () => ({ domain: DOMAIN }), least: FIRST },
    { name: 'domain, half of the mail', isDeep: true, filter: () => ({ domain: DOMAIN }), least: FIRST },
    { name: 'domain, one of 1,000', filter: (run) => ({ domain: smallDomain(1 + run) }), least: FIRST },
    { name: 'domain without mail', filter: () => ({ domain: 'empty.example' }), least: 0 },
    { name: 'state HELD', filter: () => ({ states: ['HELD'] }), least: FIRST },
    { name: 'state HELD', isDeep: true, filter: () => ({ states: ['HELD'] }), least: FIRST },
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
    { name: 'domain of all senders', filter: () => ({ reversePath: '@elsewhere.example' }), least: FIRST },
    { name: 'domain of senders unknown', filter: (run) => ({ reversePath: `@unknown${run}.example` }), least: 0 },
    { name: 'client', filter: (run) => ({ clientAddress: someClient(run) }), least: FIRST },
    { name: 'client unknown', filter: (run) => ({ clientAddress: `10.7.0.${run % 256}` }), least: 0 },
    { name: 'network of all clients', filter: () => ({ clientAddress: '10.0.0.0/8' }), least: FIRST },
    {
      name: 'network of 16 clients',
      isDeep: true,
      filter: (run) => ({ clientAddress: `${someClient(16 * run)}/28` }),
      least: 1,
    },
    { name: 'Message-ID', filter: (run) => ({ internetMessageId: someMessageId(7_919 * run) }), least: 1 },
    { name: 'Message-ID unknown', filter: (run) => ({ internetMessageId: `<${run}@unknown.example>` }), least: 0 },
    { name: 'transaction', filter: (run) => ({ transactionId: one(filled.someIds, run) }), least: 1 },
    { name: 'transaction unknown', filter: () => ({ transactionId: newId() }), least: 0 },
    { name: 'an hour', filter: (run) => hourBefore(filled.nowMs, run), least: 0 },
    { name: 'an hour and domain', filter: (run) => ({ ...hourBefore(filled.nowMs, run), domain: DOMAIN }), least: 0 },
    { name: 'hours before all', filter: () => ({ until: new Date('2020-01-01') }), least: 0 },
  ];
}

/** The questions of somebody whose domain has a thousandth of half of the mail, or none at all. */
function tenantsSearches(nowMs: number, hasMail: boolean): Search[] {
  const some = (count: number) => (hasMail ? count : 0);
  return [
    { name: 'none', filter: () => ({}), least: some(FIRST) },
    { name: 'none', isDeep: true, filter: () => ({}), least: some(FIRST) },
    { name: 'state HELD', filter: () => ({ states: ['HELD'] }), least: some(FIRST) },
    { name: 'state EXPIRED, there is none', filter: () => ({ state: 'EXPIRED' }), least: 0 },
    { name: 'domain', filter: () => ({ domain: hasMail ? smallDomain(1) : 'empty.example' }), least: some(FIRST) },
    { name: 'domain of another', filter: () => ({ domain: DOMAIN }), least: 0 },
    { name: 'recipient of another', filter: (run) => ({ recipient: someMailbox(2 * run) }), least: 0 },
    { name: 'reverse-path unknown', filter: (run) => ({ reversePath: `nobody${run}@elsewhere.example` }), least: 0 },
    { name: 'domain of all senders', filter: () => ({ reversePath: '@elsewhere.example' }), least: 0 },
    { name: 'client', filter: (run) => ({ clientAddress: someClient(run) }), least: 0 },
    {
      name: 'Message-ID of another',
      filter: (run) => ({ internetMessageId: someMessageId(2 + 7_918 * run) }),
      least: 0,
    },
    { name: 'an hour', filter: (run) => hourBefore(nowMs, run), least: 0 },
  ];
}

const PAGE = `query ($after: String, $filter: MessageFilter) {
  messages(first: ${FIRST}, after: $after, filter: $filter) {
    nodes { id transactionId domainName reversePath size acceptedAt recipients { address state attemptCount lastReply } }
    pageInfo { hasNextPage endCursor } } }`;

function questionsOf(filled: ToSearch, searches: readonly Search[]): Question[] {
  return searches.map(({ name, filter, isDeep = false, least }) => ({
    name: `${name}${isDeep ? ', far down' : ''}`,
    query: PAGE,
    variables: (run) => {
      const beforeId = isDeep ? filled.someIds[run % filled.someIds.length] : undefined;
      return { after: beforeId === undefined ? null : cursorOf(beforeId), filter: filter(run) };
    },
    least,
  }));
}

export async function runMessagesPage(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const filled = await fillToSearch(service);
    const { tenantId, emptyTenantId, nowMs } = filled;
    const askings = [
      { who: 'operator', tenantId: null, questions: questionsOf(filled, operatorsSearches(filled)) },
      {
        who: 'tenant',
        tenantId,
        questions: questionsOf(filled, tenantsSearches(nowMs, true)),
      },
      {
        who: 'tenant without mail',
        tenantId: emptyTenantId,
        questions: questionsOf(filled, tenantsSearches(nowMs, false)),
      },
    ];
    return await measurePages(service, askings, [
      `${HELD} held and ${ENDED} ended of ${HOURS} hours, half of them for one domain, half for ${SMALL_DOMAINS} of a tenant each`,
    ]);
  } finally {
    await service.remove();
    await folder.remove();
  }
}
