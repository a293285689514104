/** Runs of the doctor: their time limit, one at a time among nodes, by the timer, and when a primary is left alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { CheckCode } from '../../src/doctor/checks.ts';
import type { Doctor, DoctorDeps } from '../../src/doctor/doctor.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { addTenant } from '../control/harness.ts';
import { until } from '../helpers/child.ts';
import { doctorOn, OWN_NAME } from '../helpers/doctor.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type DoctorScene, GOOD_MX, openDoctorScene } from './scene.ts';
import { createDomain } from '../../src/domains/create.ts';
import { deleteDomain } from '../../src/domains/delete.ts';
import { readReports } from '../../src/doctor/reports.ts';

let scene: DoctorScene;

beforeAll(async () => {
  scene = await openDoctorScene(5000);
});
afterAll(() => scene.close());
beforeEach(() => scene.reset());

function node(changes: Partial<DoctorDeps> = {}): Doctor {
  const { database, resolver, primary } = scene;
  return doctorOn({ database, resolver, deliveryPort: primary.port, changes });
}

async function findings({ id }: RelayDomain, viewer = OPERATOR_VIEWER) {
  const report = (await readReports(scene.database.sql, viewer, [id])).get(id);
  const of = (code: CheckCode) => report?.findings.find((finding) => finding.code === code);
  return {
    report,
    asked: (code: CheckCode) => of(code)?.evidence.map(({ asked }) => asked),
    verdict: (code: CheckCode) => of(code)?.verdict,
    answer: (code: CheckCode) => of(code)?.evidence[0]?.answered,
  };
}

const sessionsOf = ({ name }: RelayDomain) =>
  scene.primary.rcpts.filter(({ address }) => address === `postmaster@${name}`).length;

describe('a record that we have added', () => {
  const LATER = 40;
  /** Ours according to our own records, so long ago; whether it is still after a look at these records. */
  async function isOurs(records: FakeRecords | null, age: string): Promise<boolean> {
    const { id, name, destinationId } = await scene.addDomain();
    scene.dns.set(name, records);
    const { sql } = scene.database;
    await sql`
      insert into mx_records (domain_id, tenant_id, destination_id, preference, host, added_at)
      values (${id}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${LATER}, ${OWN_NAME}, bmx_now() - ${age}::interval)`;
    await node().check(OPERATOR_VIEWER, name);
    return (await sql`select from mx_records where domain_id = ${id}`).length === 1;
  }

  test('is ours no more when the doctor has seen that it is gone', async () => {
    const standing: FakeRecords = {
      MX: [
        [10, 'mx.primary.example'],
        [LATER, OWN_NAME],
      ],
    };
    const gone: FakeRecords = { MX: GOOD_MX };
    expect(await isOurs(standing, '25 hours')).toBe(true);
    expect(await isOurs(gone, '25 hours')).toBe(false);
    expect(await isOurs({ A: ['127.0.0.1'] }, '25 hours')).toBe(false);
    // A server may be behind, and a name that is lost for now comes back with its records.
    expect(await isOurs(gone, '23 hours')).toBe(true);
    expect(await isOurs(null, '25 hours')).toBe(true);
    expect(await isOurs({ MX: 'SERVFAIL' }, '25 hours')).toBe(true);
  });
});

describe('what does not answer is a finding, within the time', () => {
  test('a DNS that says nothing', async () => {
    const domain = await scene.addDomain();
    scene.dns.set(domain.name, { mode: 'TIMEOUT' });
    const doctor = node({ timeoutMs: 2000 });
    const startedMs = performance.now();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    expect(performance.now() - startedMs).toBeLessThan(4500);
    const { verdict, answer, report } = await findings(domain);
    expect([verdict('RANK'), verdict('DNS_LAPSING'), verdict('PRIMARY_REFUSES')]).toEqual([
      'UNKNOWN',
      'UNKNOWN',
      'UNKNOWN',
    ]);
    expect(answer('RANK')).toBe('[no answer in time]');
    // What is known without it is told.
    expect([verdict('CATCH_ALL'), report?.verdict]).toEqual(['OK', 'UNKNOWN']);
  });

  test('a primary that takes the connection and says nothing, and one that falls silent', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    const deliveryPort = typeof address === 'object' && address !== null ? address.port : 0;
    for (const changes of [{ deliveryPort }, {}]) {
      scene.primary.setMode({ silentAt: 'RCPT' });
      const domain = await scene.addDomain();
      const doctor = node({ timeoutMs: 2000, ...changes });
      const startedMs = performance.now();
      await doctor.check(OPERATOR_VIEWER, domain.name);
      expect(performance.now() - startedMs).toBeLessThan(4500);
      const { verdict } = await findings(domain);
      expect([verdict('RANK'), verdict('PRIMARY_REFUSES'), verdict('MX_UNREACHABLE')]).toEqual([
        'OK',
        'UNKNOWN',
        'UNKNOWN',
      ]);
    }
    mute.close();
  });

  test('a budget that is spent', async () => {
    const domain = await scene.addDomain();
    const never = () => new Promise<void>(() => undefined);
    const doctor = node({ timeoutMs: 200, budget: { question: never, connection: never } });
    await doctor.check(OPERATOR_VIEWER, domain.name);
    expect((await findings(domain)).verdict('RANK')).toBe('UNKNOWN');
    expect([scene.dns.count(domain.name), sessionsOf(domain)]).toEqual([0, 0]);
  });
});

describe('a primary is left alone', () => {
  test('while an outage is open', async () => {
    const domain = await scene.addDomain();
    const outageId = newId();
    await scene.database.sql`
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
      values (${outageId}, ${OPERATOR_TENANT_ID}, ${domain.destinationId}, bmx_now(), 'DOWN', '[connection refused]')`;
    await scene.database.sql`update destinations set outage_id = ${outageId} where id = ${domain.destinationId}`;
    const doctor = node();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    const { verdict, answer } = await findings(domain);
    expect([verdict('PRIMARY_REFUSES'), sessionsOf(domain)]).toEqual(['UNKNOWN', 0]);
    expect(answer('PRIMARY_REFUSES')).toMatch(/outage open since .*DOWN.*connection refused/);
  });

  test('of a domain that is not proven, and what was seen of its destination is its owner’s', async () => {
    const owned = await scene.addDomain();
    await scene.database.sql`update destinations set greylisting_at = bmx_now() where id = ${owned.destinationId}`;
    const claimant = await addTenant(scene.database, 'claimant');
    const claim = await createDomain(scene.domains, claimant, { name: owned.name });
    if (claim.kind !== 'DONE') throw new Error(JSON.stringify(claim.errors));
    expect(claim.domain.status).toBe('PENDING');
    const fetched: string[] = [];
    const doctor = node({
      fetchText: async (host) => {
        fetched.push(host);
        return { kind: 'FAILED', reason: 'nobody is there' };
      },
    });
    scene.dns.set(`_mta-sts.${owned.name}`, { TXT: ['v=STSv1; id=1;'] });
    await doctor.check(claimant, owned.name);
    const { verdict, answer } = await findings(claim.domain, claimant);
    expect([verdict('RANK'), verdict('GREYLISTING'), sessionsOf(owned)]).toEqual(['OK', 'UNKNOWN', 0]);
    expect(answer('PRIMARY_REFUSES')).toContain('not proven');
    expect([verdict('MTA_STS'), answer('MTA_STS')]).toEqual(['UNKNOWN', expect.stringContaining('not proven')]);
    expect(fetched).toEqual([]);
    // Nor does the claimant see the owner's report.
    await doctor.check(OPERATOR_VIEWER, owned.name);
    expect([...(await readReports(scene.database.sql, claimant, [owned.id, claim.domain.id])).keys()]).toEqual([
      claim.domain.id,
    ]);
    expect(fetched).toEqual([`mta-sts.${owned.name}`]);
  });

  test('that is ourselves', async () => {
    const domain = await scene.addDomain();
    scene.dns.set(domain.name, { MX: [[10, OWN_NAME]] });
    const doctor = node();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    const { verdict, answer } = await findings(domain);
    expect([verdict('RANK'), answer('PRIMARY_REFUSES')]).toEqual([
      'PROBLEM',
      expect.stringContaining('MOST_PREFERRED'),
    ]);
  });
});

test('of all that are asked for at once ten of a tenant begin, forty in all, and the others when there is room', async () => {
  const domains: RelayDomain[] = [];
  for (let tenant = 0; tenant < 5; tenant += 1) {
    const { tenantId } = await addTenant(scene.database, `many ${tenant}`);
    for (let count = 0; count < (tenant === 0 ? 15 : 8); count += 1) {
      domains.push(await scene.addDomain(undefined, { tenantId }));
    }
  }
  let [nowCount, mostCount] = [0, 0];
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  const doctor = node({
    findContactsInside: async ({ name }) => {
      begun.push(name);
      nowCount += 1;
      mostCount = Math.max(mostCount, nowCount);
      await gate.promise;
      nowCount -= 1;
      return { addresses: [], isAlertedOutside: false };
    },
  });
  const checks = domains.map(({ name }) => doctor.check(OPERATOR_VIEWER, name));
  await until('forty have begun', 30_000, async () => nowCount >= 40);
  const ofFirst = new Set(domains.slice(0, 15).map(({ name }) => name));
  expect(begun.filter((name) => ofFirst.has(name))).toHaveLength(10);
  gate.resolve();
  await Promise.all(checks);
  expect(mostCount).toBe(40);
  const ids = domains.map(({ id }) => id);
  expect((await readReports(scene.database.sql, OPERATOR_VIEWER, ids)).size).toBe(47);
});

test('it is asked from each egress address that this node has', async () => {
  const domain = await scene.addDomain();
  const doctor = node({ localEgressAddresses: ['127.0.0.3', '127.0.0.4', '::1'] });
  await doctor.check(OPERATOR_VIEWER, domain.name);
  const asked = (await findings(domain)).asked('PRIMARY_REFUSES');
  expect(asked?.map((text) => text.split(' from ')[1])).toEqual(['127.0.0.3', '127.0.0.4']);
});

test('it is asked from each of many before it is asked twice from one', async () => {
  const many = ['127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7'];
  scene.dns.set('twice.example', { A: ['127.0.0.1', '127.0.0.2'] });
  const domain = await scene.addDomain({
    MX: [
      [10, 'twice.example'],
      [20, OWN_NAME],
    ],
  });
  const doctor = node({ localEgressAddresses: many });
  await doctor.check(OPERATOR_VIEWER, domain.name);
  const asked = (await findings(domain)).asked('PRIMARY_REFUSES');
  expect(asked?.map((text) => text.split(' from ')[1]).toSorted()).toEqual(many);
});

describe('one run at a time', () => {
  test('who asks beside it, on this node or another, waits for the same; a fresh report is given again', async () => {
    const domain = await scene.addDomain();
    const [one, two] = [node(), node()];
    await Promise.all([one, one, two].map((doctor) => doctor.check(OPERATOR_VIEWER, domain.name)));
    expect(sessionsOf(domain)).toBe(1);
    const first = (await findings(domain)).report?.at;
    await two.check(OPERATOR_VIEWER, domain.name);
    expect((await findings(domain)).report?.at).toEqual(first);
    await scene.database.moveClock('61 seconds');
    await two.check(OPERATOR_VIEWER, domain.name);
    expect(sessionsOf(domain)).toBe(2);
  });

  test('a node that died in it is waited for no longer than a minute', async () => {
    const domain = await scene.addDomain();
    await scene.database
      .sql`update domains set doctor_busy_until = bmx_now() + interval '1 minute' where id = ${domain.id}`;
    await scene.database.moveClock('2 minutes');
    await node().check(OPERATOR_VIEWER, domain.name);
    expect(sessionsOf(domain)).toBe(1);
  });

  test('a name that is nobody’s, or another’s, is NOT_FOUND', async () => {
    const domain = await scene.addDomain();
    const stranger = await addTenant(scene.database, 'stranger');
    for (const [viewer, name] of [
      [OPERATOR_VIEWER, 'nowhere.example'],
      [stranger, domain.name],
    ] as const) {
      expect(await node().check(viewer, name)).toMatchObject({ kind: 'REFUSED', errors: [{ code: 'NOT_FOUND' }] });
    }
    expect(sessionsOf(domain)).toBe(0);
  });
});

describe('the timer', () => {
  test('two nodes look at each domain once a day between them, at none that is no longer there', async () => {
    await scene.database.sql`delete from domains`;
    const added = await Promise.all(Array.from({ length: 30 }, () => scene.addDomain()));
    // Each is due within a day.
    await scene.database.moveClock('25 hours');
    const gone = added.pop();
    await deleteDomain(scene.domains, OPERATOR_VIEWER, { name: gone?.name ?? '' });
    await Promise.all([node().checkDue(), node().checkDue()]);
    expect(added.map(sessionsOf)).toEqual(added.map(() => 1));
    await node().checkDue();
    await scene.database.moveClock('22 hours');
    await node().checkDue();
    expect(added.map(sessionsOf)).toEqual(added.map(() => 1));
    await scene.database.sql`delete from probe_budgets`;
    await scene.database.moveClock('4 hours');
    await node().checkDue();
    expect(added.map(sessionsOf)).toEqual(added.map(() => 2));
  });

  test('ends at once when the node stops, and leaves what it was at to others', async () => {
    await scene.database.sql`delete from domains`;
    const domain = await scene.addDomain();
    await scene.database.moveClock('25 hours');
    scene.primary.setMode({ silentAt: 'RCPT' });
    const stop = new AbortController();
    const doctor = node({ signal: stop.signal });
    const before = scene.primary.countVerb('RCPT');
    const due = doctor.checkDue();
    await scene.primary.waitFor(() => scene.primary.countVerb('RCPT') > before, 'the question');
    stop.abort();
    await due;
    expect((await findings(domain)).report).toBeUndefined();
    const [row] = await scene.database.sql<
      { busy: Date | null }[]
    >`select doctor_busy_until as busy from domains where id = ${domain.id}`;
    expect(row?.busy).toBeNull();
  });
});

test('a problem that begins or ends is an event for webhooks, once; the first report and what is unknown are told to nobody', async () => {
  const domain = await scene.addDomain({ MX: [[10, OWN_NAME]] });
  const told = async () => {
    const rows = await scene.database.sql<{ facts: unknown }[]>`
      select e.facts from events e join event_outbox o on o.event_id = e.id
      where e.destination_id = ${domain.destinationId} and e.kind = 'DOMAIN_CHECKED' order by e.id`;
    return rows.map(({ facts }) => facts);
  };
  const lookAt = async (records: FakeRecords) => {
    scene.dns.set(domain.name, records);
    await scene.database.moveClock('2 minutes');
    await node({ timeoutMs: 3000 }).check(OPERATOR_VIEWER, domain.name);
  };
  await lookAt({ MX: [[10, OWN_NAME]] });
  expect(await told()).toEqual([]);
  await lookAt({ MX: GOOD_MX });
  const mended = { name: domain.name, status: 'OK', began: [], ended: ['RANK'] };
  expect(await told()).toEqual([mended]);
  await lookAt({ mode: 'TIMEOUT' });
  await lookAt({ MX: GOOD_MX });
  expect(await told()).toEqual([mended]);
  await lookAt({ MX: [[0, '.']] });
  await lookAt({ MX: [[0, '.']] });
  expect(await told()).toEqual([mended, { name: domain.name, status: 'PROBLEM', began: ['NULL_MX'], ended: [] }]);
});

test('what begins or ends behind an UNKNOWN is told when it is known again', async () => {
  const domain = await scene.addDomain({ MX: GOOD_MX });
  const told = async () => {
    const rows = await scene.database.sql<{ facts: { began: string[]; ended: string[] } }[]>`
      select e.facts from events e join event_outbox o on o.event_id = e.id
      where e.destination_id = ${domain.destinationId} and e.kind = 'DOMAIN_CHECKED' order by e.id`;
    return rows.map(({ facts: { began, ended } }) => [began, ended]);
  };
  const looks: FakeRecords[] = [
    { MX: GOOD_MX },
    { mode: 'TIMEOUT' },
    { mode: 'TIMEOUT' },
    { MX: [[0, '.']] },
    { mode: 'TIMEOUT' },
    { MX: GOOD_MX },
    { MX: GOOD_MX },
  ];
  for (const records of looks) {
    scene.dns.set(domain.name, records);
    await scene.database.moveClock('2 minutes');
    await node({ timeoutMs: 500 }).check(OPERATOR_VIEWER, domain.name);
  }
  expect(await told()).toEqual([
    [['NULL_MX'], []],
    [[], ['NULL_MX']],
  ]);
});

test('where nobody says a word it looks again in an hour, then more and more seldom; a word, and it is a day again', async () => {
  const domain = await scene.addDomain({ mode: 'TIMEOUT' });
  // No look-up outlives its run: those of eight runs would hold all places of the tenant.
  const resolver = createResolver({ servers: [scene.dns.address], timeoutMs: 150 });
  const hoursToNext = async (): Promise<number> => {
    await scene.database.moveClock('2 minutes');
    await node({ timeoutMs: 1_000, resolver }).check(OPERATOR_VIEWER, domain.name);
    const [row] = await scene.database.sql<{ hours: number }[]>`
      select (extract(epoch from doctor_check_at - bmx_now()) / 3600)::float8 as hours from domains where id = ${domain.id}`;
    return row?.hours ?? 0;
  };
  const hours: number[] = [];
  for (let look = 0; look < 8; look += 1) hours.push(await hoursToNext());
  // At most a tenth more, so that not all come at once.
  const least = [1, 2, 4, 8, 16, 32, 64, 72];
  expect(hours.map((each, at) => each > (least[at] ?? 0) - 0.01 && each < (least[at] ?? 0) * 1.1)).toEqual(
    Array(8).fill(true),
  );
  scene.dns.set(domain.name, { MX: GOOD_MX });
  const afterWord = await hoursToNext();
  expect(afterWord).toBeGreaterThan(22.9);
  expect(afterWord).toBeLessThan(25);
  // The DNS answers and the primary does not: that is something to tell, and looked at as any other.
  scene.primary.setMode({ silentAt: 'GREETING' });
  expect(await hoursToNext()).toBeGreaterThan(22.9);
  scene.primary.setMode('plain');
  scene.dns.set(domain.name, { mode: 'TIMEOUT' });
  expect(await hoursToNext()).toBeLessThan(1.11);
  resolver.close();
});
