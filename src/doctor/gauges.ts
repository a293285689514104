/**
 * The doctor's gauges: from indexes, and bounded, however many domains there are.
 */
import { monotonicMs } from '../clock.ts';
import type { SqlExecutor } from '../db/client.ts';
import { type GaugeRegistry, readBehind } from '../telemetry/gauges.ts';

const MOST_COUNTED = 10_000;

export function registerDoctorGauges({ gauges }: GaugeRegistry, sql: SqlExecutor): void {
  const helps = {
    doctor_domains: {
      help: 'Domains by the worst verdict of their last report, of the whole service; 10000 are 10000 or more',
      label: 'status',
    },
    doctor_overdue_seconds: 'Since when a look of the doctor is due, of the whole service',
  };
  gauges(
    'doctor',
    helps,
    readBehind(() => readDoctorGauges(sql), monotonicMs),
  );
}

export async function readDoctorGauges(sql: SqlExecutor) {
  const counted = (status: string) => sql`
    (select count(*)::int from (select from doctor_reports where status = ${status} limit ${MOST_COUNTED}) as counted)`;
  const [row] = await sql<{ warnings: number; problems: number; unknown: number; overdue: number }[]>`
    select ${counted('WARNING')} as warnings, ${counted('PROBLEM')} as problems, ${counted('UNKNOWN')} as unknown,
      extract(epoch from bmx_now() - least(bmx_now(), (
        select doctor_check_at from domains where status <> 'PENDING' order by doctor_check_at limit 1)))::float8 as overdue`;
  const { warnings = 0, problems = 0, unknown = 0, overdue = 0 } = row ?? {};
  return {
    doctor_domains: { WARNING: warnings, PROBLEM: problems, UNKNOWN: unknown },
    doctor_overdue_seconds: overdue,
  };
}
