/** Connections that have shown a token are bounded by tenant: idle ones give way, then no more are taken. */
import { expect, test } from 'bun:test';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  createConnectionBounds,
  MOST_OF_NETWORK,
  MOST_OF_TENANT,
  MOST_STRANGERS,
} from '../../src/control/admission/connection-bounds.ts';
import { until } from '../helpers/child.ts';

test('a tenant has so many connections, the operator as many as it likes', async () => {
  const bounds = createConnectionBounds((address) => address);
  const held: ServerResponse[] = [];
  let refused = 0;
  const server = createServer(({ socket, url = '/' }, response) => {
    const isTaken = bounds.prove(socket, url === '/operator' ? null : url);
    if (isTaken) held.push(response);
    else refused += 1;
    if (!isTaken) response.end();
  });
  bounds.watch(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clients: Socket[] = [];
  let closed = 0;
  const begin = (path: string): void => {
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => undefined).on('close', () => (closed += 1));
    client.resume();
    client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  };
  const isJudged = (count: number) => until('all are judged', 30_000, () => held.length + refused === count);
  const ask = async (path: string): Promise<void> => {
    const before = held.length + refused;
    begin(path);
    await isJudged(before + 1);
  };
  try {
    // Fewer at once than strangers of one network may be.
    for (let count = 0; count < MOST_OF_TENANT; count += 50) {
      for (let index = 0; index < 50; index += 1) begin('/a');
      await isJudged(count + 50);
    }
    expect([held.length, refused]).toEqual([MOST_OF_TENANT, 0]);
    await ask('/a');
    expect(refused).toBe(1);
    for (const path of ['/b', '/operator']) await ask(path);
    expect([held.length, refused, closed]).toEqual([MOST_OF_TENANT + 2, 1, 0]);
    // One that waits for its next request gives way.
    const before = closed;
    held[0]?.end();
    await until('it is over', 30_000, () => held[0]?.writableFinished === true);
    await ask('/a');
    expect(refused).toBe(1);
    await until('the idle one is closed', 30_000, () => closed > before);
  } finally {
    for (const client of clients) client.destroy();
    server.close();
  }
}, 60_000);

test('a stranger whose form does not come gives way to a newcomer: at once to one of a smaller network', async () => {
  const bounds = createConnectionBounds((address) => address);
  let begun = 0;
  const server = createServer((request, response) => {
    begun += 1;
    bounds.begin(request);
    request.on('error', () => undefined);
    if (request.url === '/') response.end();
  });
  bounds.watch(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clients: Socket[] = [];
  const begin = (localAddress: string, text: string): (() => string) => {
    const client = connect({ port, host: '127.0.0.1', localAddress });
    clients.push(client);
    let said = '';
    client.on('error', () => undefined).on('data', (chunk: Buffer) => (said += chunk.toString()));
    client.write(text);
    return () => said;
  };
  const newcomer = async (localAddress: string): Promise<string> => {
    const said = begin(localAddress, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await until('it is answered', 10_000, () => said() !== '');
    return said().slice(0, 'HTTP/1.1 200'.length);
  };
  try {
    for (let index = 0; index < MOST_STRANGERS; index += 1)
      begin(
        `127.30.0.${1 + (index % (MOST_STRANGERS / MOST_OF_NETWORK))}`,
        'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na',
      );
    await until('all are being answered', 30_000, () => begun === MOST_STRANGERS);
    expect(await newcomer('127.30.1.1')).toBe('HTTP/1.1 200');
    await until(
      'one of its own network has given way',
      20_000,
      async () => (await newcomer('127.30.0.2')) === 'HTTP/1.1 200',
    );
  } finally {
    for (const client of clients) client.destroy();
    server.close();
  }
}, 60_000);
