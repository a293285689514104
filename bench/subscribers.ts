/**
 * `subscribers`: what subscriptions cost mail, what they cost at rest, and how soon an event reaches its readers.
 *
 * Accepting with and without 200 readers of outages, and with and without 200 readers of the very count that the mail changes,
 * in alternating pairs. Then the readers of outages are told of events, which are written beside the service while mail flows in;
 * the time is from before the statement that writes one to the reader's socket, so the commit and its way are in it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../src/mail/id.ts';
import { until } from '../test/helpers/child.ts';
import type { Service } from '../test/helpers/service.ts';
import { findDatabase, openDatabase } from './database.ts';
import { makeContent, senderName } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, quantile, type Report, spread } from './report.ts';
import { DOMAIN, makeBenchFolder, RECIPIENT, runOurs, startOurs, untilOutage } from './sides.ts';
import { startSubscribers, type Subscription } from './subscribers-load.ts';

const SUBSCRIBERS = 200;
const MOST_SUBSCRIBERS = 1000;
const OF_A_TOKEN = 50;
const OF_A_TENANT = 200;
const MESSAGES = 3000;
const PAIRS = 5;
const EVENTS = 100;
const REST_SECONDS = 20;

const OUTAGES =
  'subscription { outageChanged { cursor at kind outage { id domainName kind startedAt lastReply heldCount } } }';
const QUEUE = `subscription { queueChanged(domain: "${DOMAIN}") { at heldCount heldSize } }`;

type Load = Parameters<typeof runOurs>[1];

/** Tokens for so many subscriptions, within the bounds of each token and tenant; the operator's tenant first. */
async function makeTokens(service: Service, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  let tenantId: string | null = null;
  for (let made = 0; made < count; made += OF_A_TOKEN) {
    if (made > 0 && made % OF_A_TENANT === 0) {
      const { tenantCreate } = await service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
        `mutation { tenantCreate(input: { name: "tenant ${made}" }) { tenant { id } } }`,
      );
      tenantId = tenantCreate.tenant.id;
    }
    const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId, name: 'bench', scopes: ['DOMAIN_READ'] } },
    );
    tokens.push(...Array.from({ length: OF_A_TOKEN }, () => tokenCreate.secret));
  }
  return tokens.slice(0, count);
}

interface Run {
  readonly rate: number;
  /** Of the service and PostgreSQL together, a message. */
  readonly cpuMs: number;
}

interface Pairs {
  readonly alone: Run[];
  readonly beside: Run[];
}

async function measureRun(service: Service, load: Load): Promise<Run> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  const read = () => readTreeCpuSeconds(service.pid) + readTreeCpuSeconds(postmasterPid);
  const before = read();
  const seconds = await runOurs(service, load);
  return { rate: load.messages / seconds, cpuMs: ((read() - before) / load.messages) * 1000 };
}

/** The service sees a moment later that readers have gone, and has no places for as many until then. */
async function untilAllHaveGone(service: Service): Promise<void> {
  await until('the readers of before are gone', 30_000, async () => {
    const answer = await fetch(`${service.httpUrl}/metrics`);
    return /^backup_mx_subscriptions 0$/m.test(await answer.text());
  });
}

async function measurePairs(service: Service, load: Load, subscriptions: readonly Subscription[]): Promise<Pairs> {
  const pairs: Pairs = { alone: [], beside: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const measures = [
      async () => void pairs.alone.push(await measureRun(service, load)),
      async () => {
        const subscribers = await startSubscribers(service, subscriptions);
        pairs.beside.push(await measureRun(service, load));
        subscribers.close();
        await untilAllHaveGone(service);
      },
    ];
    for (const measure of pair % 2 === 0 ? measures : measures.toReversed()) await measure();
    const told = [pairs.alone, pairs.beside].map((runs) => runs.at(-1));
    console.log(
      `pair ${pair + 1}: ${told.map((run) => `${run?.rate.toFixed(0)}/s ${run?.cpuMs.toFixed(2)} ms`).join(', ')}`,
    );
  }
  return pairs;
}

/** Milliseconds from before an event is written to each of its readers, while mail flows in. */
async function measureLatency(service: Service, load: Load, subscriptions: readonly Subscription[]): Promise<number[]> {
  const { sql } = await openDatabase(service.dataDir);
  const subscribers = await startSubscribers(service, subscriptions);
  const timesMs: number[] = [];
  const wanted = EVENTS * subscriptions.length;
  const mail = (async () => {
    while (timesMs.length < wanted) await runOurs(service, load);
  })();
  try {
    for (let event = 1; event <= EVENTS; event += 1) {
      const beganAtMs = performance.now();
      subscribers.onItems = (count) => {
        for (let item = 0; item < count; item += 1) timesMs.push(performance.now() - beganAtMs);
      };
      await sql`
        insert into events (id, tenant_id, destination_id, kind, facts)
        select ${newId()}, o.tenant_id, o.destination_id, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', o.id)
        from outages o join destinations d on d.outage_id = o.id where d.name = ${DOMAIN}`;
      await until('all are told', 30_000, () => timesMs.length >= event * subscriptions.length);
      await sleep(100 * Math.random());
    }
    await mail;
  } finally {
    subscribers.close();
    await sql.end();
  }
  return timesMs;
}

interface Rest {
  readonly subscribers: number;
  readonly serviceShare: number;
  readonly databaseShare: number;
}

async function measureRest(service: Service, subscriptions: readonly Subscription[]): Promise<Rest> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  const subscribers = await startSubscribers(service, subscriptions);
  await sleep(2000);
  const read = () => [readTreeCpuSeconds(service.pid), readTreeCpuSeconds(postmasterPid)] as const;
  const before = read();
  await sleep(REST_SECONDS * 1000);
  const after = read();
  subscribers.close();
  await untilAllHaveGone(service);
  return {
    subscribers: subscriptions.length,
    serviceShare: (after[0] - before[0]) / REST_SECONDS,
    databaseShare: (after[1] - before[1]) / REST_SECONDS,
  };
}

export async function runSubscribers(): Promise<readonly Report[]> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const tokens = await makeTokens(service, MOST_SUBSCRIBERS);
    const content = await makeContent(`${folder.path}/content`, 10_240);
    const load = { messages: MESSAGES, sessions: 20, isKept: false, content, recipient: RECIPIENT };
    const readers = (count: number, query: string) => tokens.slice(0, count).map((token) => ({ token, query }));
    const rests: Rest[] = [];
    for (const count of [0, 1, SUBSCRIBERS, MOST_SUBSCRIBERS]) {
      const rest = await measureRest(service, readers(count, OUTAGES));
      rests.push(rest);
    }
    const queueRest = await measureRest(service, readers(SUBSCRIBERS, QUEUE));
    await runOurs(service, { ...load, messages: 500 });
    await untilOutage(service);
    const outages = await measurePairs(service, load, readers(SUBSCRIBERS, OUTAGES));
    const queue = await measurePairs(service, load, readers(SUBSCRIBERS, QUEUE));
    const timesMs = await measureLatency(service, load, readers(SUBSCRIBERS, OUTAGES));
    return [reportPairs(outages, queue), reportLatency(timesMs), reportRest([...rests, queueRest])];
  } finally {
    await service.remove();
    await folder.remove();
  }
}

/** The median of the pairs' ratios. */
const ratioOf = ({ alone, beside }: Pairs, of: (run: Run) => number): number =>
  median(beside.map((run, pair) => of(run) / of(alone[pair] ?? { rate: Number.NaN, cpuMs: Number.NaN })));

function reportPairs(outages: Pairs, queue: Pairs): Report {
  const row = (what: string, pairs: Pairs) => [
    what,
    spread(pairs.alone.map(({ rate }) => rate)),
    spread(pairs.beside.map(({ rate }) => rate)),
    ratioOf(pairs, ({ rate }) => rate).toFixed(2),
    ratioOf(pairs, ({ cpuMs }) => cpuMs).toFixed(2),
  ];
  const rate = ratioOf(outages, (run) => run.rate);
  return {
    head: [`${SUBSCRIBERS} readers of`, 'accept alone, msg/s', 'accept beside them, msg/s', 'rates', 'CPU per message'],
    rows: [row('outageChanged', outages), row('queueChanged of that domain', queue)],
    verdicts: [{ name: 'beside ÷ alone', value: rate, comparison: '≥', target: 0.97, unit: ' ×' }],
    notes: [
      `${MESSAGES} messages of 10 KB, a connection each, by ${senderName()}; ${PAIRS} pairs each; CPU of the service and PostgreSQL`,
    ],
  };
}

function reportLatency(timesMs: readonly number[]): Report {
  const at = (share: number) => quantile(timesMs, share).toFixed(0);
  return {
    head: ['event to subscriber', 'median, ms', 'p99, ms', 'longest, ms'],
    rows: [[`${SUBSCRIBERS} readers, mail flows in`, at(0.5), at(0.99), Math.max(...timesMs).toFixed(0)]],
    verdicts: [{ name: 'p99', value: quantile(timesMs, 0.99), comparison: '<', target: 250, unit: ' ms' }],
    notes: [`${EVENTS} events, one at a time, to every reader`],
  };
}

function reportRest(rests: readonly Rest[]): Report {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return {
    head: ['subscribers at rest', 'the service, of a core', 'PostgreSQL, of a core'],
    rows: rests.map(({ subscribers, serviceShare, databaseShare }, index) => [
      `${subscribers}${index === rests.length - 1 ? ' of queueChanged' : ''}`,
      percent(serviceShare),
      percent(databaseShare),
    ]),
    verdicts: [],
    notes: [`${REST_SECONDS} s each; nothing happens`],
  };
}
