/** The gauges of queue, doctor and drills: from indexes, whatever the number of domains. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readDoctorGauges } from '../../src/doctor/reports.ts';
import { readHeld } from '../../src/queue/counts.ts';
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

test('nothing is due, held or ill without domains', async () => {
  expect(await readHeld(db.sql)).toEqual({ held_messages: 0, held_bytes: 0, oldest_held_age_seconds: 0 });
  expect(await readDoctorGauges(db.sql)).toEqual({
    doctor_domains: { WARNING: 0, PROBLEM: 0, UNKNOWN: 0 },
    doctor_overdue_seconds: 0,
  });
  expect(await readDrillTimes(db.sql)).toEqual({ last_drill_timestamp_seconds: 0, drill_overdue_seconds: 0 });
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
  const gauges = await readDoctorGauges(db.sql);
  // 1, 10 to 19, 100 to 199, 1000 to 1999, 10000 to 10300.
  expect(gauges.doctor_domains).toEqual({ WARNING: 1 + 10 + 100 + 1000 + 301, PROBLEM: 8886, UNKNOWN: 1 });
  // Of a mere claim nobody looks by the timer.
  expect(gauges.doctor_overdue_seconds).toBeCloseTo(7200, -1);
  await db.sql`update doctor_reports set status = 'PROBLEM'`;
  expect((await readDoctorGauges(db.sql)).doctor_domains).toEqual({ WARNING: 0, PROBLEM: 10_000, UNKNOWN: 0 });
  const drills = await readDrillTimes(db.sql);
  expect(drills.last_drill_timestamp_seconds).toBe(2);
  expect(drills.drill_overdue_seconds).toBeCloseTo(180, -1);
});
