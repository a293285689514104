/**
 * The conditions that a person may ask of domains, as conditions on a row of `domains m`, and as the ids of those that meet one.
 *
 * Few domains meet most conditions, of which there is an index then: these few are read at once (db/few.ts), so that a page of them is
 * never short, and all of them are counted. What many meet is checked row by row; matches come soon.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { type Condition, FEW } from '../../db/few.ts';
import { allOf, type SqlFragment, tenantCheck, tenantScope } from '../../db/fragments.ts';
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import { type PageRequest, type Range, SETTINGS_COUNT_LIMIT, underViewer, type Walk } from '../../db/walk.ts';
import type { Viewer } from '../../mail/viewer.ts';
import type { BreakerState } from '../../outage/breaker.ts';
import { breakerOf } from '../../outage/inspect.ts';
import { isHealthy, type Situation, situationOf, unwellDomains } from './situations.ts';

type Verdict = 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN';
type DomainStatus = 'PENDING' | 'ACTIVE' | 'SUSPENDED';

/** All that is given must hold. */
export interface DomainFilter {
  readonly namePrefix?: string | null | undefined;
  readonly labels?: readonly { readonly key: string; readonly value: string }[] | null | undefined;
  readonly statuses?: readonly DomainStatus[] | null | undefined;
  readonly situations?: readonly Situation[] | null | undefined;
  /** Narrows the viewer: narrowed (mail/viewer.ts) does it. */
  readonly tenantId?: string | null | undefined;
  readonly hasOpenOutage?: boolean | null | undefined;
  readonly isHolding?: boolean | null | undefined;
  readonly breaker?: readonly BreakerState[] | null | undefined;
  /** The worst verdict of the last report. */
  readonly doctor?: readonly Verdict[] | null | undefined;
}

/** Null: no domain meets the filter. */
export function conditionsOf(sql: SqlExecutor, viewer: Viewer, filter: DomainFilter): readonly Condition[] | null {
  const { namePrefix, labels, statuses, situations, hasOpenOutage, isHolding, breaker, doctor } = filter;
  const prefix = namePrefix?.trim().toLowerCase() ?? '';
  if (prefix.includes('\0') || labels?.some(({ key, value }) => `${key}${value}`.includes('\0'))) return null;
  return [
    ...(prefix === '' ? [] : [hasPrefix(sql, viewer, prefix)]),
    ...(labels == null || labels.length === 0 ? [] : [hasLabels(sql, viewer, labels)]),
    ...(hasOpenOutage == null ? [] : [hasOutage(sql, viewer, hasOpenOutage)]),
    ...(breaker == null ? [] : [hasBreaker(sql, viewer, breaker)]),
    ...(statuses == null ? [] : [hasStatus(sql, viewer, statuses)]),
    ...(situations == null ? [] : [isInSituation(sql, viewer, situations)]),
    ...(isHolding == null ? [] : [holds(sql, viewer, isHolding)]),
    ...(doctor == null ? [] : [hasReport(sql, viewer, doctor)]),
  ];
}

/** The domains in question: those among `few` if they are known, that meet all of `matches`. */
export interface Candidates {
  readonly few: readonly string[] | null;
  readonly matches: readonly SqlFragment[];
}

/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 1_000;
const CHECKED_COUNT_LIMIT = 4_000;

/** A walk over these domains by their ids, or by another key first. */
export function walkOf(
  sql: SqlExecutor,
  viewer: Viewer,
  { few, matches }: Candidates,
  key?: Range['key'],
): Omit<Walk, 'columns' | 'page'> {
  return {
    table: sql`domains m`,
    range: {
      // A few ids are a better index than the tenant.
      under: few === null ? underViewer(sql, viewer) : null,
      ...(key === undefined ? {} : { key }),
      among: few === null ? null : sql`${[...few]}::uuid[]`,
      isDescending: false,
    },
    scope: few === null ? sql`true` : tenantCheck(sql, viewer),
    matches,
    scanLimit: few === null ? SCAN_LIMIT : FEW,
    countLimit: matches.length === 0 ? SETTINGS_COUNT_LIMIT : few === null ? CHECKED_COUNT_LIMIT : FEW,
  };
}

/** The domains that only a bad report may tell from those that are fine. */
export function isIll(sql: SqlExecutor, viewer: Viewer): Condition {
  return {
    check: sql`${situationOf(sql)} = 'CHECK_FAILED'`,
    ids: reportedDomains(sql, viewer, ['WARNING', 'PROBLEM']),
  };
}

/** Domains of the viewer whose destination is one of these. */
const withDestination = (sql: SqlExecutor, viewer: Viewer, destinations: SqlFragment): SqlFragment => sql`
  select m.id from (${destinations}) as found (id) join domains m on m.destination_id = found.id
  where ${tenantCheck(sql, viewer, sql`m.tenant_id`)}`;

/** A value of the destination that belongs to the domain's tenant, a row of `destinations d`. */
const ofDestination = (sql: SqlExecutor, value: SqlFragment): SqlFragment =>
  sql`(select ${value} from destinations d where d.id = m.destination_id and d.tenant_id = m.tenant_id)`;

function hasPrefix(sql: SqlExecutor, viewer: Viewer, prefix: string): Condition {
  // As a range of the index that begins with the tenant, or with the name.
  const [columns, key] = viewer.isOperator
    ? [sql`name collate "C"`, (name: string) => sql`(${name}::text)`]
    : [sql`tenant_id, name collate "C"`, (name: string) => sql`(${viewer.tenantId}::uuid, ${name}::text)`];
  return {
    check: sql`starts_with(m.name, ${prefix})`,
    ids: sql`
      select id from domains where (${columns}) >= ${key(prefix)} and (${columns}) <= ${key(`${prefix}\u{10ffff}`)}
      order by ${columns} limit ${FEW + 1}`,
  };
}

function hasLabels(
  sql: SqlExecutor,
  viewer: Viewer,
  labels: readonly { readonly key: string; readonly value: string }[],
): Condition {
  const wanted = labels.map(({ key, value }) => sql`labels @> jsonb_build_object(${key}::text, ${value}::text)`);
  return {
    check: allOf(
      sql,
      labels.map(({ key, value }) => sql`m.labels @> jsonb_build_object(${key}::text, ${value}::text)`),
    ),
    ids: sql`select id from domains where ${allOf(sql, wanted)} and ${tenantCheck(sql, viewer)}`,
  };
}

function hasOutage(sql: SqlExecutor, viewer: Viewer, isWanted: boolean): Condition {
  const open = sql`select destination_id from outages where ended_at is null and ${tenantScope(sql, viewer)}`;
  const isOpen = sql`exists (
    select from outages o where o.destination_id = m.destination_id and o.ended_at is null and o.tenant_id = m.tenant_id)`;
  return isWanted
    ? { check: isOpen, ids: withDestination(sql, viewer, open) }
    : { check: sql`not ${isOpen}`, ids: null };
}

function holds(sql: SqlExecutor, viewer: Viewer, isWanted: boolean): Condition {
  const holding = sql`
    select id from destinations where oldest_accepted_at is not null and kind = 'RELAY' and ${tenantScope(sql, viewer)}`;
  const isHolding = sql`coalesce(${ofDestination(sql, sql`d.oldest_accepted_at is not null`)}, false)`;
  return isWanted
    ? { check: isHolding, ids: withDestination(sql, viewer, holding) }
    : { check: sql`not ${isHolding}`, ids: null };
}

function hasBreaker(sql: SqlExecutor, viewer: Viewer, states: readonly BreakerState[]): Condition {
  const notClosed = sql`select id from destinations where breaker <> 'CLOSED' and ${tenantScope(sql, viewer)}`;
  const state = sql`coalesce(${ofDestination(sql, breakerOf(sql))}, 'CLOSED')`;
  return {
    check: sql`${state} = any(${[...states]}::text[])`,
    ids: states.includes('CLOSED') ? null : withDestination(sql, viewer, notClosed),
  };
}

function hasStatus(sql: SqlExecutor, viewer: Viewer, statuses: readonly DomainStatus[]): Condition {
  return {
    check: sql`m.status = any(${[...statuses]}::text[])`,
    ids: statuses.includes('ACTIVE')
      ? null
      : sql`select id from domains where status <> 'ACTIVE' and ${tenantScope(sql, viewer)}`,
  };
}

function isInSituation(sql: SqlExecutor, viewer: Viewer, situations: readonly Situation[]): Condition {
  return {
    check: sql`${situationOf(sql)} = any(${[...situations]}::text[])`,
    ids: situations.some(isHealthy) ? null : unwellDomains(sql, viewer),
  };
}

/** The report of a former owner is not told of a domain that is another's now. */
function hasReport(sql: SqlExecutor, viewer: Viewer, verdicts: readonly Verdict[]): Condition {
  const wanted = sql`any(${[...verdicts]}::text[])`;
  return {
    check: sql`coalesce((
      select r.status = ${wanted} and r.tenant_id = m.tenant_id from doctor_reports r where r.domain_id = m.id), false)`,
    ids: reportedDomains(sql, viewer, verdicts),
  };
}

/**
 * The next ids of each verdict in the direction of a page, by ranges of one index, which no statistics make the planner leave: reports
 * are wide rows, and so many are read, whatever there is.
 */
export function reportedDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  verdicts: readonly Verdict[],
  { limit, from, isBackward }: PageRequest = { limit: FEW + 1, from: null, isBackward: false },
): SqlFragment {
  const key = (id: string) =>
    viewer.isOperator ? sql`(wanted.status, ${id}::uuid)` : sql`(${viewer.tenantId}::uuid, wanted.status, ${id}::uuid)`;
  const direction = isBackward ? sql`desc` : sql``;
  const columns = (after: SqlFragment) =>
    viewer.isOperator
      ? sql`status ${after}, domain_id ${after}`
      : sql`tenant_id ${after}, status ${after}, domain_id ${after}`;
  const [low, high] = isBackward ? [FIRST_ID, from?.id ?? LAST_ID] : [from?.id ?? FIRST_ID, LAST_ID];
  return sql`
    select page.domain_id as id from unnest(${[...new Set(verdicts)]}::text[]) as wanted (status) cross join lateral (
      select domain_id from doctor_reports
      where (${columns(sql``)}) >= ${key(low)} and (${columns(sql``)}) <= ${key(high)} and domain_id <> ${from?.id ?? FIRST_ID}::uuid
      order by ${columns(direction)} limit ${limit}) as page`;
}
