/** Shares as rows: in force only by leave of the owner there is, while nothing forbids it, and never more than is told. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import {
  endShare,
  grantShares,
  keepShare,
  readDrain,
  type ShareReport,
  takeShare,
  withdrawShares,
} from '../../src/outage/drain-shares.ts';
import { recordFailure } from '../../src/outage/clock.ts';
import { type Owner, takeOwnership } from '../../src/outage/owner.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

let db: TestDatabase;
let spool: Spool;
let id: string;
let owner: Owner;
let helper: Owner;
let count = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
  owner = await addNode('owner', ['delivery']);
  helper = await addNode('helper', ['inbound', 'delivery']);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});
beforeEach(async () => {
  count += 1;
  const name = `shares${count}.test`;
  id = await makeDestination(db.sql, name);
  await takeOwnership(db.sql, id, owner);
  await spool.accept(makeTransaction({ to: [{ address: `x@${name}`, destinationId: id }] }));
});

async function addNode(name: string, roles: readonly string[]): Promise<Owner> {
  const [row] = await db.sql<Owner[]>`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid)
    values (nextval('node_epochs'), ${name}, '1', 'bun', ${[...roles]}::text[], 1) returning node, epoch`;
  if (row === undefined) throw new Error('no node');
  return { node: row.node, epoch: row.epoch };
}

const grant = (sessions: number, by: Owner = owner) => grantShares(db.sql, id, by, [{ ...helper, sessions }]);
const take = () => takeShare(db.sql, id, helper);
const keep = (report: Partial<ShareReport> = {}) =>
  keepShare(db.sql, id, helper, { heldSessions: 5, refusalCount: 0, judgedCount: 0, routeGeneration: 1, ...report });
const claim = async () => {
  const input = { destinationId: id, holder: helper, after: FIRST_KEY, limit: 10, flushNumber: null, isShared: true };
  return (await claimDue(db.sql, input)).messages.length;
};
const readShare = async () => (await readDrain(db.sql, id, owner))?.helpers[0]?.share;

test('a share is granted, taken up, kept, changed and given back', async () => {
  expect(await readDrain(db.sql, id, owner)).toEqual({
    nowMs: expect.any(Number),
    heldCount: 1,
    isOpen: true,
    helpers: [{ ...helper, share: null }],
  });
  expect(await take()).toBeNull();
  await grant(5);
  const terms = await take();
  expect(terms).toMatchObject({ sessions: 5 });
  expect(terms?.forMs).toBeGreaterThan(5000);
  expect(terms?.forMs).toBeLessThanOrEqual(10_000);

  await grant(3);
  // Less is granted than the helper may have: those count until it says otherwise.
  expect(await readShare()).toMatchObject({ sessions: 3, heldSessions: 5 });
  expect(await keep({ heldSessions: 5, refusalCount: 2, judgedCount: 7 })).toMatchObject({ sessions: 3 });
  expect(await readShare()).toMatchObject({ heldSessions: 5, refusalCount: 2, judgedCount: 7 });
  await keep({ heldSessions: 3 });
  expect(await readShare()).toMatchObject({ heldSessions: 3 });
  await keep({ heldSessions: 0 });
  // It may open three at any time.
  expect(await readShare()).toMatchObject({ heldSessions: 3 });
  expect(await claim()).toBe(1);
  await endShare(db.sql, id, helper, false);
  expect(await readShare()).toBeNull();
});

test('nobody but the owner grants', async () => {
  await grant(5, helper);
  expect(await readDrain(db.sql, id, helper)).toBeNull();
  expect(await readShare()).toBeNull();
});

describe('a share is void', () => {
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['withdrawn', () => withdrawShares(db.sql, id, owner)],
    ['not renewed', () => db.sql`update drain_shares set expires_at = clock_timestamp() where destination_id = ${id}`],
    ['its owner gone', () => db.sql`update destinations set owner_node = null, owner_epoch = null where id = ${id}`],
    ['another owner there', () => db.sql`update destinations set owner_epoch = ${helper.epoch + 100} where id = ${id}`],
    ['paused', () => db.sql`update destinations set is_paused = true where id = ${id}`],
    ['capped', () => db.sql`update destinations set drain_per_minute = 60 where id = ${id}`],
    ['held by the breaker', () => db.sql`update destinations set breaker = 'OPEN' where id = ${id}`],
    [
      'failing',
      async () => {
        const [row] = await db.sql<{ now: string }[]>`select bmx_now()::text as now`;
        return recordFailure(db.sql, { destinationId: id, begunAt: row?.now ?? '', trouble: 'REFUSED', reply: '[no]' });
      },
    ],
  ];
  test.each(changes)(
    '%s: nothing more is claimed, the helper winds up and its sessions count until then',
    async (_, change) => {
      await grant(5);
      await take();
      expect(await keep()).not.toBeNull();
      await change();
      expect(await claim()).toBe(0);
      expect(await keep()).toBeNull();
      const [row] = await db.sql`select held_sessions from drain_shares where destination_id = ${id}`;
      expect(row).toEqual({ held_sessions: 5 });
      // What is still there of it is no share for the helper's next hand, and does not stay.
      expect(await take()).toBeNull();
      expect(await db.sql`select from drain_shares where destination_id = ${id}`).toHaveLength(0);
    },
  );

  test('for the attempts on another route', async () => {
    await grant(5);
    await take();
    await db.sql`update destinations set route_generation = 2 where id = ${id}`;
    expect(await keep()).toBeNull();
    expect(await keep({ routeGeneration: 2 })).not.toBeNull();
  });
});

describe('the owner forgets', () => {
  test('a share that was never taken up, which cannot be any more', async () => {
    await grant(5);
    await db.sql`update drain_shares set granted_at = granted_at - interval '11 s' where destination_id = ${id}`;
    expect(await readShare()).toMatchObject({ isSpurned: true });
    await grant(0);
    expect(await readShare()).toBeNull();
    expect(await take()).toBeNull();
  });

  test('a withdrawn share that was not taken up, at once', async () => {
    await grant(5);
    await withdrawShares(db.sql, id, owner);
    expect(await readShare()).toBeNull();
  });

  test('a declined share, once it has heard of the refusal', async () => {
    await grant(5);
    await take();
    await endShare(db.sql, id, helper, true);
    expect(await readShare()).toMatchObject({ sessions: 0, heldSessions: 0, refusalCount: 1, isSpurned: true });
    expect(await take()).toBeNull();
    await grant(0);
    expect(await readShare()).toBeNull();
  });

  test('what a dead node holds, once it is expired', async () => {
    const dead = await addNode('dead', ['delivery']);
    await grantShares(db.sql, id, owner, [{ ...dead, sessions: 5 }]);
    await takeShare(db.sql, id, dead);
    await db.sql`delete from nodes where epoch = ${dead.epoch}`;
    await grant(4);
    const rows = await db.sql`select epoch, sessions from drain_shares where destination_id = ${id}`;
    expect([...rows]).toEqual([{ epoch: helper.epoch, sessions: 4 }]);
  });
});

test('only nodes that deliver and live are asked', async () => {
  const others = [await addNode('door', ['inbound']), await addNode('silent', ['delivery'])];
  await db.sql`update nodes set beat_at = beat_at - interval '11 s' where name = 'silent'`;
  expect((await readDrain(db.sql, id, owner))?.helpers.map(({ epoch }) => epoch)).toEqual([helper.epoch]);
  await db.sql`delete from nodes where epoch = any(${others.map(({ epoch }) => epoch)}::bigint[])`;
});
