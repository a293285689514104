/**
 * How the doctor stands with all domains together, for the metrics: from indexes, and bounded, however many domains there are.
 */
import type { SqlExecutor } from '../db/client.ts';

export interface DoctorStanding {
  /** Domains whose last report is so; 10,000 stands for as many or more. */
  readonly domains: Readonly<Record<'WARNING' | 'PROBLEM' | 'UNKNOWN', number>>;
  /** Since when a look is due that nobody has begun; 0: none is. */
  readonly overdueSeconds: number;
}

const MOST_COUNTED = 10_000;

export async function readDoctorStanding(sql: SqlExecutor): Promise<DoctorStanding> {
  const counted = (status: string) => sql`
    (select count(*)::int from (select from doctor_reports where status = ${status} limit ${MOST_COUNTED}) as counted)`;
  const [row] = await sql<{ warnings: number; problems: number; unknown: number; overdue: number }[]>`
    select ${counted('WARNING')} as warnings, ${counted('PROBLEM')} as problems, ${counted('UNKNOWN')} as unknown,
      extract(epoch from bmx_now() - least(bmx_now(), (
        select doctor_check_at from domains where status <> 'PENDING' order by doctor_check_at limit 1)))::float8 as overdue`;
  const { warnings = 0, problems = 0, unknown = 0, overdue = 0 } = row ?? {};
  return { domains: { WARNING: warnings, PROBLEM: problems, UNKNOWN: unknown }, overdueSeconds: overdue };
}
