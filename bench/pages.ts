/**
 * `pages`: what the pages of every other list cost with 1,000,000 held and 100,000 domains, asked with the tokens of an operator, of a
 * tenant with nearly all domains and of one with a single domain; and what so many domains cost at a start and at a change.
 */
import { cursorOf } from '../src/control/page.ts';
import { startService, type Service } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';
import { fillToSearch, HELD, smallDomain } from './messages-page-fill.ts';
import { measurePages, type Question } from './page-times.ts';
import { AUDIT_ENTRIES, DOMAINS, fillBeside, manyDomain, OUTAGES, REJECTIONS } from './pages-fill.ts';
import { readRssBytes } from './processes.ts';
import { quantile, type Report } from './report.ts';
import { makeBenchFolder, startOurs } from './sides.ts';

const UPDATES = 200;

interface Deep {
  /** Ids from the middle of each list. */
  readonly [list: string]: readonly string[];
}

const DOMAIN_FIELDS = `id name status revision labels { key value } tenant { name } queue { heldCount heldSize oldestAcceptedAt nextAttemptAt }
  outage { kind startedAt } breaker { state } pause { from } deliverTo { host } recipientList { entryCount }`;

/** A list, its fields, and the filters it is asked with. */
const LISTS: readonly {
  readonly list: string;
  readonly fields: string;
  readonly filterType?: string;
  readonly filters?: Readonly<Record<string, (run: number) => Readonly<Record<string, unknown>>>>;
}[] = [
  { list: 'domains', fields: DOMAIN_FIELDS },
  {
    list: 'outages',
    fields:
      'id domain { name status } startedAt endedAt kind heldCount heldSize lastReply nextAttemptAt drain { etaAt }',
    filterType: 'OutageFilter',
    filters: {
      'a domain': (run) => ({ domain: manyDomain(run * 7) }),
      open: () => ({ isOpen: true }),
      over: () => ({ isOpen: false }),
    },
  },
  {
    list: 'auditEntries',
    fields: 'id at mutation outcome tenant { name } subjectName input before after',
    filterType: 'AuditFilter',
    filters: {
      mutation: () => ({ mutation: 'DOMAIN_UPDATE' }),
      'a mutation that was never': () => ({ mutation: 'DOMAIN_DELETE' }),
      'a thing': (run) => ({ subject: manyDomain(run * 7) }),
      'a token of a year ago': () => ({ tokenId: '00000000-0000-7000-8000-0000000000aa' }),
      'outcome FAULT, there is none': () => ({ outcome: 'FAULT' }),
      'an hour of last winter': (run) => hourAgo(300 * 24 + (run % 100)),
    },
  },
  {
    list: 'rejections',
    fields: 'id at code reply clientAddress reversePath recipient domain { name }',
    filterType: 'RejectionFilter',
    filters: {
      'a domain': (run) => ({ domain: manyDomain(run * 7) }),
      'a code': () => ({ code: 'BMX_DNSBL' }),
      'a client': (run) => ({ clientAddress: `198.51.${run % 100}.${run % 100}` }),
      'a recipient': (run) => ({ recipient: `nobody${run % 1000}@${manyDomain(run)}` }),
      'reverse-path unknown': (run) => ({ reversePath: `nobody${run}@elsewhere.example` }),
      'an hour': (run) => hourAgo(run % 20),
    },
  },
  { list: 'tenants', fields: 'id name quotas { domains } createdAt' },
  { list: 'tokens', fields: 'id name tenant { name } scopes lastUsedAt' },
  { list: 'operations', fields: 'id state totalCount doneCount startedAt' },
];

function hourAgo(hours: number): Readonly<Record<string, unknown>> {
  const untilMs = Date.now() - hours * 3_600_000;
  return { since: new Date(untilMs - 3_600_000), until: new Date(untilMs) };
}

function questionsFor(deep: Deep): Question[] {
  return LISTS.flatMap(({ list, fields, filterType, filters = {} }) => {
    const [declared, passed] = filterType === undefined ? ['', ''] : [`, $filter: ${filterType}`, ', filter: $filter'];
    const query = `query ($after: String${declared}) { ${list}(first: 100, after: $after${passed}) {
      nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`;
    const ids = deep[list] ?? [];
    const at = (run: number) => cursorOf(ids[run % ids.length] ?? '');
    return [
      { name: list, query, variables: () => ({}), least: 1 },
      ...(ids.length === 0
        ? []
        : [{ name: `${list}, far down`, query, variables: (run: number) => ({ after: at(run) }), least: 0 }]),
      ...Object.entries(filters).map(([name, filter]) => ({
        name: `${list}, ${name}`,
        query,
        variables: (run: number) => ({ filter: filter(run) }),
        least: 0,
      })),
    ];
  });
}

async function findDeep(service: Service): Promise<Deep> {
  const { sql } = await openDatabase(service.dataDir);
  const deep: Record<string, string[]> = {};
  const tables = {
    domains: 'domains',
    outages: 'outages',
    auditEntries: 'audit_entries',
    rejections: 'rejections',
    tenants: 'tenants',
    tokens: 'tokens',
  };
  for (const [list, table] of Object.entries(tables)) {
    const rows = await sql<{ id: string }[]>`select id from ${sql(table)} order by id offset
      (select count(*) / 2 from ${sql(table)}) limit 200`;
    deep[list] = rows.map(({ id }) => id);
  }
  await sql.end();
  return deep;
}

/** One after the other, each another domain. */
async function measureUpdates(service: Service): Promise<number[]> {
  const timesMs: number[] = [];
  for (let run = 0; run < UPDATES; run += 1) {
    const input = { name: manyDomain(run * 401), labels: [{ key: 'run', value: `${run}` }] };
    const startedAtMs = performance.now();
    const { domainUpdate } = await service.graphql<{ domainUpdate: { userErrors: unknown[] } }>(
      'mutation ($input: DomainUpdateInput!) { domainUpdate(input: $input) { domain { revision } userErrors { code } } }',
      { input },
    );
    timesMs.push(performance.now() - startedAtMs);
    if (domainUpdate.userErrors.length > 0) throw new Error(JSON.stringify(domainUpdate.userErrors));
  }
  return timesMs;
}

interface Start {
  readonly readyAfterMs: number;
  readonly rssBytes: number;
}

const startOf = ({ readyAfterMs, pid }: Service): Start => ({ readyAfterMs, rssBytes: readRssBytes(pid) });

export async function runPages(): Promise<readonly Report[]> {
  const folder = await makeBenchFolder();
  let service = await startOurs(folder.path);
  try {
    const empty = startOf(service);
    const filled = await fillToSearch(service);
    const manyTenantId = await fillBeside(service);
    await service.stop();
    service = await startService({ dataDir: service.dataDir, env: { LOG_LEVEL: 'warn' } });
    const full = startOf(service);
    const updatesMs = await measureUpdates(service);

    const questions = questionsFor(await findDeep(service));
    const pages = await measurePages(
      service,
      [
        { who: 'operator', tenantId: null, questions },
        { who: 'tenant of many', tenantId: manyTenantId, questions },
        {
          who: 'tenant of one',
          tenantId: filled.tenantId,
          questions: questions.map(notAsMany),
        },
      ],
      [
        `${HELD} held; ${DOMAINS} domains, ${OUTAGES} outages, ${AUDIT_ENTRIES} audit entries, ${REJECTIONS} refusals; pages of 100`,
        `the tenant of one has ${smallDomain(1)}`,
      ],
    );
    return [pages, reportStart({ empty, full, afterUpdates: startOf(service) }, updatesMs)];
  } finally {
    await service.remove();
    await folder.remove();
  }
}

const notAsMany = (question: Question): Question => ({ ...question, least: 0 });

function reportStart(
  { empty, full, afterUpdates }: { readonly empty: Start; readonly full: Start; readonly afterUpdates: Start },
  updatesMs: readonly number[],
): Report {
  const row = (name: string, { readyAfterMs, rssBytes }: Start, isStart = true) => [
    name,
    isStart ? (readyAfterMs / 1000).toFixed(2) : '',
    (rssBytes / 1024 ** 2).toFixed(0),
  ];
  return {
    head: ['start', 'ready after, s', 'RSS, MiB'],
    rows: [
      row('with 1 domain, a fresh folder', empty),
      row(`with ${DOMAINS} domains and ${HELD} held`, full),
      row('the same after all pages and changes', afterUpdates, false),
    ],
    verdicts: [
      { name: 'start with all of it', value: full.readyAfterMs / 1000, comparison: '<', target: 3, unit: ' s' },
      { name: 'p99 of a domainUpdate', value: quantile(updatesMs, 0.99), comparison: '<', target: 50, unit: ' ms' },
    ],
    notes: [`${UPDATES} domainUpdate, one after the other: median ${quantile(updatesMs, 0.5).toFixed(1)} ms`],
  };
}
