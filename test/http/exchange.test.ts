/** Requests to strangers' hosts beside http-fetch.test.ts: bodies sent, in clear and with TLS, to names and to addresses. */
import { afterEach, expect, test } from 'bun:test';
import type { HttpRequest } from '../../src/http/connection.ts';
import type { Endpoint } from '../../src/mail/ip.ts';
import { exchange, leadsToUs } from '../../src/http/exchange.ts';
import { type HttpsServer, startHttpsServer } from '../helpers/https-server.ts';
import { chainOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';
import { type Receiver, startReceiver } from '../helpers/webhook-receiver.ts';

const HOST = 'hooks.example';
const root = makeAuthority();
const open: (HttpsServer | Receiver)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const resolver = {
  resolveAddresses: async (name: string) =>
    ({ kind: 'FOUND', records: ['127.0.0.1'], canonicalName: name, ttlSeconds: 1, isAuthenticated: false }) as const,
};

async function post(asked: Partial<HttpRequest> & { port: number }, changes = {}) {
  const request = {
    isTls: true,
    host: HOST,
    path: '/hook?a=b',
    method: 'POST',
    headers: {},
    body: '{"a":"ü"}',
    ...asked,
  };
  const options = {
    resolver,
    allowPrivate: true,
    maxBytes: 100,
    timeoutMs: 20_000,
    authorities: [root.cert],
    ...changes,
  };
  const answer = await exchange(request as HttpRequest, options);
  return answer.kind === 'FAILED' ? answer.reason : [answer.status, Buffer.from(answer.body).toString(), answer.lack];
}

async function startTls(names: readonly string[]): Promise<HttpsServer> {
  const server = await startHttpsServer(chainOf(makeLeaf(names, root)), (request, response) => {
    const blocks: Buffer[] = [];
    request.on('data', (block: Buffer) => void blocks.push(block));
    request.on('end', () => response.end(Buffer.concat(blocks)));
  });
  open.push(server);
  return server;
}

test('a body arrives whole, with TLS for the name', async () => {
  const server = await startTls([HOST]);
  expect(await post({ port: server.port })).toEqual([200, '{"a":"ü"}', null]);
  expect(server.requests).toEqual([{ path: '/hook?a=b', host: `${HOST}:${server.port}`, method: 'POST' }]);
});

test.each<[string, readonly string[], object]>([
  [HOST, ['other.example'], {}],
  ['127.0.0.1', [HOST], {}],
  [HOST, [HOST], { authorities: [makeAuthority().cert] }],
])('nothing is sent to %s with a certificate that does not vouch for it: %j', async (host, names, changes) => {
  const server = await startTls(names);
  expect(await post({ host, port: server.port }, changes)).toMatch(/CERT|SIGNED|VERIFY|ALTNAME|issuer/i);
  expect(server.requests).toEqual([]);
});

test('in clear only where private addresses are allowed', async () => {
  const receiver = await startReceiver();
  open.push(receiver);
  expect(await post({ isTls: false, port: receiver.port })).toEqual([204, '', null]);
  const atPublic = {
    resolveAddresses: async (name: string) => ({ ...(await resolver.resolveAddresses(name)), records: ['2d00::1'] }),
  };
  const strict = { allowPrivate: false, resolver: atPublic };
  expect(await post({ isTls: false, port: receiver.port }, strict)).toBe(
    'nothing is sent in clear: https:// is needed',
  );
});

test('a look-up that takes for ever has its end', async () => {
  const startedAt = performance.now();
  const never = { resolveAddresses: () => new Promise<never>(() => undefined) };
  expect(await post({ port: 1 }, { resolver: never, timeoutMs: 200 })).toBe(`no address of ${HOST} within 200 ms`);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('one that is given up ends at once', async () => {
  const receiver = await startReceiver();
  open.push(receiver);
  const giving = new AbortController();
  receiver.answer = () => giving.abort();
  expect(await post({ isTls: false, port: receiver.port }, { signal: giving.signal })).toBe('given up');
});

test('this service itself is not asked, by address or by name, though the DNS led elsewhere before', async () => {
  const receiver = await startReceiver();
  open.push(receiver);
  const asked = { isTls: false, port: receiver.port };
  const isOwn = (names: readonly string[], { address, port }: Endpoint) =>
    names.includes('bmx.example') || (address === '127.0.0.1' && port === receiver.port);
  expect(await post(asked, { isOwn })).toBe(`${HOST}, port ${receiver.port}, is this service itself`);
  expect(await post({ ...asked, host: '127.0.0.1' }, { isOwn })).toMatch(/is this service itself$/);
  expect(await post(asked, { isOwn: (names: readonly string[]) => names.includes('bmx.example') })).toEqual([
    204,
    '',
    null,
  ]);
  const alias = {
    resolveAddresses: async () => ({ ...(await resolver.resolveAddresses(HOST)), canonicalName: 'bmx.example' }),
  };
  expect(await post(asked, { isOwn, resolver: alias })).toMatch(/is this service itself$/);
  expect(receiver.received).toHaveLength(1);
  const timeoutMs = 1000;
  expect(await leadsToUs({ host: HOST, port: receiver.port }, { resolver, isOwn, timeoutMs })).toBe(true);
  expect(await leadsToUs({ host: HOST, port: 1 }, { resolver, isOwn, timeoutMs })).toBe(false);
  const never = { resolveAddresses: () => new Promise<never>(() => undefined) };
  expect(await leadsToUs({ host: HOST, port: receiver.port }, { resolver: never, isOwn, timeoutMs: 50 })).toBe(false);
});
