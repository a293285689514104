import { afterEach, describe, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { monotonicMs } from '../../src/clock.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { bindPair, forgeReply, startFakeDns } from '../helpers/fake-dns.ts';
import type { FakeDns, FakeMode, FakeRecords } from '../helpers/fake-dns.ts';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function dnsWith(zones: Record<string, FakeRecords>): Promise<FakeDns> {
  const dns = await startFakeDns(zones);
  open.push(dns);
  return dns;
}

function resolverOn(servers: readonly string[], timeoutMs = 8000): Resolver {
  const resolver = createResolver({ servers, timeoutMs });
  open.unshift(resolver);
  return resolver;
}

/** A UDP server that answers each query with what `reply` makes of it. */
async function rawServer(reply: (query: Buffer) => Buffer): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(reply(query), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  open.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  return `127.0.0.1:${socket.address().port}`;
}

/** Truncated over UDP; over TCP what `send` writes, to a query without its length. */
async function tcpServer(send: (socket: Socket, query: Buffer) => Promise<void>): Promise<string> {
  const sockets = new Set<Socket>();
  const { tcp, udp, port } = await bindPair((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    socket.setNoDelay(true);
    socket.once('data', (bytes: Buffer) => void send(socket, bytes.subarray(2)));
  });
  udp.on('message', (query, from) => {
    const reply = forgeReply(query, () => []);
    reply.writeUInt16BE(0x8200, 2);
    udp.send(reply, from.port, from.address);
  });
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([tcp, udp].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  });
  return `127.0.0.1:${port}`;
}

test('a reply over TCP that says it is too long is not waited for', async () => {
  const server = await tcpServer(async (socket, query) => {
    const reply = forgeReply(query, (name) => [{ name, type: 'A', data: '192.0.2.1' }]);
    socket.write(Buffer.concat([Buffer.from([0xff, 0xff]), reply.subarray(0, 12)]));
  });
  const answer = await resolverOn([server]).query('a.example', 'A');
  expect(answer).toEqual({ kind: 'TROUBLE', reason: 'TOO_LARGE' });
});

test('a reply over TCP that comes octet by octet is read', async () => {
  const server = await tcpServer(async (socket, query) => {
    const reply = forgeReply(query, (name) => [{ name, type: 'A', data: '192.0.2.1' }]);
    for (const octet of Buffer.concat([Buffer.from([0, reply.length]), reply])) {
      socket.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  expect(await resolverOn([server]).query('a.example', 'A')).toMatchObject({ kind: 'FOUND', records: ['192.0.2.1'] });
});

describe('trouble is never "no such domain"', () => {
  const cases: readonly (readonly [FakeMode, string])[] = [
    ['SERVFAIL', 'SERVFAIL'],
    ['REFUSED', 'REFUSED'],
    ['TIMEOUT', 'TIMEOUT'],
    ['WRONG_ID', 'TIMEOUT'],
    ['WRONG_QUESTION', 'TIMEOUT'],
    ['MALFORMED', 'MALFORMED'],
    ['REFERRAL', 'REFUSED'],
  ];
  test.each(cases)('%s gives TROUBLE %s', async (mode, reason) => {
    const dns = await dnsWith({ 'a.example': { mode } });
    const timeoutMs = reason === 'TIMEOUT' ? 300 : 5000;
    expect(await resolverOn([dns.address], timeoutMs).resolveMx('a.example')).toEqual({
      kind: 'TROUBLE',
      reason: reason as 'SERVFAIL',
    });
  });

  test('a port where nobody listens', async () => {
    const dns = await startFakeDns({});
    await dns.close();
    expect(await resolverOn([dns.address], 300).resolveMx('a.example')).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
  });

  test('a server the system refuses to send to (no route, broadcast)', async () => {
    const answer = await resolverOn(['255.255.255.255:53'], 300).resolveMx('a.example');
    expect(answer).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
  });
});

describe('time and servers', () => {
  test('a silent server is asked three times, within the time for all', async () => {
    const dns = await dnsWith({ 'a.example': { mode: 'TIMEOUT' } });
    const startedAtMs = monotonicMs();
    await resolverOn([dns.address], 300).query('a.example', 'A');
    const elapsedMs = monotonicMs() - startedAtMs;
    expect(elapsedMs).toBeGreaterThanOrEqual(280);
    expect(elapsedMs).toBeLessThan(10_000);
    expect(dns.count('a.example')).toBe(3);
  });

  test('the next server is asked, and stays first while it answers', async () => {
    const silent = await dnsWith({ 'a.example': { mode: 'TIMEOUT' }, 'b.example': { mode: 'TIMEOUT' } });
    const good = await dnsWith({ 'a.example': { A: ['192.0.2.1'] }, 'b.example': { A: ['192.0.2.2'] } });
    const resolver = resolverOn([silent.address, good.address], 3000);
    expect(await resolver.query('a.example', 'A')).toMatchObject({ records: ['192.0.2.1'] });
    expect(await resolver.query('b.example', 'A')).toMatchObject({ records: ['192.0.2.2'] });
    expect([silent.count('a.example'), silent.count('b.example')]).toEqual([1, 0]);
  });

  test('SERVFAIL of one server is not the last word', async () => {
    const bad = await dnsWith({ 'a.example': { mode: 'SERVFAIL' } });
    const good = await dnsWith({ 'a.example': { A: ['192.0.2.1'] } });
    const answer = await resolverOn([bad.address, good.address]).query('a.example', 'A');
    expect(answer).toMatchObject({ records: ['192.0.2.1'] });
    expect(bad.count('a.example')).toBe(1);
  });

  test('a lost datagram is sent again', async () => {
    const dns = await dnsWith({ 'a.example': { mode: 'TIMEOUT' } });
    const pending = resolverOn([dns.address], 3000).query('a.example', 'A');
    while (dns.count('a.example') === 0) await new Promise((resolve) => setImmediate(resolve));
    dns.set('a.example', { A: ['192.0.2.1'] });
    expect(await pending).toMatchObject({ records: ['192.0.2.1'] });
  });

  test('more look-ups than sockets, all of them silent, end in their time', async () => {
    const dns = await dnsWith({ example: { mode: 'TIMEOUT' } });
    const resolver = resolverOn([dns.address], 200);
    for (let index = 0; index < 600; index += 1) dns.set(`n${index}.example`, { mode: 'TIMEOUT' });
    const startedAtMs = monotonicMs();
    const answers = await Promise.all(Array.from({ length: 600 }, (_, n) => resolver.query(`n${n}.example`, 'A')));
    // One after the other it would be minutes.
    expect(monotonicMs() - startedAtMs).toBeLessThan(10_000);
    expect(answers.every(({ kind }) => kind === 'TROUBLE')).toBe(true);
  });

  test('close ends what is under way at once, and later look-ups too', async () => {
    const dns = await dnsWith({ 'a.example': { mode: 'TIMEOUT' } });
    const resolver = resolverOn([dns.address], 60_000);
    const pending = resolver.query('a.example', 'A');
    while (dns.count('a.example') === 0) await new Promise((resolve) => setImmediate(resolve));
    resolver.close();
    expect(await pending).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
    expect(await resolver.query('b.example', 'A')).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
  });

  test.each([[[]], [['localhost:53']], [['127.0.0.1']]])('servers %p are a fault of the configuration', (servers) => {
    expect(() => createResolver({ servers })).toThrow();
  });
});

describe('truncation', () => {
  test('a truncated answer is fetched over TCP', async () => {
    const records = Array.from({ length: 60 }, (_, index) => `record ${index} ${'x'.repeat(200)}`);
    const dns = await dnsWith({ 'big.example': { mode: 'TRUNCATE', TXT: records } });
    expect(await resolverOn([dns.address]).resolveTxt('big.example')).toMatchObject({ kind: 'FOUND', records });
    expect(dns.queries.map(({ protocol }) => protocol)).toEqual(['udp', 'tcp']);
  });

  test('a reply cut in mid-record is truncated, not malformed', async () => {
    const dns = await dnsWith({ 'a.example': { MX: [[10, 'mx.example']] } });
    const cutting = await rawServer((query) => {
      const reply = Buffer.concat([query.subarray(0, 12), query.subarray(12, 30)]);
      reply.writeUInt16BE(0x8380, 2);
      reply.writeUInt16BE(5, 6);
      return reply;
    });
    // The cutting server speaks UDP only, so TCP fails there and the other one is asked.
    expect(await resolverOn([cutting, dns.address]).resolveMx('a.example')).toMatchObject({ kind: 'FOUND' });
  });

  const truncated = (query: Buffer): Buffer => {
    const reply = Buffer.from(query);
    reply.writeUInt16BE(0x8380, 2);
    return reply;
  };

  test.each(['nothing', 'half a length', 'a reply to another query'] as const)(
    '%s over TCP is no answer',
    async (said) => {
      let connections = 0;
      const { tcp, udp, port } = await bindPair((socket) => {
        connections += 1;
        // Unread, the end of the client would never be seen.
        socket.resume();
        socket.on('error', () => undefined);
        if (said === 'half a length') socket.end(Buffer.from([0]));
        if (said === 'a reply to another query')
          socket.write(Buffer.concat([Buffer.from([0, 12]), Buffer.alloc(12, 0x80)]));
      });
      udp.on('message', (query, from) => udp.send(truncated(query), from.port, from.address));
      open.push({ close: () => new Promise<void>((resolve) => tcp.close(() => resolve())) });
      open.push({ close: () => new Promise<void>((resolve) => udp.close(() => resolve())) });
      const server = `127.0.0.1:${port}`;
      const answer = await resolverOn([server], 1200).query('a.example', 'A');
      expect(answer).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
      expect(connections).toBeGreaterThan(0);
    },
  );

  test("a truncated reply without its question may be anybody's, and is not followed", async () => {
    const server = await rawServer((query) => {
      const reply = Buffer.from(query.subarray(0, 12));
      reply.writeUInt16BE(0x8380, 2);
      reply.fill(0, 4);
      return reply;
    });
    expect(await resolverOn([server], 100).query('a.example', 'A')).toEqual({ kind: 'TROUBLE', reason: 'TIMEOUT' });
  });
});

describe('forged and odd replies', () => {
  test('replies with a wrong id, a wrong question or from another port are ignored', async () => {
    const dns = await dnsWith({ 'a.example': { mode: 'SPOOFED_FIRST', A: ['192.0.2.1'] } });
    const resolver = resolverOn([dns.address]);
    for (let round = 0; round < 20; round += 1) {
      expect(await resolver.query('a.example', 'A')).toMatchObject({ kind: 'FOUND', records: ['192.0.2.1'] });
    }
  });

  test('every query has its own id and source port', async () => {
    const dns = await dnsWith({ 'a.example': { A: ['192.0.2.1'] } });
    const resolver = resolverOn([dns.address]);
    for (let round = 0; round < 40; round += 1) await resolver.query('a.example', 'A');
    expect(new Set(dns.queries.map(({ id }) => id)).size).toBeGreaterThan(35);
    expect(new Set(dns.queries.map(({ sourcePort }) => sourcePort)).size).toBeGreaterThan(20);
  });

  test('records of other names in a reply are not believed', async () => {
    const server = await rawServer((query) =>
      forgeReply(query, () => [
        { name: 'a.example', type: 'A', ttl: 600, data: '192.0.2.1' },
        { name: 'bank.example', type: 'A', ttl: 600, data: '192.0.2.66' },
      ]),
    );
    const resolver = resolverOn([server]);
    expect(await resolver.query('a.example', 'A')).toMatchObject({ records: ['192.0.2.1'] });
    expect(await resolver.query('bank.example', 'A')).toMatchObject({ records: ['192.0.2.66'] });
    expect(await resolver.query('c.example', 'A')).toEqual({ kind: 'NO_DATA' });
  });

  test('a server that does not know EDNS is asked without', async () => {
    const dns = await dnsWith({ 'a.example': { mode: 'NO_EDNS', A: ['192.0.2.1'] } });
    expect(await resolverOn([dns.address]).query('a.example', 'A')).toMatchObject({ records: ['192.0.2.1'] });
    expect(dns.count('a.example')).toBe(2);
  });
});

describe('fuzz', () => {
  /** Repeatable: xorshift with a seed that a failure prints. */
  function randomBytes(seed: number): () => number {
    let state = seed || 1;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    };
  }

  test('random bytes behind the right id never crash and never say that a name does not exist', async () => {
    const seed = Date.now() & 0x7fffffff;
    const next = randomBytes(seed);
    const server = await rawServer((query) => {
      const garbage = Buffer.from(Array.from({ length: 4 + next() * 2 }, next));
      query.copy(garbage, 0, 0, 2);
      return garbage;
    });
    const resolver = resolverOn([server], 20);
    for (let round = 0; round < 150; round += 1) {
      const { kind } = await resolver.query(`n${round}.example`, round % 2 === 0 ? 'MX' : 'TXT');
      expect(`${seed}: ${kind}`).toBe(`${seed}: TROUBLE`);
    }
  });

  test('real replies with changed bytes never crash', async () => {
    const seed = Date.now() & 0x7fffffff;
    const next = randomBytes(seed);
    const server = await rawServer((query) => {
      const reply = forgeReply(query, (name) => [
        { name, type: 'MX', ttl: 60, data: { preference: 10, exchange: 'mx.example' } },
        { name, type: 'TXT', ttl: 60, data: ['text', 'more'] },
        { name, type: 'A', ttl: 60, data: '192.0.2.1' },
      ]);
      for (let change = 0; change < 1 + (next() % 4); change += 1) reply[2 + (next() % (reply.length - 2))] = next();
      return next() < 64 ? reply.subarray(0, next() % reply.length) : reply;
    });
    const resolver = resolverOn([server], 20);
    const kinds = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      kinds.add((await resolver.query(`n${round}.example`, (['MX', 'TXT', 'A'] as const)[round % 3] ?? 'A')).kind);
    }
    expect([...kinds].every((kind) => ['FOUND', 'NO_DATA', 'NXDOMAIN', 'TROUBLE'].includes(kind))).toBe(true);
  }, 20_000);
});
