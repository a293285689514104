/** Honest mail while strangers send commands, begin TLS or connect without end, and bring no mail. */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';

const DOMAIN = 'held.example';
const IN_FLIGHT_BYTES = 268_435_456;
const BLOCK_OCTETS = 65_536;

let flow: Flow<Service>;
beforeAll(async () => {
  const limits = { MESSAGES_PER_MINUTE: '1000000', IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}` };
  flow = await startFlow({}, { TRUSTED_CLIENTS: '127.0.0.99/32', LOG_LEVEL: 'error', ...limits }, startService);
  const primary = await flow.primary('127.0.0.2');
  await primary.stop();
  await flow.addDomain(DOMAIN, primary);
}, 60_000);
afterAll(() => flow?.close());

interface Stranger {
  readonly addresses: number;
  readonly connections: number;
  /** From the end of a connection to the next. Default 5. */
  readonly pauseMs?: number;
  /** Connections that were greeted before honest mail is counted: then the allowances are nearly spent. */
  readonly greeted: number;
  /** Goes on until the socket closes. */
  readonly attack: (socket: Socket) => void;
}

/** Commands as fast as they are taken. */
const pour =
  (commands: string) =>
  (socket: Socket): void => {
    const block = Buffer.from(commands.repeat(Math.ceil(BLOCK_OCTETS / commands.length)));
    const go = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    // The greeting comes first.
    socket.once('data', () => {
      socket.write('EHLO attacker.example\r\n');
      go();
    });
    socket.on('drain', go).on('data', () => undefined);
  };

/** A handshake, and away. */
function shakeHands(socket: Socket): void {
  const lines = ['EHLO attacker.example\r\n', 'STARTTLS\r\n'];
  const onReply = (): void => {
    const line = lines.shift();
    if (line !== undefined) return void socket.write(line);
    socket.off('data', onReply);
    const secured = connectTls({ socket, rejectUnauthorized: false }, () => socket.destroy());
    secured.on('error', () => undefined);
  };
  socket.on('data', onReply);
}

/** Silent once it is greeted; where its network has its share already it is refused, and comes again. */
function listen(socket: Socket): void {
  socket.resume();
}

/** Who is put out comes again. */
function besiege(
  signal: AbortSignal,
  { addresses, connections, pauseMs = 5, attack }: Stranger,
  onOpen: () => void,
): Promise<void> {
  const sockets = new Set<Socket>();
  const open = (index: number): void => {
    if (signal.aborted) return;
    const localAddress = `127.${20 + (index % addresses)}.1.1`;
    const socket = connect({ port: flow.service.smtpPort, host: '127.0.0.1', localAddress });
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', onOpen);
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(() => open(index), pauseMs);
    });
    attack(socket);
  };
  for (let index = 0; index < connections; index += 1) open(index);
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => {
      for (const socket of sockets) socket.destroy();
      resolve();
    }),
  );
}

test.each([
  ['NOOP without end, one address', { addresses: 1, connections: 20, greeted: 20, attack: pour('NOOP\r\n') }],
  [
    'recipients that are refused, 50 addresses',
    {
      addresses: 50,
      connections: 200,
      greeted: 200,
      attack: pour('MAIL FROM:<a@b.example>\r\nRCPT TO:<u@other.example>\r\nRSET\r\n'),
    },
  ],
  ['handshakes, 50 addresses', { addresses: 50, connections: 200, greeted: 600, attack: shakeHands }],
  [
    'connections that are refused, one address',
    { addresses: 1, connections: 250, pauseMs: 100, greeted: 600, attack: listen },
  ],
  [
    'connections that are refused, 50 addresses',
    { addresses: 50, connections: 1500, pauseMs: 500, greeted: 2000, attack: listen },
  ],
] as const)(
  '%s',
  async (name, stranger) => {
    let openCount = 0;
    const countOpen = (): void => void (openCount += 1);
    const beside = await measureBeside({
      service: flow.service,
      recipient: `user@${DOMAIN}`,
      honestAddress: '127.9.9.9',
      hasBegun: () => until('the attackers are greeted', 30_000, () => openCount >= stranger.greeted),
      attack: (signal) => besiege(signal, stranger, countOpen),
    });
    expect(openCount).toBeGreaterThan(0);
    expectHarmless(name, beside, IN_FLIGHT_BYTES);
  },
  90_000,
);
