/**
 * The last report of each domain, and the runs of the doctor: one of a domain at a time among all nodes.
 *
 * Taking a domain and giving it back are single statements; a node that died in between is passed over after a minute.
 */
import { monotonicMs } from '../clock.ts';
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { tenantScope } from '../db/fragments.ts';
import { columnsOf } from '../db/query.ts';
import { recordEvent } from '../events/record.ts';
import { type GaugeRegistry, staleWhileReading } from '../telemetry/gauges.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from '../domains/relay-domain.ts';
import type { Verdict } from './facts.ts';
import type { CheckCode, Finding } from './checks.ts';

export interface DoctorReport {
  readonly at: Date;
  /** The worst of its findings. */
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

export interface NewReport extends Pick<DoctorReport, 'verdict' | 'findings'> {
  /** Neither the DNS nor the primary has said a word. */
  readonly isSilent: boolean;
}

/** Longer than any run. */
const BUSY = '1 minute';
/** As long a report is given again; the domain counts as busy meanwhile, so that who comes late cannot begin another run. */
const FRESH = '1 minute';
/** A day, but not each at the same moment of it. */
const AGAIN = '23 hours';
const SPREAD = '2 hours';
/**
 * When neither DNS nor primary answers: an hour after the first time, then twice as long each time, up to three days. A short
 * outage is over soon, a domain that is gone for good costs little.
 */
const SILENT_AGAIN = '1 hour';
const MOST_SILENT = '3 days';
const MOST_DOUBLED = 10;

/** Reports of the viewer's domains, by domain id; none before the first run. */
export async function readReports(
  sql: SqlExecutor,
  viewer: Viewer,
  domainIds: readonly string[],
): Promise<Map<string, DoctorReport>> {
  const rows = await sql<(DoctorReport & { id: string })[]>`
    select domain_id as id, at, status as verdict, findings from doctor_reports
    where domain_id = any(${[...domainIds]}::uuid[]) and ${tenantScope(sql, viewer)}`;
  return new Map(rows.map(({ id, ...report }) => [id, report]));
}

/** Whether there is a report of it that is younger than a minute. */
export async function isFresh(sql: SqlExecutor, domainId: string): Promise<boolean> {
  const rows = await sql`
    select from doctor_reports where domain_id = ${domainId} and at > bmx_now() - ${FRESH}::text::interval`;
  return rows.length > 0;
}

/** Takes a domain for a run. False when another run of it is under way, or its report is fresh. */
export async function takeRun(sql: SqlExecutor, domainId: string): Promise<boolean> {
  const rows = await sql`
    update domains set doctor_busy_until = bmx_now() + ${BUSY}::text::interval
    where id = ${domainId} and ${isFree(sql)} returning id`;
  return rows.length === 1;
}

/** Takes domains in service that are due and that no node has taken. */
export async function takeDueRuns(sql: SqlExecutor, limit: number): Promise<RelayDomain[]> {
  const rows = await sql<DomainRow[]>`
    update domains set doctor_busy_until = bmx_now() + ${BUSY}::text::interval
    where id in (
      select id from domains where status <> 'PENDING' and doctor_check_at <= bmx_now() and ${isFree(sql)}
      order by doctor_check_at limit ${limit} for update skip locked)
    returning ${columnsOf(sql, DOMAIN_COLUMNS)}`;
  return rows.map(relayDomainOf);
}

const isFree = (sql: SqlExecutor) => sql`coalesce(doctor_busy_until <= bmx_now(), true)`;

/** Gives a domain back without a report. */
export async function releaseRun(sql: SqlExecutor, domainId: string): Promise<void> {
  await sql`
    update domains set doctor_busy_until = null, doctor_check_at = greatest(doctor_check_at, bmx_now() + interval '1 hour')
    where id = ${domainId}`;
}

/** Stores a report with the event of what it changes, and gives the domain back. Does nothing to one that was deleted meanwhile. */
export function storeReport(sql: Sql, domain: RelayDomain, report: NewReport): Promise<void> {
  return sql.begin((transaction) => store(transaction, domain, report));
}

async function store(
  sql: SqlExecutor,
  { id, name, tenantId, destinationId }: RelayDomain,
  { verdict, findings, isSilent }: NewReport,
): Promise<void> {
  // Its row is locked until COMMIT: reports of a domain come one after the other.
  const locked = await sql`select from domains where id = ${id} for update`;
  if (locked.length === 0) return;
  const [former] = await sql<(Pick<DoctorReport, 'findings'> & { lastKnown: LastKnown; silentCount: number })[]>`
    select findings, last_known as "lastKnown", silent_count as "silentCount" from doctor_reports where domain_id = ${id}`;
  const { findings: formerFindings = [], lastKnown = {}, silentCount = 0 } = former ?? {};
  const silent = isSilent ? silentCount + 1 : 0;
  await sql`
    update domains set doctor_busy_until = bmx_now() + ${FRESH}::text::interval, doctor_check_at = bmx_now() + case
      when ${silent}::integer = 0 then ${AGAIN}::text::interval + random() * ${SPREAD}::text::interval
      else least(${MOST_SILENT}::text::interval, ${SILENT_AGAIN}::text::interval * 2 ^ ${Math.min(silent - 1, MOST_DOUBLED)}::integer)
        * (1 + random() / 10) end
    where id = ${id}`;
  const kept = lastKnownOf(formerFindings, lastKnown, findings);
  await sql`
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings, last_known, silent_count)
    values (${id}, ${tenantId}, ${destinationId}, ${verdict}, ${JSON.stringify(findings)}::text::jsonb,
      ${JSON.stringify(kept)}::text::jsonb, ${silent})
    on conflict (domain_id) do update
    set at = excluded.at, status = excluded.status, findings = excluded.findings, last_known = excluded.last_known,
        silent_count = excluded.silent_count, tenant_id = excluded.tenant_id, destination_id = excluded.destination_id`;
  const { began, ended } = changesBetween(formerFindings, lastKnown, findings);
  if (began.length === 0 && ended.length === 0) return;
  const facts = { name, status: verdict, began, ended };
  await recordEvent(sql, { tenantId, destinationId, messageId: null, kind: 'DOMAIN_CHECKED', facts });
}

type Verdicts = readonly Pick<Finding, 'code' | 'verdict'>[];

/** By check: the last verdict that was not UNKNOWN, kept for checks that are UNKNOWN now. */
type LastKnown = Readonly<Partial<Record<CheckCode, Verdict>>>;

/**
 * UNKNOWN says nothing either way: a primary that does not answer for a day begins and ends no problem. So the last known verdict
 * is kept beside the report, and a problem that began or ended meanwhile is reported once it is known.
 */
function lastKnownOf(former: Verdicts, kept: LastKnown, present: Verdicts): LastKnown {
  const before = knownOf(former, kept);
  const known = present.flatMap(({ code, verdict }) => {
    const last = before.get(code);
    return verdict !== 'UNKNOWN' || last === undefined ? [] : [[code, last] as const];
  });
  return Object.fromEntries(known);
}

function knownOf(former: Verdicts, kept: LastKnown): Map<CheckCode, Verdict> {
  return new Map(
    former.flatMap(({ code, verdict }) => {
      const known = verdict === 'UNKNOWN' ? kept[code] : verdict;
      return known === undefined ? [] : [[code, known] as const];
    }),
  );
}

/** Which checks have become a PROBLEM since the former report, and which no longer are. */
function changesBetween(former: Verdicts, kept: LastKnown, present: Verdicts) {
  const before = knownOf(former, kept);
  const codes = (from: (verdict: Verdict) => boolean, to: (verdict: Verdict) => boolean): CheckCode[] =>
    present
      .filter(({ code, verdict }) => {
        const was = before.get(code);
        return was !== undefined && from(was) && to(verdict);
      })
      .map(({ code }) => code);
  return { began: codes(isFine, isProblem), ended: codes(isProblem, isFine) };
}

const isProblem = (verdict: Verdict): boolean => verdict === 'PROBLEM';
const isFine = (verdict: Verdict): boolean => verdict === 'OK' || verdict === 'WARNING';

const MOST_COUNTED = 10_000;

/** Gauges of all domains: from indexes, and bounded, however many domains there are. */
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
    staleWhileReading(() => readDoctorGauges(sql), monotonicMs),
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
