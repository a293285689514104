/** The last attempt of a destination and the one that was asked for: whose they are, and what the latter waits for. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import type { AttemptRecord } from '../../src/mail/outcome.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { requestFlush } from '../../src/outage/clock.ts';
import { noteAttempt, readDestinationAttempts } from '../../src/outage/last-attempt.ts';
import { pauseDestination, resumeDestination } from '../../src/outage/pause.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { holdFor } from './scene.ts';

const OWNER: Viewer = { tenantId: OPERATOR_TENANT_ID, isOperator: false };
const STRANGER: Viewer = { tenantId: newId(), isOperator: false };
const RECORD: AttemptRecord = {
  host: 'mx.example',
  address: '192.0.2.1:25',
  tls: null,
  reply: '554 5.7.1 not you',
  outcome: 'DEFERRED',
  recipientNumbers: [0],
  isHostLevel: true,
  latencyMs: 8000.4,
};

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

async function read(id: string, viewer: Viewer = OPERATOR_VIEWER) {
  return (await readDestinationAttempts(db.sql, viewer, [id])).get(id);
}

test('the last attempt is its tenant’s, and not the next owner’s', async () => {
  const id = await holdFor(db, 'last.test');
  expect(await read(id)).toEqual({ last: null, requested: null });
  await noteAttempt(db.sql, id, { ...RECORD, reply: 'x'.repeat(2000) });
  await noteAttempt(db.sql, id, RECORD);
  const seen = {
    host: 'mx.example',
    address: '192.0.2.1:25',
    reply: RECORD.reply,
    outcome: 'DEFERRED',
    latencyMs: 8000,
  };
  for (const viewer of [OPERATOR_VIEWER, OWNER]) expect((await read(id, viewer))?.last).toMatchObject(seen);
  expect(await read(id, STRANGER)).toBeUndefined();
  await db.sql`insert into tenants (id, name) values (${STRANGER.tenantId}, 'next')`;
  await db.sql`update destinations set tenant_id = ${STRANGER.tenantId} where id = ${id}`;
  for (const viewer of [OPERATOR_VIEWER, STRANGER]) expect((await read(id, viewer))?.last).toBeNull();
});

test('what an attempt waits for that was asked for', async () => {
  const id = await holdFor(db, 'asked.test');
  const waitsFor = async () => (await read(id))?.requested?.waitsFor;
  await requestFlush(db.sql, OPERATOR_VIEWER, id);
  expect(await waitsFor()).toBe('NO_NODE');
  await db.sql`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid) values (1, 'a', '0', 'bun', '{delivery}', 1)`;
  expect(await waitsFor()).toBe('TURN');
  await db.sql`update destinations set drain_per_minute = 1 where id = ${id}`;
  expect(await waitsFor()).toBe('DRAIN_CAP');
  await db.sql`update destinations set owner_node = 1, owner_epoch = 1 where id = ${id}`;
  expect(await waitsFor()).toBe('IN_DELIVERY');
  await pauseDestination(db.sql, OPERATOR_VIEWER, id, { from: null, until: null, reason: 'x' });
  expect(await waitsFor()).toBe('PAUSED');
  await db.sql`update destinations set is_paused = false where id = ${id}`;
  expect(await waitsFor()).toBe('SCHEDULE');
  await db.sql`update destinations set is_paused = true where id = ${id}`;
  await resumeDestination(db.sql, OPERATOR_VIEWER, id, 'x');
  expect(await waitsFor()).toBe('IN_DELIVERY');
  const holder = { node: 1, epoch: 1 };
  await claimDue(db.sql, { destinationId: id, holder, after: FIRST_KEY, limit: 10, flushNumber: 2 });
  expect((await read(id))?.requested).toMatchObject({ startedAt: expect.any(Date), waitsFor: null });
});
