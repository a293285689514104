/**
 * Verbs on many held messages: what they mean, in batches, once each, whoever carries them out and whatever is in delivery.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Position } from '../../../src/db/walk.ts';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../../src/mail/viewer.ts';
import { checkOperationFilter } from '../../../src/queue/verbs/operation-filter.ts';
import type { MessageFilter } from '../../../src/queue/read/search-input.ts';
import { carryOutOperations } from '../../../src/queue/verbs/operation-steps.ts';
import {
  dropOldOperations,
  findOperation,
  listOperations,
  MOST_RUNNING,
  type OperationRequest,
  type OperationView,
  startOperation,
} from '../../../src/queue/verbs/operations.ts';
import type { RecipientResult } from '../../../src/queue/finalize.ts';
import { until } from '../../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

const DOMAIN = 'customer.example';

let database: TestDatabase;
let destinationId: string;
let results: RecipientResult[];
let retried: string[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  const { sql } = database;
  await sql`truncate messages, recipients, contents, history, events, operations, queue_delta, reports_due, domains, outages cascade`;
  await sql`delete from destinations`;
  destinationId = await addServed(DOMAIN);
  results = [];
  retried = [];
});

async function addServed(name: string, tenantId = OPERATOR_TENANT_ID): Promise<string> {
  const id = newId();
  await database.sql`insert into destinations (id, tenant_id, name, kind) values (${id}, ${tenantId}, ${name}, 'RELAY')`;
  await database.sql`
    insert into domains (id, tenant_id, destination_id, name, status)
    values (${newId()}, ${tenantId}, ${id}, ${name}, 'ACTIVE')`;
  return id;
}

interface Seed {
  readonly count: number;
  readonly localPart?: string;
  readonly reversePath?: string | null;
  readonly ageHours?: number;
  readonly destinationId?: string;
}

/** Held messages as accept writes them, one recipient each. Returns their ids in order. */
async function hold(seed: Seed): Promise<string[]> {
  const { count, localPart = 'user', reversePath = 'a@sender.example', ageHours = 0 } = seed;
  const destination = seed.destinationId ?? destinationId;
  const ids = Array.from({ length: count }, () => newId()).toSorted();
  await database.sql.begin(async (tx) => {
    await tx`
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, protocol,
        accepted_at, next_attempt_at)
      select message_id, message_id, d.tenant_id, d.id, ${reversePath}, 100, 'client.example', 'ESMTP',
        bmx_now() - make_interval(hours => ${ageHours}), bmx_now() + interval '1 hour'
      from unnest(${ids}::uuid[]) as given(message_id), destinations d where d.id = ${destination}`;
    await tx`
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select message_id, 0, d.tenant_id, d.id, ${localPart} || '@' || d.name
      from unnest(${ids}::uuid[]) as given(message_id), destinations d where d.id = ${destination}`;
    await tx`
      insert into contents (message_id, tenant_id, destination_id, content)
      select message_id, d.tenant_id, d.id, 'Subject: x' from unnest(${ids}::uuid[]) as given(message_id), destinations d where d.id = ${destination}`;
    await tx`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
      select d.id, d.tenant_id, ${count}, ${count * 100} from destinations d where d.id = ${destination}`;
  });
  return ids;
}

function request(changes: Partial<Omit<OperationRequest, 'filter'>> = {}, filter: Partial<MessageFilter> = {}) {
  const checked = checkOperationFilter({ domain: DOMAIN, ...filter });
  if (checked.kind === 'BAD') throw new Error(checked.error.message);
  return {
    verb: 'CANCEL' as const,
    reason: 'a test',
    isDryRun: false,
    expectedCount: null,
    filter: checked.filter,
    ...changes,
  };
}

async function begin(
  changes: Partial<Omit<OperationRequest, 'filter'>> = {},
  filter: Partial<MessageFilter> = {},
  viewer: Viewer = OPERATOR_VIEWER,
): Promise<string> {
  const start = await startOperation(database.sql, viewer, request(changes, filter));
  if (start.kind !== 'STARTED') throw new Error(start.kind);
  return start.id;
}

function carryOut(): Promise<void> {
  return carryOutOperations({
    sql: database.database.queueSql,
    onResults: (_domain, some) => void results.push(...some),
    onRetried: (id) => void retried.push(id),
  });
}

async function see(id: string): Promise<OperationView> {
  const operation = await findOperation(database.sql, OPERATOR_VIEWER, id);
  if (operation === null) throw new Error('no such operation');
  return operation;
}

async function heldIds(): Promise<string[]> {
  return (await database.sql<{ id: string }[]>`select id from messages order by id`).map(({ id }) => id);
}

async function eventsOf(kind: string): Promise<number> {
  const [row] = await database.sql<{ count: number }[]>`select count(*) as count from events where kind = ${kind}`;
  return row?.count ?? -1;
}

describe('cancel', () => {
  test('ends all of 1,300 in batches, each once, with its event, and what came in later stays', async () => {
    await hold({ count: 1_300 });
    const other = await addServed('other.example');
    const [elsewhere] = await hold({ count: 1, destinationId: other });
    const id = await begin({ reason: 'spam run' });
    expect(await see(id)).toMatchObject({
      verb: 'CANCEL',
      state: 'RUNNING',
      totalCount: 1_300,
      doneCount: 0,
      endedAt: null,
    });
    await database.moveClock('1 second');
    const [later] = await hold({ count: 1 });
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', doneCount: 1_300, endedAt: expect.any(Date) });
    expect(new Set(await heldIds())).toEqual(new Set([elsewhere ?? '', later ?? '']));
    expect(results).toHaveLength(1_300);
    expect(results.every(({ state, reply }) => state === 'CANCELLED' && reply === '[cancelled: spam run]')).toBe(true);
    expect(await eventsOf('MESSAGE_CANCELLED')).toBe(1_300);
    expect([await eventsOf('OPERATION_STARTED'), await eventsOf('OPERATION_ENDED')]).toEqual([1, 1]);
    expect(await database.sql`select from contents where destination_id = ${destinationId}`).toHaveLength(1);
    const [sum] = await database.sql<{ count: number }[]>`
      select sum(held_count)::bigint as count from queue_delta where destination_id = ${destinationId}`;
    expect(sum?.count).toBe(1);
  });

  test('two nodes at once do it once', async () => {
    await hold({ count: 1_200 });
    const id = await begin();
    await Promise.all([carryOut(), carryOut()]);
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', doneCount: 1_200 });
    expect(await eventsOf('MESSAGE_CANCELLED')).toBe(1_200);
  });

  test('a message in delivery is passed over, and ended when its attempt did not deliver', async () => {
    const ids = await hold({ count: 3 });
    const { sql } = database;
    await sql`update messages set claimed_by = 7, claim_epoch = 7, claimed_at = bmx_now() where id = ${ids[1] ?? ''}`;
    const id = await begin();
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'RUNNING', totalCount: 3, doneCount: 2 });
    expect(await heldIds()).toEqual([ids[1] ?? '']);
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'RUNNING', doneCount: 2 });
    await sql`update messages set claimed_by = null, claim_epoch = null where id = ${ids[1] ?? ''}`;
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', doneCount: 3 });
    expect(await heldIds()).toEqual([]);
  });

  test('one that is delivered meanwhile does not count as done', async () => {
    const ids = await hold({ count: 2 });
    const id = await begin();
    await database.sql`delete from recipients where message_id = ${ids[0] ?? ''}`;
    await database.sql`delete from messages where id = ${ids[0] ?? ''}`;
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', totalCount: 2, doneCount: 1 });
  });
});

test('bounce ends as FAILED with a report that is due', async () => {
  await hold({ count: 2 });
  const id = await begin({ verb: 'BOUNCE', reason: 'moved away' });
  await carryOut();
  expect(await see(id)).toMatchObject({ state: 'DONE', doneCount: 2 });
  expect(results.map(({ state, reply }) => [state, reply])).toEqual([
    ['FAILED', '[returned: moved away]'],
    ['FAILED', '[returned: moved away]'],
  ]);
  expect(await database.sql`select from reports_due`).toHaveLength(2);
});

describe('retry', () => {
  test('makes them due, and asks for an attempt in an outage, but not in a pause', async () => {
    await hold({ count: 700 });
    const { sql } = database;
    await sql`update destinations set first_failure_at = bmx_now(), next_attempt_at = bmx_now() + interval '15 minutes'`;
    const id = await begin({ verb: 'RETRY' });
    expect(await sql`select from destinations where flush_requested_at is not null`).toHaveLength(1);
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', totalCount: 700, doneCount: 700 });
    expect(await sql`select from messages where next_attempt_at > bmx_now()`).toHaveLength(0);
    expect(await eventsOf('MESSAGE_RETRIED')).toBe(700);
    expect(new Set(retried)).toEqual(new Set([destinationId]));
    await sql`update destinations set flush_requested_at = null, is_paused = true`;
    await begin({ verb: 'RETRY' });
    expect(await sql`select from destinations where flush_requested_at is not null`).toHaveLength(0);
  });
});

describe('what is meant', () => {
  beforeEach(async () => {
    await hold({ count: 2, localPart: 'Alice', ageHours: 30 });
    await hold({ count: 3, reversePath: null, ageHours: 10 });
    await hold({ count: 4, reversePath: 'Spam@bad.example' });
  });

  const cases: readonly (readonly [Partial<MessageFilter>, number])[] = [
    [{}, 9],
    [{ recipient: 'alice@customer.example' }, 2],
    [{ reversePath: '' }, 3],
    [{ reversePath: 'spam@BAD.example' }, 4],
    [{ heldFor: 24 * 3_600_000 }, 2],
    [{ heldFor: 5 * 3_600_000 }, 5],
    [{ states: ['HELD'] }, 9],
    [{ states: ['FAILED', 'HELD'] }, 9],
    [{ reversePath: '@bad.example' }, 4],
    [{ heldFor: 5 * 3_600_000, reversePath: '' }, 3],
  ];
  test.each(cases)('%p: %p', async (filter, count) => {
    const dry = await startOperation(database.sql, OPERATOR_VIEWER, request({ isDryRun: true }, filter));
    expect(dry).toEqual({ kind: 'COUNTED', count });
    const id = await begin({}, filter);
    await carryOut();
    expect(await see(id)).toMatchObject({ state: 'DONE', doneCount: count });
    expect(await heldIds()).toHaveLength(9 - count);
  });

  test('since and until', async () => {
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    const filter = { since: hoursAgo(20), until: hoursAgo(1) };
    expect(await startOperation(database.sql, OPERATOR_VIEWER, request({ isDryRun: true }, filter))).toMatchObject({
      count: 3,
    });
  });

  test('nothing: nothing is begun', async () => {
    for (const filter of [
      { states: ['FAILED', 'EXPIRED'] as const },
      { heldFor: 1 * 3_600_000_000 },
      { reversePath: 'x@y.example' },
    ]) {
      expect(await startOperation(database.sql, OPERATOR_VIEWER, request({}, filter))).toEqual({
        kind: 'NOTHING_MEANT',
      });
    }
    expect(await database.sql`select from operations`).toHaveLength(0);
    expect(await eventsOf('OPERATION_STARTED')).toBe(0);
  });

  test('another count than expected: nothing is begun', async () => {
    expect(await startOperation(database.sql, OPERATOR_VIEWER, request({ expectedCount: 8 }))).toEqual({
      kind: 'OTHER_COUNT',
      count: 9,
    });
    expect(await database.sql`select from operations`).toHaveLength(0);
    expect((await startOperation(database.sql, OPERATOR_VIEWER, request({ expectedCount: 9 }))).kind).toBe('STARTED');
  });

  test.each<Partial<MessageFilter>>([
    { domain: 'no domain' },
    { recipient: 'nobody' },
    { recipient: 'a@elsewhere.example' },
    { heldFor: 0 },
    { heldFor: 1.5 * 3_600_000 },
    { since: new Date(2000), until: new Date(1000) },
  ])('%p is no filter', (filter) => {
    expect(checkOperationFilter({ domain: DOMAIN, ...filter }).kind).toBe('BAD');
  });
});

test("another tenant's domain is not found, and its operation not seen", async () => {
  const tenantId = newId();
  await database.sql`insert into tenants (id, name) values (${tenantId}, 'other')`;
  const tenant: Viewer = { tenantId, isOperator: false };
  const theirs = await addServed('theirs.example', tenantId);
  await hold({ count: 1 });
  await hold({ count: 2, destinationId: theirs });
  expect((await startOperation(database.sql, tenant, request())).kind).toBe('NO_DOMAIN');
  const mine = await begin();
  const own = await begin({}, { domain: 'theirs.example' }, tenant);
  expect(await findOperation(database.sql, tenant, mine)).toBeNull();
  expect((await findOperation(database.sql, tenant, own))?.totalCount).toBe(2);
  const page = { limit: 10, from: null, isBackward: false };
  const listed = async (viewer: Viewer, from: Position | null = null) =>
    (await listOperations(database.sql, viewer, { ...page, from, filter: {} })).nodes.map(({ id }) => id);
  expect(await listed(tenant)).toEqual([own]);
  expect(await listed(OPERATOR_VIEWER)).toEqual([own, mine]);
  expect(await listed(OPERATOR_VIEWER, { key: null, id: own })).toEqual([mine]);
  await carryOut();
  expect(await see(own)).toMatchObject({ state: 'DONE', doneCount: 2 });
  // What the operator does to a tenant's mail is the tenant's to see.
  await hold({ count: 1, destinationId: theirs });
  const byOperator = await begin({}, { domain: 'theirs.example' });
  expect((await findOperation(database.sql, tenant, byOperator))?.totalCount).toBe(1);
});

test('without its domain an operation stops', async () => {
  await hold({ count: 1 });
  const id = await begin();
  await database.sql`delete from domains`;
  await carryOut();
  expect(await see(id)).toMatchObject({ state: 'STOPPED', doneCount: 0 });
  expect(await heldIds()).toHaveLength(1);
  expect((await startOperation(database.sql, OPERATOR_VIEWER, request())).kind).toBe('NO_DOMAIN');
});

test('one that cannot be carried out does not keep the others from it', async () => {
  await hold({ count: 600 });
  const broken = await begin({ verb: 'RETRY' });
  const { sql } = database;
  await sql`update operations set filter = filter || '{"since":"nonsense"}' where id = ${broken}`;
  const id = await begin();
  let thrown: unknown = null;
  await until('the other is done', 30_000, async () => {
    await carryOut().catch((error: unknown) => {
      thrown = error;
    });
    return (await see(id)).state === 'DONE';
  });
  expect(String(thrown)).toContain('nonsense');
  expect(await see(id)).toMatchObject({ doneCount: 600 });
  expect(await see(broken)).toMatchObject({ doneCount: 0 });
});

test('not without end at once, and the ended go after 90 days', async () => {
  await hold({ count: 1 });
  for (let begun = 0; begun < MOST_RUNNING; begun += 1) await begin({ verb: 'RETRY' });
  expect((await startOperation(database.sql, OPERATOR_VIEWER, request())).kind).toBe('TOO_MANY');
  await carryOut();
  const page = { limit: 100, from: null, isBackward: false, filter: {} };
  const list = async () => (await listOperations(database.sql, OPERATOR_VIEWER, page)).nodes;
  expect((await list()).every(({ state }) => state === 'DONE')).toBe(true);
  await database.moveClock('89 days');
  await dropOldOperations(database.sql);
  expect(await list()).toHaveLength(MOST_RUNNING);
  await database.moveClock('2 days');
  await dropOldOperations(database.sql);
  expect(await list()).toHaveLength(0);
});

test('mail accepted and refused while the clock was ahead is meant; what comes in later is not', async () => {
  const { sql } = database;
  const ahead = await hold({ count: 2, ageHours: -24 });
  await hold({ count: 1 });
  expect(await begin({ verb: 'RETRY' })).toBeTruthy();
  await carryOut();
  expect(await sql`select from messages where next_attempt_at <= bmx_now()`).toHaveLength(3);

  await sql`
    update recipients set suspected_at = bmx_now() + interval '1 day', suspected_reply = '550 5.1.1 no' where message_id = ${ahead[0] ?? ''}`;
  const { filter, ...rest } = request({ verb: 'BOUNCE' });
  const start = await startOperation(sql, OPERATOR_VIEWER, { ...rest, filter: { ...filter, isSuspected: true } });
  expect(start).toMatchObject({ kind: 'STARTED', count: 1 });
  await carryOut();
  expect(results).toMatchObject([{ messageId: ahead[0], state: 'FAILED', reply: '550 5.1.1 no' }]);

  const id = await begin();
  const later = await hold({ count: 1, ageHours: -24 });
  await carryOut();
  expect(await see(id)).toMatchObject({ state: 'DONE', totalCount: 2, doneCount: 2 });
  expect((await sql<{ id: string }[]>`select id from messages`).map((row) => row.id)).toEqual(later);
});
