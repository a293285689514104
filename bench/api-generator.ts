/**
 * A process that asks the API at a fixed rate, whatever the answers do (open loop), until its standard input ends; then it says in
 * one line of JSON what came of it. A request's time begins when it was due, so that one that had to wait for its turn counts too.
 *
 * Its argument is a JSON file: `ApiLoad`.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ApiLoad {
  readonly httpUrl: string;
  readonly perSecond: number;
  /** Who asks, in turn, and about which domain of his. */
  readonly callers: readonly { readonly token: string; readonly domain: string }[];
}

export interface ApiOutcome {
  readonly sent: number;
  readonly failed: number;
  /** What the first that failed were told. */
  readonly failures: readonly string[];
  /** By what was asked. */
  readonly timesMs: Readonly<Record<string, readonly number[]>>;
  /** Processor seconds of this process. */
  readonly ownCpuSeconds: number;
  readonly seconds: number;
}

interface Request {
  readonly name: string;
  readonly query: string;
  readonly variables: (domain: string, number: number) => Readonly<Record<string, unknown>>;
}

const READ_DOMAIN: Request = {
  name: 'domain',
  query: `query ($name: String!) { domain(by: { name: $name }) { name status revision labels { key value } deliverTo { host port }
    queue { heldCount heldSize oldestAcceptedAt nextAttemptAt } outage { kind startedAt } recipientList { entryCount } } }`,
  variables: (name) => ({ name }),
};
const READ_MESSAGES: Request = {
  name: 'messages',
  query: `query ($filter: MessageFilter) { messages(first: 20, filter: $filter) {
    nodes { id acceptedAt reversePath size recipients { address state nextAttemptAt attemptCount lastReply } } pageInfo { hasNextPage endCursor } } }`,
  variables: (domain) => ({ filter: { domain } }),
};
const READ_OUTAGES: Request = {
  name: 'outages',
  query:
    '{ outages(first: 20, filter: { isOpen: true }) { nodes { id domain { name } kind startedAt heldCount lastReply } } }',
  variables: () => ({}),
};
const UPDATE: Request = {
  name: 'domainUpdate',
  query:
    'mutation ($input: DomainUpdateInput!) { domainUpdate(input: $input) { domain { name revision } userErrors { code message } } }',
  variables: (name, number) => ({
    input: { name, labels: [{ key: 'run', value: `${number}` }], idempotencyKey: `${process.pid}-${number}` },
  }),
};
const ADD_RECIPIENT: Request = {
  name: 'recipientListAdd',
  query:
    'mutation ($input: RecipientListAddInput!) { recipientListAdd(input: $input) { change { addedCount } userErrors { code message } } }',
  variables: (domain, number) => ({ input: { domain, localParts: ['user', `user${number}`] } }),
};

/** Of twenty requests: dashboards and monitoring read, three of them are changes. */
const MIX: readonly Request[] = [READ_DOMAIN, READ_MESSAGES, READ_DOMAIN, READ_OUTAGES, READ_DOMAIN]
  .flatMap((request) => [request, request, request, READ_MESSAGES])
  .map((request, index) => (index % 8 === 7 ? UPDATE : index === 10 ? ADD_RECIPIENT : request));

function isRefused(text: string): boolean {
  return /"errors":|"userErrors":\[\{/.test(text);
}

async function run({ httpUrl, perSecond, callers }: ApiLoad): Promise<ApiOutcome> {
  const timesMs: Record<string, number[]> = {};
  const failures: string[] = [];
  const underWay = new Set<Promise<void>>();
  let [sent, failed] = [0, 0];
  const over = new AbortController();
  process.stdin.once('end', () => over.abort());
  process.stdin.resume();

  async function ask(number: number, dueAtMs: number): Promise<void> {
    const request = MIX[number % MIX.length] ?? READ_DOMAIN;
    const caller = callers[number % callers.length] ?? { token: '', domain: '' };
    const text = await fetch(`${httpUrl}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${caller.token}` },
      body: JSON.stringify({ query: request.query, variables: request.variables(caller.domain, number) }),
    })
      .then((response) => response.text())
      .catch((error: unknown) => `"errors": ${String(error)}`);
    (timesMs[request.name] ??= []).push(performance.now() - dueAtMs);
    if (!isRefused(text)) return;
    failed += 1;
    if (failures.length < 3) failures.push(text.slice(0, 300));
  }

  const beganAtMs = performance.now();
  while (!over.signal.aborted) {
    for (let dueAtMs = beganAtMs + (sent * 1000) / perSecond; dueAtMs <= performance.now(); ) {
      const asked = ask(sent, dueAtMs).finally(() => underWay.delete(asked));
      underWay.add(asked);
      sent += 1;
      dueAtMs = beganAtMs + (sent * 1000) / perSecond;
    }
    await sleep(1);
  }
  const seconds = (performance.now() - beganAtMs) / 1000;
  await Promise.all(underWay);
  const { user, system } = process.cpuUsage();
  return { sent, failed, failures, timesMs, ownCpuSeconds: (user + system) / 1_000_000, seconds };
}

if (import.meta.main) {
  const load = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ApiLoad;
  const told = `${JSON.stringify(await run(load))}\n`;
  // Kept connections would keep the process.
  process.stdout.write(told, () => process.exit(0));
}
