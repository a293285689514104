/**
 * `api-load`: 500 GraphQL requests a second at a fixed rate while mail is accepted. Pairs of accepting with and without them, where one
 * process does both and where the API has a process of its own: of mail as fast as it is taken, which leaves no core free, and of mail
 * that comes at a steady rate; and the requests alone, for the processor time that they cost.
 *
 * The requests come from a process of their own (api-generator.ts), the mail from smtp-source; all share the machine's cores.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Service, startService } from '../test/helpers/service.ts';
import type { ApiLoad, ApiOutcome } from './api-generator.ts';
import { findDatabase, openDatabase } from './database.ts';
import { fill } from './fill.ts';
import { type Load, makeContent } from './load.ts';
import { addSmallDomains, smallDomain } from './messages-page-fill.ts';
import { readingToken } from './page-times.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, quantile, type Report, spread } from './report.ts';
import { DOMAIN, makeBenchFolder, RECIPIENT, runOurs, startOurs } from './sides.ts';
import { urlOf } from '../test/helpers/database.ts';

const PER_SECOND = 500;
const TENANTS = 20;
const PAIRS = 3;
/** Taken one after the other, as fast as that goes. */
const FLOOD = { messages: 15_000, sessions: 20 };
/** Each client sends one and waits for a second: what a busy service meets, not the most that it can take. */
const STEADY = { messages: 10_000, sessions: 500, pauseSeconds: 1 };
const ALONE_SECONDS = 20;

type Mail = Pick<Load, 'messages' | 'sessions' | 'pauseSeconds'>;

interface Scene {
  readonly name: string;
  readonly service: Service;
  /** Answers the requests. */
  readonly api: Service;
  readonly postmasterPid: number;
  readonly loadFile: string;
}

/** Every other request is the operator's, the others of twenty tenants with a domain and some held mail each. */
async function makeCallers(service: Service): Promise<ApiLoad['callers']> {
  const { sql } = await openDatabase(service.dataDir);
  await addSmallDomains(sql);
  const callers: { token: string; domain: string }[] = [];
  for (let number = 1; number <= TENANTS; number += 1) {
    const domain = smallDomain(number);
    const [owner] = await sql<{ tenant_id: string }[]>`select tenant_id from domains where name = ${domain}`;
    callers.push({ token: service.token, domain: number === 1 ? DOMAIN : smallDomain(100 + number) });
    callers.push({ token: await readingToken(service, owner?.tenant_id ?? '', ['DOMAIN_WRITE']), domain });
    await fill(service, { domain, count: 200, sizeBytes: 1000, isDue: false });
  }
  await sql.end();
  return callers;
}

/** Asks while `work` goes on, begun a second before it. */
async function withRequests<T>(scene: Scene, work: () => Promise<T>): Promise<{ outcome: ApiOutcome; value: T }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'api-generator.ts'), scene.loadFile], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await sleep(1000);
  const value = await work();
  child.stdin.end();
  await ended;
  const outcome = JSON.parse(Buffer.concat(chunks).toString()) as ApiOutcome;
  if (outcome.failed > 0) {
    const log = scene.api.output().slice(-4000);
    throw new Error(
      `${outcome.failed} requests failed: ${outcome.failures.join('; ')}; the service's log ends:\n${log}`,
    );
  }
  return { outcome, value };
}

const cpuOf = ({ api, postmasterPid }: Scene) => [api.pid, postmasterPid].map(readTreeCpuSeconds);

interface Alone {
  readonly outcome: ApiOutcome;
  /** Processor seconds for 1,000 requests, less what the service does without any. */
  readonly cpu: readonly number[];
}

async function measureAlone(scene: Scene): Promise<Alone> {
  const secondsOf = async (work: () => Promise<unknown>) => {
    const before = cpuOf(scene);
    await work();
    return cpuOf(scene).map((seconds, index) => seconds - (before[index] ?? 0));
  };
  const idle = await secondsOf(() => sleep(5000));
  let outcome: ApiOutcome | null = null;
  const busy = await secondsOf(async () => {
    outcome = (await withRequests(scene, () => sleep(ALONE_SECONDS * 1000))).outcome;
  });
  if (outcome === null) throw new Error('nothing was asked');
  const { sent, seconds } = outcome as ApiOutcome;
  const cpu = busy.map((used, index) => ((used - ((idle[index] ?? 0) / 5) * seconds) / sent) * 1000);
  return { outcome, cpu };
}

interface Pair {
  readonly without: number;
  readonly beside: number;
  readonly outcome: ApiOutcome;
}

async function measurePairs(scene: Scene, accept: () => Promise<number>): Promise<Pair[]> {
  const pairs: Pair[] = [];
  await withRequests(scene, () => sleep(3000));
  for (let round = 0; round < PAIRS; round += 1) {
    const isBesideFirst = round % 2 === 1;
    const early = isBesideFirst ? null : await accept();
    const { outcome, value: beside } = await withRequests(scene, accept);
    const without = early ?? (await accept());
    pairs.push({ without, beside, outcome });
    console.log(`${scene.name}: ${without.toFixed(0)} msg/s without, ${beside.toFixed(0)} with`);
  }
  return pairs;
}

/** A node that does nothing but answer the API. */
async function startApi({ dataDir, token }: Service): Promise<Service> {
  const { address } = await findDatabase(dataDir);
  const env = { DATABASE_URL: urlOf(address), ROLES: 'control', OPERATOR_TOKEN: token, LOG_LEVEL: 'warn' };
  return startService({ env: { ...env, MX_HOSTNAME: 'api.test.example' } });
}

export async function runApiLoad(): Promise<readonly Report[]> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  const api = await startApi(service);
  try {
    const { postmasterPid } = await findDatabase(service.dataDir);
    const callers = await makeCallers(service);
    const sceneOf = async (name: string, by: Service): Promise<Scene> => {
      const loadFile = `${folder.path}/${by.pid}.json`;
      const load: ApiLoad = { httpUrl: by.httpUrl, perSecond: PER_SECOND, callers };
      await writeFile(loadFile, JSON.stringify(load));
      return { name, service, api: by, postmasterPid, loadFile };
    };
    const content = await makeContent(`${folder.path}/content`, 10_240);
    const accepting = (mail: Mail) => async () =>
      mail.messages / (await runOurs(service, { recipient: RECIPIENT, isKept: false, content, ...mail }));
    await accepting({ ...FLOOD, messages: 3000 })();

    const own = await sceneOf('a process of its own', api);
    const shared = await sceneOf('the same process', service);
    const reports: Report[] = [];
    for (const scene of [own, shared]) {
      for (const [rate, mail] of Object.entries({ 'as fast as it goes': FLOOD, 'at a steady rate': STEADY })) {
        const name = `${scene.name}, ${rate}`;
        reports.push(reportPairs(name, mail, await measurePairs({ ...scene, name }, accepting(mail))));
      }
    }
    return [reportAlone(await measureAlone(own)), ...reports];
  } finally {
    await api.remove();
    await service.remove();
    await folder.remove();
  }
}

function latencyRows(outcomes: readonly ApiOutcome[]): string[][] {
  const names = [...new Set(outcomes.flatMap(({ timesMs }) => Object.keys(timesMs)))];
  return [...names, null].map((name) => {
    const times = outcomes.flatMap(({ timesMs }) =>
      name === null ? Object.values(timesMs).flat() : (timesMs[name] ?? []),
    );
    const at = (share: number) => quantile(times, share).toFixed(1);
    return [name ?? 'all', `${times.length}`, at(0.5), at(0.99), Math.max(...times).toFixed(0)];
  });
}

const LATENCY_HEAD = ['asked', 'times', 'median, ms', 'p99, ms', 'longest, ms'];

function reportAlone({ outcome, cpu }: Alone): Report {
  const [ofService = 0, ofPostgres = 0] = cpu;
  return {
    head: LATENCY_HEAD,
    rows: latencyRows([outcome]),
    verdicts: [
      {
        name: `cores that ${PER_SECOND} requests a second take`,
        value: ((ofService + ofPostgres) * PER_SECOND) / 1000,
        comparison: '≤',
        target: 1,
        unit: '',
      },
    ],
    notes: [
      `requests alone, ${(outcome.sent / outcome.seconds).toFixed(0)} a second; CPU for 1,000: ${ofService.toFixed(2)} s of the service, ${ofPostgres.toFixed(2)} s of PostgreSQL`,
    ],
  };
}

function reportPairs(name: string, { messages, sessions }: Mail, pairs: readonly Pair[]): Report {
  const ratios = pairs.map(({ without, beside }) => beside / without);
  const outcomes = pairs.map(({ outcome }) => outcome);
  const generator = outcomes.map(({ ownCpuSeconds, seconds }) => ownCpuSeconds / seconds);
  return {
    head: LATENCY_HEAD,
    rows: latencyRows(outcomes),
    verdicts: [
      { name: `${name}: accepting with ÷ without`, value: median(ratios), comparison: '≥', target: 0.9, unit: ' ×' },
    ],
    notes: [
      `accepted a second: ${spread(pairs.map(({ without }) => without))} without, ${spread(pairs.map(({ beside }) => beside))} with; ratio ${spread(ratios, 2)}`,
      `sent ${spread(outcomes.map(({ sent, seconds }) => sent / seconds))} a second; the generator itself takes ${spread(generator, 2)} of a core`,
      `${messages} messages of 10,240 bytes, ${sessions} clients, a connection per message`,
    ],
  };
}
