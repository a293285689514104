/** MTA-STS policies over real DNS, HTTPS and PostgreSQL: found, kept, renewed, and what holds while something fails. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { fetchText } from '../../src/http/exchange.ts';
import { createMtaSts, type MtaSts } from '../../src/tls/mta-sts.ts';
import { createResolver, type LookUps, type Resolver } from '../../src/dns/resolver.ts';
import { dropExpiredStsPolicies, loadStsPolicy, saveStsPolicy } from '../../src/domains/mta-sts-policies.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type FakeDns, startFakeDns } from '../helpers/fake-dns.ts';
import { type HttpsServer, startHttpsServer } from '../helpers/https-server.ts';
import { chainOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';

const DOMAIN = 'customer.example';
const TXT = `_mta-sts.${DOMAIN}`;
const root = makeAuthority();

let database: TestDatabase;
let dns: FakeDns;
let resolver: Resolver;
let server: HttpsServer;
let policy = '';
let status = 200;
let mediaType = 'text/plain';
let troubles: string[] = [];
/** The clock of what is remembered, moved by hand. */
let shiftMs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startHttpsServer(chainOf(makeLeaf([`mta-sts.${DOMAIN}`], root)), (_request, response) => {
    response.writeHead(status, { 'content-type': mediaType });
    response.end(policy);
  });
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  dns = await startFakeDns({ [`mta-sts.${DOMAIN}`]: { A: ['127.0.0.1'] }, [TXT]: { TXT: ['v=STSv1; id=1;'] } });
  resolver = createResolver({ servers: [dns.address], timeoutMs: 2000 });
  policy = policyOf('enforce');
  status = 200;
  mediaType = 'text/plain';
  troubles = [];
  server.requests.length = 0;
  await database.sql`truncate mta_sts_policies`;
});
afterEach(async () => {
  resolver.close();
  await dns.close();
});

function policyOf(mode: string, maxAge = 604_800, mx = 'mx.example'): string {
  return `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: ${maxAge}\n`;
}

/** A node's own view; another one shares only the database. */
function node(lookUps: LookUps = resolver): { find: (domain: string) => ReturnType<MtaSts['find']> } {
  const { find } = createMtaSts({
    store: {
      load: (domain) => loadStsPolicy(database.sql, domain),
      save: (domain, id, { mode, mx, maxAgeSeconds }) =>
        saveStsPolicy(database.sql, { domain, id, mode, mx, maxAgeSeconds }),
    },
    fetchText: (host, path, asked) =>
      fetchText(host, path, {
        resolver: asked,
        allowPrivate: true,
        maxBytes: 65_536,
        timeoutMs: 20_000,
        port: server.port,
        authorities: [root.cert],
      }),
    onTrouble: (message) => void troubles.push(message),
    onFault: (error) => void troubles.push(String(error)),
    nowMs: () => performance.now() + shiftMs,
  });
  return { find: (domain) => find(domain, lookUps) };
}

const passMinutes = (minutes: number) => (shiftMs += minutes * 60_000);
const ageRow = (interval: string) => database.sql`
  update mta_sts_policies set fetched_at = fetched_at - ${interval}::text::interval, expires_at = expires_at - ${interval}::text::interval`;

test('found, kept in memory, and for other nodes', async () => {
  const one = node();
  const found = await Promise.all([one.find(DOMAIN), one.find(DOMAIN), one.find(DOMAIN)]);
  for (const each of found) expect(each).toMatchObject({ mode: 'enforce', mx: ['mx.example'] });
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  expect(await node().find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  const host = `mta-sts.${DOMAIN}:${server.port}`;
  expect(server.requests).toEqual([{ path: '/.well-known/mta-sts.txt', host, method: 'GET' }]);
  expect(dns.count(TXT)).toBe(2);
});

test('no record: no policy, nothing is fetched, and the DNS is asked once a minute', async () => {
  dns.set(TXT, null);
  const one = node();
  expect(await one.find(DOMAIN)).toBeNull();
  expect(await one.find(DOMAIN)).toBeNull();
  expect(dns.count(TXT)).toBe(1);
  passMinutes(1.1);
  dns.set(TXT, { TXT: ['v=STSv1; id=1;'] });
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
});

test.each<[string, () => void]>([
  ['status 404', () => (status = 404)],
  ['a redirect', () => (status = 301)],
  ['text/html', () => (mediaType = 'text/html')],
  ['no policy in it', () => (policy = 'hello')],
  ['64 KB and more', () => (policy = policyOf('enforce') + 'x: y\n'.repeat(14_000))],
])('a first fetch that fails (%s) is not enforced, and left alone for five minutes', async (_name, spoil) => {
  spoil();
  const one = node();
  expect(await one.find(DOMAIN)).toBeNull();
  passMinutes(2);
  expect(await one.find(DOMAIN)).toBeNull();
  expect(server.requests.length).toBe(1);
  expect(troubles.length).toBe(1);
  expect(troubles[0]).toStartWith(`MTA-STS policy 1 of ${DOMAIN}: `);
  [status, mediaType, policy] = [200, 'text/plain', policyOf('enforce')];
  passMinutes(5);
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
});

test('a new id is fetched before mail goes, and is left alone for itself only', async () => {
  const one = node();
  await one.find(DOMAIN);
  policy = policyOf('testing', 604_800, 'other.example');
  dns.set(TXT, { TXT: ['v=STSv1; id=2;'] });
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  passMinutes(1.1);
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'testing', mx: ['other.example'] });
  expect(server.requests.length).toBe(2);
});

test.each<[string, () => void]>([
  ['the record vanishes', () => dns.set(TXT, null)],
  ['the DNS fails', () => dns.set(TXT, { mode: 'SERVFAIL' })],
  ['the DNS is silent', () => dns.set(TXT, { mode: 'TIMEOUT' })],
  ['there are two records', () => dns.set(TXT, { TXT: ['v=STSv1; id=1;', 'v=STSv1; id=2;'] })],
  [
    'a new id cannot be fetched',
    () => {
      dns.set(TXT, { TXT: ['v=STSv1; id=2;'] });
      status = 500;
    },
  ],
])('what was fetched holds although %s', async (_name, spoil) => {
  await node().find(DOMAIN);
  spoil();
  expect(await node().find(DOMAIN)).toMatchObject({ mode: 'enforce' });
});

test('until its max_age is over', async () => {
  await node().find(DOMAIN);
  dns.set(TXT, null);
  await ageRow('6 days 23:59:00');
  expect(await node().find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  await ageRow('65 seconds');
  expect(await node().find(DOMAIN)).toBeNull();
  await dropExpiredStsPolicies(database.sql);
  expect((await database.sql`select from mta_sts_policies`).length).toBe(0);
});

test('what is remembered ends with max_age too', async () => {
  policy = policyOf('enforce', 30);
  const one = node();
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  dns.set(TXT, null);
  await ageRow('31 seconds');
  passMinutes(0.6);
  expect(await one.find(DOMAIN)).toBeNull();
});

test('a policy a day old is fetched anew beside', async () => {
  await node().find(DOMAIN);
  await ageRow('25 hours');
  policy = policyOf('testing');
  const one = node();
  expect(await one.find(DOMAIN)).toMatchObject({ mode: 'enforce' });
  await until('it is fetched', 30_000, async () => (await one.find(DOMAIN))?.mode === 'testing');
  expect(await loadStsPolicy(database.sql, DOMAIN)).toMatchObject({ mode: 'testing' });
});

test('a database that fails is told, not taken for "no policy"', async () => {
  const broken = createMtaSts({
    store: { load: () => Promise.reject(new Error('away')), save: async () => undefined },
    fetchText: async () => ({ kind: 'FAILED', reason: 'x' }),
    onTrouble: () => undefined,
    onFault: () => undefined,
  });
  expect(await broken.find(DOMAIN, resolver).catch(String)).toBe('Error: away');
});
