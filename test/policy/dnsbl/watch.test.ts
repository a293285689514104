/** Self-tests of DNS lists: which are switched off, when, who hears of it, and when they are on again. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../../src/mail/viewer.ts';
import { createResolver } from '../../../src/dns/resolver.ts';
import { createZoneWatch, type ZoneWatch } from '../../../src/policy/dnsbl/watch.ts';
import {
  claimDueZones,
  noteZoneError,
  readOffZones,
  releaseDueZones,
  storeZoneStates,
  type ZoneChange,
} from '../../../src/domains/dnsbl-zones.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startFakeDns, type FakeDns, type FakeRecords } from '../../helpers/fake-dns.ts';
import { domainWith, nameIn } from '../dnsbl-scene.ts';

const MAPPED_2 = `2.0.0.0.0.0.f.7.f.f.f.f.${'0.'.repeat(20)}`;
const MAPPED_1 = `1.0.0.0.0.0.f.7.f.f.f.f.${'0.'.repeat(20)}`;
const TENANT = '00000000-0000-7000-8000-000000000002';

let database: TestDatabase;
let dns: FakeDns;
let watch: ZoneWatch;
let changes: ZoneChange[];
let faults: unknown[];
let beforeQuery: (name: string) => void;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await database.sql`insert into tenants (id, name) values (${TENANT}, 'other')`;
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql`delete from domains`;
  await database.sql`delete from destinations`;
  await database.sql`delete from dnsbl_zones`;
  await database.sql`delete from events`;
  dns = await startFakeDns({});
  closers.push(() => dns.close());
  changes = [];
  faults = [];
  beforeQuery = () => undefined;
  watch = openWatch();
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** As another node would have it. `beforeStoring` may reject. */
function openWatch(beforeStoring: () => Promise<void> = () => Promise.resolve()): ZoneWatch {
  const { sql } = database;
  const resolver = createResolver({ servers: [dns.address], timeoutMs: 2400 });
  const opened = createZoneWatch({
    store: {
      claimDue: (soon) => claimDueZones(sql, soon),
      releaseDue: (zones) => releaseDueZones(sql, zones),
      storeStates: async (states) => {
        await beforeStoring();
        return storeZoneStates(sql, states);
      },
      readOff: () => readOffZones(sql),
      noteError: (zone, answer) => noteZoneError(sql, zone, answer),
    },
    queryAddress: (name) => {
      beforeQuery(name);
      resolver.forget(name);
      return resolver.query(name, 'A');
    },
    queryNameServers: (name) => {
      resolver.forget(name);
      return resolver.query(name, 'NS');
    },
    onChange: (change) => changes.push(change),
    onFault: (error) => faults.push(error),
    monotonicMs: () => performance.now(),
  });
  closers.push(
    () => resolver.close(),
    () => opened.stop(),
  );
  return opened;
}

async function useZones(name: string, zones: readonly string[], tenantId = OPERATOR_TENANT_ID): Promise<void> {
  const destinationId = newId();
  await database.sql`
    insert into destinations (id, tenant_id, name, kind) values (${destinationId}, ${tenantId}, ${name}, 'RELAY')`;
  await database.sql`
    insert into domains (id, tenant_id, destination_id, name, status, dnsbl)
    values (${newId()}, ${tenantId}, ${destinationId}, ${name}, 'ACTIVE',
            ${JSON.stringify(domainWith(name, zones).dnsbl)}::text::jsonb)`;
}

const answer = (name: string, records: FakeRecords | null): void => dns.set(name, records);
const works = (zone: string): void => {
  answer(nameIn(zone, '127.0.0.2'), { A: ['127.0.0.2'] });
  for (const name of [nameIn(zone, '127.0.0.1'), `${MAPPED_2}${zone}`, `${MAPPED_1}${zone}`]) answer(name, null);
};
const doesAll = (zone: string, records: FakeRecords): void => {
  for (const address of ['127.0.0.1', '127.0.0.2']) answer(nameIn(zone, address), records);
  for (const name of [MAPPED_1, MAPPED_2]) answer(`${name}${zone}`, records);
};

async function stateOf(zone: string) {
  const [row] = await database.sql<{ is_on: boolean; reason: string | null; is_checked: boolean }[]>`
    select is_on, reason, checked_at is not null as is_checked from dnsbl_zones where zone = ${zone}`;
  return row ?? null;
}

async function eventsOf(tenantId = OPERATOR_TENANT_ID): Promise<string[]> {
  const rows = await database.sql<{ kind: string; zone: string }[]>`
    select kind, facts ->> 'zone' as zone from events where tenant_id = ${tenantId} order by at, kind`;
  return rows.map(({ kind, zone }) => `${kind} ${zone}`);
}

describe('the self-test', () => {
  test('of a list that works changes nothing; a zone of which nothing is known is on', async () => {
    await useZones('a.test', ['bl.example', 'six.example']);
    works('bl.example');
    answer(`${MAPPED_2}six.example`, { A: ['127.0.0.2'] });
    expect(watch.isOff('bl.example')).toBe(false);
    await watch.round();
    expect(await stateOf('bl.example')).toEqual({ is_on: true, reason: null, is_checked: true });
    expect(await stateOf('six.example')).toEqual({ is_on: true, reason: null, is_checked: true });
    expect([changes, await eventsOf(), watch.offCount()]).toEqual([[], [], 0]);
  });

  test.each<[string, FakeRecords | null, RegExp]>([
    ['lists everybody', { A: ['127.0.0.2'] }, /lists 127\.0\.0\.1/],
    ['refuses us', { A: ['127.255.255.254'] }, /refuses the queries of our DNS servers/],
    [
      'has gone, or is answered by a resolver that answers all',
      { A: ['203.0.113.80'] },
      /203\.0\.113\.80, which is no/,
    ],
    ['answers the address that is never listed', { A: ['127.0.0.1'] }, /127\.0\.0\.1, which is no/],
    ['lists nobody', null, /does not list 127\.0\.0\.2/],
  ])(
    'of a list that %s switches it off at once, and it is on with the first test it passes',
    async (_, records, reason) => {
      await useZones('a.test', ['bl.example']);
      await useZones('b.test', ['bl.example'], TENANT);
      await useZones('c.test', ['bl.example'], TENANT);
      if (records !== null) doesAll('bl.example', records);
      await watch.round();
      expect(watch.isOff('bl.example')).toBe(true);
      expect(watch.offCount()).toBe(1);
      expect((await stateOf('bl.example'))?.reason).toMatch(reason);
      expect(changes.map(({ kind, zone }) => `${kind} ${zone}`)).toEqual(['DNSBL_ZONE_OFF bl.example']);
      // Each tenant that uses it hears of it, once.
      expect(await eventsOf()).toEqual(['DNSBL_ZONE_OFF bl.example']);
      expect(await eventsOf(TENANT)).toEqual(['DNSBL_ZONE_OFF bl.example']);

      works('bl.example');
      await watch.round();
      expect(watch.isOff('bl.example')).toBe(true);
      await database.moveClock('5 minutes 1 second');
      await watch.round();
      expect(watch.isOff('bl.example')).toBe(false);
      expect(await stateOf('bl.example')).toMatchObject({ is_on: true, reason: null });
      expect(await eventsOf(TENANT)).toEqual(['DNSBL_ZONE_OFF bl.example', 'DNSBL_ZONE_ON bl.example']);
    },
  );

  test('looks twice before it calls an answer wrong', async () => {
    await useZones('a.test', ['bl.example']);
    works('bl.example');
    answer(nameIn('bl.example', '127.0.0.2'), null);
    let asked = 0;
    beforeQuery = (name) => {
      if (name === nameIn('bl.example', '127.0.0.2')) asked += 1;
      if (asked === 2) works('bl.example');
    };
    await watch.round();
    expect([changes, await stateOf('bl.example')]).toMatchObject([[], { is_on: true, reason: null }]);
    expect(dns.count(nameIn('bl.example', '127.0.0.2'), 'A')).toBe(2);
  });

  test.each(['SERVFAIL', 'TIMEOUT'] as const)('of a list in trouble (%s) waits for the next round', async (mode) => {
    await useZones('a.test', ['bl.example', 'well.example']);
    works('well.example');
    doesAll('bl.example', { mode });
    await watch.round();
    expect(watch.isOff('bl.example')).toBe(false);
    expect((await stateOf('bl.example'))?.reason).toMatch(/^Self-test failed once: It does not answer/);
    await watch.round();
    expect(dns.count(nameIn('well.example', '127.0.0.2'))).toBe(1);
    await database.moveClock('30 seconds');
    await watch.round();
    expect(watch.isOff('bl.example')).toBe(true);
    expect(watch.isOff('well.example')).toBe(false);
    expect(await eventsOf()).toEqual(['DNSBL_ZONE_OFF bl.example']);
  });

  test('that fails once and then passes leaves no trace', async () => {
    await useZones('a.test', ['bl.example', 'well.example']);
    works('well.example');
    doesAll('bl.example', { mode: 'SERVFAIL' });
    await watch.round();
    works('bl.example');
    await database.moveClock('30 seconds');
    await watch.round();
    expect([await stateOf('bl.example'), await eventsOf()]).toMatchObject([{ is_on: true, reason: null }, []]);
  });
});

describe('trouble of our own', () => {
  test('switches nothing off: no list answers, nor does the DNS itself', async () => {
    await useZones('a.test', ['bl.example', 'two.example']);
    for (const zone of ['bl.example', 'two.example']) doesAll(zone, { mode: 'SERVFAIL' });
    answer('example', { mode: 'SERVFAIL' });
    for (let round = 0; round < 3; round += 1) {
      await watch.round();
      await database.moveClock('30 seconds');
    }
    expect(await stateOf('bl.example')).toEqual({ is_on: true, reason: null, is_checked: false });
    expect([watch.offCount(), await eventsOf()]).toEqual([0, []]);
    // With the DNS back the trouble is that of the lists.
    answer('example', null);
    await watch.round();
    await database.moveClock('30 seconds');
    await watch.round();
    expect(watch.offCount()).toBe(2);
  });
});

describe('an answer about a client that is no listing', () => {
  test('is an event once an hour for each tenant, stands as the reason, and has the zone tested soon', async () => {
    await useZones('a.test', ['bl.example']);
    await useZones('b.test', ['bl.example'], TENANT);
    works('bl.example');
    await watch.round();
    const tested = () => dns.count(nameIn('bl.example', '127.0.0.2'), 'A');
    const before = tested();
    for (let count = 0; count < 50; count += 1) watch.noteError('bl.example', '1.2.3.4');
    openWatch().noteError('bl.example', '1.2.3.4');
    await until(() => tested() > before);
    await watch.round();
    expect(await eventsOf()).toEqual(['DNSBL_ZONE_ERROR bl.example']);
    expect(await eventsOf(TENANT)).toEqual(['DNSBL_ZONE_ERROR bl.example']);
    expect(await stateOf('bl.example')).toMatchObject({
      is_on: true,
      reason: 'Answered 1.2.3.4 about a client, which is no listing.',
    });
    await database.moveClock('61 minutes');
    await watch.round();
    expect(await stateOf('bl.example')).toMatchObject({ is_on: true, reason: null });
    expect(faults).toEqual([]);
  });

  test('stands as the reason also when it comes while the zone is being tested', async () => {
    await useZones('a.test', ['bl.example']);
    works('bl.example');
    await openWatch(() => noteZoneError(database.sql, 'bl.example', '1.2.3.4')).round();
    const reason = 'Answered 1.2.3.4 about a client, which is no listing.';
    expect(await stateOf('bl.example')).toMatchObject({ is_on: true, reason });
    await database.moveClock('61 minutes');
    await watch.round();
    expect(await stateOf('bl.example')).toMatchObject({ is_on: true, reason: null });
  });
});

describe('several nodes', () => {
  test('test a zone once, and all know what was found', async () => {
    await useZones('a.test', ['bl.example']);
    doesAll('bl.example', { A: ['203.0.113.80'] });
    const nodes = [watch, openWatch(), openWatch()];
    await Promise.all(nodes.map((node) => node.round()));
    expect(dns.count(nameIn('bl.example', '127.0.0.2'), 'A')).toBe(2);
    await Promise.all(nodes.map((node) => node.refresh()));
    expect(nodes.map((node) => node.isOff('bl.example'))).toEqual([true, true, true]);
    expect(await eventsOf()).toEqual(['DNSBL_ZONE_OFF bl.example']);
  });
});

test('what was tested but not stored is tested again with the next round', async () => {
  await useZones('a.example', ['refusing.example']);
  doesAll('refusing.example', { A: ['127.255.255.254'] });
  let isAway = true;
  const node = openWatch(async () => {
    if (isAway) throw new Error('the database is away');
  });
  const round = node.round();
  expect(round).rejects.toThrow('the database is away');
  await round.catch(() => undefined);
  expect((await stateOf('refusing.example'))?.is_on).toBe(true);
  isAway = false;
  await node.round();
  expect(node.isOff('refusing.example')).toBe(true);
});

test('a zone that nobody uses any more is forgotten; one that is new is tested soon after it was asked for', async () => {
  await useZones('a.test', ['old.example']);
  await watch.round();
  expect(watch.isOff('old.example')).toBe(true);
  await database.sql`delete from domains`;
  await useZones('a2.test', ['new.example']);
  for (let count = 0; count < 10; count += 1) watch.testSoon();
  await until(() => watch.isOff('new.example'));
  expect([watch.isOff('old.example'), await stateOf('old.example')]).toEqual([false, null]);
});

async function until(isTrue: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error('it did not come true within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
