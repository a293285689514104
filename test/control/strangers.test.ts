/** Requests that no token pays for take turns: in which order, how many wait, and what the others are told. */
import { afterEach, expect, test } from 'bun:test';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { inTurns } from '../../src/control/admission/strangers.ts';
import { until } from '../helpers/child.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

interface Scene {
  /** The paths of requests that are being handled, in the order in which they began. */
  readonly begun: string[];
  readonly answer: (path: string) => void;
  /** Sends a request from an address of loopback; what is said to it. */
  readonly ask: (path: string, more?: { readonly from?: string; readonly head?: string }) => () => string;
}

/** 127.0.0.1 is trusted; a request with the header Authorization is paid for. The processor has worked for `cpu.ms`. */
async function scene(cpu = { ms: 0 }): Promise<Scene> {
  const begun: string[] = [];
  const open = new Map<string, { response: ServerResponse; done: () => void }>();
  const listener = inTurns(
    ({ url = '' }, response) =>
      new Promise<void>((done) => {
        begun.push(url);
        open.set(url, { response, done });
      }),
    {
      isPaidFor: async ({ headers }) => headers.authorization !== undefined,
      networkOf: (address) => (address === '127.0.0.1' ? null : address),
      cpuMs: () => cpu.ms,
      onBegun: () => undefined,
    },
  );
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    begun,
    answer(path) {
      const found = open.get(path);
      found?.response.end('done');
      found?.done();
    },
    ask(path, { from = '127.0.0.1', head = '' } = {}) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      sockets.push(socket);
      let said = '';
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => (said += chunk.toString()));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n`);
      return () => said;
    },
  };
}

test('a network that asks much waits for the others’ turns; who pays does not wait', async () => {
  const cpu = { ms: 0 };
  const { ask, begun } = await scene(cpu);
  ask('/first', { from: '127.0.0.2' });
  await until('it has begun', 5000, () => begun.length === 1);
  // It has used much of the processor: after its turn the node rests.
  cpu.ms = 1_000_000;
  for (const path of ['/a1', '/a2', '/a3', '/a4', '/a5']) ask(path, { from: '127.0.0.2' });
  ask('/b', { from: '127.0.0.3' });
  ask('/paid', { from: '127.0.0.2', head: 'Authorization: Bearer x\r\n' });
  await until('all have begun', 20_000, () => begun.length === 8);
  expect(begun.indexOf('/paid')).toBeLessThan(3);
  const inTurn = begun.filter((path) => path !== '/paid');
  expect(inTurn.indexOf('/b')).toBeLessThan(3);
});

test('behind a proxy each network that it names has its turns; what it does not name is one of them', async () => {
  const { ask, begun } = await scene();
  const named = (address: string) => ({ head: `X-Forwarded-For: 198.51.100.9, ${address}\r\n` });
  const order = ['/a1', '/a2', '/b', '/plain'];
  ask('/a0', named('192.0.2.1'));
  await until('it has begun', 5000, () => begun.length === 1);
  ask('/a1', named('192.0.2.1'));
  ask('/a2', named('192.0.2.1'));
  ask('/b', named('2001:db8::1'));
  ask('/plain');
  await until('all have begun', 5000, () => begun.length === 5);
  expect(begun.slice(1).toSorted()).toEqual(order);
  expect(begun.indexOf('/a2')).toBeGreaterThan(Math.min(begun.indexOf('/b'), begun.indexOf('/plain')));
});

test('64 requests of a network wait; the next is told to come again, and its connection is closed', async () => {
  const cpu = { ms: 0 };
  const { ask, begun, answer } = await scene(cpu);
  ask('/first', { from: '127.0.0.2' });
  await until('it has begun', 5000, () => begun.length === 1);
  cpu.ms = 1_000_000;
  const said = Array.from({ length: 80 }, (_, index) => ask(`/${index}`, { from: '127.0.0.2' }));
  const refused = () => said.filter((text) => text().startsWith('HTTP/1.1 429'));
  await until('some are refused', 5000, () => refused().length > 0);
  expect(refused()[0]?.()).toMatch(/\r\nRetry-After: 5\r\n/);
  expect(refused()[0]?.()).toMatch(/\r\nConnection: close\r\n/i);
  answer('/first');
  await until('the others have their turns', 30_000, () => begun.length + refused().length === 81);
  expect(refused().length).toBeLessThanOrEqual(16);
}, 60_000);
