/** The end of the service, and clients that vanish. */
import { afterEach, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import { type Fixture, startInbound } from './fixture.ts';

const opened: Fixture[] = [];

async function start(): Promise<Fixture> {
  const fixture = await startInbound();
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

async function startData(peer: SmtpPeer): Promise<void> {
  await peer.write('MAIL FROM:<a@sender.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n');
  for (let count = 0; count < 3; count += 1) await peer.reply();
}

function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

/** Makes `accept` wait; resolves when it was called, with what lets it go on. */
function holdAccept(fixture: Fixture): Promise<() => void> {
  return new Promise((resolve) => {
    fixture.accept = () => new Promise((stored) => resolve(stored));
  });
}

test('idle sessions and unfinished data get 421 at once, who waits after the dot gets the reply', async () => {
  const fixture = await start();
  const idle = await fixture.session();
  const deciding = await fixture.session();
  await deciding.ask('MAIL FROM:<a@sender.example>');
  await deciding.write('RCPT TO:<hang@example.org>\r\n');
  const sending = await fixture.session();
  await startData(sending);
  await sending.write('Subject: half of it\r\n');
  const waiting = await fixture.session();
  const held = holdAccept(fixture);
  await startData(waiting);
  await waiting.write('Subject: whole\r\n.\r\nNOOP\r\n');
  const finish = await held;

  const closing = fixture.inbound.close(5000);
  for (const peer of [idle, deciding, sending]) {
    expect(await peer.reply()).toStartWith('421 4.3.2 ');
    await peer.closed();
  }
  expect(await failure(fixture.session())).toBeInstanceOf(Error);
  finish();
  expect(await waiting.reply()).toStartWith('250 2.0.0 ');
  expect(await waiting.reply()).toStartWith('421 4.3.2 ');
  await waiting.closed();
  await closing;
  expect(fixture.accepted).toHaveLength(1);
  expect(fixture.inbound.connectionCount()).toBe(0);
});

test('the grace ends', async () => {
  const fixture = await start();
  const peer = await fixture.session();
  const held = holdAccept(fixture);
  await startData(peer);
  await peer.write('x\r\n.\r\n');
  await held;
  const beganMs = performance.now();
  await fixture.inbound.close(100);
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  await peer.closed();
});

test('a client that vanishes in the data leaves nothing; one that vanishes after the dot is stored', async () => {
  const fixture = await start();
  const inData = await fixture.session();
  await startData(inData);
  await inData.write('half');
  inData.destroy();
  const afterDot = await fixture.session();
  const held = holdAccept(fixture);
  await startData(afterDot);
  await afterDot.write('x\r\n.\r\n');
  const finish = await held;
  afterDot.destroy();
  finish();
  const other = await fixture.session();
  await other.ask('QUIT');
  await other.closed();
  expect(fixture.accepted).toHaveLength(1);
  expect(fixture.events.filter((event) => event.name === 'fault')).toEqual([]);
});

test('a port in use: an error, and nothing left bound', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const listen = [
    { host: '127.0.0.2', port },
    { host: '127.0.0.1', port },
  ];
  expect(String(await failure(startInbound({ listen })))).toMatch(/EADDRINUSE|in use/);
  const free = createServer();
  free.listen(port, '127.0.0.2');
  await once(free, 'listening');
  free.close();
  taken.close();
});

test('several addresses, IPv6 among them', async () => {
  const fixture = await startInbound({
    listen: [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ],
  });
  opened.push(fixture);
  expect(fixture.inbound.addresses.map((address) => address.address)).toEqual(['127.0.0.1', '::1']);
});
