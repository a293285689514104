/** Delivery when its surroundings fail: claims left behind, a database that goes and comes, a result that cannot be recorded. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createByteBudget } from '../../src/delivery/message-source.ts';
import { createGroupWriter } from '../../src/delivery/group-writer.ts';
import { createSource } from '../../src/delivery/message-source.ts';
import type { DeliveryDeps } from '../../src/delivery/delivering-node.ts';
import { createDelivery } from '../../src/delivery/delivery.ts';
import type { DestinationState } from '../../src/outage/clock.ts';
import { type ClaimedMessage, claimDue, FIRST_KEY, type QueueSql } from '../../src/queue/claim.ts';
import { markDelivered } from '../../src/queue/outcome.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { plainDeps } from '../helpers/delivery-deps.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';
import { DELIVERED, messageResultOf } from '../helpers/outcomes.ts';

let db: TestDatabase;
let spool: Spool;
const holder = { node: 7, epoch: 7 };

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});

const OK = { code: 250, enhancedCode: '2.0.0', text: 'ok' };

function deliveryWith(deps: Partial<DeliveryDeps>, attempted: (id: string) => void) {
  return createDelivery({
    ...plainDeps(),
    sql: db.database.queueSql,
    holder: () => holder,
    openAttempts: () => ({
      attempt: async ({ id, recipients }) => {
        attempted(id);
        const outcomes = new Map(recipients.map(({ number }) => [number, { kind: 'DELIVERED' as const, reply: OK }]));
        return { outcomes, records: [], hostTrouble: null, isStopped: false };
      },
      close: async () => undefined,
    }),

    ...deps,
  });
}

describe('claims left behind', () => {
  test('a claim whose answer was lost is taken up by the next loop of the same node', async () => {
    const destinationId = await makeDestination(db.sql, 'lost-answer.test');
    const transaction = makeTransaction({ to: [{ address: 'x@lost-answer.test', destinationId }] });
    await spool.accept(transaction);
    // The claim took place; nobody heard of it.
    await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 10, flushNumber: null });
    const seen = Promise.withResolvers<string>();
    const delivery = deliveryWith({}, seen.resolve);
    delivery.poke(destinationId);
    expect(await seen.promise).toBe(transaction.id);
    await delivery.stop(5000);
    expect(await db.sql`select from messages where id = ${transaction.id}`).toHaveLength(0);
  });

  test('what an earlier loop had marked is told and learned once, by the next one', async () => {
    const destinationId = await makeDestination(db.sql, 'marked.test');
    const transaction = makeTransaction({ to: [{ address: 'x@marked.test', destinationId }] });
    await spool.accept(transaction);
    await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 10, flushNumber: null });
    await markDelivered(db.sql, { destinationId, holder }, [messageResultOf(transaction.id, { 0: DELIVERED })]);
    const told: unknown[] = [];
    const delivery = deliveryWith(
      {
        events: {
          ...NO_EVENTS,
          settled: (domain, recipients, attempts) =>
            void told.push({ domain, states: recipients.map(({ state }) => state), attempts: attempts?.length }),
        },
        learn: ({ id, kind }, _, results) => void told.push({ id, kind, addresses: results.map((r) => r.address) }),
      },
      () => told.push('dialled'),
    );
    for (let run = 0; run < 2; run += 1) {
      delivery.poke(destinationId);
      await until('the run has ended', 30_000, () => delivery.destinationCount() === 0);
    }
    await delivery.stop(5000);
    expect(told).toEqual([
      { id: destinationId, kind: 'RELAY', addresses: ['x@marked.test'] },
      { domain: 'marked.test', states: ['DELIVERED'], attempts: 1 },
    ]);
  });

  test('what was claimed is given back when its content cannot be read', async () => {
    const message = { id: 'one', sizeBytes: 10 } as ClaimedMessage;
    const source = createSource({
      claim: async () => [message],
      readContents: () => Promise.reject(new Error('canceling statement due to statement timeout')),
      budget: createByteBudget(1000),
    });
    expect(await source.next().catch(String)).toContain('statement timeout');
    expect(await source.stop()).toEqual(['one']);
  });

  test('reading ahead stays within the budget, and gives its bytes back', async () => {
    const budget = createByteBudget(25);
    const messages = ['a', 'b', 'c'].map((id) => ({ id, sizeBytes: 10 }) as ClaimedMessage);
    const read: string[] = [];
    let isClaimed = false;
    const source = createSource({
      claim: async () => (isClaimed ? [] : messages),
      readContents: async (ids) => {
        isClaimed = true;
        read.push(...ids);
        return new Map(ids.map((id) => [id, new Uint8Array(10)]));
      },
      budget,
    });
    const first = await source.next();
    expect(read).toEqual(['a', 'b']);
    expect(budget.tryTake(10)).toBeNull();
    first?.early?.release();
    expect(await source.stop()).toEqual(['b', 'c']);
    expect(budget.tryTake(25)).not.toBeNull();
  });
});

const LOST = Object.assign(new Error('the connection is lost'), { code: 'CONNECTION_CLOSED' });

/** A pool that loses its connection once, at a statement with this text: before it takes effect, or after. */
function losingOnce(sql: QueueSql, text: string, hasEffect: boolean): QueueSql {
  let isOver = false;
  return new Proxy(sql, {
    apply: (target, self, [strings, ...values]: [TemplateStringsArray, ...unknown[]]) => {
      const isIt = !isOver && Array.isArray(strings) && strings.join('').includes(text);
      if (isIt) isOver = true;
      if (isIt && !hasEffect) return Promise.reject(LOST);
      const statement = Reflect.apply(target, self, [strings, ...values]) as Promise<unknown>;
      return isIt
        ? statement.then(() => {
            throw LOST;
          })
        : statement;
    },
  });
}

test.each([
  ['taken', '(owner_node is null or', true],
  ['given up', 'set owner_node = null', false],
] as const)(
  'a destination whose connection is lost while it is %s is free for others after the next sweep',
  async (_, text, hasEffect) => {
    const name = `owned-${hasEffect}.test`;
    const destinationId = await makeDestination(db.sql, name);
    const faults: unknown[] = [];
    const delivery = deliveryWith(
      {
        sql: losingOnce(db.database.queueSql, text, hasEffect),
        events: { ...NO_EVENTS, fault: ({ error }) => void faults.push(error) },
      },
      () => undefined,
    );
    const ownerOf = async () =>
      (await db.sql`select from destinations where id = ${destinationId} and owner_node = ${holder.node}`).length;
    delivery.poke(destinationId);
    await until('the run has ended', 30_000, () => delivery.destinationCount() === 0);
    expect(faults).toEqual([LOST]);
    expect(await ownerOf()).toBe(1);
    // Nothing is due there: only the sweep knows of it.
    await delivery.sweep();
    await until('the next run has ended', 30_000, () => delivery.destinationCount() === 0);
    expect(await ownerOf()).toBe(0);
    expect(faults).toHaveLength(1);
    await delivery.stop(5000);
  },
);

const BOUNDS = { most: 200, enough: 28, gatherMs: 30, lateAfterMs: () => 200 };

describe('recording', () => {
  test('a database that is away is waited for, and nothing is dropped', async () => {
    const recorded: number[] = [];
    let failuresLeft = 2;
    const recorder = createGroupWriter<number>({
      ...BOUNDS,
      record: async (group) => {
        if (failuresLeft-- > 0) throw new Error('away');
        recorded.push(...group);
      },
      onFault: () => Promise.reject(new Error('dropped')),
      isAway: () => true,
      repeatAfterMs: [],
    });
    await recorder.add(1);
    await recorder.add(2);
    await recorder.idle();
    expect(recorded).toEqual([1, 2]);
  });

  test('one that cannot be recorded costs the others of its group nothing', async () => {
    const recorded: number[] = [];
    const faults: number[] = [];
    const recorder = createGroupWriter<number>({
      ...BOUNDS,
      record: async (group) => {
        if (group.includes(3)) throw new Error('unsupported Unicode escape sequence');
        recorded.push(...group);
      },
      onFault: async (_error, group) => {
        faults.push(...group);
      },
      isAway: () => false,
      repeatAfterMs: [1],
    });
    for (const item of [1, 2, 3, 4]) await recorder.add(item);
    await recorder.idle();
    expect(recorded).toEqual([1, 2, 4]);
    expect(faults).toEqual([3]);
  });
});

/** The loop of a destination ends with its ownership. */
async function untilFree(destinationId: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    const owned = await db.sql`select from destinations where id = ${destinationId} and owner_node is not null`;
    if (owned.length === 0) return;
    if (performance.now() > giveUpAt) throw new Error('the loop did not end');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test.each(['loop', 'node'])(
  'trouble a moment after a success opens no outage, though it is met by another %s',
  async (by) => {
    const destinationId = await makeDestination(db.sql, `moment-${by}.test`);
    const to = [{ address: `x@moment-${by}.test`, destinationId }];
    const opened: string[] = [];
    const settled: (() => void)[] = [];
    let trouble: 'TIMEOUT' | null = null;
    const deps = {
      openAttempts: () => ({
        attempt: async ({ recipients }) => ({
          outcomes: new Map(
            recipients.map(({ number }) => [number, { kind: trouble === null ? 'DELIVERED' : 'DEFERRED', reply: OK }]),
          ),
          records: [],
          hostTrouble: trouble === null ? null : { trouble, reply: '[timeout]' },
          isStopped: false,
        }),
        close: async () => undefined,
      }),
      events: {
        ...NO_EVENTS,
        settled: () => settled.shift()?.(),
        outageChanged: (name, { openedOutageId }) => void (openedOutageId !== null && opened.push(name)),
      },
    } satisfies Partial<DeliveryDeps>;
    const first = deliveryWith(deps, () => undefined);
    const second =
      by === 'loop' ? first : deliveryWith({ ...deps, holder: () => ({ node: 8, epoch: 8 }) }, () => undefined);
    for (const [next, delivery] of [
      [null, first],
      ['TIMEOUT', second],
    ] as const) {
      trouble = next;
      const isSettled = new Promise<void>((resolve) => settled.push(resolve));
      await spool.accept(makeTransaction({ to }));
      delivery.poke(destinationId);
      await isSettled;
      await untilFree(destinationId);
    }
    await Promise.all([first.stop(5000), second.stop(5000)]);
    expect(opened).toEqual([]);
    const [message] = await db.sql<{ hasOwnClock: boolean }[]>`
    select first_failure_at is not null as "hasOwnClock" from messages where destination_id = ${destinationId}`;
    expect(message?.hasOwnClock).toBe(true);
  },
);

describe('in the middle of a drain', () => {
  /** Drains so many, and makes a change when ten were begun; the destination as each attempt knew it. */
  async function drain(
    name: string,
    change: (destinationId: string) => Promise<unknown>,
  ): Promise<readonly DestinationState[]> {
    const destinationId = await makeDestination(db.sql, name);
    const to = [{ address: `x@${name}`, destinationId }];
    await Promise.all(Array.from({ length: 300 }, () => spool.accept(makeTransaction({ to }))));
    const known: DestinationState[] = [];
    let changed: Promise<unknown> | null = null;
    const findRoute: DeliveryDeps['findRoute'] = async (destination) => {
      known.push(destination);
      if (known.length >= 10) await (changed ??= change(destinationId));
      return { kind: 'HOSTS', hosts: [] };
    };
    const delivery = deliveryWith({ findRoute }, () => undefined);
    delivery.poke(destinationId);
    await until('it is under way', 30_000, () => changed !== null);
    await untilFree(destinationId);
    await delivery.stop(5000);
    return known;
  }

  test('a new route is in force for all that is not claimed yet', async () => {
    const known = await drain(
      'route.test',
      (id) => db.sql`update destinations set route_generation = 2 where id = ${id}`,
    );
    expect(known).toHaveLength(300);
    expect(known.filter(({ routeGeneration }) => routeGeneration === 1).length).toBeLessThan(200);
  });

  test('so is what TLS must be', async () => {
    const known = await drain(
      'tls.test',
      (id) => db.sql`update destinations set tls_policy = 'VERIFIED' where id = ${id}`,
    );
    expect(known).toHaveLength(300);
    expect(known.filter(({ tlsPolicy }) => tlsPolicy !== 'VERIFIED').length).toBeLessThan(200);
  });

  test('a cap likewise', async () => {
    const known = await drain(
      'cap.test',
      (id) => db.sql`update destinations set drain_per_minute = 60 where id = ${id}`,
    );
    expect(known.length).toBeLessThan(210);
  });
});

test('a node that has another place, or none, sends no final dot any more', async () => {
  const destinationId = await makeDestination(db.sql, 'place.test');
  await spool.accept(makeTransaction({ to: [{ address: 'x@place.test', destinationId }] }));
  let place: { node: number; epoch: number } | null = holder;
  const answers = Promise.withResolvers<boolean[]>();
  const delivery = deliveryWith(
    {
      holder: () => place,
      openAttempts: ({ mayFinish }) => ({
        attempt: async ({ recipients }) => {
          const heard: boolean[] = [];
          for (const next of [holder, { node: 8, epoch: 8 }, null]) {
            place = next;
            heard.push(mayFinish());
          }
          place = holder;
          answers.resolve(heard);
          const outcomes = new Map(recipients.map(({ number }) => [number, { kind: 'DELIVERED' as const, reply: OK }]));
          return { outcomes, records: [], hostTrouble: null, isStopped: false };
        },
        close: async () => undefined,
      }),
    },
    () => undefined,
  );
  delivery.poke(destinationId);
  expect(await answers.promise).toEqual([true, false, false]);
  await delivery.stop(5000);
});

test('destinations that are poked again and again do not starve those that wait', async () => {
  const started: string[] = [];
  const open: (() => void)[] = [];
  let current = '';
  // Taking ownership fails when the test says so; nobody has a share.
  const sql = ((parts: TemplateStringsArray, ...values: unknown[]) => {
    if (!parts.join('').includes('set owner_node')) return Promise.resolve([]);
    current = String(values.find((value) => typeof value === 'string'));
    started.push(current);
    return new Promise<unknown[]>((resolve) => open.push(() => resolve([])));
  }) as unknown as QueueSql;
  const delivery = deliveryWith({ sql }, () => undefined);
  const ids = Array.from({ length: 1000 }, (_, index) => `destination-${index}`);
  for (const id of ids) delivery.poke(id);
  const atOnce = started.length;
  expect(atOnce).toBeLessThan(ids.length);
  for (const id of started.slice()) delivery.poke(id);
  for (const end of open.splice(0, 1)) end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(started.slice(atOnce)).toEqual([ids[atOnce] ?? '']);
  const stopped = delivery.stop(5000);
  for (const end of open.splice(0)) end();
  await stopped;
});
