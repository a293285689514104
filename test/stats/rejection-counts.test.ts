/** Rejections are counted by code and list, however many there are, and told to whom they concern. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { createRejectionCounts, readRejectionCounts } from '../../src/stats/rejection-counts.ts';
import { presentInstant, SERVICE_SUBJECT } from '../../src/stats/slots.ts';
import { failingSql } from '../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

const unknown = { rejection: 'BMX-USER', zone: null, isDryRun: false };
const listed = { rejection: 'BMX-DNSBL', zone: 'bl.example', isDryRun: false };
const everything = { since: new Date(0), until: null, slots: 1 };
const service = { ...everything, subjectId: SERVICE_SUBJECT, tenantId: OPERATOR_TENANT_ID };
const told = async (question: Parameters<typeof readRejectionCounts>[2], viewer = OPERATOR_VIEWER) =>
  (await readRejectionCounts(db.sql, viewer, question)).map(({ code, zone, isDryRun, count }) =>
    [code, zone, isDryRun, count].join(' '),
  );

test('by domain, tenant and service, in order of their number', async () => {
  const [a, b] = [await makeDestination(db.sql, 'a.test'), await makeDestination(db.sql, 'b.test')];
  const counts = createRejectionCounts(db.sql);
  const tenantId = newId();
  for (let index = 0; index < 300; index += 1) counts.count({ ...unknown, destinationId: a, tenantId });
  for (let index = 0; index < 3; index += 1) counts.count({ ...listed, destinationId: a, tenantId });
  counts.count({ ...listed, isDryRun: true, destinationId: a, tenantId });
  await counts.flush();
  counts.count({ ...unknown, destinationId: b, tenantId: OPERATOR_TENANT_ID });
  counts.count({ rejection: 'BMX-RELAY', zone: null, isDryRun: false, destinationId: null, tenantId: null });
  await counts.flush();
  // Nothing is written twice.
  await counts.flush();

  const ofA = ['BMX-USER  false 300', 'BMX-DNSBL bl.example false 3', 'BMX-DNSBL bl.example true 1'];
  expect(await told({ ...everything, subjectId: a, tenantId })).toEqual(ofA);
  expect(await told({ ...everything, subjectId: tenantId, tenantId })).toEqual(ofA);
  expect(await told({ ...everything, subjectId: tenantId, tenantId }, { tenantId, isOperator: false })).toEqual(ofA);
  expect(await told(service)).toEqual([
    'BMX-USER  false 301',
    'BMX-DNSBL bl.example false 3',
    'BMX-DNSBL bl.example true 1',
    'BMX-RELAY  false 1',
  ]);
  const stranger = { tenantId: newId(), isOperator: false };
  for (const question of [
    { ...everything, subjectId: a, tenantId },
    { ...everything, subjectId: tenantId, tenantId },
    service,
  ])
    expect(await told(question, stranger)).toEqual([]);
});

test('in slots of their hours', async () => {
  const id = await makeDestination(db.sql, 'hours.test');
  const counts = createRejectionCounts(db.sql);
  const refused = { ...unknown, destinationId: id, tenantId: OPERATOR_TENANT_ID };
  counts.count(refused);
  await counts.flush();
  await db.moveClock('3 hours');
  counts.count(refused);
  counts.count(refused);
  await counts.flush();
  const since = new Date((await presentInstant(db.sql)).getTime() - 6 * 3_600_000);
  const slots = await readRejectionCounts(db.sql, OPERATOR_VIEWER, {
    subjectId: id,
    tenantId: OPERATOR_TENANT_ID,
    since,
    until: null,
    slots: 240,
  });
  expect(slots.map(({ count }) => count)).toEqual([1, 2]);
  const [first, second] = slots;
  expect((second?.since.getTime() ?? 0) - (first?.since.getTime() ?? 0)).toBe(3 * 3_600_000);
});

test('what could not be written is written with the next', async () => {
  const id = await makeDestination(db.sql, 'later.test');
  let isAway = true;
  const failing = failingSql(db.sql, 'rejection_slots', new Error('away'));
  const sql = new Proxy(db.sql, {
    apply: (target, self, args: unknown[]) => Reflect.apply(isAway ? failing : target, self, args) as unknown,
  });
  const counts = createRejectionCounts(sql);
  const refused = { ...unknown, destinationId: id, tenantId: OPERATOR_TENANT_ID };
  counts.count(refused);
  expect(counts.flush()).rejects.toThrow('away');
  counts.count(refused);
  isAway = false;
  await counts.flush();
  expect(await told({ ...everything, subjectId: id, tenantId: OPERATOR_TENANT_ID })).toEqual(['BMX-USER  false 2']);
});
