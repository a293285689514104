/** The clock of a destination: when it starts and stops, what stands for it, and how a flush gets past it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { HostTrouble } from '../../src/mail/outcome.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { clearFlush, readDestination, recordFailure, recordSuccess, requestFlush } from '../../src/outage/clock.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

async function read(id: string) {
  const state = await readDestination(db.sql, id);
  if (state === null) throw new Error('no destination');
  return state;
}

async function fail(id: string, trouble: HostTrouble = 'REFUSED', reply = '[refused]') {
  const { now } = await read(id);
  return recordFailure(db.sql, { destinationId: id, begunAt: now, trouble, reply });
}

const outagesOf = (id: string) => db.sql<{ started_at: Date; ended_at: Date | null; attempt_count: number }[]>`
  select started_at, ended_at, attempt_count from outages where destination_id = ${id} order by id`;

describe('failure and success', () => {
  test('the first failure starts it at the begin of the attempt, the next goes on, a success ends it', async () => {
    const id = await makeDestination(db.sql, 'life.test');
    expect(await read(id)).toMatchObject({ isFailing: false, isDue: true });
    const { now } = await read(id);
    const first = await recordFailure(db.sql, {
      destinationId: id,
      begunAt: now,
      trouble: 'TIMEOUT',
      reply: '[timeout]',
    });
    expect(first.openedOutageId).not.toBeNull();
    expect(await read(id)).toMatchObject({ isFailing: true, isDue: false });
    const [row] = await db.sql<{ isAnchored: boolean; isNext: boolean }[]>`
      select first_failure_at = ${now}::text::timestamptz as "isAnchored",
        next_attempt_at = ${now}::text::timestamptz + interval '15 minutes' as "isNext"
      from destinations where id = ${id}`;
    expect(row).toEqual({ isAnchored: true, isNext: true });
    expect((await fail(id)).openedOutageId).toBeNull();
    const closed = await recordSuccess(db.sql, id);
    expect(closed?.outageId).toBe(first.openedOutageId ?? '');
    expect(await read(id)).toMatchObject({ isFailing: false, isDue: true });
    expect(await recordSuccess(db.sql, id)).toBeNull();
    expect((await fail(id)).openedOutageId).not.toBe(first.openedOutageId);
    expect(await outagesOf(id)).toMatchObject([{ attempt_count: 2 }, { ended_at: null, attempt_count: 1 }]);
    const kinds = await db.sql<{ kind: string }[]>`
      select kind from events where destination_id = ${id} order by at, kind desc`;
    expect(kinds.map(({ kind }) => kind)).toEqual(['OUTAGE_OPENED', 'OUTAGE_CLOSED', 'BREAKER_TRIAL', 'OUTAGE_OPENED']);
  });

  test('two failures at once open one outage', async () => {
    const id = await makeDestination(db.sql, 'twice.test');
    const opened = await Promise.all([fail(id), fail(id), fail(id)]);
    expect(opened.filter(({ openedOutageId }) => openedOutageId !== null)).toHaveLength(1);
    expect(await outagesOf(id)).toHaveLength(1);
  });

  test('an internal destination has a clock and no outage, until it becomes one that we back up', async () => {
    const id = await makeDestination(db.sql, 'internal.test', 'INTERNAL');
    expect((await fail(id)).openedOutageId).toBeNull();
    expect(await read(id)).toMatchObject({ isFailing: true, isDue: false });
    await db.sql`update destinations set kind = 'RELAY' where id = ${id}`;
    await db.moveClock('20 minutes');
    expect((await fail(id)).openedOutageId).not.toBeNull();
    const [row] = await db.sql`
      select o.started_at = d.first_failure_at as "isSame" from outages o join destinations d on d.id = o.destination_id
      where d.id = ${id}`;
    expect(row?.['isSame']).toBe(true);
  });
});

describe('a flush', () => {
  test('asked for before an attempt is answered by it, also when it fails', async () => {
    const id = await makeDestination(db.sql, 'flush.test');
    await fail(id);
    await requestFlush(db.sql, OPERATOR_VIEWER, id);
    await fail(id);
    expect((await read(id)).flushRequestedAt).toBeNull();
  });

  test('asked for while an attempt is under way outlives its failure', async () => {
    const id = await makeDestination(db.sql, 'during.test');
    await fail(id);
    const { now, flushNumber } = await read(id);
    await requestFlush(db.sql, OPERATOR_VIEWER, id);
    await recordFailure(db.sql, {
      destinationId: id,
      begunAt: now,
      flushNumber,
      trouble: 'TIMEOUT',
      reply: '[timeout]',
    });
    expect((await read(id)).flushRequestedAt).not.toBeNull();
    await fail(id);
    expect((await read(id)).flushRequestedAt).toBeNull();
  });

  test('is cleared by who has seen it, not when it was asked for again', async () => {
    const id = await makeDestination(db.sql, 'again.test');
    await requestFlush(db.sql, OPERATOR_VIEWER, id);
    const seen = (await read(id)).flushNumber;
    await db.moveClock('1 second');
    await requestFlush(db.sql, OPERATOR_VIEWER, id);
    await clearFlush(db.sql, await read(id), seen);
    const { flushNumber: again, flushRequestedAt } = await read(id);
    expect(flushRequestedAt).not.toBeNull();
    // What has cut the drain short that it asked for has not answered it.
    const before = await read(id);
    await db.sql`update destinations set drain_per_minute = 60 where id = ${id}`;
    await clearFlush(db.sql, before, again);
    expect((await read(id)).flushRequestedAt).not.toBeNull();
    await clearFlush(db.sql, await read(id), again);
    expect((await read(id)).flushRequestedAt).toBeNull();
  });

  test('is for the destination’s tenant only', async () => {
    const id = await makeDestination(db.sql, 'tenant.test');
    await requestFlush(db.sql, { tenantId: '00000000-0000-7000-8000-0000000000ff', isOperator: false }, id);
    expect((await read(id)).flushRequestedAt).toBeNull();
    await requestFlush(db.sql, { tenantId: OPERATOR_TENANT_ID, isOperator: false }, id);
    expect((await read(id)).flushRequestedAt).not.toBeNull();
  });
});

describe('the grid', () => {
  const next = async (first: string, at: string, zone = 'UTC'): Promise<string | undefined> => {
    const rows = await db.sql.begin(async (transaction) => {
      await transaction.unsafe(`set local timezone = '${zone}'`);
      return transaction<{ next: string }[]>`
        select to_char(next_attempt(${first}::text::timestamptz, ${at}::text::timestamptz) at time zone 'UTC',
          'MM-DD HH24:MI:SS') as next`;
    });
    return rows[0]?.next;
  };

  test('has each slot once: at a slot the next one comes, whatever passed between', async () => {
    const first = '2026-03-28 12:00:00+00';
    expect(await next(first, '2026-03-28 12:00:00+00')).toBe('03-28 12:15:00');
    expect(await next(first, '2026-03-28 12:14:59.999999+00')).toBe('03-28 12:15:00');
    expect(await next(first, '2026-03-28 12:15:00+00')).toBe('03-28 12:30:00');
    expect(await next(first, '2026-03-29 11:59:59+00')).toBe('03-29 12:00:00');
    expect(await next(first, '2026-03-29 12:00:00+00')).toBe('03-29 13:00:00');
    expect(await next(first, '2026-04-02 12:00:00+00')).toBe('04-02 14:00:00');
    // Beyond the last stage it goes on.
    expect(await next(first, '2026-06-01 12:30:00+00')).toBe('06-01 14:00:00');
  });

  test('knows no summer time, and a clock that was set back repeats no slot before the first', async () => {
    const first = '2026-03-28 12:00:00+00';
    for (const at of ['2026-03-29 00:59:00+00', '2026-03-29 01:01:00+00', '2026-04-01 12:00:00+00']) {
      expect(await next(first, at, 'Europe/Berlin')).toBe((await next(first, at)) ?? '');
    }
    expect(await next(first, '2026-03-28 09:00:00+00')).toBe('03-28 12:15:00');
  });
});
