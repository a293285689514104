/** The guard of requests to strangers' hosts: where they may go, what is taken, and that everything has an end. */
import { afterEach, expect, test } from 'bun:test';
import { fetchText, type FetchOptions } from '../../src/http/exchange.ts';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import { until } from '../helpers/child.ts';
import { ENDLESS, startEndlessPeer } from '../helpers/endless-peer.ts';
import { type HttpsServer, startHttpsServer } from '../helpers/https-server.ts';
import { type RawTls, startRawTlsPeer } from '../helpers/raw-tls.ts';
import { startTicketPeer } from '../helpers/ticket-peer.ts';
import { chainOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';

const HOST = 'mta-sts.customer.example';
const root = makeAuthority();
const good = chainOf(makeLeaf([HOST], root));
const OK: HttpsServer['handler'] = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end('hello\n');
};

let servers: HttpsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function start(handler: HttpsServer['handler'], certificate = good, at: { host?: string; port?: number } = {}) {
  const server = await startHttpsServer(certificate, handler, at);
  servers.push(server);
  return server;
}

function found(...records: string[]): DnsAnswer<string> {
  return { kind: 'FOUND', records, canonicalName: HOST, ttlSeconds: 60, isAuthenticated: false };
}

/** Fetches from what the resolver answers; the reason, or the text. */
async function fetchAt(
  port: number,
  answers: DnsAnswer<string> | DnsAnswer<string>[],
  more: Partial<FetchOptions> = {},
) {
  const given = [answers].flat();
  let asked = 0;
  const resolveAddresses = async () => given[Math.min(asked++, given.length - 1)] as DnsAnswer<string>;
  const options = { resolver: { resolveAddresses }, allowPrivate: true, maxBytes: 1000, timeoutMs: 20_000, port };
  const result = await fetchText(HOST, '/x.txt', { ...options, authorities: [root.cert], ...more });
  return { said: result.kind === 'FETCHED' ? `${result.mediaType}: ${result.text}` : result.reason, asked };
}

test('a text with its media type; one plain request with the name as Host', async () => {
  const server = await start(OK);
  expect(await fetchAt(server.port, found('127.0.0.1'))).toEqual({ said: 'text/plain: hello\n', asked: 1 });
  expect(server.requests).toEqual([{ path: '/x.txt', host: `${HOST}:${server.port}`, method: 'GET' }]);
  await until('the connection is closed', 30_000, () => server.socketCount() === 0);
});

test.each([
  '127.0.0.1',
  '127.99.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '255.255.255.255',
  '224.0.0.1',
])('%s is not asked', async (address) => {
  const server = await start(OK);
  const { said } = await fetchAt(server.port, found(address), { allowPrivate: false });
  expect(said).toBe(`${HOST} has no address that may be used`);
  expect(server.connectionCount()).toBe(0);
});

test('of several addresses only those that may be used are asked', async () => {
  const inside = await start(OK);
  // 2d00::1 is public, and assigned to nobody; the private one beside it must not be the way out.
  const { said } = await fetchAt(inside.port, found('127.0.0.1', '2d00::1'), { allowPrivate: false, timeoutMs: 300 });
  expect(said).not.toContain('hello');
  expect(inside.connectionCount()).toBe(0);
});

test('the name is resolved once, and what a second answer would say does not matter', async () => {
  const intended = await start(OK);
  const rebound = await start(OK, good, { host: '127.0.0.66', port: intended.port });
  const { said, asked } = await fetchAt(intended.port, [found('127.0.0.1'), found('127.0.0.66')]);
  expect(said).toBe('text/plain: hello\n');
  expect(asked).toBe(1);
  expect(rebound.connectionCount()).toBe(0);
});

test('a redirect is not followed', async () => {
  const target = await start(OK, good, { host: '127.0.0.1' });
  const server = await start((_request, response) => {
    response.writeHead(302, { location: `https://127.0.0.1:${target.port}/` });
    response.end();
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe('status 302');
  expect(target.connectionCount()).toBe(0);
});

test.each([201, 204, 206, 301, 303, 307, 308, 404, 500])('status %i is no text', async (status) => {
  const server = await start((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain', location: '/y' });
    response.end(status === 204 ? undefined : 'hello');
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe(`status ${status}`);
});

test.each<[string, { key: string; cert: string }]>([
  ['self-signed', makeLeaf([HOST])],
  ['of another name', chainOf(makeLeaf(['other.example'], root))],
  ['of the name above', chainOf(makeLeaf(['customer.example'], root))],
])('a certificate %s is refused before anything is asked', async (_name, certificate) => {
  const server = await start(OK, certificate);
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toMatch(/CERT|SIGNED|VERIFY|ALTNAME|issuer/i);
  expect(server.requests).toEqual([]);
});

test('a body without end is cut at its limit', async () => {
  const server = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => (response.writable ? response.write('x'.repeat(500)) : clearInterval(timer)), 1);
    response.on('close', () => clearInterval(timer));
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe('more than 1000 bytes');
  await until('the connection is closed', 30_000, () => server.socketCount() === 0);
});

test.each(Object.keys(ENDLESS))('%s without end: left long before the time is over', async (name) => {
  const peer = await startEndlessPeer(good, ENDLESS[name]);
  try {
    const { said } = await fetchAt(peer.port, found('127.0.0.1'));
    expect(said).toMatch(/^more than (10 interim replies|\d+ bytes( beside the body)?)$|^it switches protocols$/);
    await until('the connection is closed', 30_000, () => peer.socketCount() === 0);
    // What fills the buffers of both sides, not what twenty seconds can carry.
    expect(peer.writtenBytes()).toBeLessThan(32_000_000);
  } finally {
    await peer.close();
  }
});

test('session tickets without end: left long before the time is over', async () => {
  const peer = await startTicketPeer(good);
  try {
    expect((await fetchAt(peer.port, found('127.0.0.1'))).said).toMatch(/^more than \d+ bytes from the wire$/);
  } finally {
    await peer.close();
  }
});

test.each<[string, (tls: RawTls) => Buffer]>([
  ['tickets', (tls) => Buffer.concat(Array.from({ length: 120 }, () => tls.ticket(200)))],
  ['new keys', (tls) => tls.keyUpdates(1500)],
])('40 KB of %s before the answer: left long before the time is over', async (_name, flood) => {
  const peer = await startRawTlsPeer(good, (tls) => tls.socket.write(flood(tls)));
  try {
    // Some runtimes bound new keys themselves.
    expect((await fetchAt(peer.port, found('127.0.0.1'))).said).toMatch(/^more than \d+ bytes from the wire$|UPDATE/i);
  } finally {
    await peer.close();
  }
});

test('exactly the limit is taken, one octet more is not', async () => {
  let size = 1000;
  const server = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('x'.repeat(size));
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe(`text/plain: ${'x'.repeat(1000)}`);
  size = 1001;
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe('more than 1000 bytes');
});

test.each<[string, HttpsServer['handler']]>([
  ['says nothing', () => undefined],
  [
    'sends its body octet by octet',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    },
  ],
])('a server that %s is left in time', async (_name, handler) => {
  const server = await start(handler);
  const startedAt = performance.now();
  expect((await fetchAt(server.port, found('127.0.0.1'), { timeoutMs: 400 })).said).toMatch(
    /^no answer of 127\.0\.0\.1 within/,
  );
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  await until('the connection is closed', 30_000, () => server.socketCount() === 0);
});

test('half a body is no text', async () => {
  const server = await start((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' });
    response.write('half', () => setTimeout(() => request.socket.destroy(), 20));
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).not.toContain('half');
});

test('what is compressed is not opened', async () => {
  const server = await start((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    response.end('x');
  });
  expect((await fetchAt(server.port, found('127.0.0.1'))).said).toBe('the answer is compressed');
});

test('an address where nobody listens leads to the next', async () => {
  const server = await start(OK);
  expect((await fetchAt(server.port, found('127.0.0.67', '127.0.0.1'))).said).toBe('text/plain: hello\n');
});

test.each<[DnsAnswer<string>, RegExp]>([
  [{ kind: 'NXDOMAIN' }, /NXDOMAIN/],
  [{ kind: 'TROUBLE', reason: 'SERVFAIL' }, /TROUBLE/],
])('no address: %j', async (answer, expected) => {
  expect((await fetchAt(1, answer)).said).toMatch(expected);
});
