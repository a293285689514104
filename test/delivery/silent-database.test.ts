/** A database that is there and says nothing (a frozen host, a firewall that swallows): the service still stops in time. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Service, startService } from '../helpers/service.ts';

let db: TestDatabase;
let proxy: Server;
let service: Service;
let isMute = false;
const sockets = new Set<Socket>();

beforeAll(async () => {
  db = await createTestDatabase();
  const { host, port, database, user } = db.target;
  proxy = createServer((client) => {
    const upstream = connect(join(host, `.s.PGSQL.${port}`));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!isMute) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!isMute) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port: proxyPort } = proxy.address() as AddressInfo;
  service = await startService({
    env: { DATABASE_URL: `postgres://${user}@127.0.0.1:${proxyPort}/${database}`, SHUTDOWN_GRACE: '2s' },
  });
});
afterAll(async () => {
  await service?.remove();
  for (const socket of sockets) socket.destroy();
  proxy?.close();
  await db?.close();
});

test('SIGTERM ends it though no statement is answered any more', async () => {
  isMute = true;
  // Every timer has a statement under way by then.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const startedAt = performance.now();
  const exitCode = await service.stop();
  expect(exitCode).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(45_000);
}, 160_000);
