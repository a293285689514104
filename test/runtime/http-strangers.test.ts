/**
 * HTTP connections without a token, on every runtime: silent and slow ones of strangers are bounded per network and in all,
 * and keep nobody out; one that has shown a token stays.
 */
import { expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { MOST_OF_NETWORK, MOST_STRANGERS } from '../../src/control/admission/connection-bounds.ts';
import { endChild, until } from '../helpers/child.ts';
import { startFixture } from '../helpers/runtime-child.ts';
import type { Runtime } from '../helpers/service.ts';

const TOKEN = 'a-token-of-the-operator';
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
const BODY = JSON.stringify({ query: '{ __typename }' });
const ASKED =
  `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  readonly isClosed: () => boolean;
}

async function open(port: number, localAddress: string, text = ''): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  let said = '';
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (isClosed = true));
  await until('it is connected', 30_000, () => !socket.connecting);
  socket.write(text);
  return { socket, said: () => said, isClosed: () => isClosed };
}

const answers = (client: Client, count = 1) =>
  until('it answers', 30_000, () => client.said().split('HTTP/1.1 200').length > count);

test.each<Runtime>(['bun', 'deno', 'node'])('%s', async (runtime) => {
  const service = startFixture<{ port?: number; asked?: number }>(runtime, 'http-strangers.ts', [TOKEN]);
  const clients: Client[] = [];
  const openMany = async (count: number, localAddress: string, text = ''): Promise<Client[]> => {
    const opened = await Promise.all(Array.from({ length: count }, () => open(port, localAddress, text)));
    clients.push(...opened);
    return opened;
  };
  const closed = (of: readonly Client[]) => of.filter(({ isClosed }) => isClosed()).length;
  let port = 0;
  let asking: ReturnType<typeof setInterval> | undefined;
  try {
    port = (await service.line('it listens', (line) => line.port !== undefined)).port ?? 0;
    const [holder] = await openMany(1, '127.0.0.2', ASKED);
    if (holder === undefined) throw new Error('no client');
    await answers(holder);
    await until('it has the answer', 30_000, () => holder.said().includes('{"data":{"__typename":"Query"}}'));
    // Kept connections end after five seconds without a request.
    asking = setInterval(() => holder.socket.write(ASKED), 500);
    // Who shows a wrong token has to connect again.
    const [wrong] = await openMany(1, '127.0.0.3', ASKED.replace(TOKEN, 'wrong'));
    await until('it is closed', 30_000, () => wrong?.isClosed() === true);
    expect(wrong?.said()).toMatch(/^HTTP\/1\.1 401 /);
    // One network: the oldest that wait give way, whether silent or in mid-head.
    const silent = await openMany(MOST_OF_NETWORK, '127.0.0.2');
    const slow = await openMany(MOST_OF_NETWORK, '127.0.0.2', 'GET / HTTP/1.1\r\nHost: x\r\n');
    await until('the oldest are closed', 30_000, () => closed(silent) === MOST_OF_NETWORK);
    const [neighbour, other] = [await open(port, '127.0.0.2', HEALTH), await open(port, '127.0.0.3', HEALTH)];
    clients.push(neighbour, other);
    await Promise.all([answers(neighbour), answers(other)]);
    await until('one more gave way', 30_000, () => closed(slow) >= 1);
    // All of a network's are being answered: the next is told to come again.
    const busy = await openMany(MOST_OF_NETWORK, '127.0.0.4', 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
    await service.line('all are being answered', ({ asked }) => asked === MOST_OF_NETWORK);
    const [late] = await openMany(1, '127.0.0.4');
    await until('one more ends', 30_000, () => late?.isClosed() === true);
    expect(late?.said()).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 5\r\n/);
    expect(closed(busy)).toBe(0);
    // Trusted clients are not counted.
    const trusted = await openMany(2 * MOST_OF_NETWORK, '127.0.0.1');
    // Many networks: those that have the most lose first.
    const crowd: Client[] = [];
    for (let network = 10; crowd.length < MOST_STRANGERS; network += 1) {
      crowd.push(...(await openMany(MOST_OF_NETWORK, `127.0.0.${network}`)));
    }
    const last = await open(port, '127.0.0.99', HEALTH);
    clients.push(last);
    await answers(last);
    await until(
      'all together are bounded',
      30_000,
      () => clients.length - closed(clients) <= MOST_STRANGERS + trusted.length + 1,
    );
    expect(closed(trusted)).toBe(0);
    const answered = holder.said().split('HTTP/1.1 200').length - 1;
    await answers(holder, answered + 1);
    expect(holder.isClosed()).toBe(false);
  } finally {
    clearInterval(asking);
    for (const { socket } of clients) socket.destroy();
    await endChild(service.child, 'SIGKILL', 5000);
  }
});
