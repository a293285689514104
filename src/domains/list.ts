/**
 * Lists of domains: in an order, with filters.
 *
 * Every statement carries its viewer. Some filters have an index that is in the order of the list; a filter that few domains match
 * is answered by those few. Else the list is walked, through SCAN_LIMIT domains a page at the most.
 */
import type { SqlExecutor } from '../db/client.ts';
import { type SqlFragment, tenantScope } from '../db/fragments.ts';
import { type PageRequest, type Range, readWalkOf, SETTINGS_COUNT_LIMIT, type Slice, underViewer } from '../db/walk.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { findDomainsById } from './domains.ts';
import type { RelayDomain } from './relay-domain.ts';

export type DomainOrder = 'CREATED' | 'NAME';
type Verdict = 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN';

/** All that is given must hold. */
export interface DomainFilter {
  /** The worst verdict of the last report. */
  readonly doctor?: readonly Verdict[] | null | undefined;
}

export interface DomainPageRequest extends PageRequest {
  readonly order: DomainOrder;
  readonly filter: DomainFilter;
}

/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 2_000;

export async function listDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  page: DomainPageRequest,
): Promise<Slice<RelayDomain>> {
  const { order, filter, limit } = page;
  const doctor = filter.doctor == null ? null : [...new Set(filter.doctor)];
  const isByReport = doctor !== null && order === 'CREATED';
  const matches = doctor === null || isByReport ? [] : [hasReport(sql, doctor)];
  const walk = {
    table: sql`domains`,
    range: {
      under: isByReport ? null : underViewer(sql, viewer),
      ...(order === 'NAME' ? { key: nameKey(sql) } : {}),
      among: isByReport ? reportedIds(sql, viewer, doctor, { ...page, limit: limit + 1 }) : null,
      isDescending: false,
    },
    page,
    // In place of the tenant's part of an index.
    scope: isByReport ? tenantScope(sql, viewer) : sql`true`,
    matches,
    scanLimit: SCAN_LIMIT,
    countLimit: SETTINGS_COUNT_LIMIT,
  };
  return readWalkOf(sql, walk, (ids) => findDomainsById(sql, viewer, ids));
}

/** Byte by byte, whatever the collation of the database. */
function nameKey(sql: SqlExecutor): NonNullable<Range['key']> {
  return { column: sql`name collate "C"`, type: sql`text`, low: sql`''`, high: sql`${'\u{10ffff}'}::text` };
}

function hasReport(sql: SqlExecutor, verdicts: readonly Verdict[]): SqlFragment {
  return sql`coalesce((
    select r.status = any(${[...verdicts]}::text[]) and r.tenant_id = domains.tenant_id
    from doctor_reports r where r.domain_id = domains.id), false)`;
}

/** The ids of a page of each verdict, by ranges of one index, which no statistics make the planner leave: no more is read. */
function reportedIds(
  sql: SqlExecutor,
  viewer: Viewer,
  verdicts: readonly Verdict[],
  { limit, from, isBackward }: PageRequest,
): SqlFragment {
  const key = (id: string) =>
    viewer.isOperator ? sql`(wanted.status, ${id}::uuid)` : sql`(${viewer.tenantId}::uuid, wanted.status, ${id}::uuid)`;
  const columns = (direction: SqlFragment) =>
    viewer.isOperator
      ? sql`status ${direction}, domain_id ${direction}`
      : sql`tenant_id ${direction}, status ${direction}, domain_id ${direction}`;
  const direction = isBackward ? sql`desc` : sql``;
  const [low, high] = isBackward ? [FIRST_ID, from?.id ?? LAST_ID] : [from?.id ?? FIRST_ID, LAST_ID];
  return sql`array(
    select page.domain_id from unnest(${[...verdicts]}::text[]) as wanted (status) cross join lateral (
      select domain_id from doctor_reports
      where (${columns(sql``)}) >= ${key(low)} and (${columns(sql``)}) <= ${key(high)} and domain_id <> ${from?.id ?? FIRST_ID}::uuid
      order by ${columns(direction)} limit ${limit}) as page
    order by page.domain_id ${direction} limit ${limit})`;
}
