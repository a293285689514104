/** Whose places the look-ups on the way to delivery take, while name servers are silent: those of their tenant, or of strangers. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { createRecoveryChecks, createHostMemory } from '../../src/delivery/recovery-checks.ts';
import { createRouteSearch, routeOf } from '../../src/delivery/route.ts';
import { createRouting, type Routing } from '../../src/dns/routing.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import type { DestinationState } from '../../src/outage/clock.ts';
import { createTlsSearch } from '../../src/tls/demand.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from '../helpers/fake-dns.ts';
import { fail, holdFor } from '../outage/scene.ts';

const PATIENCE_MS = 30_000;
/** Of the 256 places; a tenant may hold so many. */
const SHARE = 32;
/** Looked at in three turns of the checks, the honest one with the last. */
const COUNT = 40;
/** Each has a zone of its own: nothing but their owner connects them. */
const SILENT = Array.from({ length: COUNT }, (_, index) => `silent${index}.example`);
const HONEST = 'honest.example';

let db: TestDatabase;
let dns: FakeDns;
let routing: Routing;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

/** Starts the DNS in which these records, by domain, are all there is. */
async function start(zones: Record<string, FakeRecords>): Promise<void> {
  dns = await startFakeDns({
    [HONEST]: { MX: [[10, `mx.${HONEST}`]] },
    [`mx.${HONEST}`]: { A: ['127.0.0.1'] },
    ...zones,
  });
  routing = createRouting({
    servers: [dns.address],
    self: () => ({
      names: ['mx.backup.example'],
      addresses: [],
      listeners: [],
      interfaceAddresses: [],
      web: { host: '127.0.0.1', port: 8025 },
    }),
    otherAddresses: [],
    deliveryPort: 25,
    allowPrivate: true,
  });
}
afterEach(async () => {
  routing.close();
  await dns.close();
});

/** Questions that no server answers. */
const inVain = (pattern: RegExp): number =>
  new Set(dns.queries.flatMap(({ name, type }) => (pattern.test(name) ? [`${type} ${name}`] : []))).size;
const untilInVain = (pattern: RegExp) => until('a share is asked in vain', PATIENCE_MS, () => inVain(pattern) >= SHARE);

test('recovery checks of one tenant leave places for those of another', async () => {
  await start(Object.fromEntries(SILENT.map((name) => [name, { MX: 'TIMEOUT' as const }])));
  const other = newId();
  await db.sql`insert into tenants (id, name) values (${other}, 'other')`;
  // Those that have waited longest come first.
  for (const name of SILENT) await fail(db, await holdFor(db, name));
  const honest = await holdFor(db, HONEST);
  await fail(db, honest);
  await db.sql`update destinations set tenant_id = ${other} where id = ${honest}`;
  await db.moveClock('61 seconds');
  const greeted = Promise.withResolvers<string>();
  const checks = createRecoveryChecks({
    sql: db.database.queueSql,
    holder: () => ({ node: 1, epoch: 1 }),
    findRoute: async (target) => routeOf(await routing.findHops(target), 'RELAY'),
    greet: async ({ host }) => {
      greeted.resolve(host);
      return false;
    },
    hosts: createHostMemory(),
    poke: () => undefined,
    onFault: (where, error) => {
      throw new Error(where, { cause: error });
    },
  });
  for (let look = 0; look < 3; look += 1) await checks.poll();
  expect(await greeted.promise).toBe(`mx.${HONEST}`);
  await untilInVain(/^silent/);
  expect(inVain(/^silent/)).toBe(SHARE);
  routing.close();
  await checks.stop();
});

/** The route of a domain's mail, all sources of TLS demands included. */
function findRoute(name: string, of: { readonly kind: 'RELAY' | 'INTERNAL'; readonly tenantId: string }) {
  const search = createTlsSearch({
    trust: { dnsServers: [dns.address], dnsTrustAd: true },
    allowPrivate: true,
    store: { load: async () => null, save: async () => undefined },
    warn: () => undefined,
    onFault: (error) => {
      throw error;
    },
  });
  const state = { name, deliverTo: [], tlsPolicy: 'OPPORTUNISTIC', ...of } as unknown as DestinationState;
  return createRouteSearch(routing, search)(state);
}

/** The route is there, and only the last question of it is asked in vain. */
const routed = (name: string, more: Record<string, FakeRecords>): [string, FakeRecords][] => [
  [name, { MX: [[10, `mx.${name}`]], isAuthenticated: true }],
  [`mx.${name}`, { A: ['127.0.0.1'], isAuthenticated: true }],
  ...Object.entries(more),
];
const SOURCES: readonly [string, RegExp, (name: string) => Record<string, FakeRecords>][] = [
  ['MTA-STS records', /^_mta-sts\.silent/, (name) => ({ [`_mta-sts.${name}`]: { TXT: 'TIMEOUT' } })],
  [
    'MTA-STS policy hosts',
    /^mta-sts\.silent/,
    (name) => ({ [`_mta-sts.${name}`]: { TXT: ['v=STSv1; id=1;'] }, [`mta-sts.${name}`]: { mode: 'TIMEOUT' } }),
  ],
  ['TLSA records', /^_25\._tcp/, (name) => ({ [`_25._tcp.mx.${name}`]: { TLSA: 'TIMEOUT' } })],
];

test.each(SOURCES)('%s of one tenant leave places for another', async (_, pattern, silent) => {
  await start(Object.fromEntries(SILENT.flatMap((name) => routed(name, silent(name)))));
  const waiting = SILENT.map((name) => findRoute(name, { kind: 'RELAY', tenantId: OPERATOR_TENANT_ID }));
  await untilInVain(pattern);
  expect(await findRoute(HONEST, { kind: 'RELAY', tenantId: newId() })).toMatchObject({ kind: 'HOSTS' });
  expect(inVain(pattern)).toBe(SHARE);
  routing.close();
  await Promise.all(waiting);
});

test.each(SOURCES)('%s of strangers take no places of relay domains', async (_, pattern, silent) => {
  const strangers = Array.from({ length: 300 }, (__, index) => `silent${index}.example`);
  await start(Object.fromEntries(strangers.flatMap((name) => routed(name, silent(name)))));
  const all = Promise.all(strangers.map((name) => findRoute(name, { kind: 'INTERNAL', tenantId: OPERATOR_TENANT_ID })));
  await until('all places are taken', PATIENCE_MS, () => inVain(pattern) >= 256);
  // Without a tenant, its places are those of the zone that is asked: it waits only where there is none left for anybody.
  const honest = routing.lookUpsFor({ kind: 'RELAY' }).resolveTxt(`_mta-sts.${HONEST}`);
  expect(await honest).toEqual({ kind: 'NXDOMAIN' });
  expect(inVain(pattern)).toBe(256);
  routing.close();
  await all;
});
