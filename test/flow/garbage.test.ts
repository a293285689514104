/**
 * Garbage on every port: the service lives, its memory stays bounded, and a sender beside it never hears of it. What each
 * kind is answered is in test/inbound and test/control; here it is all of them at once against the whole service.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { until } from '../helpers/child.ts';
import { compare, type Load } from '../helpers/load.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { EXACT, type Scene, startScene } from './crash-scene.ts';

const MIB = 1024 * 1024;
/** Over what it is at the beginning of a test, load included. */
const GROWTH_BYTES = 150 * MIB;
/** At any moment; a body of 64 MiB may be under way. */
const MOST_BYTES = 700 * MIB;

let scene: Scene;
let load: Load;
let httpPort = 0;

beforeAll(async () => {
  scene = await startScene();
  load = scene.load;
  httpPort = Number(new URL(scene.service.httpUrl).port);
  await scene.untilMore(200);
});

afterAll(async () => {
  expect(residentBytes('VmHWM')).toBeLessThan(MOST_BYTES);
  expect(load.refusals.size).toBe(0);
  expect(load.unanswered.size).toBe(0);
  expect(await scene.settle()).toEqual(EXACT);
  expect(compare(load, scene.primary.messages)).toEqual(EXACT);
  expect(await scene.service.stop()).toBe(0);
  await scene.close();
});

/** Now, or the most it ever was. */
function residentBytes(field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${scene.service.pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

/** Mail is still accepted and delivered, the pages still answer, and memory has not grown beyond bounds. */
async function expectUnmoved(before: number): Promise<void> {
  await scene.untilMore(20);
  await until('the pages answer', 30_000, async () => (await fetch(`${scene.service.httpUrl}/readyz`)).status === 200);
  await until('memory is what it was, about', 30_000, () => residentBytes() - before < GROWTH_BYTES);
}

interface Stranger {
  readonly socket: Socket;
  /** Resolves with all that was heard, when the connection is gone. */
  readonly heard: Promise<string>;
}

function meet(port: number): Stranger {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const heard = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.subarray(0, 4096).toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  return { socket, heard };
}

/** Writes pieces as fast as they are taken, until all is written or the peer has gone. */
async function pour(socket: Socket, piece: Uint8Array, times: number): Promise<void> {
  const gone = new Promise((resolve) => socket.once('close', resolve));
  for (let count = 0; count < times && !socket.destroyed && socket.writable; count += 1) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), gone]);
  }
}

/** A TLS 1.2 ClientHello as a client sends it that takes the port for an implicit TLS one. */
function clientHello(): Buffer {
  const ciphers = Buffer.from('c02bc02fc02cc030cca9cca8', 'hex');
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    randomBytes(32),
    Buffer.from([0, 0, ciphers.length]),
    ciphers,
    Buffer.from([1, 0]),
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, 0, handshake.length]), handshake]);
}

const HTTP = Buffer.from('GET / HTTP/1.1\r\nHost: mx.example\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n');
const SMTP = Buffer.from(
  'EHLO client.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n.\r\nQUIT\r\n',
);

describe.each(['SMTP', 'HTTP'] as const)('%s port', (name) => {
  const portOf = (): number => (name === 'SMTP' ? scene.service.smtpPort : httpPort);

  test('random bytes, another protocol, and nothing but line ends', async () => {
    const before = residentBytes();
    const pieces = [
      clientHello(),
      HTTP,
      SMTP,
      Buffer.alloc(65_536, '\r\n'),
      Buffer.alloc(65_536),
      Buffer.alloc(65_536, 0xff),
      ...Array.from({ length: 60 }, (_, index) => randomBytes(1 + index ** 3)),
    ];
    const strangers = pieces.map((piece) => {
      const stranger = meet(portOf());
      stranger.socket.end(piece);
      return stranger;
    });
    // They have ended their side: so does the service, whatever it thought of them.
    await Promise.all(strangers.map(({ heard }) => heard));
    await expectUnmoved(before);
  });

  test('a line of 64 MiB, eight times at once', async () => {
    const before = residentBytes();
    const strangers = Array.from({ length: 8 }, () => meet(portOf()));
    await Promise.all(strangers.map(({ socket }) => pour(socket, Buffer.alloc(MIB, 'x'), 64)));
    await expectUnmoved(before);
    for (const { socket } of strangers) socket.destroy();
  });

  test('commands and requests without end, of which no reply is ever read', async () => {
    const before = residentBytes();
    const strangers = Array.from({ length: 8 }, () => meet(portOf()));
    const piece = name === 'SMTP' ? Buffer.from('NOOP\r\n'.repeat(10_000)) : Buffer.from(HTTP.toString().repeat(500));
    if (name === 'SMTP') for (const { socket } of strangers) socket.write('EHLO client.example\r\n');
    for (const { socket } of strangers) socket.pause();
    const poured = Promise.all(strangers.map(({ socket }) => pour(socket, piece, 2000)));
    // Sooner or later it stops to read from who does not read.
    await until('nothing more is taken', 30_000, async () => {
      const written = strangers.map(({ socket }) => socket.bytesWritten - socket.writableLength);
      await new Promise((resolve) => setTimeout(resolve, 500));
      return strangers.every(({ socket }, index) => socket.bytesWritten - socket.writableLength === written[index]);
    });
    await expectUnmoved(before);
    for (const { socket } of strangers) socket.destroy();
    await poured;
  });

  test('three hundred half-open connections, and as many that are reset', async () => {
    const before = residentBytes();
    const silent = Array.from({ length: 300 }, () => meet(portOf()));
    const reset = Array.from({ length: 300 }, () => meet(portOf()));
    await Promise.all(
      reset.map(async ({ socket, heard }) => {
        await new Promise<void>((resolve) => {
          socket.once('connect', resolve).once('close', resolve);
        });
        socket.write(name === 'SMTP' ? 'EHLO half' : 'POST /graphql HTTP/1.1\r\nContent-Le');
        socket.resetAndDestroy();
        await heard;
      }),
    );
    await expectUnmoved(before);
    for (const { socket } of silent) socket.destroy();
    await Promise.all(silent.map(({ heard }) => heard));
  });
});

test('garbage in the middle of a dialogue: after EHLO, after RCPT, in the data, under the handshake', async () => {
  const before = residentBytes();
  const openings: readonly (readonly string[])[] = [
    [],
    ['MAIL FROM:<a@b.example>'],
    ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@crash.example>'],
    ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@crash.example>', 'DATA'],
    ['STARTTLS'],
    ['BDAT 100000'],
  ];
  await Promise.all(
    openings.flatMap((commands) =>
      Array.from({ length: 5 }, async () => {
        const peer = await connectPeer({ host: '127.0.0.1', port: scene.service.smtpPort, timeoutMs: 20_000 });
        await peer.reply();
        await peer.ask('EHLO client.example');
        for (const command of commands) await peer.write(`${command}\r\n`);
        await peer.write(randomBytes(200_000));
        peer.destroy();
      }),
    ),
  );
  await expectUnmoved(before);
});

test('a connection that asks one thing after the other, or a few at once, is answered; after a thousand it is closed', async () => {
  const { socket, heard } = meet(httpPort);
  const seen = { count: 0, closing: 0 };
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1');
    seen.count += text.split('HTTP/1.1 200 OK').length - 1;
    seen.closing += text.split(/\r\nconnection: close\r\n/i).length - 1;
  });
  for (let asked = 0; asked < 1000; ) {
    const atOnce = Math.min(1000 - asked, 1 + (asked % 10));
    asked += atOnce;
    socket.write(HTTP.toString().repeat(atOnce));
    await until(`answer ${asked}`, 30_000, () => seen.count === asked);
  }
  expect(seen).toEqual({ count: 1000, closing: 1 });
  socket.write(HTTP);
  await heard;
});

test('requests to GraphQL that are too large, too deep, or no JSON', async () => {
  const before = residentBytes();
  const { httpUrl, token } = scene.service;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const send = (body: Uint8Array<ArrayBuffer> | string): Promise<Response | null> =>
    fetch(`${httpUrl}/graphql`, { method: 'POST', headers, body }).catch(() => null);
  const post = async (body: Uint8Array<ArrayBuffer> | string): Promise<number | null> => {
    const response = await send(body);
    await response?.body?.cancel();
    return response?.status ?? null;
  };
  for (const body of ['', '{', 'null', '[]', '{"query":1}', randomBytes(100_000), '['.repeat(100_000)]) {
    const status = await post(typeof body === 'string' ? body : Uint8Array.from(body));
    expect([body.slice(0, 20), status]).toEqual([body.slice(0, 20), 400]);
  }
  const deep = `{${'domains(first: 1) { nodes { '.repeat(2000)} name ${'} }'.repeat(2000)}}`;
  const refused = (await (await send(JSON.stringify({ query: deep })))?.json()) as {
    errors?: unknown[];
    data?: unknown;
  };
  expect([refused.errors?.length, refused.data ?? null]).toEqual([1, null]);
  // The connection may be closed before the answer to a body that is not read.
  expect([413, null]).toContain(await post(new Uint8Array(65 * MIB)));
  await expectUnmoved(before);
});
