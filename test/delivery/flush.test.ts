/** An operator's flush leads to an attempt: a session that is not granted, or that we cut ourselves, has not answered it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createDestinationMemories } from '../../src/delivery/concurrency/limits.ts';
import type { StoppableResult } from '../../src/delivery/attempt.ts';
import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts';
import type { AttemptRecord } from '../../src/mail/outcome.ts';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { clearFlush, readDestination, recordFailure, requestFlush } from '../../src/outage/clock.ts';
import type { ClaimedMessage } from '../../src/queue/claim.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { plainDeps } from '../helpers/delivery-deps.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const TOO_MANY = '421 4.7.0 Too many connections';
const OK = { code: 250, enhancedCode: '2.0.0', text: 'ok' };
const LATER = { code: 421, enhancedCode: '4.7.0', text: 'Too many connections' };

let db: TestDatabase;
let spool: Spool;
let delivery: Delivery;
let destinationId: string;
let answer: (message: ClaimedMessage) => StoppableResult | Promise<StoppableResult>;
let attempted: string[];
let count = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});

beforeEach(async () => {
  count += 1;
  destinationId = await makeDestination(db.sql, `flush${count}.test`);
  attempted = [];
  answer = taken;
  delivery = startDelivery();
  // A session that succeeded a moment ago: what the host refuses now says nothing of it being away.
  await accept();
  delivery.poke(destinationId);
  await untilFree();
});
afterEach(() => delivery.stop(5000));

function startDelivery(): Delivery {
  return createDelivery({
    ...plainDeps(),
    sql: db.database.queueSql,
    holder: () => ({ node: 7, epoch: 7 }),
    openAttempts: () => ({
      attempt: async (message) => {
        attempted.push(message.id);
        return answer(message);
      },
      close: async () => undefined,
    }),
  });
}

/** Once a session is granted the flush brings this message out, and is answered. */
async function seeBroughtOut(id: string): Promise<void> {
  attempted = [];
  answer = taken;
  delivery.poke(destinationId);
  await untilFree();
  expect(attempted).toEqual([id]);
  expect(await readFlush()).toBeNull();
}

function taken({ recipients }: ClaimedMessage): StoppableResult {
  const outcomes = new Map(recipients.map(({ number }) => [number, { kind: 'DELIVERED' as const, reply: OK }]));
  return { outcomes, records: [], hostTrouble: null, isStopped: false };
}

/** A verdict on the recipient, for now. */
function greylisted({ recipients }: ClaimedMessage): StoppableResult {
  const reply = { code: 451, enhancedCode: '4.7.1', text: 'greylisted' };
  const outcomes = new Map(recipients.map(({ number }) => [number, { kind: 'DEFERRED' as const, reply }]));
  return { outcomes, records: [], hostTrouble: null, isStopped: false };
}

/** No session: nothing was said of the message. */
function turnedAway({ recipients }: ClaimedMessage): StoppableResult {
  const record: AttemptRecord = {
    host: 'mx.test',
    address: '192.0.2.1:25',
    tls: null,
    reply: TOO_MANY,
    outcome: 'DEFERRED',
    recipientNumbers: recipients.map(({ number }) => number),
    isHostLevel: true,
    trouble: 'GREETING',
    isGreeted: false,
    latencyMs: 1,
  };
  const outcomes = new Map(recipients.map(({ number }) => [number, { kind: 'DEFERRED' as const, reply: LATER }]));
  return { outcomes, records: [record], hostTrouble: { trouble: 'GREETING', reply: TOO_MANY }, isStopped: false };
}

async function accept(): Promise<string> {
  const { id, ...transaction } = makeTransaction({ to: [{ address: `x@flush${count}.test`, destinationId }] });
  await spool.accept({ id, ...transaction });
  return id;
}

/** A message that waits for its own clock: only a flush brings it out. */
async function acceptPutOff(): Promise<string> {
  const id = await accept();
  await db.sql`
    update messages set claimed_at = accepted_at, next_attempt_at = accepted_at + interval '1 day' where id = ${id}`;
  return id;
}

async function readFlush(): Promise<Date | null> {
  const [row] = await db.sql<{ at: Date | null }[]>`
    select flush_requested_at as at from destinations where id = ${destinationId}`;
  return row?.at ?? null;
}

/** The visit to the destination is over. */
const untilFree = () =>
  until('nobody owns the destination', 30_000, async () => {
    const free = await db.sql`
      select from destinations where id = ${destinationId} and owner_node is null`;
    return free.length === 1 && attempted.length > 0;
  });

async function flush(): Promise<void> {
  attempted = [];
  await requestFlush(db.sql, OPERATOR_VIEWER, destinationId);
  delivery.poke(destinationId);
  await untilFree();
}

describe('a flush whose only session is turned away', () => {
  test('waits on, and brings its messages out when a session is granted', async () => {
    const id = await acceptPutOff();
    answer = turnedAway;
    await flush();
    expect(attempted).toEqual([id]);
    expect(await readFlush()).not.toBeNull();
    expect(await db.sql`select from attempts where message_id = ${id}`).toHaveLength(0);

    await seeBroughtOut(id);
    expect(await db.sql`select from messages where id = ${id}`).toHaveLength(0);
  });

  test('in an outage: likewise, though its slot is used up', async () => {
    const id = await acceptPutOff();
    const [row] = await db.sql<{ now: string }[]>`select bmx_now()::text as now`;
    const outage = {
      destinationId,
      begunAt: row?.now ?? '',
      trouble: 'REFUSED',
      reply: '[connection refused]',
    } as const;
    await recordFailure(db.sql, outage);
    answer = turnedAway;
    await flush();
    expect(attempted).toEqual([id]);
    expect(await readFlush()).not.toBeNull();

    await seeBroughtOut(id);
  });
});

test('a flush whose sessions all end is not over before its messages were tried', async () => {
  // More than are claimed at once: the rest is nobody's when the session ends.
  const ids = await Promise.all(Array.from({ length: 120 }, acceptPutOff));
  answer = (message) => ([2, 3].includes(attempted.length) ? turnedAway(message) : taken(message));
  await flush();
  await until('the flush is answered', 30_000, async () => {
    delivery.poke(destinationId);
    await untilFree();
    return (await readFlush()) === null;
  });
  expect(new Set(attempted)).toEqual(new Set(ids));
  expect(await db.sql`select from messages where destination_id = ${destinationId}`).toHaveLength(0);
});

test('a flush in the middle of which this node stops is another node’s', async () => {
  const ids = [await acceptPutOff(), await acceptPutOff()];
  let stopped: Promise<void> | null = null;
  answer = (message) => {
    stopped ??= delivery.stop(5000);
    return taken(message);
  };
  await flush();
  await (stopped ?? Promise.reject(new Error('not stopped')));
  expect(attempted).toHaveLength(1);
  expect(await readFlush()).not.toBeNull();

  answer = taken;
  delivery = startDelivery();
  await delivery.sweep();
  await until('all is delivered', 30_000, async () => {
    return (await db.sql`select from messages where destination_id = ${destinationId}`).length === 0;
  });
  expect(new Set(attempted)).toEqual(new Set(ids));
  await untilFree();
  expect(await readFlush()).toBeNull();
});

describe('the database’s clock was ahead, and went back', () => {
  /** Tried while the clock was ahead, and deferred for their own sake; then the clock goes back. */
  async function triedAhead(interval: string, count: number): Promise<string[]> {
    await db.moveClock(interval);
    const ids = await Promise.all(Array.from({ length: count }, accept));
    attempted = [];
    answer = greylisted;
    delivery.poke(destinationId);
    await until('each was tried', 30_000, async () => new Set(attempted).size === count);
    await untilFree();
    await db.moveClock(`-${interval}`);
    answer = taken;
    return ids;
  }

  test.each(['1 day', '3 seconds'])('%s: a flush takes all that is held, each message once', async (interval) => {
    const ids = await triedAhead(interval, 3);
    // In reach of the smaller jump: the instants of the tries lie between the flush and the claim.
    answer = async (message) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return greylisted(message);
    };
    await flush();
    expect(attempted.toSorted()).toEqual(ids.toSorted());
    expect(await readFlush()).toBeNull();
    answer = taken;
    await flush();
    expect(await db.sql`select from messages where destination_id = ${destinationId}`).toHaveLength(0);
  });

  test('a flush asked for again after that is a new one', async () => {
    await db.moveClock('1 day');
    await acceptPutOff();
    await requestFlush(db.sql, OPERATOR_VIEWER, destinationId);
    const seen = await readDestination(db.sql, destinationId);
    await db.moveClock('-1 day');
    await requestFlush(db.sql, OPERATOR_VIEWER, destinationId);
    if (seen === null) throw new Error('no destination');
    await clearFlush(db.sql, seen, seen.flushNumber);
    expect(await readFlush()).not.toBeNull();
    await recordFailure(db.sql, {
      destinationId,
      begunAt: seen.now,
      flushNumber: seen.flushNumber,
      trouble: 'TIMEOUT',
      reply: '[timeout]',
    });
    expect(await readFlush()).not.toBeNull();
  });
});

test('the sweep leaves a host alone that turned a flush away, but not a flush asked for since', () => {
  let nowMs = 0;
  const memory = createDestinationMemories(10, () => nowMs);
  const [first, second] = [1, 2];
  memory.rest('x', first);
  expect([null, first, second].map((flush) => memory.isResting('x', flush))).toEqual([true, true, false]);
  memory.rest('x', null);
  expect([null, first].map((flush) => memory.isResting('x', flush))).toEqual([true, false]);
  nowMs = 10_000;
  expect(memory.isResting('x', null)).toBe(false);
});
