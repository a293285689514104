/**
 * `user-list`: how long the look-up of a recipient takes in a list of a million, and the change of a hundred thousand.
 *
 * In this process, on an embedded server of its own, without SMTP and HTTP around it. The peer of a change is COPY of the same
 * rows into a table without index, log, check or record: the least that storing them can cost.
 */
import { once } from 'node:events';
import postgres from 'postgres';
import type { TestDatabase } from '../test/helpers/database.ts';
import { startPrivateServer } from '../test/helpers/database.ts';
import { NO_EVENTS } from '../test/helpers/no-events.ts';
import { OPERATOR_VIEWER } from '../src/mail/viewer.ts';
import { changeList } from '../src/domains/user-list/change.ts';
import { createListLookup, type ListLookup } from '../src/domains/user-list/lookup.ts';
import { createDomains, type Domains } from '../src/domains/domains.ts';
import type { RelayDomain } from '../src/domains/relay-domain.ts';
import { median, quantile, type Report, spread } from './report.ts';
import { createDomain } from '../src/domains/create.ts';

const ENTRIES = 1_000_000;
const LOOK_UPS = 20_000;
const REPLACED = 100_000;
/** In the list of a million, for wildcards: as many as a list may have. */
const PLACES_LEFT = 1000;
const RUNS = 5;
const DOMAIN = 'million.example';

interface Scene {
  readonly database: TestDatabase;
  readonly domains: Domains;
}

function listsOn({ database: { database } }: Scene): ListLookup {
  return createListLookup({ sql: database.queueSql });
}

function names(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => `${mark}.${(index * 7919) % count}.family-name`);
}

async function replace(scene: Scene, domain: string, localParts: readonly string[]): Promise<number> {
  const startedAtMs = performance.now();
  const change = await changeList(scene.domains, OPERATOR_VIEWER, 'REPLACE', { domain, localParts, force: true });
  const tookMs = performance.now() - startedAtMs;
  if (change.kind !== 'DONE' || change.difference.addedCount !== localParts.length) throw new Error('not replaced');
  return tookMs;
}

/** One after the other, in random order of the entries; each answer is checked. */
async function lookUp(
  { isListed }: ListLookup,
  domain: RelayDomain,
  { localParts, expected }: { readonly localParts: readonly string[]; readonly expected: boolean },
): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (const localPart of localParts) {
    const startedAtMs = performance.now();
    const answer = isListed(domain, localPart);
    const isEntry = answer instanceof Promise ? await answer : answer;
    latenciesMs.push(performance.now() - startedAtMs);
    if (isEntry !== expected) throw new Error(`${localPart}: ${String(isEntry)}`);
  }
  return latenciesMs;
}

async function measureLookUps(scene: Scene, name: string, withPatterns: boolean) {
  if (withPatterns) {
    const patterns = Array.from({ length: PLACES_LEFT }, (_, index) => `list-${index}-*-archive`);
    await changeList(scene.domains, OPERATOR_VIEWER, 'ADD', { domain: name, localParts: patterns });
  }
  const domain = await scene.domains.findRelayDomain(name);
  if (domain === null) throw new Error(`${name} is not served`);
  const hits = { localParts: names(ENTRIES, 'First').slice(PLACES_LEFT, PLACES_LEFT + LOOK_UPS), expected: true };
  const misses = { localParts: names(LOOK_UPS, 'nobody'), expected: false };
  const lists = listsOn(scene);
  await lookUp(lists, domain, { localParts: names(1000, 'warm-up'), expected: false });
  return {
    'cold, listed': await lookUp(lists, domain, hits),
    'cold, not listed': await lookUp(lists, domain, misses),
    'warm, listed': await lookUp(lists, domain, hits),
    'warm, not listed': await lookUp(lists, domain, misses),
  };
}

/** COPY as text of a file of the same rows. */
async function measureCopy(target: TestDatabase['target'], domain: RelayDomain, forms: readonly string[]) {
  const sql = postgres({ ...target, ssl: false, max: 1, onnotice: () => {} });
  await sql`create unlogged table if not exists copied (domain_id uuid, tenant_id uuid, destination_id uuid, local_part text)`;
  await sql`truncate copied`;
  const text = forms.map((form) => `${domain.id}\t${domain.tenantId}\t${domain.destinationId}\t${form}\n`).join('');
  const startedAtMs = performance.now();
  const copy = await sql`copy copied from stdin`.writable();
  copy.end(text);
  await once(copy, 'finish');
  const tookMs = performance.now() - startedAtMs;
  const [row] = await sql<{ count: string }[]>`select count(*) as count from copied`;
  await sql.end();
  if (Number(row?.count) !== forms.length) throw new Error(`${row?.count} rows copied`);
  return tookMs;
}

async function addDomain({ domains }: Scene, name: string): Promise<RelayDomain> {
  const change = await createDomain(domains, OPERATOR_VIEWER, { name });
  if (change.kind !== 'DONE') throw new Error('no domain');
  return change.domain;
}

/** Each time all of 100,000 by 100,000 others, vacuumed in between as autovacuum would; COPY beside it. */
async function measureReplace(scene: Scene) {
  const { database } = scene;
  const domain = await addDomain(scene, 'replaced.example');
  await replace(scene, domain.name, names(REPLACED, 'first'));
  const replaceMs: number[] = [];
  const copyMs: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await database.sql`vacuum recipient_entries`;
    const forms = names(REPLACED, `run${run}`);
    replaceMs.push(await replace(scene, domain.name, forms));
    copyMs.push(await measureCopy(database.target, domain, forms));
  }
  return { replaceMs, copyMs };
}

export async function runUserList(): Promise<readonly Report[]> {
  const database = await startPrivateServer();
  try {
    const domains = createDomains({
      sql: database.sql,
      ownNames: new Set(),
      findMxHosts: async () => [],
      checkRoute: async () => [],
      events: NO_EVENTS,
    });
    const scene: Scene = { database, domains };
    const { replaceMs, copyMs } = await measureReplace(scene);

    await addDomain(scene, DOMAIN);
    const millionMs = await replace(scene, DOMAIN, names(ENTRIES, 'first').slice(PLACES_LEFT));
    await database.sql`vacuum analyze recipient_entries`;
    // What the load has left to be written is no part of a look-up.
    await database.sql`checkpoint`;
    return [
      {
        head: ['change', 'ms', 'COPY of the same rows, ms'],
        rows: [
          [`${REPLACED} by ${REPLACED} others`, spread(replaceMs), spread(copyMs)],
          [`a first list of ${ENTRIES - PLACES_LEFT}`, millionMs.toFixed(0), ''],
        ],
        verdicts: [
          { name: 'replace of 100,000', value: median(replaceMs) / 1000, comparison: '<', target: 2, unit: ' s' },
        ],
        notes: [
          `times COPY: ${(median(replaceMs) / median(copyMs)).toFixed(1)}; the change checks, compares, deletes, indexes, records and is durable`,
        ],
      },
      await reportLookUps(scene),
    ];
  } finally {
    await database.close();
  }
}

async function reportLookUps(scene: Scene): Promise<Report> {
  const bare = await measureLookUps(scene, DOMAIN, false);
  const wild = await measureLookUps(scene, DOMAIN, true);
  const groups = [
    ...Object.entries(bare),
    ...Object.entries(wild).map(([name, latencies]) => [`${name}, 1,000 wildcards`, latencies] as const),
  ];
  return {
    head: [`look-up among ${ENTRIES}`, 'p50 ms', 'p99 ms', 'max ms'],
    rows: groups.map(([name, latencies]) => [
      name,
      ...[median(latencies), quantile(latencies, 0.99), Math.max(...latencies)].map((ms) => ms.toFixed(4)),
    ]),
    verdicts: groups.map(([name, latencies]) => ({
      name: `p99 ${name}`,
      value: quantile(latencies, 0.99),
      comparison: '<' as const,
      target: 1,
      unit: ' ms',
    })),
    notes: [`${LOOK_UPS} each, one after the other; cold: nothing in the node's memory, the table as vacuum leaves it`],
  };
}
