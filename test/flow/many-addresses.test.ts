/** A domain of more hosts and addresses than anybody needs: an attempt dials few of them, the next one others. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Server, type Socket } from 'node:net';
import { acceptMail } from '../helpers/accept-mail.ts';
import { until } from '../helpers/child.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'many.example';
const US = 'backup.test.example';
const HOSTS = 14;
/** The one that is alive. */
const ALIVE = 11;

let flow: Flow;
let server: Server;
const sockets = new Set<Socket>();
/** Addresses in the order they were dialled. */
const dialled: string[] = [];

beforeAll(async () => {
  const hosts = Array.from({ length: HOSTS }, (_, index) => [(index + 1) * 10, `mx${index}.${DOMAIN}`] as const);
  const zones: Record<string, FakeRecords> = {
    [US]: { A: ['192.0.2.250'] },
    [DOMAIN]: { MX: [...hosts, [1000, US]] },
  };
  for (const [index, [, host]] of hosts.entries()) {
    zones[host] = { A: Array.from({ length: 20 }, (_, at) => `127.1.${index}.${at + 1}`) };
  }
  flow = await startFlow(zones);
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    const address = socket.localAddress ?? '';
    dialled.push(address);
    const [, , host] = address.split('.').map(Number);
    if (host !== ALIVE) {
      socket.end('421 4.3.2 not now\r\n');
      return;
    }
    acceptMail(socket);
  });
  await new Promise<void>((resolve) => server.listen(flow.deliveryPort, '0.0.0.0', resolve));
  await flow.addDomain(DOMAIN);
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  await flow?.close();
});

test('five hosts and ten addresses an attempt, a row each; the living one is reached in its turn', async () => {
  const id = await flow.send({ to: [`user@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(DOMAIN);
  const addresses = async (): Promise<string[]> =>
    ((await flow.message(id))?.recipients[0]?.attempts.nodes ?? []).map(({ address }) => address ?? '');
  const first = await addresses();
  expect(first.length).toBe(10);
  expect(new Set(first.map((address) => address.split('.')[2])).size).toBe(5);
  expect(dialled.length).toBe(10);
  expect(new Set(first)).toEqual(new Set(dialled.map((address) => `${address}:${flow.deliveryPort}`)));

  let attempts = 1;
  await until('the mail', PATIENCE_MS, async () => {
    const [recipient] = (await flow.message(id))?.recipients ?? [];
    if (recipient?.state === 'DELIVERED') return true;
    const before = (await addresses()).length;
    await flow.moveTo((await flow.see(DOMAIN)).outage?.nextAttemptAt);
    await until('another attempt', PATIENCE_MS, async () => (await addresses()).length > before);
    await flow.untilIdle(DOMAIN);
    attempts += 1;
    expect((await addresses()).length - before).toBeLessThanOrEqual(10);
    return false;
  });
  // Thirteen hosts beside the best, four in a turn: the twelfth comes with the third at the latest.
  expect(attempts).toBeLessThanOrEqual(3);
  await flow.untilSeen(DOMAIN, 'the end of it', (seen) => seen.outage === null && seen.queue.heldCount === 0);
});
