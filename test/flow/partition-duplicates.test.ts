/** A node that is cut off from its database in the middle of a drain: what it delivers and cannot record arrives twice. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { createDomain, readHeldCount } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type FreezingProxy, startFreezingProxy } from '../helpers/freezing-proxy.ts';
import { holdMany } from '../helpers/held-mail.ts';
import { type Service, startService } from '../helpers/service.ts';

const DOMAIN = 'cut.example';
const HELD = 1511;
/** As many as the lanes hold. */
const MOST_TWICE = 40;

let db: TestDatabase;
let proxy: FreezingProxy;
let primary: FakePrimary;
const services: Service[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  proxy = await startFreezingProxy(db.target);
  primary = await startFakePrimary({ modes: 'noStartTls' });
});

afterAll(async () => {
  for (const service of services) await service.remove();
  await primary?.close();
  await proxy?.close();
  await db?.close();
});

async function serviceAt(target: TestDatabase['target']): Promise<Service> {
  const { user, host, port, database } = target;
  const url = host.startsWith('/')
    ? `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
    : `postgres://${user}@${host}:${port}/${database}`;
  const service = await startService({ env: { DATABASE_URL: url } });
  services.push(service);
  return service;
}

test('no more than the lanes hold arrives twice, and delivery stops at once', async () => {
  const cutOff = await serviceAt(proxy.target);
  await createDomain(cutOff, DOMAIN, [{ host: primary.host, port: primary.port }]);
  await holdMany(db, DOMAIN, HELD);
  await db.sql`update recipients set address = message_id || '@' || ${DOMAIN}::text`;
  await primary.waitFor(() => primary.messages.length >= 400, 'the drain');
  proxy.freeze();
  const atFreeze = primary.messages.length;
  // What was in the air comes in; a record that does not go through is noticed within a quarter of a second.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const soonAfter = primary.messages.length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const later = primary.messages.length;
  await cutOff.kill9();
  await proxy.close();

  const other = await serviceAt(db.target);
  await until('the rest', 90_000, async () => (await readHeldCount(other, DOMAIN)) === 0);
  const counts = new Map<string, number>();
  for (const { recipients } of primary.messages) {
    for (const { address } of recipients) counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  const twice = [...counts.values()].filter((count) => count > 1).length;
  console.log(`after the cut: ${soonAfter - atFreeze} within a second, ${later - soonAfter} after it; twice: ${twice}`);
  expect(counts.size).toBe(HELD);
  expect(twice).toBeLessThanOrEqual(MOST_TWICE);
  expect(later).toBe(soonAfter);
}, 160_000);
