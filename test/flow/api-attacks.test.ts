/** Honest mail while a token with one read scope, or one that may write lists, asks the API for all it can. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { getIntrospectionQuery } from 'graphql';
import { findDatabase, openDatabase } from '../../bench/database.ts';
import { readTreeCpuSeconds } from '../../bench/processes.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { type Service, startService } from '../helpers/service.ts';
import { subscribe, type Subscriber } from '../helpers/subscriber.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const CPU_MS = 4_000;
/** What was let in before the first refusal is worked off meanwhile. */
const WORKED_OFF_MS = 1_500;
const MAILBOX = 'user@held.example';

let service: Service;
beforeAll(async () => {
  service = await startService({
    env: { IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`, DELIVERY_HOLD: 'true', LOG_LEVEL: 'warn' },
  });
  await service.graphql(
    'mutation { domainCreate(input: { name: "held.example", deliverTo: [{ host: "192.0.2.1" }], hasCallAheads: false }) { userErrors { code } } }',
  );
}, 60_000);
afterAll(() => service.remove());

/** Tokens of a new tenant, which owes nothing yet. */
async function tokensWith(scope: string, count: number): Promise<readonly string[]> {
  const { tenantCreate } = await service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation ($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } } }',
    { input: { name: `attacker-${crypto.randomUUID()}` } },
  );
  const create = async (_: unknown, index: number): Promise<string> => {
    const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId: tenantCreate.tenant.id, name: `${scope} ${index}`, scopes: [scope] } },
    );
    return tokenCreate.secret;
  };
  return Promise.all(Array.from({ length: count }, create));
}

async function tokenWith(scope: string): Promise<string> {
  const [token = ''] = await tokensWith(scope, 1);
  return token;
}

/** Sends a request and resolves with its status; `cut`: there was none. */
async function send(token: string, body: string | Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const response = await fetch(`${service.httpUrl}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    return `${response.status}`;
  } catch {
    return 'cut';
  }
}

/** Sends a body `perSecond` times a second, whatever becomes of those before; no more than `most` at once. */
async function pour(
  {
    token,
    body,
    perSecond,
    most,
  }: { token: string; body: (turn: number) => string | Uint8Array<ArrayBuffer>; perSecond: number; most: number },
  { signal, statuses }: { signal: AbortSignal; statuses: Set<string> },
): Promise<void> {
  const open = new Set<Promise<void>>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    if (open.size < most) {
      const sent: Promise<void> = send(token, body(turn)).then((status) => {
        statuses.add(status);
        open.delete(sent);
      });
      open.add(sent);
    }
    await sleep(1000 / perSecond);
  }
  await Promise.all(open);
}

/** Seconds of processor time that the service's own process has used. */
function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${service.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  // utime and stime, in hundredths (proc(5)).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The same with that of its database. */
async function cpuSecondsOfBoth(): Promise<number> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  return cpuSeconds() + readTreeCpuSeconds(postmasterPid);
}

/**
 * Half of a processor at the most is taken from mail, which one process serves. That is counted in the processor's time: the
 * rate of mail beside it says as much of what else the machine does, and is printed only. How long mail waits is measured.
 *
 * The time is counted first, without mail, and then mail is sent while the attack goes on. It is counted from the beginning, or
 * from when the attacker has used up what it may use at once.
 */
async function expectUnharmed(
  name: string,
  attack: (signal: AbortSignal) => Promise<void>,
  {
    cpu = cpuSeconds,
    isUsedUp,
  }: { readonly cpu?: () => number | Promise<number>; readonly isUsedUp?: () => boolean } = {},
): Promise<void> {
  let used = NaN;
  const beside = await measureBeside({
    service,
    recipient: MAILBOX,
    tries: 1,
    attack,
    hasBegun: async () => {
      if (isUsedUp !== undefined) {
        await until('what may be used at once is used up', 20_000, isUsedUp);
        await sleep(WORKED_OFF_MS);
      }
      const before = await cpu();
      await sleep(CPU_MS);
      used = ((await cpu()) - before) / (CPU_MS / 1000);
    },
  });
  console.log(
    `${name}: ${used.toFixed(2)} of a processor; mail ${beside.share.toFixed(2)} of its rate, worst accept ${beside.worstAcceptMs.toFixed(0)} ms, peak ${(beside.peakRssBytes / 1e6).toFixed(0)} MB`,
  );
  expect(used).toBeLessThan(0.5);
  expect(beside.refusals).toEqual({});
  expect(beside.worstAcceptMs).toBeLessThan(2_000);
  expect(beside.peakRssBytes).toBeLessThan(IN_FLIGHT_BYTES + 500_000_000);
}

const repeat = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');
const asQuery = (query: string): string => JSON.stringify({ query });

/** The fields of each meet those of all others. */
const fragments = (turn: number): string =>
  asQuery(
    `query Q${turn} { ${repeat(400, (index) => `...F${index}`)} } ${repeat(400, (index) => `fragment F${index} on Query { service { version } }`)}`,
  );
const sameFields = (turn: number): string => asQuery(`query Q${turn} { ${'service { version } '.repeat(2_400)} }`);
const schemas = (turn: number): string =>
  asQuery(
    `query Q${turn} { ${repeat(48, (index) => `a${index}: __schema { types { name description fields { name description args { name description } } } }`)} }`,
  );
const wholeSchema = (turn: number): string =>
  asQuery(getIntrospectionQuery().replace('IntrospectionQuery', `Query${turn}`));

const mistakes = (turn: number): string =>
  asQuery(`query Q${turn} { ${'\n'.repeat(250_000)} ${repeat(11, (index) => `nosuch${index}`)} }`);

test.each([
  ['400 fragments', fragments],
  ['2,400 fields of one name', sameFields],
  ['48 schemas', schemas],
  ['250,000 line ends before eleven mistakes', mistakes],
  ['a whole schema, never in the same words', wholeSchema],
])('%s, ten times a second', async (name, body) => {
  const token = await tokenWith('QUEUE_READ');
  const statuses = new Set<string>();
  await expectUnharmed(name, (signal) => pour({ token, body, perSecond: 10, most: 50 }, { signal, statuses }));
  expect(statuses).toContain('200');
  expect(statuses).not.toContain('500');
});

/** Fields that meet each other in fragments of fragments: within all bounds, and 50 ms of the processor. */
const chain = repeat(
  60,
  (index) => `fragment F${index} on Service { version ${index < 59 ? `...F${index + 1}` : ''} }`,
);
const costly = `${repeat(40, (at) => `service { ${repeat(25, (index) => `a${at}_${index}: version`)} ...F0 }`)} } ${chain}`;
const expensive = (turn: number): string => `{"query":"query Q${turn} { ${costly}"}`;

test.each([
  [60, 1],
  [200, 4],
])('%d new documents at once, with %d tokens of a tenant', async (count, tokenCount) => {
  const statuses = new Set<string>();
  let turn = 0;
  const tokens = await tokensWith('QUEUE_READ', tokenCount);
  const burst = async (): Promise<void> => {
    const bodies = Array.from({ length: count }, () => expensive((turn += 1)));
    const ask = async (body: string, index: number): Promise<void> => {
      statuses.add(await send(tokens[index % tokenCount] ?? '', body));
    };
    await Promise.all(bodies.map(ask));
  };
  const attack = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) await Promise.all([burst(), sleep(1000)]);
  };
  await expectUnharmed(`${count} new documents at once`, attack);
  expect(statuses).toContain('429');
  expect(statuses).not.toContain('500');
});

test.each([
  ['eight bodies of 45 MB that nothing declares', '{ viewer { scopes } }', 'QUEUE_READ'],
  [
    'eight bodies of 45 MB for a list',
    'mutation ($input: RecipientListAddInput!) { recipientListAdd(input: $input) { userErrors { code } } }',
    'DOMAIN_WRITE',
  ],
])('%s', async (name, query, scope) => {
  // Made once: the attacker's own work must not be what slows the service down.
  const text = `{"query":${JSON.stringify(query)},"variables":{"input":{"localParts":[${'{},'.repeat(15_000_000)}{}]}}}`;
  const body = Buffer.from(text);
  const token = await tokenWith(scope);
  const statuses = new Set<string>();
  await expectUnharmed(name, (signal) =>
    pour({ token, body: () => body, perSecond: 20, most: 8 }, { signal, statuses }),
  );
  expect(statuses).toContain('413');
  expect(statuses).not.toContain('200');
});

test('bodies in chunks of one octet, with no token, keep nobody else from being served', async () => {
  const { hostname, port } = new URL(service.httpUrl);
  const head =
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  const wire = Buffer.from(head + '1\r\n \r\n'.repeat(60_000));
  const over = new AbortController();
  let refusals = 0;
  /** One connection after the other: each ends with its answer. */
  const flood = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await new Promise<void>((resolve) => {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.on('error', () => undefined).once('close', () => resolve());
        socket.once('data', () => {
          refusals += 1;
          socket.destroy();
        });
        socket.write(wire);
      });
    }
  };
  const flooding = flood();
  await until('the flood is under way', 10_000, () => refusals > 3);
  const before = refusals;
  let worstMs = 0;
  for (let ping = 0; ping < 20; ping += 1) {
    const beganAt = performance.now();
    const response = await fetch(`${service.httpUrl}/healthz`, { signal: AbortSignal.timeout(20_000) });
    expect(await response.text()).toBe('ok\n');
    worstMs = Math.max(worstMs, performance.now() - beganAt);
  }
  over.abort();
  await flooding;
  console.log(`one octet a chunk: 20 pings beside ${refusals - before} bodies, the slowest ${worstMs.toFixed(0)} ms`);
  expect(refusals).toBeGreaterThan(before);
  expect(worstMs).toBeLessThan(2_000);
}, 60_000);

/** A token with one read scope, of a tenant with 100 domains. */
async function readerOfMany(scope: string): Promise<{ readonly tenantId: string; readonly token: string }> {
  const { tenantCreate } = await service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation ($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } } }',
    { input: { name: `many-${crypto.randomUUID()}` } },
  );
  const tenantId = tenantCreate.tenant.id;
  const own = crypto.randomUUID().slice(0, 8);
  for (const half of [0, 50]) {
    const domains = repeat(
      50,
      (index) =>
        `a${index}: domainCreate(input: { name: "d${half + index}.${own}.example", tenantId: "${tenantId}" }) { userErrors { message } }`,
    );
    const made = await service.graphql<Record<string, { userErrors: unknown[] }>>(`mutation { ${domains} }`);
    expect(Object.values(made).flatMap(({ userErrors }) => userErrors)).toEqual([]);
  }
  const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: scope, scopes: [scope] } },
  );
  return { tenantId, token: tokenCreate.secret };
}

const ofEachDomain = (field: string): string =>
  asQuery(`{ domains(first: 100) { nodes { ${repeat(50, (index) => `a${index}: ${field}`)} } } }`);
const ofTheService = (field: string): string =>
  asQuery(`{ service { version } ${repeat(50, (index) => `a${index}: ${field}`)} }`);

/** Fields with a statement of their own, which an answer of one value may ask the database for thousands of times. */
test.each([
  ['drills of each of 100 domains, 50 times', ofEachDomain('drills(first: 1) { nodes { id } }')],
  ['drill schedules of each of 100 domains, 50 times', ofEachDomain('drillSchedule { nextAt }')],
  ['outages of each of 100 domains, 50 times', ofEachDomain('outages(first: 1) { nodes { id } }')],
  ['the situation of each of 100 domains, 50 times', ofEachDomain('situation')],
  ['pages of outages, 50 times', ofTheService('outages(first: 1) { nodes { id } }')],
])('%s', async (name, body) => {
  const { token } = await readerOfMany('DOMAIN_READ');
  const statuses = new Set<string>();
  const attack = async (signal: AbortSignal): Promise<void> => {
    const ask = async (): Promise<void> => {
      while (!signal.aborted) {
        statuses.add(await send(token, body));
        await sleep(20);
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
  };
  await expectUnharmed(name, attack, { cpu: cpuSecondsOfBoth, isUsedUp: () => statuses.has('429') });
  expect(statuses).toContain('200');
  expect(statuses).not.toContain('500');
});

const MISSED = 900;
const SUBSCRIPTIONS = 50;

/** Something happened to outages of the tenant so many times. */
async function happen(tenantId: string, count: number): Promise<void> {
  const { sql } = await openDatabase(service.dataDir);
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    select new_id(), tenant_id, destination_id, bmx_now(), 'DOWN', '' from domains d
    where tenant_id = ${tenantId} and not exists (select from outages o where o.destination_id = d.destination_id)`;
  await sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    select new_id(), tenant_id, destination_id, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', id)
    from generate_series(1, ${Math.ceil(count / 100)}::integer), (
      select * from outages where tenant_id = ${tenantId} order by id limit ${Math.min(count, 100)}
    ) as o`;
  await sql.end();
}

interface Change {
  readonly outageChanged: { readonly cursor: string };
}

test('50 subscriptions that are told of 900 events each, with eleven questions to the database for each event', async () => {
  const { token, tenantId } = await readerOfMany('DOMAIN_READ');
  const domain = `domain { situation lastOutage { id } drillSchedule { nextAt } queue { heldCount nextAttempts(first: 9) }
    ${repeat(5, (index) => `a${index}: drills(first: ${index + 1}) { nodes { id } }`)} outages(first: 9) { nodes { id } } }`;
  const query = `subscription ($after: ID) { outageChanged(after: $after) { cursor outage { id ${domain} } } }`;
  const watch = (after: string | null): Promise<Subscriber<Change>> =>
    subscribe({ url: service.httpUrl, token, query, variables: { after } });
  const first = await watch(null);
  await happen(tenantId, 1);
  const { cursor } = (await first.data()).outageChanged;
  first.close();
  await happen(tenantId, MISSED);
  let told = 0;
  const codes = new Set<unknown>();
  const readOn = async (subscriber: Subscriber<Change>, signal: AbortSignal): Promise<void> => {
    for (let item = 0; item < MISSED && !signal.aborted; item += 1) {
      const change = await subscriber.next(1_000).catch(() => null);
      if (change?.errors !== undefined) codes.add(change.errors[0]?.extensions?.['code']);
      if (change?.data == null) return;
      told += 1;
    }
  };
  /** The same events again and again; a flood of requests that are refused is another attack. */
  const replay = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const subscriber = await watch(cursor).catch(() => null);
      if (subscriber !== null) {
        const close = (): void => subscriber.close();
        signal.addEventListener('abort', close);
        await readOn(subscriber, signal);
        signal.removeEventListener('abort', close);
        close();
      }
      await sleep(500);
    }
  };
  const attack = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(Array.from({ length: SUBSCRIPTIONS }, () => replay(signal)));
  };
  const beganAt = performance.now();
  await expectUnharmed('50 subscriptions with 900 events each', attack, {
    cpu: cpuSecondsOfBoth,
    isUsedUp: () => codes.size > 0,
  });
  const seconds = (performance.now() - beganAt) / 1000;
  console.log(`${told} items in ${seconds.toFixed(0)} s; codes: ${[...codes].join(', ')}`);
  expect(told).toBeGreaterThan(SUBSCRIPTIONS);
  // A bucket, what flows into it meanwhile, and one item more of each; each item has eleven statements, of 100.
  expect(told).toBeLessThan((500_000 + seconds * 20_000) / 1_100 + 2 * SUBSCRIPTIONS);
});
