/**
 * Honest mail while a stranger sends mail that fails, so that reports are due: to a domain with sixty hosts of twenty addresses
 * each, and to everybody whom a replayed signature could name.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dkimSign } from 'mailauth';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptMail } from '../helpers/accept-mail.ts';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { makeDkimKey } from '../helpers/dkim-key.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const DOMAIN = 'customer.example';
const HOSTS = 60;
const ADDRESSES = 20;
/** Of the attacker: some twenty messages a second. */
const EVERY_MS = 50;
/** Of the host that reports to signed.example go to. */
const REPORTED = '127.0.0.3';
const KEY = makeDkimKey('rsa');

let flow: Flow<Service>;
let primary: FakePrimary;
let senders: Server;
const sockets = new Set<Socket>();
let dialCount = 0;
/** Reports that arrived at the host of signed.example. */
let reportCount = 0;

beforeAll(async () => {
  const many = Array.from({ length: HOSTS }, (_, index) => [index, `mx${index}.many.example`] as const);
  const zones: Record<string, FakeRecords> = {
    'many.example': { MX: many, TXT: ['v=spf1 ip4:127.0.0.0/8 -all'] },
    'signed.example': { MX: [[10, 'mx.signed.example']], TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
    'd._domainkey.signed.example': { TXT: [KEY.record.match(/.{1,255}/g) ?? []] },
    'mx.signed.example': { A: [REPORTED] },
  };
  for (const [index, host] of many) {
    zones[host] = { A: Array.from({ length: ADDRESSES }, (_, at) => `127.1.${index}.${at + 1}`) };
  }
  flow = await startFlow(zones, { IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`, LOG_LEVEL: 'warn' }, startService);
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary, { hasCallAheads: false });
  senders = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (socket.localAddress === REPORTED) {
      acceptMail(socket, () => {
        reportCount += 1;
      });
      return;
    }
    dialCount += 1;
    socket.end('421 4.3.2 not now\r\n');
  });
  await new Promise<void>((resolve) => senders.listen(flow.deliveryPort, '0.0.0.0', resolve));
}, 60_000);

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  senders?.close();
  await flow?.close();
  await primary?.close();
});

/** Sends one failing message after the other until the signal fires; resolves with how many. */
async function sendFailing(signal: AbortSignal, from: (number: number) => string, content?: string): Promise<number> {
  let number = 0;
  for (; !signal.aborted; number += 1) {
    await flow.send({ from: from(number), to: [`permfail@${DOMAIN}`], ...(content === undefined ? {} : { content }) });
    await sleep(EVERY_MS);
  }
  return number;
}

test('reports to a domain of 1,200 addresses: few of them are dialled, and honest mail does not notice', async () => {
  const beside = await measureBeside({
    service: flow.service,
    recipient: `user@${DOMAIN}`,
    attack: (signal) => sendFailing(signal, (number) => `a${number}@many.example`),
  });
  const [attempts] = await flow.database.sql<{ hosts: number; addresses: number }[]>`
    select count(distinct host)::integer as hosts, count(distinct address)::integer as addresses
    from attempts where host like 'mx%.many.example'`;
  expect(dialCount).toBeGreaterThan(0);
  // The destination has one clock: no more than one attempt of ten addresses is due, whatever is sent there.
  expect(attempts?.addresses).toBeLessThanOrEqual(10);
  expect(dialCount).toBeLessThanOrEqual(20);
  expectHarmless('reports to 1,200 addresses', beside, IN_FLIGHT_BYTES);
});

test('one signed message under a new name each time: one report, and honest mail does not notice', async () => {
  const original = 'From: Alice <alice@signed.example>\r\nSubject: replayed\r\n\r\nHello\r\n';
  const [clock] = await flow.database.sql<{ now: Date }[]>`select bmx_now() as now`;
  const key = { signingDomain: 'signed.example', selector: 'd', privateKey: KEY.privateKey };
  const { signatures } = await dkimSign(original, { ...key, signatureData: [key], signTime: clock?.now ?? new Date() });
  const names = (number: number): string => (number % 2 === 0 ? 'alice@signed.example' : `v${number}@signed.example`);
  let sentCount = 0;
  const beside = await measureBeside({
    service: flow.service,
    recipient: `user@${DOMAIN}`,
    attack: async (signal) => {
      sentCount = await sendFailing(signal, names, signatures + original);
    },
  });
  expect(sentCount).toBeGreaterThan(10);
  await until('the report to alice', 30_000, () => reportCount > 0);
  expect(reportCount).toBe(1);
  expectHarmless('a replayed signature', beside, IN_FLIGHT_BYTES);
});
