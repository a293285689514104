/**
 * Strangers who hold places and bring no mail, and strangers who bring much large mail at once: what honest mail keeps.
 *
 * Attackers come from a /24 each, by loopback addresses; nobody is trusted.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';

const DOMAIN = 'held.example';
const RECIPIENT = `user@${DOMAIN}`;
const HONEST = '127.9.9.9';
const PLACES = 1000;
const IN_FLIGHT_BYTES = 268_435_456;
/** How soon an attacker whose connection was ended comes again. */
const COMES_AGAIN_MS = 2000;

let flow: Flow<Service>;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow(
    {},
    {
      TRUSTED_CLIENTS: '127.0.0.99/32',
      MESSAGES_PER_MINUTE: '1000000',
      IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`,
      LOG_LEVEL: 'error',
    },
    startService,
  );
  primary = await flow.primary('127.0.0.2');
  await primary.stop();
  await flow.addDomain(DOMAIN, primary);
});
afterAll(() => flow?.close());

/** Writes its lines one after another, each after a reply, and then does what `held` does with the socket. */
interface Holder {
  readonly lines: readonly string[];
  readonly held?: (socket: Socket) => void;
}

/** Keeps `PLACES` connections from 20 or 1,000 networks; who is put out comes again. */
function holdPlaces(signal: AbortSignal, holder: Holder, networks: number): { readonly openCount: () => number } {
  const sockets = new Set<Socket>();
  const hold = (index: number): void => {
    if (signal.aborted) return;
    const network = index % networks;
    const localAddress = `127.${20 + Math.floor(network / 250)}.${1 + (network % 250)}.1`;
    const socket = connect({ port: flow.service.smtpPort, host: '127.0.0.1', localAddress });
    const left = [...holder.lines];
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('421')) return;
      const line = left.shift();
      if (line !== undefined) socket.write(line);
    });
    const dripping = holder.held === undefined ? undefined : setInterval(() => holder.held?.(socket), 2000);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dripping);
      sockets.delete(socket);
      setTimeout(() => hold(index), COMES_AGAIN_MS);
    });
  };
  for (let index = 0; index < PLACES; index += 1) hold(index);
  signal.addEventListener('abort', () => {
    for (const socket of sockets) socket.destroy();
  });
  return { openCount: () => sockets.size };
}

const EHLO = 'EHLO attacker.example\r\n';
const MAIL = 'MAIL FROM:<a@attacker.example>\r\n';
const drip = (socket: Socket): void => void socket.write('N');

describe.each([
  ['silent, twenty addresses', { lines: [] }, 20],
  ['silent, a thousand networks', { lines: [] }, 1000],
  ['an octet every two seconds', { lines: [], held: drip }, 1000],
  ['EHLO, then silence', { lines: [EHLO] }, 1000],
  ['MAIL, then silence', { lines: [EHLO, MAIL] }, 1000],
  ['STARTTLS, then silence', { lines: [EHLO, 'STARTTLS\r\n'] }, 1000],
  [
    'a drip into the data, twenty addresses',
    { lines: [EHLO, MAIL, `RCPT TO:<${RECIPIENT}>\r\n`, 'DATA\r\n'], held: drip },
    20,
  ],
] as const)('1,000 connections, %s', (name, holder, networks) => {
  test('cost honest mail less than half of its rate', async () => {
    let openCount = (): number => 0;
    let beganMs = Infinity;
    const beside = await measureBeside({
      service: flow.service,
      recipient: RECIPIENT,
      honestAddress: HONEST,
      roundMs: 2000,
      // Nearly all of them, or what the shares of twenty addresses leave.
      hasBegun: () =>
        until('the attackers stand', 30_000, () => openCount() > PLACES / 2 && performance.now() > beganMs + 1500),
      attack: (signal) => {
        beganMs = performance.now();
        ({ openCount } = holdPlaces(signal, holder, networks));
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    expectHarmless(name, beside, IN_FLIGHT_BYTES);
  }, 120_000);
});

describe('120 messages of 9.4 MB at once', () => {
  test('delay honest mail by less than two seconds, and what is answered 4yz is not stored', async () => {
    const line = `${'large'.repeat(15)}\r\n`;
    const content = Buffer.from(`Subject: large\r\n\r\n${line.repeat(Math.floor(9_400_000 / line.length))}.\r\n`);
    const replies: string[] = [];
    const send = async (index: number): Promise<void> => {
      const localAddress = `127.30.${index}.1`;
      const peer = await connectPeer({
        host: '127.0.0.1',
        port: flow.service.smtpPort,
        localAddress,
        timeoutMs: 300_000,
      });
      try {
        await peer.reply();
        await peer.ask('EHLO large.example');
        for (const ask of ['MAIL FROM:<large@large.example>', `RCPT TO:<${RECIPIENT}>`, 'DATA']) await peer.ask(ask);
        await peer.write(content);
        replies.push(await peer.reply());
      } finally {
        peer.destroy();
      }
    };
    const beside = await measureBeside({
      service: flow.service,
      recipient: RECIPIENT,
      honestAddress: HONEST,
      roundMs: 5000,
      tries: 1,
      attack: () => Promise.all(Array.from({ length: 120 }, (_, index) => send(index))),
    });
    expect(replies).toHaveLength(120);
    const count = (code: string): number => replies.filter((reply) => reply.startsWith(code)).length;
    console.log(`large: ${count('250')} × 250, ${count('4')} × 4yz`);
    expect(count('250') + count('4')).toBe(120);
    const stored = await flow.database.sql`select from messages where reverse_path = 'large@large.example'`;
    expect(stored).toHaveLength(count('250'));
    // Its share of the rate is not held here: two cores receive and store 1.1 GB meanwhile, and have no more to give.
    console.log(`honest share ${beside.share.toFixed(2)}, worst accept ${beside.worstAcceptMs.toFixed(0)} ms`);
    expect(beside.refusals).toEqual({});
    expect(beside.worstAcceptMs).toBeLessThan(2000);
    expect(beside.peakRssBytes).toBeLessThan(IN_FLIGHT_BYTES + 500_000_000);
  }, 300_000);
});

describe('a header section of 9.4 MB', () => {
  test('costs no more than a body of the same size, whatever its lines begin with', async () => {
    const send = async (localAddress: string, content: Buffer): Promise<string> => {
      const at = { host: '127.0.0.1', port: flow.service.smtpPort, localAddress, timeoutMs: 60_000 };
      const peer = await connectPeer(at);
      try {
        await peer.reply();
        for (const ask of ['EHLO head.example', 'MAIL FROM:<head@head.example>', `RCPT TO:<${RECIPIENT}>`, 'DATA'])
          await peer.ask(ask);
        await peer.write(content);
        return await peer.reply();
      } finally {
        peer.destroy();
      }
    };
    const worst: Record<string, number> = {};
    // A line of three octets once cost as much as two thousand octets.
    for (const line of ['M\r\n', 'Received:\r\n']) {
      const content = Buffer.from(`Subject: x\r\n${line.repeat(Math.floor(9_400_000 / line.length))}.\r\n`);
      const replies: string[] = [];
      const beside = await measureBeside({
        service: flow.service,
        recipient: RECIPIENT,
        honestAddress: HONEST,
        roundMs: 2000,
        tries: 1,
        attack: async (signal) => {
          const one = async (index: number): Promise<void> => {
            while (!signal.aborted) replies.push(await send(`127.60.${index}.1`, content));
          };
          await Promise.all([0, 1].map(one));
        },
      });
      expect(replies.length).toBeGreaterThan(0);
      expect(new Set(replies.map((reply) => reply[0])).size).toBe(1);
      console.log(
        `header of ${JSON.stringify(line)}: ${replies.length} messages, honest share ${beside.share.toFixed(2)}, ` +
          `worst accept ${beside.worstAcceptMs.toFixed(0)} ms`,
      );
      expect(beside.refusals).toEqual({});
      worst[line] = beside.worstAcceptMs;
      expect(beside.peakRssBytes).toBeLessThan(IN_FLIGHT_BYTES + 500_000_000);
    }
    expect(Object.entries(worst).filter(([, ms]) => ms >= 2000)).toEqual([]);
  }, 120_000);
});
