/** Policy hosts and receivers whose TLS is hostile, record by record: each is left in time, and nothing more is believed. */
import { afterEach, expect, test } from 'bun:test';
import { handshakeTurns, MOST_UNDER_WAY } from '../../src/dns/handshake-turns.ts';
import { requestOnce } from '../../src/http/connection.ts';
import { until } from '../helpers/child.ts';
import { chainOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';
import { ALERT, type RawTls, type RawTlsOptions, startRawTlsPeer } from '../helpers/raw-tls.ts';

const HOST = 'mta-sts.customer.example';
const root = makeAuthority();
const good = chainOf(makeLeaf([HOST], root), root);
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Asks once; what came of it, once the connection is gone. */
async function ask(answer: (tls: RawTls) => unknown, peerOptions: Partial<RawTlsOptions> = {}, timeoutMs = 20_000) {
  const peer = await startRawTlsPeer({ ...good, ...peerOptions }, answer);
  closers.push(peer.close);
  const asked = { isTls: true, host: HOST, port: peer.port, path: '/', method: 'GET', headers: {} } as const;
  const bounds = { address: '127.0.0.1', maxBytes: 1000, timeoutMs, authorities: [root.cert] };
  const result = await requestOnce(asked, bounds);
  await until('the connection is closed', 20_000, () => peer.openCount() === 0);
  if (result.kind === 'FAILED') return result.reason;
  return [result.status, Buffer.from(result.body).toString(), result.lack];
}

test('an answer in records of one octet, with a few tickets and new keys, is taken', async () => {
  const answer = (tls: RawTls): void => {
    tls.socket.write(Buffer.concat([tls.ticket(200), tls.ticket(200), tls.keyUpdates(2)]));
    tls.say(OK, 1);
  };
  expect(await ask(answer)).toEqual([200, 'hi', null]);
});

test('a second answer that nobody asked for is not heard', async () => {
  expect(await ask((tls) => tls.say(`${OK}HTTP/1.1 500 No\r\n\r\n`))).toEqual([200, 'hi', null]);
});

test('a handshake octet by octet without end has its time', async () => {
  const sendFlight: RawTlsOptions['sendFlight'] = (socket, flight) => {
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at >= flight.length) clearInterval(timer);
      else socket.write(flight.subarray(at, ++at));
    }, 50);
  };
  expect(await ask(() => undefined, { sendFlight }, 500)).toMatch(/^no answer of 127\.0\.0\.1 within/);
});

test('a megabyte of certificates is not taken', async () => {
  const cert = good.cert.repeat(1000);
  const startedAt = performance.now();
  expect(await ask((tls) => tls.say(OK), { cert })).toMatch(/EXCESSIVE|MESSAGE|bytes from the wire|HandshakePayload/i);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('HTTP/2 that nobody offered is no answer', async () => {
  const settings = '\0\0\0\x04\0\0\0\0\0';
  expect(await ask((tls) => tls.say(`${settings}\n`))).toBe('the answer is not HTTP/1.1');
});

test('an alert in mid-body leaves the body unfinished', async () => {
  const answer = (tls: RawTls): void => {
    tls.say(OK.slice(0, -1));
    tls.socket.write(tls.record(ALERT, Buffer.from([2, 80])));
  };
  const [status, body, lack] = (await ask(answer)) as [number, string, string | null];
  expect([status, body]).toEqual([200, 'h']);
  expect(lack).not.toBeNull();
});

test('whoever waits for a turn is gone when the signal fires', async () => {
  const taken = await Promise.all(Array.from({ length: MOST_UNDER_WAY }, () => handshakeTurns.take('127.0.0.1')));
  try {
    const stopping = new AbortController();
    const asked = { isTls: true, host: HOST, port: 9, path: '/', method: 'GET', headers: {} } as const;
    const bounds = { address: '127.0.0.1', maxBytes: 1000, timeoutMs: 60_000, signal: stopping.signal };
    const startedAt = performance.now();
    const answer = requestOnce(asked, bounds);
    stopping.abort();
    expect(await answer).toEqual({ kind: 'FAILED', reason: 'given up' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  } finally {
    for (const turn of taken) turn.end(0);
  }
});
