/** What a client asks for and does not read is not kept for it without end. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { boundTaking, createAnswerRoom, createPublicRoom } from '../../src/control/admission/answer-room.ts';
import { until } from '../helpers/child.ts';
import { addDomain, addTenant, type Harness, holdMessage, startControl } from './harness.ts';

const MIB = 1024 * 1024;
const SIZE = 4 * MIB;
const QUERY = 'query ($id: ID!) { message(id: $id) { content(reason: "to see") { size base64 text } } }';

let control: Harness;
let id: string;
const tokens: string[] = [];
beforeAll(async () => {
  control = await startControl();
  const { sql } = control.database;
  const { tenantId } = await addTenant(control.database);
  for (const name of ['one', 'two']) {
    const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId, name, scopes: ['QUEUE_READ', 'MESSAGE_CONTENT'] } },
    );
    tokens.push(tokenCreate.secret);
  }
  id = await holdMessage(control.database, { destinationId: await addDomain(control, 'large.example') });
  await sql`update messages set tenant_id = ${tenantId}, size_bytes = ${SIZE} where id = ${id}`;
  await sql`
    update contents set tenant_id = ${tenantId}, content = convert_to(repeat('x', ${SIZE}::integer), 'UTF8') where message_id = ${id}`;
});
afterAll(() => control.close());

const body = () => JSON.stringify({ query: QUERY, variables: { id } });

/** Asks, takes the first octets of the answer, and reads no more. */
function askAndWait(): Promise<{ socket: Socket; begin: string }> {
  const socket = connect({ port: Number(new URL(control.url).port), host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const text = body();
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens[0]}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      resolve({ socket, begin: chunk.toString('latin1', 0, 1000) });
    });
  });
}

async function ask(token: string) {
  const response = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body(),
  });
  return (await response.json()) as {
    data: { message: { content: { size: number } | null } };
    errors?: { extensions: { code: string } }[];
  };
}

test('messages read whole are so many at once, whichever token asks; when they are taken there is room again', async () => {
  expect((await ask(tokens[0] ?? '')).data.message.content?.size).toBe(SIZE);
  const unread = [];
  for (let turn = 0; turn < 3; turn += 1) unread.push(await askAndWait());
  for (const { begin } of unread) expect(begin).toContain('eHh4');
  for (const token of tokens) {
    const { data, errors } = await ask(token);
    expect([data.message.content, errors?.[0]?.extensions.code]).toEqual([null, 'RATE_LIMITED']);
  }
  for (const { socket } of unread) socket.destroy();
  await until('there is room again', 20_000, async () => (await ask(tokens[1] ?? '')).data.message.content !== null);
});

test('answers on their way share a room, small ones another; the share of a tenant is not the others’', () => {
  const room = createAnswerRoom('operator');
  const done = new Promise<void>(() => undefined);
  const hold = (tenantId: string, octets: number) => room.holdAnswer({ tenantId, octets, done });
  expect([hold('a', 40 * MIB), hold('a', 40 * MIB), hold('b', 40 * MIB), hold('c', 60 * MIB)]).toEqual([
    null,
    'SHARE_USED',
    null,
    'FULL',
  ]);
  const small = (tenantId: string, count: number) =>
    Array.from({ length: count }, () => hold(tenantId, 64 * 1024)).filter((shortage) => shortage !== null);
  // A tenant's 256 of the largest small ones, and four tenants' in all.
  expect([small('a', 257), small('b', 256), small('c', 256), small('d', 256)]).toEqual([['SHARE_USED'], [], [], []]);
  expect([hold('e', 1), hold('operator', 1000), hold('operator', 60 * MIB)]).toEqual(['FULL', null, null]);
});

test('the result of a mutation is told whether there is room or not, and leaves less for queries', async () => {
  const room = createAnswerRoom('operator');
  const over = Promise.withResolvers<void>();
  const hold = (octets: number, mustBeTold: boolean) =>
    room.holdAnswer({ tenantId: 'a', octets, done: over.promise, mustBeTold });
  expect([hold(60 * MIB, true), hold(60 * MIB, true), hold(MIB, false)]).toEqual([null, null, 'SHARE_USED']);
  over.resolve();
  await over.promise;
  expect(hold(64 * MIB, false)).toBe(null);
});

test('answers to strangers have a room for each network and one for all; one larger than a share has it all', async () => {
  const room = createPublicRoom((address) => (address === '127.0.0.1' ? null : address));
  const over = Promise.withResolvers<void>();
  const hold = (address: string, octets: number) => room.holdAnswer(address, octets, over.promise);
  expect([hold('a', 3 * MIB), hold('a', 2 * MIB), hold('b', 10 * MIB), hold('b', 1)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(['c', 'd', 'e', 'f', 'g', 'h'].map((address) => hold(address, 4 * MIB))).toEqual(Array(6).fill(true));
  expect([hold('i', 2 * MIB), hold('127.0.0.1', 4 * MIB), hold('127.0.0.1', 1)]).toEqual([false, true, false]);
  over.resolve();
  await over.promise;
  expect(hold('i', 2 * MIB)).toBe(true);
});

test('who does not take an answer at the pace is left, who takes it is not', async () => {
  const over: string[] = [];
  const server = createServer((request, response) => {
    boundTaking(response, { octetsPerSecond: 100 * MIB, graceMs: 300 });
    response.once('close', () => over.push(request.url ?? ''));
    response.end('x'.repeat(12 * MIB));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const begin = (path: string): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  };
  const sockets = [begin('/reads'), begin('/waits').pause()];
  let taken = 0;
  sockets[0]?.on('data', ({ length }: Buffer) => (taken += length));
  try {
    // No system takes the whole of it for a client that reads nothing.
    await until('both are over', 10_000, () => over.length === 2);
    expect(over).toEqual(['/reads', '/waits']);
    await until('the reader has it all', 10_000, () => taken > 12 * MIB);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
