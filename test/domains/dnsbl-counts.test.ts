/** How often lists were asked for a domain: added up, written together, read back with the zone's state. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { createDnsblCounts, dropOldDnsblCounts, readZoneStandings } from '../../src/domains/dnsbl-counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const TENANT = '00000000-0000-7000-8000-000000000002';
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const BL = 'bl.example';
const use = (destinationId: string, isListed: boolean, more = {}) => ({
  destinationId,
  tenantId: OPERATOR_TENANT_ID,
  zone: BL,
  isListed,
  ...more,
});

async function figures(destinationId: string, zone = BL, viewer = OPERATOR_VIEWER): Promise<[number, number]> {
  const [standing] = await readZoneStandings(database.sql, viewer, [{ destinationId, zone }]);
  if (standing === undefined) throw new Error('no answer');
  return [standing.checkedCount, standing.listedCount];
}

test('two nodes add up; today and yesterday are told, older days go after a month', async () => {
  const [here, there] = [createDnsblCounts(database.sql), createDnsblCounts(database.sql)];
  const [one, two] = [newId(), newId()];
  for (let index = 0; index < 10; index += 1) here.count(use(one, index < 3));
  here.count(use(two, true));
  there.count(use(two, false));
  there.count(use(one, true, { zone: 'two.example' }));
  await Promise.all([here.flush(), there.flush()]);
  await here.flush();
  expect(await figures(one)).toEqual([10, 3]);
  expect(await figures(two)).toEqual([2, 1]);
  expect(await figures(one, 'two.example')).toEqual([1, 1]);
  expect(await figures(two, 'two.example')).toEqual([0, 0]);

  await database.moveClock('1 day');
  here.count(use(one, true));
  await here.flush();
  expect(await figures(one)).toEqual([11, 4]);
  await database.moveClock('1 day');
  expect(await figures(one)).toEqual([1, 1]);
  await database.moveClock('29 days');
  await dropOldDnsblCounts(database.sql);
  const days = await database.sql<{ count: number }[]>`
    select count(*) as count from dnsbl_counts where destination_id = ${one}`;
  expect(days[0]?.count).toBe(1);
});

test('what the database would not take is written with the next', async () => {
  const destinationId = newId();
  const counts = createDnsblCounts(database.sql);
  counts.count(use(destinationId, true));
  await database.sql`alter table dnsbl_counts rename to dnsbl_counts_away`;
  expect(counts.flush()).rejects.toThrow('dnsbl_counts');
  counts.count(use(destinationId, false));
  await database.sql`alter table dnsbl_counts_away rename to dnsbl_counts`;
  await counts.flush();
  await counts.flush();
  expect(await figures(destinationId)).toEqual([2, 1]);
});

test('memory is bounded: figures beyond it are lost, those that are there go on', async () => {
  const counts = createDnsblCounts(database.sql);
  const [known, late] = [newId(), newId()];
  counts.count(use(known, true));
  for (let index = 0; index < 9999; index += 1) counts.count(use(known, false, { zone: `z${index}.example` }));
  counts.count(use(late, true));
  counts.count(use(known, true));
  await counts.flush();
  expect([await figures(known), await figures(late)]).toEqual([
    [2, 2],
    [0, 0],
  ]);
});

test('a question is answered in its place, with the state of the zone, and with the figures of its own tenant only', async () => {
  const [mine, other] = [newId(), newId()];
  const counts = createDnsblCounts(database.sql);
  counts.count(use(mine, true, { tenantId: TENANT }));
  counts.count(use(other, true));
  await counts.flush();
  await database.sql`
    insert into dnsbl_zones (zone, is_on, reason, checked_at) values (${BL}, false, 'It lists nobody.', bmx_now())`;
  const questions = [other, mine].flatMap((destinationId) =>
    [BL, 'new.example'].map((zone) => ({ destinationId, zone })),
  );
  const standings = await readZoneStandings(database.sql, { tenantId: TENANT, isOperator: false }, questions);
  expect(standings.map(({ isOn, reason, checkedCount }) => [isOn, reason, checkedCount])).toEqual([
    [false, 'It lists nobody.', 0],
    [true, null, 0],
    [false, 'It lists nobody.', 1],
    [true, null, 0],
  ]);
  expect(standings[0]?.checkedAt).toBeInstanceOf(Date);
  expect(standings[1]?.checkedAt).toBeNull();
});
