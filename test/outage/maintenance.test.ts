/** Outages that nobody attempts: those that hold nothing end, those that last are told of. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { recordThresholds } from '../../src/outage/lifecycle.ts';
import { endEmptyOutages } from '../../src/outage/maintenance.ts';
import { readDestination } from '../../src/outage/clock.ts';
import { openClockless } from '../../src/outage/greylisting.ts';
import { cancelHeld } from '../../src/queue/verbs/commands.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';
import { eventsOf, fail, holdFor, refusedAt } from './scene.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

test('an outage whose mail is all cancelled ends, and the clock with it; others stay', async () => {
  const id = await holdFor(db, 'cancelled.test', 2);
  const other = await holdFor(db, 'other.test');
  await fail(db, id);
  await fail(db, other);
  expect(await endEmptyOutages(db.sql)).toEqual([]);
  const input = { destinationId: id, reason: 'test', onResults: () => undefined };
  await cancelHeld(db.database.queueSql, OPERATOR_VIEWER, input);
  expect(await endEmptyOutages(db.sql)).toMatchObject([{ domain: 'cancelled.test', outageClass: 'DOWN' }]);
  expect(await readDestination(db.sql, id)).toMatchObject({ isFailing: false, isDue: true, outageClass: null });
  expect(await readDestination(db.sql, other)).toMatchObject({ isFailing: true, outageClass: 'DOWN' });
  expect((await eventsOf(db, id)).slice(-2).toSorted()).toEqual(['BREAKER_TRIAL', 'OUTAGE_CLOSED']);
  // Whoever comes next meets a primary of which nobody knows whether it is set up.
  expect(await db.sql`select breaker, trial_count from destinations where id = ${id}`).toMatchObject([
    { breaker: 'TRIAL', trial_count: 0 },
  ]);
  expect(await endEmptyOutages(db.sql)).toEqual([]);
});

test('an internal destination’s clock stops too; one in a node’s hands and an open breaker are left alone', async () => {
  const internal = await makeDestination(db.sql, 'internal.test', 'INTERNAL');
  const owned = await makeDestination(db.sql, 'owned.test');
  const broken = await makeDestination(db.sql, 'broken.test');
  for (const id of [internal, owned, broken]) await fail(db, id);
  await db.sql`update destinations set owner_node = 1, owner_epoch = 1 where id = ${owned}`;
  await db.sql`update destinations set breaker = 'OPEN' where id = ${broken}`;
  expect(await endEmptyOutages(db.sql)).toEqual([]);
  expect(await readDestination(db.sql, internal)).toMatchObject({ isFailing: false });
  for (const id of [owned, broken]) expect(await readDestination(db.sql, id)).toMatchObject({ isFailing: true });
});

test('each threshold is told once, of several passed at once only the greatest', async () => {
  const id = await holdFor(db, 'lasting.test', 2);
  await fail(db, id);
  const told = async () => (await recordThresholds(db.sql)).filter(({ domain }) => domain === 'lasting.test');
  expect(await told()).toEqual([]);
  await db.moveClock('61 minutes');
  expect(await told()).toEqual([{ domain: 'lasting.test', outageClass: 'DOWN', hours: 1, heldCount: 2 }]);
  expect(await told()).toEqual([]);
  await db.moveClock('6 days');
  expect(await told()).toMatchObject([{ hours: 120 }]);
  await db.moveClock('4 days');
  expect(await told()).toMatchObject([{ hours: 216 }]);
  expect(await told()).toEqual([]);
  const kinds = await eventsOf(db, id);
  expect(kinds.filter((kind) => kind === 'OUTAGE_THRESHOLD')).toHaveLength(3);
});

test('an outage without a clock opens after an interval only, and takes over from none', async () => {
  const id = await holdFor(db, 'grey.test');
  const since = (await readDestination(db.sql, id))?.now ?? '';
  const reply = '451 4.7.1 Greylisted';
  const evidence = [{ ...refusedAt('192.0.2.1:25'), trouble: null, reply, isGreeted: true }];
  const open = () =>
    openClockless(db.sql, {
      destinationId: id,
      outageClass: 'GREYLISTING',
      reply,
      evidence,
      since,
      waitsInterval: true,
    });
  expect(await open()).toBeNull();
  await db.moveClock('14 minutes');
  expect(await open()).toBeNull();
  await db.moveClock('1 minute');
  expect((await open())?.openedOutageId).toBeString();
  expect(await readDestination(db.sql, id)).toMatchObject({ isFailing: false, outageClass: 'GREYLISTING' });
  expect(await open()).toMatchObject({ openedOutageId: null, formerClass: null });
  // When the host itself fails then, the clock starts at that failure.
  expect(await fail(db, id)).toMatchObject({ openedOutageId: null, formerClass: 'GREYLISTING', outageClass: 'DOWN' });
  expect(await eventsOf(db, id)).toEqual(['OUTAGE_OPENED', 'OUTAGE_RECLASSIFIED']);
});
