/**
 * What a page of the API costs: asked again and again through GraphQL with somebody's token, one at a time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../test/helpers/service.ts';
import { findDatabase } from './database.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { quantile, type Report } from './report.ts';

/** Enough for a p99 that is not the slowest of all. */
export const PAGES = 400;
const TARGET_MS = 50;

export interface Question {
  readonly name: string;
  readonly query: string;
  /** Others each time, so that no page is read twice. */
  readonly variables: (run: number) => Readonly<Record<string, unknown>>;
  /** So many things are on one of the pages at the least: what finds nothing by mistake is fast. */
  readonly least: number;
}

/** Somebody's questions. */
export interface Asking {
  readonly who: string;
  /** Whose; null: the operator token asks. */
  readonly tenantId: string | null;
  readonly questions: readonly Question[];
}

interface Figure {
  readonly who: string;
  readonly name: string;
  /** Processor time a page of PostgreSQL and of the service: what also a busy machine measures. */
  readonly databaseCpuMs: number;
  readonly serviceCpuMs: number;
  readonly timesMs: readonly number[];
  readonly counts: readonly number[];
}

/** A token that reads everything of a tenant. */
export async function readingToken(service: Service, tenantId: string, more: readonly string[] = []): Promise<string> {
  const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    {
      input: {
        tenantId,
        name: 'bench',
        scopes: ['QUEUE_READ', 'DOMAIN_READ', 'AUDIT_READ', 'TOKEN_WRITE', ...more],
      },
    },
  );
  return tokenCreate.secret;
}

type Page = Readonly<Record<string, { readonly nodes: readonly unknown[] }>>;

interface Call {
  readonly httpUrl: string;
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Asks again when the token has used up what it may ask for; the time is that of the request that was answered. */
async function askPatiently(call: Call): Promise<{ readonly data: Page; readonly tookMs: number }> {
  for (;;) {
    const startedAtMs = performance.now();
    const response = await fetch(`${call.httpUrl}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${call.token}` },
      body: JSON.stringify({ query: call.query, variables: call.variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Page | null; errors?: unknown };
    const tookMs = performance.now() - startedAtMs;
    if (response.status !== 429) {
      if (data == null || errors !== undefined) throw new Error(`GraphQL answered ${JSON.stringify(errors)}`);
      return { data, tookMs };
    }
    await sleep(1000 * Number(response.headers.get('Retry-After') ?? 1));
  }
}

async function measure(
  service: Service,
  { who, tenantId, postmasterPid }: Pick<Asking, 'who' | 'tenantId'> & { readonly postmasterPid: number },
  question: Question,
): Promise<Figure> {
  const { httpUrl } = service;
  const before = [postmasterPid, service.pid].map(readTreeCpuSeconds);
  const timesMs: number[] = [];
  const counts: number[] = [];
  const token = tenantId === null ? service.token : await readingToken(service, tenantId);
  for (let run = 0; run < PAGES; run += 1) {
    const call = { httpUrl, token, query: question.query, variables: question.variables(run) };
    const { data, tookMs } = await askPatiently(call);
    timesMs.push(tookMs);
    counts.push(Object.values(data)[0]?.nodes.length ?? 0);
  }
  const most = Math.max(...counts);
  const { name, least } = question;
  if (most < least) throw new Error(`${who}, ${name}: no page of more than ${most}, expected ${least}`);
  const [databaseCpuMs, serviceCpuMs] = [postmasterPid, service.pid].map(
    (pid, index) => ((readTreeCpuSeconds(pid) - (before[index] ?? 0)) / PAGES) * 1000,
  );
  return { who, name, timesMs, counts, databaseCpuMs: databaseCpuMs ?? 0, serviceCpuMs: serviceCpuMs ?? 0 };
}

export async function measurePages(
  service: Service,
  askings: readonly Asking[],
  notes: readonly string[],
): Promise<Report> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  const figures: Figure[] = [];
  for (const { who, tenantId, questions } of askings) {
    for (const question of questions) {
      const figure = await measure(service, { who, tenantId, postmasterPid }, question);
      figures.push(figure);
      console.log(rowOf(figure).join(' | '));
    }
  }
  return {
    head: [
      'viewer',
      'page',
      'median, ms',
      'p99, ms',
      'longest, ms',
      'CPU of PostgreSQL, ms',
      'of the service, ms',
      'on a page',
    ],
    rows: figures.map(rowOf),
    verdicts: [
      {
        name: 'p99 of the slowest',
        value: Math.max(...figures.map(({ timesMs }) => quantile(timesMs, 0.99))),
        comparison: '<',
        target: TARGET_MS,
        unit: ' ms',
      },
    ],
    notes: [...notes, `${PAGES} pages of each, one at a time`],
  };
}

function rowOf({ who, name, timesMs, counts, databaseCpuMs, serviceCpuMs }: Figure): string[] {
  const at = (share: number) => quantile(timesMs, share).toFixed(1);
  return [
    who,
    name,
    at(0.5),
    at(0.99),
    Math.max(...timesMs).toFixed(1),
    databaseCpuMs.toFixed(1),
    serviceCpuMs.toFixed(1),
    `${Math.min(...counts)}–${Math.max(...counts)}`,
  ];
}
