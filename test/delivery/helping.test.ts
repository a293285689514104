/** A helper at a destination that another node owns: within its share, and gone with it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { monotonicMs } from '../../src/clock.ts';
import { createRamp } from '../../src/delivery/ramp.ts';
import type { StoppableResult } from '../../src/delivery/round-attempt.ts';
import { followShare } from '../../src/delivery/share-terms.ts';
import { startShares } from '../../src/delivery/shares.ts';
import { createDelivery } from '../../src/delivery/worker.ts';
import { grantShares, keepShare, readDrain, takeShare } from '../../src/outage/drain-shares.ts';
import { type Owner, takeOwnership } from '../../src/outage/owner.ts';
import type { ClaimedMessage, QueueSql } from '../../src/queue/claim.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { plainDeps } from '../helpers/delivery-deps.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const COUNT = 300;
const OK = { code: 250, enhancedCode: '2.0.0', text: 'ok' };
const LATER = { code: 451, enhancedCode: '4.4.2', text: 'timeout' };

let db: TestDatabase;
let spool: Spool;
let owner: Owner;
let helper: Owner;
let id: string;
let count = 0;
let atOnce: number;
let mostAtOnce: number;
let attempted: string[];
let isAway: boolean;
/** Waited for by every attempt behind the twentieth. */
let gate: Promise<void> | null;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
  owner = await addNode('owner');
  helper = await addNode('helper');
});
afterAll(async () => {
  await spool.close();
  await db.close();
});
beforeEach(async () => {
  count += 1;
  id = await makeDestination(db.sql, `helped${count}.test`);
  await takeOwnership(db.sql, id, owner);
  const to = [{ address: `x@helped${count}.test`, destinationId: id }];
  await Promise.all(Array.from({ length: COUNT }, () => spool.accept(makeTransaction({ to }))));
  [atOnce, mostAtOnce, attempted, isAway, gate] = [0, 0, [], false, null];
});

async function addNode(name: string): Promise<Owner> {
  const [row] = await db.sql<Owner[]>`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid)
    values (nextval('node_epochs'), ${name}, '1', 'bun', '{delivery}', 1) returning node, epoch`;
  if (row === undefined) throw new Error('no node');
  return { node: row.node, epoch: row.epoch };
}

const grant = (sessions: number) => grantShares(db.sql, id, owner, [{ ...helper, sessions }]);
const shareOf = async (epoch: number) =>
  (await readDrain(db.sql, id, owner))?.helpers.find((one) => one.epoch === epoch)?.share ?? null;

async function attempt({ id: messageId, recipients }: ClaimedMessage): Promise<StoppableResult> {
  attempted.push(messageId);
  atOnce += 1;
  mostAtOnce = Math.max(mostAtOnce, atOnce);
  // A primary some way off.
  await new Promise((resolve) => setTimeout(resolve, 10));
  if (attempted.length > 20) await gate;
  atOnce -= 1;
  const outcome = isAway ? { kind: 'DEFERRED' as const, reply: LATER } : { kind: 'DELIVERED' as const, reply: OK };
  const hostTrouble = isAway ? { trouble: 'TIMEOUT' as const, reply: '[timeout]' } : null;
  return {
    outcomes: new Map(recipients.map(({ number }) => [number, outcome])),
    records: [],
    hostTrouble,
    isStopped: false,
  };
}

function startHelper() {
  return createDelivery({
    ...plainDeps(),
    sql: db.database.queueSql,
    holder: () => helper,
    openAttempts: () => ({ attempt, openCount: () => atOnce, close: async () => undefined }),
  });
}

describe('with a share of five sessions', () => {
  test('it hands over what is due, within them, and gives the share back', async () => {
    await grant(5);
    const delivery = startHelper();
    await delivery.sweep();
    await until('all is delivered', 30_000, async () => {
      return (await db.sql`select from messages where destination_id = ${id}`).length === 0;
    });
    await until('the share is given back', 30_000, async () => (await shareOf(helper.epoch)) === null);
    expect(mostAtOnce).toBe(5);
    expect(new Set(attempted).size).toBe(COUNT);
    expect(attempted).toHaveLength(COUNT);
    await delivery.stop(5000);
  });

  test('paused in the middle: it ends, gives all back, and nothing is lost or claimed for long', async () => {
    await grant(5);
    const isPaused = Promise.withResolvers<void>();
    gate = isPaused.promise;
    const delivery = startHelper();
    delivery.poke(id);
    await until('it is under way', 30_000, () => attempted.length > 20);
    await db.sql`update destinations set is_paused = true where id = ${id}`;
    isPaused.resolve();
    await until('the share is given back', 30_000, async () => (await shareOf(helper.epoch)) === null);
    const left = await db.sql`select from messages where destination_id = ${id} and claimed_by is null`;
    expect(attempted.length + left.length).toBe(COUNT);
    expect(left.length).toBeGreaterThan(0);
    await delivery.stop(5000);
  });

  test('a host in trouble: the owner is told, the destination’s clock is its business', async () => {
    await grant(5);
    isAway = true;
    const delivery = startHelper();
    delivery.poke(id);
    await until('the share is declined', 30_000, async () => (await shareOf(helper.epoch))?.isSpurned === true);
    expect(await shareOf(helper.epoch)).toMatchObject({ heldSessions: 0, refusalCount: 1 });
    expect(attempted).toHaveLength(1);
    const [state] = await db.sql`
      select first_failure_at, outage_id, owner_epoch from destinations where id = ${id}`;
    expect(state).toEqual({ first_failure_at: null, outage_id: null, owner_epoch: owner.epoch });
    const due = await db.sql`select from messages where destination_id = ${id} and next_attempt_at <= bmx_now()`;
    expect(due).toHaveLength(COUNT);
    await delivery.stop(5000);
  });
});

test('what a helper hands over is a success to the owner too, by the service’s time', async () => {
  await grant(5);
  await takeShare(db.sql, id, helper);
  await keepShare(db.sql, id, helper, { heldSessions: 5, refusalCount: 0, judgedCount: 7, routeGeneration: 1 });
  const lastSuccess = { atMs: Number.NEGATIVE_INFINITY };
  const shares = startShares({
    sql: db.database.queueSql,
    destinationId: id,
    holder: owner,
    ramp: createRamp(),
    lastSuccess,
    openCount: () => 0,
    cpuMs: () => 0,
    onFault: (error) => {
      throw error;
    },
  });
  shares.noteHeld(5);
  await until('the owner has looked', 30_000, () => lastSuccess.atMs > Number.NEGATIVE_INFINITY);
  await shares.stop();
  const [row] = await db.sql<{ since: number }[]>`
    select (extract(epoch from bmx_now()) * 1000 - ${lastSuccess.atMs}::float8)::float8 as since`;
  expect(row?.since).toBeWithin(0, 10_000);
});

test('without a share it does nothing', async () => {
  const delivery = startHelper();
  delivery.poke(id);
  await delivery.stop(5000);
  expect(attempted).toEqual([]);
});

test('a helper that hears nothing any more stops by its own clock, for good', async () => {
  let askedCount = 0;
  let isHeard = false;
  const sql = ((parts: TemplateStringsArray) => {
    if (!parts.join('').includes('update drain_shares')) return null;
    askedCount += 1;
    if (!isHeard) return Promise.reject(new Error('no database'));
    return Promise.resolve([{ sessions: 5, forMs: 10_000, is_in_force: true }]);
  }) as unknown as QueueSql;
  const share = followShare({
    sql,
    destinationId: id,
    holder: helper,
    routeGeneration: 1,
    taken: { terms: { sessions: 5, forMs: 1500 }, askedAtMs: monotonicMs() },
    openCount: () => 5,
    counts: () => ({ refusalCount: 0, judgedCount: 0 }),
    onFault: () => undefined,
  });
  expect(share.sessions()).toBe(5);
  await until('it is over', 30_000, () => share.sessions() === 0);
  expect(askedCount).toBeGreaterThan(0);
  isHeard = true;
  const before = askedCount;
  await until('it has asked again', 30_000, () => askedCount > before);
  await share.stop();
  expect(share.sessions()).toBe(0);
});
