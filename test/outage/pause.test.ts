/**
 * Pause and a longer hold, as rows: what is in force when, for whom, and what it leaves.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { readDestination, recordFailure, recordSuccess } from '../../src/outage/clock.ts';
import { endHoldExtensions, extendHold, MAX_HOLD_HOURS } from '../../src/outage/hold.ts';
import { findPauses, pauseDestination, resumeDestination } from '../../src/outage/pause.ts';
import { findMessage, listMessages } from '../../src/queue/read/inspect.ts';
import { readQueues } from '../../src/queue/read/queues.ts';
import { findDueDestinations } from '../../src/queue/due.ts';
import { holdMessage } from '../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const STRANGER: Viewer = { tenantId: newId(), isOperator: false };

let database: TestDatabase;
let id: string;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  const { sql } = database;
  await sql`truncate messages, recipients, contents, history, events, queue_delta, domains, outages cascade`;
  await sql`delete from destinations`;
  await sql`update clock set shift = interval '0'`;
  id = newId();
  await sql`
    insert into destinations (id, tenant_id, name, kind) values (${id}, ${OPERATOR_TENANT_ID}, 'customer.example', 'RELAY')`;
});

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
const isPaused = async () => (await readDestination(database.database.queueSql, id))?.isPaused;
const isDue = async () => (await findDueDestinations(database.database.queueSql)).length === 1;
const see = async () => (await findPauses(database.sql, OPERATOR_VIEWER, [id])).get(id);
const pause = (from: Date | null, until: Date | null, viewer = OPERATOR_VIEWER) =>
  pauseDestination(database.sql, viewer, id, { from, until, reason: 'new disks' });

async function eventsOf(kind: string): Promise<number> {
  return (await database.sql`select from events where kind = ${kind}`).length;
}

describe('pause', () => {
  test('at once, until it is resumed', async () => {
    await holdMessage(database, { destinationId: id });
    expect([await isPaused(), await isDue(), await see()]).toEqual([false, true, undefined]);
    expect(await pause(null, null)).toBe(true);
    expect([await isPaused(), await isDue()]).toEqual([true, false]);
    expect(await see()).toEqual({ from: expect.any(Date), until: null, reason: 'new disks', isInForce: true });
    const queue = (await readQueues(database.sql, OPERATOR_VIEWER, [id])).get(id);
    expect(queue).toMatchObject({ heldCount: 1, nextAttemptAt: null });
    await database.moveClock('100 days');
    expect(await isPaused()).toBe(true);
    await resumeDestination(database.sql, OPERATOR_VIEWER, id, 'done');
    expect([await isPaused(), await isDue(), await see()]).toEqual([false, true, undefined]);
    await resumeDestination(database.sql, OPERATOR_VIEWER, id, 'done');
    expect([await eventsOf('DOMAIN_PAUSED'), await eventsOf('DOMAIN_RESUMED')]).toEqual([1, 1]);
  });

  test('a window opens and closes by itself', async () => {
    await holdMessage(database, { destinationId: id });
    const [from, until] = [inMinutes(60), inMinutes(120)];
    expect(await pause(from, until)).toBe(true);
    // The reason is the pause's own, not its record's.
    await database.sql`delete from events`;
    expect(await see()).toEqual({ from, until, reason: 'new disks', isInForce: false });
    expect([await isPaused(), await isDue()]).toEqual([false, true]);
    await database.moveClock('61 minutes');
    expect([await isPaused(), await isDue(), (await see())?.isInForce]).toEqual([true, false, true]);
    const [message] = (
      await listMessages(database.sql, OPERATOR_VIEWER, {
        limit: 1,
        from: null,
        isBackward: false,
        order: 'NEWEST',
        filter: {},
      })
    ).nodes;
    expect(message?.nextAttemptAt).toEqual(until);
    await database.moveClock('1 hour');
    expect([await isPaused(), await isDue(), await see()]).toEqual([false, true, undefined]);
  });

  test('one that would be over changes nothing', async () => {
    expect(await pause(null, inMinutes(-1))).toBe(false);
    expect(await pause(inMinutes(10), inMinutes(5))).toBe(false);
    expect(await see()).toBeUndefined();
    expect(await eventsOf('DOMAIN_PAUSED')).toBe(0);
  });

  test("another tenant's is neither changed nor seen", async () => {
    expect(await pause(null, null, STRANGER)).toBe(false);
    await pause(null, null);
    expect((await findPauses(database.sql, STRANGER, [id])).size).toBe(0);
    await resumeDestination(database.sql, STRANGER, id, 'x');
    expect(await isPaused()).toBe(true);
  });

  test('a flush reaches a paused destination, and a resume in an outage is one', async () => {
    const { queueSql } = database.database;
    await holdMessage(database, { destinationId: id });
    await pause(null, null);
    await database.sql`update destinations set flush_requested_at = bmx_now()`;
    expect(await isDue()).toBe(true);
    // One that is still to come leaves a flush alone; one in force is newer than what was asked for before.
    await pause(new Date(Date.now() + 3_600_000_000), null);
    expect(await isDue()).toBe(true);
    await pause(null, null);
    expect(await isDue()).toBe(false);
    const begunAt = (await readDestination(queueSql, id))?.now ?? '';
    await recordFailure(queueSql, { destinationId: id, begunAt, trouble: 'REFUSED', reply: '[refused]' });
    expect(await isDue()).toBe(false);
    await resumeDestination(database.sql, OPERATOR_VIEWER, id, 'done');
    expect(await isDue()).toBe(true);
    expect((await readDestination(queueSql, id))?.flushRequestedAt).toBeInstanceOf(Date);
  });
});

describe('a longer hold', () => {
  const fail = async () => {
    const { queueSql } = database.database;
    const begunAt = (await readDestination(queueSql, id))?.now ?? '';
    await recordFailure(queueSql, { destinationId: id, begunAt, trouble: 'REFUSED', reply: '[refused]' });
  };
  const extend = (hours: number, viewer = OPERATOR_VIEWER) => extendHold(database.sql, viewer, id, hours);
  const holdOf = async (messageId: string) => {
    const message = await findMessage(database.sql, OPERATOR_VIEWER, messageId);
    return ((message?.expiresAt.getTime() ?? 0) - (message?.acceptedAt.getTime() ?? 0)) / 3_600_000;
  };

  test('adds up to 60 days, and not beyond', async () => {
    const messageId = await holdMessage(database, { destinationId: id });
    expect(await extend(24)).toEqual({ kind: 'NO_OUTAGE' });
    await fail();
    expect(await extend(24, STRANGER)).toEqual({ kind: 'NO_OUTAGE' });
    expect(await extend(24)).toEqual({ kind: 'DONE' });
    expect(await extend(100)).toEqual({ kind: 'DONE' });
    expect(await holdOf(messageId)).toBe(240 + 124);
    expect(await extend(MAX_HOLD_HOURS - 363)).toEqual({ kind: 'TOO_LONG', presentHours: 364 });
    expect(await holdOf(messageId)).toBe(240 + 124);
    expect(await extend(MAX_HOLD_HOURS - 364)).toEqual({ kind: 'DONE' });
    expect(await holdOf(messageId)).toBe(MAX_HOLD_HOURS);
    expect(await eventsOf('HOLD_EXTENDED')).toBe(3);
  });

  test('ends when what was held in the outage is gone, not before', async () => {
    const { queueSql } = database.database;
    const first = await holdMessage(database, { destinationId: id });
    await fail();
    await extend(24);
    await endHoldExtensions(database.sql);
    expect(await holdOf(first)).toBe(264);
    await database.moveClock('1 minute');
    await recordSuccess(queueSql, id);
    await endHoldExtensions(database.sql);
    expect(await holdOf(first)).toBe(264);
    await database.moveClock('1 minute');
    const later = await holdMessage(database, { destinationId: id });
    await database.sql`delete from messages where id = ${first}`;
    await endHoldExtensions(database.sql);
    expect(await holdOf(later)).toBe(240);
    await endHoldExtensions(database.sql);
    expect(await eventsOf('HOLD_EXTENSION_ENDED')).toBe(1);
  });
});
