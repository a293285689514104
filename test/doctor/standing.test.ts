/** What /metrics tells of doctor and drills: from indexes, whatever the number of domains. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readDoctorStanding } from '../../src/doctor/standing.ts';
import { readDrillTimes } from '../../src/queue/drills/drill-facts.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

test('nothing is due and nobody is ill where there is no domain', async () => {
  expect(await readDoctorStanding(db.sql)).toEqual({
    domains: { WARNING: 0, PROBLEM: 0, UNKNOWN: 0 },
    overdueSeconds: 0,
  });
  expect(await readDrillTimes(db.sql)).toEqual({ lastAtSeconds: 0, overdueSeconds: 0 });
});

test('counts reports by status and no further than it says, and since when a look or a drill is due', async () => {
  await db.sql`
    with made as (
      insert into destinations (id, tenant_id, kind, name)
      select new_id(), ${OPERATOR_TENANT_ID}, 'RELAY', 'd' || n || '.test' from generate_series(1, 10300) as n
      returning id, tenant_id, name
    ), domain as (
      insert into domains (id, tenant_id, destination_id, name, status, doctor_check_at)
      select new_id(), tenant_id, id, name, case name when 'd1.test' then 'PENDING' else 'ACTIVE' end,
        bmx_now() - case name when 'd1.test' then interval '9 hours' when 'd2.test' then interval '2 hours' else interval '-1 hour' end
      from made returning id, tenant_id, destination_id, name
    )
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings)
    select id, tenant_id, destination_id, case when name like 'd1%' then 'WARNING' when name = 'd2.test' then 'OK'
      when name = 'd3.test' then 'UNKNOWN' else 'PROBLEM' end, '[]' from domain`;
  await db.sql`
    insert into drill_schedules (domain_id, tenant_id, destination_id, every_days, next_at)
    select id, tenant_id, destination_id, 30, bmx_now() + case name when 'd2.test' then interval '-3 minutes' else interval '1 day' end
    from domains where name in ('d2.test', 'd3.test')`;
  await db.sql`
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id, state, result, finished_at)
    select new_id(), ${OPERATOR_TENANT_ID}, new_id(), 'd.test', 'a@d.test', 0, false, 'mark ' || n,
      case n when 3 then 'REQUESTED' else 'FINISHED' end, case n when 3 then null else 'DELIVERED' end,
      case n when 3 then null else 'epoch'::timestamptz + n * interval '1 second' end
    from generate_series(1, 3) as n`;
  const standing = await readDoctorStanding(db.sql);
  // 1, 10 to 19, 100 to 199, 1000 to 1999, 10000 to 10300.
  expect(standing.domains).toEqual({ WARNING: 1 + 10 + 100 + 1000 + 301, PROBLEM: 8886, UNKNOWN: 1 });
  // Of a mere claim nobody looks by the timer.
  expect(standing.overdueSeconds).toBeCloseTo(7200, -1);
  await db.sql`update doctor_reports set status = 'PROBLEM'`;
  expect((await readDoctorStanding(db.sql)).domains).toEqual({ WARNING: 0, PROBLEM: 10_000, UNKNOWN: 0 });
  const drills = await readDrillTimes(db.sql);
  expect(drills.lastAtSeconds).toBe(2);
  expect(drills.overdueSeconds).toBeCloseTo(180, -1);
});
