/** When the fault is ours: five hosts at once, more than what works; and when it is over. */
import { afterAll, beforeEach, expect, test } from 'bun:test';
import { recordRound, recordSuccess } from '../../src/outage/clock.ts';
import { judgeLocalFailure } from '../../src/outage/local-failure.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';
import { fail, refusedAt } from './scene.ts';

let db: TestDatabase;
let ids: string[];

beforeEach(async () => {
  await db?.close();
  db = await createTestDatabase();
  ids = [];
  for (let n = 0; n < 12; n += 1) ids.push(await makeDestination(db.sql, `d${n}.test`));
});
afterAll(() => db.close());

const failAt = (n: number, address: string) => fail(db, ids[n] ?? '', { evidence: [refusedAt(address)] });
const failOwn = async (...numbers: number[]) => {
  for (const n of numbers) await failAt(n, `192.0.2.${n}:25`);
};
const work = async (...numbers: number[]) => {
  for (const n of numbers) await recordRound(db.sql, ids[n] ?? '');
};

test('four hosts are none of our business, the fifth is', async () => {
  await failOwn(0, 1, 2, 3);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ since: null, change: null, failingHosts: 4 });
  await failOwn(4);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'BEGAN', failingHosts: 5, workingDomains: 0 });
  const again = await judgeLocalFailure(db.sql);
  expect(again.change).toBeNull();
  expect(again.since).not.toBeNull();
  const rows = await db.sql<{ kind: string }[]>`select kind from events where kind like 'OWN%'`;
  expect(rows.map(({ kind }) => kind)).toEqual(['OWN_TROUBLE_BEGAN']);
});

test('one dead host is one, however many domains it serves; domains without DNS count each', async () => {
  for (let n = 0; n < 12; n += 1) await failAt(n, '192.0.2.1:25');
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ since: null, failingHosts: 1 });
  for (let n = 0; n < 5; n += 1) {
    await recordSuccess(db.sql, ids[n] ?? '');
    await fail(db, ids[n] ?? '', { trouble: 'DNS', reply: '[DNS: timeout]', evidence: [] });
  }
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'BEGAN', failingHosts: 6 });
});

test('what works meanwhile, and failures of another time, speak against it', async () => {
  await work(5, 6, 7, 8, 9);
  await failOwn(0, 1, 2, 3, 4);
  // Worked before the failures: tells nothing.
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'BEGAN', workingDomains: 0 });
  await work(5, 6, 7, 8, 9);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'ENDED', workingDomains: 5 });
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, since: null });
  await db.moveClock('20 minutes');
  await failOwn(5, 6, 7, 8);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, failingHosts: 4 });
});

test('it lasts for hours, and ends when half of them are back; then everybody gets an attempt before expiry', async () => {
  await failOwn(0, 1, 2, 3, 4, 5);
  await judgeLocalFailure(db.sql);
  await db.moveClock('2 hours');
  await failOwn(0, 1, 2, 3, 4, 5);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, failingHosts: 6 });
  for (const n of [0, 1]) await recordSuccess(db.sql, ids[n] ?? '');
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'ENDED', since: null });
  const [row] = await db.sql`select resumed_at = bmx_now() or resumed_at > bmx_now() - interval '1 minute' as "isNow"
    from service_presence`;
  expect(row?.['isNow']).toBe(true);
});

test('hosts that are dead for good keep mail from ending for three days, and do not begin it again', async () => {
  await failOwn(0, 1, 2, 3, 4);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'BEGAN' });
  await db.moveClock('71 hours');
  await failOwn(0, 1, 2, 3, 4);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, failingHosts: 5 });
  await db.moveClock('1 hour 1 second');
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'ENDED', since: null });
  await failOwn(0, 1, 2, 3, 4);
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, since: null, failingHosts: 0 });
});

test('TLS that five hosts at once do not meet may be our own certificates; breakers that open are no trouble of ours', async () => {
  for (let n = 0; n < 5; n += 1)
    await fail(db, ids[n] ?? '', { trouble: 'TLS', evidence: [refusedAt(`192.0.2.${n}:25`)] });
  await db.sql`update destinations set breaker = 'OPEN'`;
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: null, failingHosts: 0 });
  await db.sql`update destinations set breaker = 'CLOSED'`;
  expect(await judgeLocalFailure(db.sql)).toMatchObject({ change: 'BEGAN', failingHosts: 5 });
});
