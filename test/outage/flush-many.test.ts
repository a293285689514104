/**
 * Attempts requested for many domains at once, as rows: which domains, in which groups, and for whom.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { recordFailure, requestFlush } from '../../src/outage/clock.ts';
import { type FlushedDomains, flushMany, MOST_FLUSHED, parseNextHop } from '../../src/outage/flush-many.ts';
import { pauseDestination } from '../../src/outage/pause.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { findDueDestinations } from '../../src/queue/due.ts';
import { addTenant, holdMessage } from '../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let tenant: Viewer;

beforeAll(async () => {
  database = await createTestDatabase();
  tenant = await addTenant(database);
});
afterAll(() => database?.close());
beforeEach(async () => {
  const { sql } = database;
  await sql`truncate messages, recipients, contents, events, queue_delta, domains, outages cascade`;
  await sql`delete from destinations`;
  await sql`update clock set shift = interval '0'`;
});

interface Made {
  readonly tenantId?: string;
  readonly deliverTo?: readonly { host: string; port: number }[];
}

/** A destination with a message that is not due, whose count is folded. */
async function holding(name: string, { tenantId = OPERATOR_TENANT_ID, deliverTo = [] }: Made = {}): Promise<string> {
  const id = newId();
  await database.sql`
    insert into destinations (id, tenant_id, name, kind, deliver_to)
    values (${id}, ${tenantId}, ${name}, 'RELAY', ${JSON.stringify(deliverTo)}::text::jsonb)`;
  await holdMessage(database, { destinationId: id });
  await database.sql`update messages set next_attempt_at = bmx_now() + interval '1 hour'`;
  await foldDeltas(database.sql);
  return id;
}

/** Destinations without a message, which count as holding one. */
async function manyHolding(count: number): Promise<void> {
  await database.sql`
    insert into destinations (id, tenant_id, name, kind, oldest_accepted_at)
    select new_id(), ${OPERATOR_TENANT_ID}, n || '.example', 'RELAY', bmx_now() from generate_series(1, ${count}::integer) as n`;
}

const ALL: FlushedDomains = { tenantId: null, nextHop: null };
const flush = (which: FlushedDomains = ALL, viewer: Viewer = OPERATOR_VIEWER) => flushMany(database.sql, viewer, which);
const due = async () => (await findDueDestinations(database.database.queueSql)).map(({ id }) => id).toSorted();
const toward = (text: string): FlushedDomains => ({ tenantId: null, nextHop: parseNextHop(text) });

test('what holds mail is asked for as by a flush of each, and again after ten seconds', async () => {
  const [one, other, single] = [await holding('a.example'), await holding('b.example'), await holding('c.example')];
  await requestFlush(database.sql, OPERATOR_VIEWER, single);
  expect(await flush()).toEqual({
    requestedCount: 2,
    skipped: new Map([
      ['ALREADY_REQUESTED', 1],
      ['NOTHING_HELD', 0],
    ]),
    hasMore: false,
  });
  expect(await due()).toEqual([one, other, single].toSorted());
  const rows = await database.sql`
    select distinct flush_requested_at is not null as asked, flush_number, asked_at is not null as at, asked_began_at from destinations`;
  expect([...rows]).toEqual([{ asked: true, flush_number: 1, at: true, asked_began_at: null }]);
  const events = await database.sql`select destination_id as id from events where kind = 'DOMAIN_FLUSHED'`;
  expect(events.map(({ id }) => id as string).toSorted()).toEqual([one, other, single].toSorted());
  // The attempts have begun: a repetition does not dial the same primaries again at once.
  await database.sql`update destinations set flush_requested_at = null, asked_began_at = bmx_now()`;
  expect(await flush()).toMatchObject({ requestedCount: 0 });
  expect(await due()).toEqual([]);
  await database.moveClock('11 seconds');
  expect(await flush()).toMatchObject({ requestedCount: 3 });
});

test('a pause and an open breaker are treated as by domainFlush: an attempt is requested all the same', async () => {
  const [paused, broken] = [await holding('paused.example'), await holding('broken.example')];
  await pauseDestination(database.sql, OPERATOR_VIEWER, paused, { from: null, until: null, reason: 'disks' });
  await database.sql`update destinations set breaker = 'OPEN', breaker_since = bmx_now() where id = ${broken}`;
  expect(await flush()).toMatchObject({ requestedCount: 2 });
  expect(await due()).toEqual([paused, broken].toSorted());
});

test('a tenant asks for its own only, an operator for one tenant or all', async () => {
  const own = await holding('own.example', { tenantId: tenant.tenantId });
  await holding('foreign.example');
  await database.sql`update messages set tenant_id = ${tenant.tenantId} where destination_id = ${own}`;
  expect(await flush({ tenantId: OPERATOR_TENANT_ID, nextHop: null }, tenant)).toMatchObject({ requestedCount: 0 });
  expect(await flush(ALL, tenant)).toMatchObject({ requestedCount: 1 });
  expect(await due()).toEqual([own]);
  await database.moveClock('61 seconds');
  await database.sql`update destinations set flush_requested_at = null`;
  expect(await flush({ tenantId: tenant.tenantId, nextHop: null })).toMatchObject({ requestedCount: 1 });
  expect(await due()).toEqual([own]);
});

test('domains in service that hold nothing are counted, claims are not', async () => {
  const id = await holding('a.example');
  for (const status of ['ACTIVE', 'SUSPENDED', 'PENDING', 'ACTIVE']) {
    await database.sql`
      insert into domains (id, tenant_id, destination_id, name, status)
      values (new_id(), ${OPERATOR_TENANT_ID}, ${id}, new_id()::text, ${status})`;
  }
  expect((await flush()).skipped.get('NOTHING_HELD')).toBe(2);
});

describe('of a next hop', () => {
  const evidence = (host: string, address: string) => ({
    trouble: 'REFUSED' as const,
    host,
    address,
    reply: '[refused]',
    latencyMs: 1,
    isGreeted: false,
  });
  const fail = (destinationId: string, hosts: readonly (readonly [string, string])[]) =>
    recordFailure(database.sql, {
      destinationId,
      begunAt: new Date().toISOString(),
      trouble: 'REFUSED',
      reply: '[refused]',
      evidence: hosts.map(([host, address]) => evidence(host, address)),
    });

  test('by its name or address: where mail is to go, where it went last, and where attempts of the outage went', async () => {
    const routed = await holding('routed.example', { deliverTo: [{ host: 'mx.one.example', port: 25 }] });
    const literal = await holding('literal.example', { deliverTo: [{ host: '192.0.2.1', port: 2525 }] });
    const failed = await holding('failed.example');
    await fail(failed, [
      ['mx.one.example', '192.0.2.1:25'],
      ['mx.two.example', '[2001:db8::1]:25'],
    ]);
    const last = await holding('last.example');
    const met = { host: 'mx.one.example', address: '192.0.2.10:25', tenantId: OPERATOR_TENANT_ID };
    await database.sql`update destinations set last_attempt = ${JSON.stringify(met)}::text::jsonb where id = ${last}`;
    const former = await holding('former.example');
    const foreign = { ...met, tenantId: tenant.tenantId };
    await database.sql`update destinations set last_attempt = ${JSON.stringify(foreign)}::text::jsonb where id = ${former}`;
    const expected = [
      ['MX.one.example.', [routed, failed, last]],
      ['mx.two.example', [failed]],
      ['[192.0.2.1]', [literal, failed]],
      ['2001:DB8:0::1', [failed]],
      ['192.0.2.10', [last]],
      ['192.0.2.11', []],
    ] as const;
    for (const [hop, ids] of expected) {
      await database.sql`update destinations set flush_requested_at = null, asked_at = null`;
      expect([hop, (await flush(toward(hop))).requestedCount]).toEqual([hop, ids.length]);
      expect(await due()).toEqual([...ids].toSorted());
    }
  });

  test('a host that a new route has replaced is not one of it', async () => {
    const id = await holding('moved.example', { deliverTo: [{ host: 'mx.new.example', port: 25 }] });
    await fail(id, [['mx.old.example', '192.0.2.1:25']]);
    expect(await flush(toward('mx.old.example'))).toMatchObject({ requestedCount: 0 });
    expect(await flush(toward('mx.new.example'))).toMatchObject({ requestedCount: 1 });
  });

  test.each(['', 'no host', '192.0.2', 'a@b.example', '*.example.org'])('%p is none', (text) => {
    expect(parseNextHop(text)).toBeNull();
  });
});

test('in groups, so many at once; a repetition takes the rest', async () => {
  await manyHolding(MOST_FLUSHED + 300);
  expect(await flush()).toMatchObject({ requestedCount: MOST_FLUSHED, hasMore: true });
  expect(await flush()).toEqual({
    requestedCount: 300,
    skipped: new Map([
      ['ALREADY_REQUESTED', MOST_FLUSHED],
      ['NOTHING_HELD', 0],
    ]),
    hasMore: false,
  });
});

test('a domain that is locked at the moment is waited for, and the others are not held up by it', async () => {
  const [locked, free] = [await holding('locked.example'), await holding('free.example')];
  const held = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const holder = database.sql.begin(async (transaction) => {
    await transaction`select from destinations where id = ${locked} for update`;
    taken.resolve();
    await held.promise;
  });
  await taken.promise;
  const flushed = flush();
  for (;;) {
    const [row] = await database.sql<
      { asked: boolean }[]
    >`select asked_at is not null as asked from destinations where id = ${free}`;
    if (row?.asked === true) break;
  }
  held.resolve();
  await holder;
  expect(await flushed).toMatchObject({ requestedCount: 2 });
});
