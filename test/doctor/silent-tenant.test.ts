/** The name servers of one tenant's domains are silent: the doctor looks at those of another meanwhile. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { readReports } from '../../src/doctor/reports.ts';
import { addTenant } from '../control/harness.ts';
import { until } from '../helpers/child.ts';
import { doctorOn } from '../helpers/doctor.ts';
import { type DoctorScene, openDoctorScene } from './scene.ts';

/** Of the 256 places; a tenant may hold so many. */
const SHARE = 32;
/** Of so many hosts each, every one in a zone of its own. */
const DOMAINS = 10;
const HOSTS = 10;

let scene: DoctorScene;
beforeAll(async () => {
  scene = await openDoctorScene(8000);
});
afterAll(() => scene.close());

const inVain = (): number =>
  new Set(scene.dns.queries.flatMap(({ name, type }) => (name.startsWith('mx.silent') ? [`${type} ${name}`] : [])))
    .size;

test('look-ups of the doctor for one tenant leave places for another', async () => {
  const { tenantId } = await addTenant(scene.database);
  const silent: string[] = [];
  for (let domain = 0; domain < DOMAINS; domain += 1) {
    const hosts = Array.from({ length: HOSTS }, (_, host) => `mx.silent${domain}-${host}.example`);
    for (const host of hosts) scene.dns.set(host, { mode: 'TIMEOUT' });
    const { name } = await scene.addDomain({ MX: hosts.map((host) => [10, host]) }, { tenantId });
    silent.push(name);
  }
  const honest = await scene.addDomain();
  const stop = new AbortController();
  const { database, resolver, primary } = scene;
  const doctor = doctorOn({ database, resolver, deliveryPort: primary.port, changes: { signal: stop.signal } });
  const waiting = silent.map((name) => doctor.check(OPERATOR_VIEWER, name));
  await until('a share is asked in vain', 30_000, () => inVain() >= SHARE);
  await doctor.check(OPERATOR_VIEWER, honest.name);
  expect(inVain()).toBe(SHARE);
  const report = (await readReports(database.sql, OPERATOR_VIEWER, [honest.id])).get(honest.id);
  expect(report?.findings.filter(({ verdict }) => verdict === 'UNKNOWN')).toEqual([]);
  stop.abort();
  await Promise.all(waiting);
});
