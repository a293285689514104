/** The memory of the greeting wait, in a real database, and without one. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createSeenClients } from '../../src/events/seen-clients.ts';
import type { Sql } from '../../src/db/client.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);

beforeEach(async () => {
  await database.sql`truncate seen_clients`;
});

afterAll(() => database?.close());

async function networks(): Promise<string[]> {
  const rows = await database.sql<{ network: string }[]>`select network::text from seen_clients order by network`;
  return rows.map(({ network }) => network);
}

/** An `sql` that counts its statements. */
function counted(): { readonly sql: Sql; readonly count: () => number } {
  let count = 0;
  const sql = new Proxy(database.sql, {
    apply: (target, self, args: unknown[]) => {
      count += 1;
      return Reflect.apply(target, self, args);
    },
  });
  return { sql, count: () => count };
}

/** A look-up of a busy machine is waited for: who is not found in time is unseen. */
const PATIENT = { lookUpMs: 20_000 };

describe('a network', () => {
  test('is seen by this node at once, by another and after a restart once it is written', async () => {
    const here = createSeenClients({ sql: database.sql, ...PATIENT });
    const there = createSeenClients({ sql: database.sql, ...PATIENT });
    expect(await here.isSeen('192.0.2.1')).toBe(false);
    here.remember('192.0.2.1');
    here.remember('2001:db8:1:2::/64');
    expect(await here.isSeen('192.0.2.1')).toBe(true);
    expect(await there.isSeen('192.0.2.1')).toBe(false);
    await here.flush();
    expect(await networks()).toEqual(['192.0.2.1/32', '2001:db8:1:2::/64']);
    expect(await there.isSeen('192.0.2.1')).toBe(true);
    expect(await there.isSeen('2001:db8:1:2::/64')).toBe(true);
    expect(await there.isSeen('2001:db8:1:3::/64')).toBe(false);
    expect(await there.isSeen('192.0.2.2')).toBe(false);
  });

  test('is written without being asked', async () => {
    const seen = createSeenClients({ sql: database.sql, ...PATIENT });
    seen.remember('192.0.2.7');
    const deadline = Date.now() + 30_000;
    while ((await networks()).length === 0 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
    expect(await networks()).toEqual(['192.0.2.7/32']);
  });

  test('that has not come for 36 days is unseen, and pruned', async () => {
    const before = createSeenClients({ sql: database.sql, ...PATIENT });
    before.remember('192.0.2.1');
    await before.flush();
    await database.moveClock('35 days');
    before.remember('192.0.2.2');
    await before.flush();
    const later = createSeenClients({ sql: database.sql, ...PATIENT });
    expect(await later.isSeen('192.0.2.1')).toBe(true);
    expect(await later.prune()).toBe(0);
    await database.moveClock('2 days');
    expect(await later.isSeen('192.0.2.1')).toBe(false);
    expect(await later.isSeen('192.0.2.2')).toBe(true);
    expect(await later.prune()).toBe(1);
    expect(await networks()).toEqual(['192.0.2.2/32']);
  });

  test('that comes again is known for another 36 days', async () => {
    const first = createSeenClients({ sql: database.sql, ...PATIENT });
    first.remember('192.0.2.1');
    await first.flush();
    await database.moveClock('30 days');
    const second = createSeenClients({ sql: database.sql, ...PATIENT });
    second.remember('192.0.2.1');
    await second.flush();
    await database.moveClock('30 days');
    expect(await createSeenClients({ sql: database.sql, ...PATIENT }).isSeen('192.0.2.1')).toBe(true);
  });
});

describe('few statements', () => {
  test('look-ups of one moment are one, and what is known needs none', async () => {
    const { sql, count } = counted();
    const seen = createSeenClients({ sql, ...PATIENT });
    const many = Array.from({ length: 500 }, (_, at) => `192.0.${at >> 8}.${at & 255}`);
    expect(await Promise.all([...many, ...many].map(seen.isSeen))).toEqual(Array.from({ length: 1000 }, () => false));
    expect(count()).toBe(1);
    for (const network of [...many, ...many]) seen.remember(network);
    await Promise.all([seen.flush(), seen.flush()]);
    expect(count()).toBe(2);
    expect(await networks()).toHaveLength(500);
    expect(await Promise.all(many.map(seen.isSeen))).not.toContain(false);
    for (const network of many) seen.remember(network);
    await seen.flush();
    expect(count()).toBe(2);
  });

  test('two nodes may write the same networks at once', async () => {
    const forwards = Array.from({ length: 300 }, (_, at) => `198.51.${at >> 8}.${at & 255}`);
    const nodes = [forwards, forwards.toReversed()].map((order) => {
      const node = createSeenClients({ sql: database.sql, ...PATIENT });
      for (const network of order) node.remember(network);
      return node;
    });
    await Promise.all(nodes.map((node) => node.flush()));
    expect(await networks()).toHaveLength(300);
  });

  test('pruning takes more than one batch', async () => {
    await database.sql`
      insert into seen_clients (network, last_seen_at)
      select '10.0.0.0'::inet + n, bmx_now() - interval '40 days' from generate_series(1, 12000) n`;
    const { sql, count } = counted();
    expect(await createSeenClients({ sql, ...PATIENT }).prune()).toBe(12_000);
    expect(count()).toBe(3);
  });
});

describe('a database that is away', () => {
  test('makes nobody seen, and is told of once', async () => {
    const gone = await createTestDatabase();
    await gone.close();
    const told: unknown[] = [];
    const seen = createSeenClients({ sql: gone.sql, onTrouble: (error) => told.push(error) });
    expect(await seen.isSeen('192.0.2.1')).toBe(false);
    seen.remember('192.0.2.1');
    await seen.flush();
    expect(await seen.isSeen('192.0.2.1')).toBe(false);
    expect(told).toHaveLength(1);
  }, 60_000);

  test('that does not answer delays a look-up by no more than its limit', async () => {
    await database.sql.begin(async (sql) => {
      await sql`lock table seen_clients in access exclusive mode`;
      const seen = createSeenClients({ sql: database.sql, lookUpMs: 100 });
      const beganMs = performance.now();
      expect(await seen.isSeen('192.0.2.1')).toBe(false);
      expect(performance.now() - beganMs).toBeLessThan(10_000);
    });
  });

  test('that keeps silent is asked a bounded number of times, and again once it answers', async () => {
    const { sql, count } = counted();
    const seen = createSeenClients({ sql, lookUpMs: 1 });
    await database.sql.begin(async (blocking) => {
      await blocking`lock table seen_clients in access exclusive mode`;
      for (let index = 0; index < 30; index += 1) expect(await seen.isSeen(`192.0.2.${index}`)).toBe(false);
      expect(count()).toBe(10);
    });
    const deadline = Date.now() + 30_000;
    while (count() === 10 && Date.now() < deadline) {
      await seen.isSeen('192.0.2.1');
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(count()).toBeGreaterThan(10);
  });

  test('what is no network is not seen, and takes nobody else with it', async () => {
    const seen = createSeenClients({ sql: database.sql, ...PATIENT });
    for (const network of ['fe80::1%eth0', '192.0.2.1', '']) seen.remember(network);
    await seen.flush();
    expect(await networks()).toEqual(['192.0.2.1/32']);
    const other = createSeenClients({ sql: database.sql, ...PATIENT });
    const asked = ['fe80::1%eth0', '192.0.2.1', ''].map((network) => other.isSeen(network));
    expect(await Promise.all(asked)).toEqual([false, true, false]);
  });
});
