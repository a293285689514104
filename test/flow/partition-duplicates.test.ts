/** A node that is cut off from its database, or killed, in the middle of a drain: what it delivers and does not record arrives twice. */
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
/** As many as the slots hold. */
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

/** How many messages the primary has taken more than once; all of them at least once. */
function countTwice(domain: string): number {
  const counts = new Map<string, number>();
  for (const { recipients } of primary.messages) {
    for (const { address } of recipients) {
      if (address.endsWith(`@${domain}`)) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
  }
  expect(counts.size).toBe(HELD);
  return [...counts.values()].filter((count) => count > 1).length;
}

async function fill(service: Service, domain: string): Promise<void> {
  await createDomain(service, domain, [{ host: primary.host, port: primary.port }]);
  await holdMany(db, domain, HELD);
  await db.sql`
    update recipients r set address = r.message_id || '@' || ${domain}::text
    from destinations d where d.id = r.destination_id and d.name = ${domain}`;
}

test('no more than the slots hold arrives twice, and delivery stops at once', async () => {
  const cutOff = await serviceAt(proxy.target);
  await fill(cutOff, DOMAIN);
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
  const twice = countTwice(DOMAIN);
  console.log(`after the cut: ${soonAfter - atFreeze} within a second, ${later - soonAfter} after it; twice: ${twice}`);
  expect(twice).toBeLessThanOrEqual(MOST_TWICE);
  expect(later).toBe(soonAfter);
  await other.kill9();
}, 160_000);

test('of a node that is killed no more than the slots hold arrives twice: what it had marked is settled for it', async () => {
  const domain = 'killed.example';
  const killed = await serviceAt(db.target);
  await fill(killed, domain);
  const before = primary.messages.length;
  await primary.waitFor(() => primary.messages.length >= before + 400, 'the drain');
  await killed.kill9();
  const [left] = await db.sql<{ count: number }[]>`select count(*)::int from messages`;
  const other = await serviceAt(db.target);
  await until('the rest', 90_000, async () => (await readHeldCount(other, domain)) === 0);
  const twice = countTwice(domain);
  console.log(`killed: ${left?.count} left, ${twice} twice`);
  expect(left?.count).toBeGreaterThan(100);
  expect(twice).toBeLessThanOrEqual(MOST_TWICE);
  expect(await db.sql`select from delivery_marks`).toHaveLength(0);
}, 160_000);
