/** Over the API: the situation of domains, each made as it comes about, and the figures of them all. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { storeReport } from '../../src/doctor/reports.ts';
import { createDomain } from '../../src/domains/create.ts';
import { findDomain } from '../../src/domains/domains.ts';
import { feedBreakerAlone } from '../../src/outage/breaker-state.ts';
import { recordSuccess } from '../../src/outage/clock.ts';
import { pauseDestination } from '../../src/outage/pause.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { SITUATIONS } from '../../src/queue/read/situations.ts';
import { fail } from '../outage/scene.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, OPERATOR, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const sql = () => control.database.sql;

async function hold(destinationId: string): Promise<string> {
  const id = await holdMessage(control.database, { destinationId });
  await foldDeltas(sql());
  return id;
}

async function check(name: string, verdict: 'OK' | 'WARNING' | 'PROBLEM'): Promise<void> {
  const domain = await findDomain(sql(), OPERATOR, name);
  if (domain === null) throw new Error(`no ${name}`);
  await storeReport(sql(), domain, { verdict, findings: [], isSilent: false });
}

/** How a domain comes into each situation. */
const WAYS: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  FINE: async (name) => {
    await addDomain(control, name);
    await check(name, 'OK');
  },
  CHECK_FAILED: async (name) => {
    await addDomain(control, name);
    await check(name, 'WARNING');
  },
  PENDING: async (name) => {
    const tenant = await addTenant(control.database, 'claims');
    await createDomain(control.domains, tenant, { name });
  },
  SUSPENDED: async (name) => {
    await addDomain(control, name);
    await control.ask(`mutation { domainSuspend(input: { name: "${name}" }) { userErrors { code } } }`);
  },
  PAUSED: async (name) => {
    const destinationId = await addDomain(control, name);
    await fail(control.database, destinationId);
    await pauseDestination(sql(), OPERATOR, destinationId, { from: null, until: null, reason: '' });
  },
  HOLDING: async (name) => hold(await addDomain(control, name)),
  DRAINING: async (name) => {
    const destinationId = await addDomain(control, name);
    await hold(destinationId);
    await fail(control.database, destinationId);
    await recordSuccess(sql(), destinationId);
  },
  OUTAGE: async (name) => {
    const destinationId = await addDomain(control, name);
    await hold(destinationId);
    await fail(control.database, destinationId);
    await check(name, 'PROBLEM');
  },
  BREAKER_OPEN: async (name) => {
    const destinationId = await addDomain(control, name);
    const refusals = Array.from({ length: 10 }, (_, number) => ({
      mailbox: `user${number}`,
      isKnownGood: true,
      reply: '550 5.1.1 no',
    }));
    const feed = { destinationId, source: 'DELIVERY' as const, takenCount: 0, refusedCount: 10, refusals };
    expect((await feedBreakerAlone(sql(), feed))?.to).toBe('OPEN');
  },
  EXPIRING: async (name) => {
    const destinationId = await addDomain(control, name);
    const id = await holdMessage(control.database, { destinationId });
    await sql()`update messages set accepted_at = bmx_now() - interval '9 days' where id = ${id}`;
    await foldDeltas(sql());
    await fail(control.database, destinationId);
  },
};

const nameOf = (situation: string): string => `${situation.toLowerCase().replace('_', '-')}.example`;
const situationOf = async (name: string) =>
  (await control.ask<{ domain: { situation: string } }>(`{ domain(by: { name: "${name}" }) { situation } }`)).domain
    .situation;
const SUMMARY = 'summary { domainCount heldCount heldSize firstExpiryAt situations { situation count } }';
interface Figures {
  readonly summary: {
    readonly domainCount: number;
    readonly heldCount: number;
    readonly heldSize: number;
    readonly firstExpiryAt: string | null;
    readonly situations: readonly { readonly situation: string; readonly count: number }[];
  };
}

test.each(Object.entries(WAYS))('%s', async (situation, make) => {
  await make(nameOf(situation));
  expect(await situationOf(nameOf(situation))).toBe(situation);
});

test('the figures agree with the domains', async () => {
  const { summary } = await control.ask<Figures>(`{ ${SUMMARY} }`);
  const { firstExpiryAt, ...figures } = summary;
  expect(figures).toEqual({
    domainCount: 10,
    heldCount: 4,
    heldSize: 4000,
    situations: [
      'EXPIRING',
      'BREAKER_OPEN',
      'OUTAGE',
      'DRAINING',
      'HOLDING',
      'PAUSED',
      'SUSPENDED',
      'PENDING',
      'CHECK_FAILED',
      'FINE',
    ].map((situation) => ({ situation, count: 1 })),
  });
  expect(Math.abs(Date.parse(firstExpiryAt ?? '') - Date.now() - 86_400_000)).toBeLessThan(600_000);
});

interface List {
  readonly domains: {
    readonly nodes: readonly { readonly name: string; readonly situation: string }[];
    readonly pageInfo: { readonly startCursor: string; readonly endCursor: string; readonly hasNextPage: boolean };
    readonly totalCount: number;
  };
}
const listed = async (args: string) =>
  (
    await control.ask<List>(`{ domains(${args}) {
      nodes { name situation } pageInfo { startCursor endCursor hasNextPage } totalCount } }`)
  ).domains;
const situationsOf = async (args: string) => (await listed(args)).nodes.map(({ situation }) => situation);

test('by urgency: the most urgent situation first, page by page in both directions', async () => {
  const by = 'orderBy: URGENCY';
  expect(await situationsOf(`first: 100, ${by}`)).toEqual([...SITUATIONS]);
  for (const size of [1, 3, 8, 9]) {
    const [down, up]: [string[], string[]] = [[], []];
    for (let after = 'null', isMore = true; isMore; ) {
      const page = await listed(`first: ${size}, after: ${after}, ${by}`);
      down.push(...page.nodes.map(({ situation }) => situation));
      [after, isMore] = [`"${page.pageInfo.endCursor}"`, page.pageInfo.hasNextPage];
    }
    expect([size, down]).toEqual([size, [...SITUATIONS]]);
    for (let before = 'null'; up.length < SITUATIONS.length; ) {
      const page = await listed(`last: ${size}, before: ${before}, ${by}`);
      expect(page.nodes).not.toEqual([]);
      up.unshift(...page.nodes.map(({ situation }) => situation));
      before = `"${page.pageInfo.startCursor}"`;
    }
    expect([size, up]).toEqual([size, [...SITUATIONS]]);
  }
});

test.each(['CREATED', 'NAME', 'URGENCY'])('those in some situations alone, by %s', async (order) => {
  for (const wanted of [['HOLDING'], ['OUTAGE', 'PENDING'], ['FINE'], ['CHECK_FAILED', 'PAUSED', 'FINE']]) {
    const page = await listed(`first: 100, orderBy: ${order}, filter: { situations: [${wanted.join(' ')}] }`);
    expect(page.nodes.map(({ situation }) => situation).sort()).toEqual([...wanted].sort());
    expect(page.totalCount).toBe(wanted.length);
  }
});

test('in one situation the oldest held mail comes first', async () => {
  for (const [name, hours] of [['younger.example', 3] as const, ['older.example', 30] as const]) {
    const id = await holdMessage(control.database, { destinationId: await addDomain(control, name) });
    await sql()`update messages set accepted_at = bmx_now() - make_interval(hours => ${hours}) where id = ${id}`;
    await foldDeltas(sql());
  }
  const page = await listed('first: 3, orderBy: URGENCY, filter: { situations: [HOLDING] }');
  expect(page.nodes.map(({ name }) => name)).toEqual(['older.example', 'younger.example', nameOf('HOLDING')]);
});

test('a tenant sees its own figures only', async () => {
  const [claimer] = await sql()<{ tenant_id: string }[]>`
    select tenant_id from domains where name = ${nameOf('PENDING')}`;
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { name: "read", scopes: [DOMAIN_READ], tenantId: "${claimer?.tenant_id}" }) { secret } }`,
  );
  expect((await control.postAs<Figures>(tokenCreate.secret, `{ ${SUMMARY} }`)).data.summary).toEqual({
    domainCount: 1,
    heldCount: 0,
    heldSize: 0,
    firstExpiryAt: null,
    situations: [{ situation: 'PENDING', count: 1 }],
  });
});

test('a domain is fine again when its mail has ended', async () => {
  const destinationId = await addDomain(control, 'again.example');
  const ids = [await hold(destinationId), await hold(destinationId)];
  for (const id of ids) {
    expect(await situationOf('again.example')).toBe('HOLDING');
    await endMessage(control.database, id);
    await foldDeltas(sql());
  }
  expect(await situationOf('again.example')).toBe('FINE');
  const rows = await sql()`select from destinations where id = ${destinationId} and oldest_accepted_at is null`;
  expect(rows).toHaveLength(1);
});

test('what fails and expires in an outage is counted with it, also while it drains', async () => {
  const destinationId = await addDomain(control, 'lost.example');
  await hold(destinationId);
  const end = async (failed: number, expired: number) => {
    await sql()`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes, failed_count, expired_count)
      select id, tenant_id, 0, 0, ${failed}, ${expired} from destinations where id = ${destinationId}`;
    await foldDeltas(sql());
  };
  const counts = async () =>
    (
      await control.ask<{ domain: { lastOutage: unknown } }>(
        '{ domain(by: { name: "lost.example" }) { lastOutage { failedCount expiredCount } } }',
      )
    ).domain.lastOutage;
  await end(1, 1);
  await fail(control.database, destinationId);
  expect(await counts()).toEqual({ failedCount: 0, expiredCount: 0 });
  await end(1, 3);
  await recordSuccess(sql(), destinationId);
  await end(1, 0);
  expect(await counts()).toEqual({ failedCount: 2, expiredCount: 3 });
  await sql()`update outages set drained_at = bmx_now() - interval '1 minute' where destination_id = ${destinationId}`;
  await end(5, 5);
  expect(await counts()).toEqual({ failedCount: 2, expiredCount: 3 });
});
