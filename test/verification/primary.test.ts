/** What is known of a primary, and the budget of what it is asked: shared by all nodes, written behind, never exceeded. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createCalloutBudget } from '../../src/verification/budget.ts';
import { createPrimaries } from '../../src/verification/primary.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;
let shiftMs = 0;
const monotonicMs = () => performance.now() + shiftMs;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

const node = () => createPrimaries({ sql: db.sql, monotonicMs });

describe('the size it takes', () => {
  test('the last offer counts, for seven days; one without a limit is an offer too', async () => {
    const primaries = node();
    const id = await makeDestination(db.sql, 'size.test');
    const limit = async () => (await primaries.find(id)).sizeLimitBytes;
    expect(await limit()).toBeNull();
    for (const offer of [10_000, 5000, 20_000]) {
      primaries.noteOffer(id, offer);
      await primaries.flush();
      expect(await limit()).toBe(offer);
    }
    expect(await node().find(id)).toMatchObject({ sizeLimitBytes: 20_000 });
    await db.moveClock('8 days');
    shiftMs += 8 * 86_400_000;
    expect(primaries.recall(id)).toBeNull();
    expect(await limit()).toBeNull();
    primaries.noteOffer(id, 20_000);
    await primaries.flush();
    expect(await limit()).toBe(20_000);
    primaries.noteOffer(id, null);
    await primaries.flush();
    expect(await limit()).toBeNull();
  });

  test('where our own reports go nothing is kept; what was noted is told apart', async () => {
    const primaries = node();
    const report = await makeDestination(db.sql, 'internal.test', 'INTERNAL');
    const id = await makeDestination(db.sql, 'noted.test');
    primaries.noteOffer(report, 1000);
    primaries.noteOffer(id, 1000);
    primaries.noteBlocked(id, '554 5.7.1 Not you');
    primaries.noteNegative(id);
    await primaries.flush();
    const rows = await db.sql`
      select size_limit_bytes, is_catch_all, blocked_reply from primaries where destination_id in (${report}, ${id})`;
    expect([...rows]).toEqual([{ size_limit_bytes: 1000, is_catch_all: false, blocked_reply: '554 5.7.1 Not you' }]);
    primaries.noteBlocked(id, '554 again');
    await primaries.flush();
    const [row] = await db.sql`select size_limit_bytes, blocked_reply from primaries where destination_id = ${id}`;
    expect(row).toEqual({ size_limit_bytes: 1000, blocked_reply: '554 5.7.1 Not you' });
  });
});

describe('47: the test with a random name', () => {
  test('one of all nodes has it, once in seven days', async () => {
    const id = await makeDestination(db.sql, 'catchall.test');
    const nodes = Array.from({ length: 8 }, node);
    const claims = await Promise.all(nodes.map((primaries) => primaries.claimTest(id)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await nodes[0]?.recordCatchAll(id);
    expect(await nodes[1]?.find(id)).toMatchObject({ isCatchAll: true, isTestDue: false });
    expect(await nodes[2]?.claimTest(id)).toBe(false);
    await db.moveClock('7 days 1 hour');
    expect(await node().find(id)).toMatchObject({ isCatchAll: false, isTestDue: true });
    expect(await nodes[3]?.claimTest(id)).toBe(true);
  });

  test('a refusal while it is under way wins', async () => {
    const id = await makeDestination(db.sql, 'race.test');
    const [first, second] = [node(), node()];
    expect(await first.claimTest(id)).toBe(true);
    second.noteNegative(id);
    await second.flush();
    await first.recordCatchAll(id);
    expect(await first.find(id)).toMatchObject({ isCatchAll: false, isTestDue: false });
  });
});

describe('49: the probe budget', () => {
  test('is shared by all nodes, refilled evenly, and never fuller than its burst', async () => {
    const nodes = Array.from({ length: 4 }, () =>
      createCalloutBudget({ sql: db.sql, monotonicMs, burst: 20, perMinute: 60 }),
    );
    const takeAll = async () => {
      const taken = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => nodes[index % 4]?.take('192.0.2.1:25', 1)),
      );
      return taken.filter(Boolean).length;
    };
    /** What came anew while they asked, and what is rounded. */
    const startedAtMs = performance.now();
    const more = () => 2 + Math.ceil((performance.now() - startedAtMs) / 1000);
    const first = await takeAll();
    expect(first).toBeGreaterThanOrEqual(20);
    expect(first).toBeLessThanOrEqual(20 + more());
    await db.moveClock('10 seconds');
    shiftMs += 10_000;
    const second = await takeAll();
    expect(second).toBeGreaterThanOrEqual(9);
    expect(second).toBeLessThanOrEqual(10 + more());
    await db.moveClock('1 hour');
    shiftMs += 3_600_000;
    expect(await takeAll()).toBeLessThanOrEqual(20 + more());
    expect(await nodes[0]?.take('192.0.2.2:25', 1)).toBe(true);
  });

  test('what was not used is used before more is taken, what was used beyond is paid', async () => {
    const budget = createCalloutBudget({ sql: db.sql, monotonicMs, burst: 9, perMinute: 1 });
    const tokens = async () => (await db.sql`select tokens from probe_budgets where host = 'h'`)[0]?.['tokens'];
    expect(await budget.take('h', 3)).toBe(true);
    budget.giveBack('h', 2);
    expect(await budget.take('h', 3)).toBe(true);
    expect(Math.round(await tokens())).toBe(5);
    budget.giveBack('h', -2);
    expect(await budget.take('h', 3)).toBe(true);
    expect(Math.round(await tokens())).toBe(0);
    expect(await budget.take('h', 1)).toBe(false);
  });

  test('spent, it costs one statement until there could be some again', async () => {
    let statements = 0;
    const sql = new Proxy(db.sql, {
      apply: (target, self, args) => {
        statements += 1;
        return Reflect.apply(target as never, self, args);
      },
    });
    const budget = createCalloutBudget({ sql, monotonicMs, burst: 1, perMinute: 1 });
    for (let index = 0; index < 100; index += 1) await budget.take('spent', 1);
    expect(statements).toBe(2);
  });
});
