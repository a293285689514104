/** Where a change of MX records may go, and how long it may take: with servers that never answer, and places that are ours. */
import { expect, test } from 'bun:test';
import { checkMxInput, createSetMx, type SetMxDeps } from '../../src/doctor/set-mx.ts';
import type { Sql } from '../../src/db/client.ts';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { TsigKey } from '../../src/dns/tsig.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

const silence = <T>(): Promise<T> => new Promise<T>(() => undefined);
const NOBODY: Resolver = {
  party: null,
  forParty: () => NOBODY,
  query: silence,
  resolveMx: silence,
  resolveAddresses: silence,
  resolveTxt: silence,
  resolvePtr: silence,
  forget: () => undefined,
  close: () => undefined,
};
const found = <T>(...records: T[]): DnsAnswer<T> => ({
  kind: 'FOUND',
  records,
  canonicalName: 'ns.example',
  ttlSeconds: 1,
  isAuthenticated: false,
});

const NO_DATABASE = (() => Promise.reject(new Error('the database is not asked here'))) as unknown as Sql;

/** What a dry run at this server, or a change with a key, comes to: the field at fault, and which addresses were asked. */
async function run(
  dnsServer: { host: string; port: number } | null,
  changes: Partial<SetMxDeps> = {},
  at: Resolver = NOBODY,
  key: TsigKey | null = null,
) {
  const asked: string[] = [];
  const setMx = createSetMx({
    resolver: NOBODY,
    resolverAt: (servers) => {
      asked.push(...servers);
      return at;
    },
    allowPrivate: false,
    isOwn: () => false,
    mxNames: ['backup.example'],
    ownNames: ['backup.example'],
    sql: NO_DATABASE,
    nowSeconds: () => 0,
    stepTimeoutMs: 20,
    ...changes,
  });
  const request = { dnsServer, key, isDryRun: key === null, wish: { preference: null, isSandwich: false } };
  const result = await setMx(OPERATOR_VIEWER, relayDomain('zone.example'), request);
  const error = result.kind === 'REFUSED' ? result.error : null;
  return { field: error?.path.join('.') ?? null, code: error?.code ?? null, asked };
}

test('servers that never answer are not waited for', async () => {
  const lost = { field: 'dnsServer', code: 'UNKNOWN_ZONE' as const, asked: [] };
  expect(await run(null)).toEqual(lost);
  expect(await run({ host: 'ns.example', port: 53 })).toEqual(lost);
  expect(await run({ host: '11.51.100.1', port: 53 })).toEqual({
    field: 'dnsServer',
    code: 'SERVER_SILENT',
    asked: ['11.51.100.1:53'],
  });
});

test.each([
  ['TIMEOUT', 'SERVER_SILENT'],
  ['REFUSED', 'UNKNOWN_ZONE'],
  ['SERVFAIL', 'UNKNOWN_ZONE'],
] as const)('a server whose answer is %s is told as %s', async (reason, code) => {
  const trouble = async () => ({ kind: 'TROUBLE' as const, reason });
  const soa = async () => ({ ...found('ns.example'), canonicalName: 'zone.example' });
  const server = { host: '11.51.100.1', port: 53 };
  const asked = ['11.51.100.1:53'];
  for (const parts of [{ query: trouble }, { query: soa, resolveMx: trouble }]) {
    const resolver = { ...NOBODY, ...parts } as unknown as Resolver;
    expect(await run(server, { resolver }, resolver)).toEqual({ field: 'dnsServer', code, asked });
  }
});

test('a server that is asked but takes no change, since nobody listens by TCP, is silent', async () => {
  const port = await findFreePort();
  const mx = { ...found({ preference: 10, exchange: 'mx.zone.example' }), canonicalName: 'zone.example' };
  const soa = { ...found('ns.example'), canonicalName: 'zone.example' };
  const resolver = { ...NOBODY, query: async () => soa, resolveMx: async () => mx } as unknown as Resolver;
  const sql = (async () => []) as unknown as Sql;
  const key: TsigKey = { name: 'key.example', algorithm: 'hmac-sha256', secret: Buffer.from('secret') };
  const deps = { resolver, sql, allowPrivate: true, stepTimeoutMs: 5000 };
  expect(await run({ host: '127.0.0.1', port }, deps, resolver, key)).toEqual({
    field: 'dnsServer',
    code: 'SERVER_SILENT',
    asked: [`127.0.0.1:${port}`],
  });
});

test('of the addresses of a server those that are ours are left out', async () => {
  const resolver = { ...NOBODY, resolveAddresses: async () => found('11.51.100.1', '11.51.100.2', '10.0.0.1') };
  const isOwn: SetMxDeps['isOwn'] = ({ address, port }) => address === '11.51.100.1' && port === 8025;
  const at = (port: number, more: Partial<SetMxDeps> = {}) =>
    run({ host: 'ns.example', port }, { resolver, isOwn, ...more });
  expect((await at(8025)).asked).toEqual(['11.51.100.2:8025']);
  expect((await at(53)).asked).toEqual(['11.51.100.1:53', '11.51.100.2:53']);
  expect(await at(8025, { isOwn: () => true })).toEqual({ field: 'dnsServer', code: 'OWN_ADDRESS', asked: [] });
});

test.each([
  [0, false],
  [1, false],
  [25, false],
  [52, false],
  [53, true],
  [54, false],
  [587, false],
  [1023, false],
  [1024, true],
  [65_535, true],
  [65_536, false],
  [-1, false],
])('a DNS server at port %i: %p', (port, isGood) => {
  expect(checkMxInput({ dnsServer: { host: '11.51.100.1', port } }).kind === 'OK').toBe(isGood);
});
