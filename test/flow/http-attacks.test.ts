/** Honest mail while clients ask the HTTP side for answers that they do not read, or for more than it can give. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { bindToUs, endChild } from '../helpers/child.ts';
import { type Service, startService } from '../helpers/service.ts';
import type { Visit } from '../helpers/visitor.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const MAILBOX = 'user@held.example';

let service: Service;
beforeAll(async () => {
  service = await startService({
    env: {
      IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`,
      DELIVERY_HOLD: 'true',
      LOG_LEVEL: 'warn',
      TRUSTED_CLIENTS: '127.0.0.1/32',
    },
  });
  await service.graphql(
    'mutation { domainCreate(input: { name: "held.example", deliverTo: [{ host: "192.0.2.1" }], hasCallAheads: false }) { userErrors { code } } }',
  );
}, 60_000);
afterAll(() => service.remove());

/** Tokens of a new tenant, which owes nothing yet. */
async function newTokens(count: number): Promise<readonly string[]> {
  const { tenantCreate } = await service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation ($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } } }',
    { input: { name: `attacker-${crypto.randomUUID()}` } },
  );
  const create = async (_: unknown, index: number): Promise<string> => {
    const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId: tenantCreate.tenant.id, name: `reader ${index}`, scopes: ['QUEUE_READ'] } },
    );
    return tokenCreate.secret;
  };
  return Promise.all(Array.from({ length: count }, create));
}

interface Crowd {
  readonly count: number;
  /** The text is sent again after so long, for as long as the connection lasts. Default: once. */
  readonly everyMs?: number;
  readonly addressOf: (index: number) => string;
  readonly textOf: (index: number) => string;
  /** What becomes of an answer: nothing of it is read; it is read; the text is sent again as soon as something of it comes. */
  readonly onAnswer: 'WAITS' | 'READS' | 'ASKS_AGAIN';
}

const COMES_AGAIN_MS = 200;

/** Keeps so many connections, each of which sends its text at once; one that is closed comes again. */
function attack({ count, everyMs, addressOf, textOf, onAnswer }: Crowd, signal: AbortSignal): Promise<void> {
  const { port } = new URL(service.httpUrl);
  const sockets = new Set<Socket>();
  const begin = (index: number): void => {
    if (signal.aborted) return;
    const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: addressOf(index) });
    sockets.add(socket);
    const again = everyMs === undefined ? undefined : setInterval(() => socket.write(textOf(index)), everyMs);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(again);
        sockets.delete(socket);
        setTimeout(() => begin(index), COMES_AGAIN_MS);
      });
    if (onAnswer === 'WAITS') socket.pause();
    else socket.on('data', () => (onAnswer === 'ASKS_AGAIN' ? socket.write(textOf(index)) : undefined));
    socket.write(textOf(index));
  };
  for (let index = 0; index < count; index += 1) begin(index);
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => {
      for (const socket of sockets) socket.destroy();
      resolve();
    }),
  );
}

const beside = (attacking: (signal: AbortSignal) => Promise<void>) =>
  measureBeside({
    service,
    recipient: MAILBOX,
    honestAddress: '127.0.0.1',
    roundMs: 3000,
    attack: attacking,
  });

test.each([['30 at once', 30, undefined]])(
  'answers of 62 KB to requests, %s, on 480 connections that read nothing',
  async (name, atOnce, everyMs) => {
    const tokens = await newTokens(4);
    // Short requests with long answers, which nothing remembers.
    const members = 'fields { name description args { name description } }';
    const types = ['Mutation', 'Mutation', 'Mutation', 'Query'].map(
      (type, index) => `t${index}: __type(name: "${type}") { ${members} }`,
    );
    const body = JSON.stringify({ query: `{ service { version } ${types.join(' ')} }` });
    const texts = tokens.map((token) =>
      (
        `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      ).repeat(atOnce),
    );
    const crowd: Crowd = {
      count: 480,
      ...(everyMs === undefined ? {} : { everyMs }),
      addressOf: () => '127.0.0.1',
      textOf: (index) => texts[index % texts.length] ?? '',
      onAnswer: 'WAITS',
    };
    expectHarmless(`unread answers, ${name}`, await beside((signal) => attack(crowd, signal)), IN_FLIGHT_BYTES);
  },
  120_000,
);

/** The requests that a client of no attacker's network makes until the signal fires, one on each of its connections. */
async function visit(path: string, signal: AbortSignal): Promise<readonly Visit[]> {
  const script = join(import.meta.dirname, '..', 'helpers', 'visitor.ts');
  const child = spawn(process.execPath, [script, `${service.httpUrl}${path}`, '127.0.7.7']);
  bindToUs(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await endChild(child, 'SIGKILL', 5000);
  const lines = said.split('\n').filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Visit);
}

/** Neither mail nor another stranger is harmed. */
async function expectNobodyHarmed(name: string, crowd: Crowd): Promise<void> {
  let visits: readonly Visit[] = [];
  const measured = await beside(async (signal) => {
    const visiting = visit('/healthz', signal);
    await attack(crowd, signal);
    visits = await visiting;
  });
  const slowestMs = Math.max(...visits.map(({ tookMs }) => tookMs));
  console.log(`${name}: ${visits.length} visits of another stranger, the slowest ${slowestMs.toFixed(0)} ms`);
  expectHarmless(name, measured, IN_FLIGHT_BYTES);
  expect([...new Set(visits.map(({ status }) => status))]).toEqual(['200']);
  expect(slowestMs).toBeLessThan(2_000);
}

/** Strangers of eight addresses, with as many connections as each may have. */
const eightNetworks = (text: string): Crowd => ({
  count: 8 * 64,
  addressOf: (index) => `127.30.${index % 8}.1`,
  textOf: () => text,
  onAnswer: 'WAITS',
});

test(
  'a schema that nobody reads, asked for again and again on 512 connections, keeps no stranger out',
  () =>
    expectNobodyHarmed('a schema that nobody reads', {
      ...eightNetworks('GET /schema.graphql HTTP/1.1\r\nHost: x\r\n\r\n'),
      everyMs: 1000,
    }),
  120_000,
);

const WRONG = 'POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\nContent-Length: 2\r\n\r\n{}';
/** Of the form that is looked for in the database. */
const wrongToken = (index: number): string => WRONG.replace('wrong', `bmx_${`${index}`.padStart(43, 'w')}`);

test.each([
  ['/metrics from a trusted address', 8, '127.0.0.1', 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4)],
  ['/healthz', 8 * 64, null, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['the heading of a schema', 8 * 64, null, 'HEAD /schema.graphql HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['wrong tokens', 8 * 64, null, null],
  ['wrong tokens through a proxy', 8 * 64, '127.0.0.1', null],
] as const)(
  '%s, asked for without end on %d connections',
  async (name, count, address, text) => {
    await expectNobodyHarmed(name, {
      ...eightNetworks(''),
      count,
      ...(address === null ? {} : { addressOf: () => address }),
      textOf: (index) => text ?? wrongToken(index),
      onAnswer: 'ASKS_AGAIN',
    });
  },
  120_000,
);
