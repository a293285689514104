/** Runs of the doctor: their time limit, one at a time among nodes, by the timer, and when a primary is left alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { CheckCode } from '../../src/doctor/check.ts';
import type { Doctor, DoctorDeps } from '../../src/doctor/doctor.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_VIEWER, OPERATOR_TENANT_ID, type Viewer } from '../../src/mail/viewer.ts';
import { createResolver, type Resolver } from '../../src/net/resolver.ts';
import type { Domains, RelayDomain } from '../../src/settings/domains.ts';
import { addTenant, domainsOn } from '../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { doctorOn, OWN_NAME } from '../helpers/doctor.ts';
import { type FakeDns, startFakeDns } from '../helpers/fake-dns.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';

let database: TestDatabase;
let dns: FakeDns;
let resolver: Resolver;
let primary: FakePrimary;
let domains: Domains;
let count = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  domains = domainsOn(database);
  dns = await startFakeDns({ [OWN_NAME]: { A: ['192.0.2.250'] }, 'mx.primary.example': { A: ['127.0.0.1'] } });
  resolver = createResolver({ servers: [dns.address], timeoutMs: 5000 });
  primary = await startFakePrimary();
});
afterAll(async () => {
  resolver.close();
  await Promise.all([dns.close(), primary.close(), database.close()]);
});
beforeEach(async () => {
  primary.setMode('plain');
  await database.sql`delete from probe_budgets`;
});

const MX = [
  [10, 'mx.primary.example'],
  [20, OWN_NAME],
] as const;

function node(changes: Partial<DoctorDeps> = {}): Doctor {
  return doctorOn({ database, domains, resolver, deliveryPort: primary.port, changes });
}

async function add(viewer: Viewer = OPERATOR_VIEWER): Promise<RelayDomain> {
  count += 1;
  const name = `runs${count}.example`;
  dns.set(name, { MX });
  const created = await domains.createDomain(viewer, { name });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  return created.domain;
}

async function findings(doctor: Doctor, { id }: RelayDomain, viewer = OPERATOR_VIEWER) {
  const report = (await doctor.readReports(viewer, [id])).get(id);
  const of = (code: CheckCode) => report?.findings.find((finding) => finding.code === code);
  return {
    report,
    verdict: (code: CheckCode) => of(code)?.verdict,
    answer: (code: CheckCode) => of(code)?.evidence[0]?.answered,
  };
}

const sessionsOf = ({ name }: RelayDomain) =>
  primary.rcpts.filter(({ address }) => address === `postmaster@${name}`).length;

describe('what does not answer is a finding, within the time', () => {
  test('a DNS that says nothing', async () => {
    const domain = await add();
    dns.set(domain.name, { mode: 'TIMEOUT' });
    const doctor = node({ timeoutMs: 400 });
    const startedMs = performance.now();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    const { verdict, answer, report } = await findings(doctor, domain);
    expect([verdict('RANK'), verdict('DNS_LAPSING'), verdict('PRIMARY_REFUSES')]).toEqual([
      'UNKNOWN',
      'UNKNOWN',
      'UNKNOWN',
    ]);
    expect(answer('RANK')).toBe('[no answer in time]');
    // What is known without it is told.
    expect([verdict('CATCH_ALL'), report?.status]).toEqual(['OK', 'UNKNOWN']);
  });

  test('a primary that takes the connection and says nothing, and one that falls silent', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    const deliveryPort = typeof address === 'object' && address !== null ? address.port : 0;
    for (const changes of [{ deliveryPort }, {}]) {
      primary.setMode({ silentAt: 'RCPT' });
      const domain = await add();
      const doctor = node({ timeoutMs: 400, ...changes });
      const startedMs = performance.now();
      await doctor.check(OPERATOR_VIEWER, domain.name);
      expect(performance.now() - startedMs).toBeLessThan(2000);
      const { verdict } = await findings(doctor, domain);
      expect([verdict('RANK'), verdict('PRIMARY_REFUSES'), verdict('MX_UNREACHABLE')]).toEqual([
        'OK',
        'UNKNOWN',
        'UNKNOWN',
      ]);
    }
    mute.close();
  });

  test('a budget that is spent', async () => {
    const domain = await add();
    const never = () => new Promise<void>(() => undefined);
    const doctor = node({ timeoutMs: 200, budget: { question: never, connection: never } });
    await doctor.check(OPERATOR_VIEWER, domain.name);
    expect((await findings(doctor, domain)).verdict('RANK')).toBe('UNKNOWN');
    expect([dns.count(domain.name), sessionsOf(domain)]).toEqual([0, 0]);
  });
});

describe('a primary is left alone', () => {
  test('while an outage is open', async () => {
    const domain = await add();
    const outageId = newId();
    await database.sql`
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
      values (${outageId}, ${OPERATOR_TENANT_ID}, ${domain.destinationId}, bmx_now(), 'DOWN', '[connection refused]')`;
    await database.sql`update destinations set outage_id = ${outageId} where id = ${domain.destinationId}`;
    const doctor = node();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    const { verdict, answer } = await findings(doctor, domain);
    expect([verdict('PRIMARY_REFUSES'), sessionsOf(domain)]).toEqual(['UNKNOWN', 0]);
    expect(answer('PRIMARY_REFUSES')).toMatch(/outage open since .*DOWN.*connection refused/);
  });

  test('of a domain that is not proven, and what was seen of its destination is its owner’s', async () => {
    const owned = await add();
    await database.sql`update destinations set greylisting_at = bmx_now() where id = ${owned.destinationId}`;
    const claimant = await addTenant(database, 'claimant');
    const claim = await domains.createDomain(claimant, { name: owned.name });
    if (claim.kind !== 'DONE') throw new Error(JSON.stringify(claim.errors));
    expect(claim.domain.status).toBe('PENDING');
    const doctor = node();
    await doctor.check(claimant, owned.name);
    const { verdict, answer } = await findings(doctor, claim.domain, claimant);
    expect([verdict('RANK'), verdict('GREYLISTING'), sessionsOf(owned)]).toEqual(['OK', 'UNKNOWN', 0]);
    expect(answer('PRIMARY_REFUSES')).toContain('not proven');
    // Nor does the claimant see the owner's report.
    await doctor.check(OPERATOR_VIEWER, owned.name);
    expect([...(await doctor.readReports(claimant, [owned.id, claim.domain.id])).keys()]).toEqual([claim.domain.id]);
  });

  test('that is ourselves', async () => {
    const domain = await add();
    dns.set(domain.name, { MX: [[10, OWN_NAME]] });
    const doctor = node();
    await doctor.check(OPERATOR_VIEWER, domain.name);
    const { verdict, answer } = await findings(doctor, domain);
    expect([verdict('RANK'), answer('PRIMARY_REFUSES')]).toEqual([
      'PROBLEM',
      expect.stringContaining('MOST_PREFERRED'),
    ]);
  });
});

describe('one run at a time', () => {
  test('who asks beside it, on this node or another, waits for the same; a fresh report is given again', async () => {
    const domain = await add();
    const [one, two] = [node(), node()];
    await Promise.all([one, one, two].map((doctor) => doctor.check(OPERATOR_VIEWER, domain.name)));
    expect(sessionsOf(domain)).toBe(1);
    const first = (await findings(two, domain)).report?.at;
    await two.check(OPERATOR_VIEWER, domain.name);
    expect((await findings(one, domain)).report?.at).toEqual(first);
    await database.moveClock('61 seconds');
    await two.check(OPERATOR_VIEWER, domain.name);
    expect(sessionsOf(domain)).toBe(2);
  });

  test('a node that died in it is waited for no longer than a minute', async () => {
    const domain = await add();
    await database.sql`update domains set doctor_busy_until = bmx_now() + interval '1 minute' where id = ${domain.id}`;
    await database.moveClock('2 minutes');
    await node().check(OPERATOR_VIEWER, domain.name);
    expect(sessionsOf(domain)).toBe(1);
  });

  test('a name that is nobody’s, or another’s, is NOT_FOUND', async () => {
    const domain = await add();
    const stranger = await addTenant(database, 'stranger');
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
    await database.sql`delete from domains`;
    const added = await Promise.all(Array.from({ length: 30 }, () => add()));
    // Each is due within a day.
    await database.moveClock('25 hours');
    const gone = added.pop();
    await domains.deleteDomain(OPERATOR_VIEWER, { name: gone?.name ?? '' });
    await Promise.all([node().checkDue(), node().checkDue()]);
    expect(added.map(sessionsOf)).toEqual(added.map(() => 1));
    await node().checkDue();
    await database.moveClock('22 hours');
    await node().checkDue();
    expect(added.map(sessionsOf)).toEqual(added.map(() => 1));
    await database.sql`delete from probe_budgets`;
    await database.moveClock('4 hours');
    await node().checkDue();
    expect(added.map(sessionsOf)).toEqual(added.map(() => 2));
  });

  test('ends at once when the node stops, and leaves what it was at to others', async () => {
    await database.sql`delete from domains`;
    const domain = await add();
    await database.moveClock('25 hours');
    primary.setMode({ silentAt: 'RCPT' });
    const stop = new AbortController();
    const doctor = node({ signal: stop.signal });
    const before = primary.countVerb('RCPT');
    const due = doctor.checkDue();
    await primary.waitFor(() => primary.countVerb('RCPT') > before, 'the question');
    stop.abort();
    await due;
    expect((await findings(doctor, domain)).report).toBeUndefined();
    const [row] = await database.sql<
      { busy: Date | null }[]
    >`select doctor_busy_until as busy from domains where id = ${domain.id}`;
    expect(row?.busy).toBeNull();
  });
});
