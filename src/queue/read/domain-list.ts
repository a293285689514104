/**
 * Lists of domains: in an order, with filters.
 *
 * Every statement carries its viewer. If few domains meet a condition, these are read at once (domain-filter.ts); else the list is
 * walked, through a bounded number of domains a page.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { findFew } from '../../db/few.ts';
import { tenantCheck } from '../../db/fragments.ts';
import { plannedAnew } from '../../db/planned-anew.ts';
import {
  COUNT_LIMIT,
  emptySlice,
  type PageRequest,
  type Range,
  readOnce,
  readTotal,
  readWalkOf,
  type Slice,
  type Total,
  withObjects,
} from '../../db/walk.ts';
import { findDomainsById } from '../../domains/domains.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { narrowed, type Viewer } from '../../mail/viewer.ts';
import { conditionsOf, type DomainFilter, reportedDomains, walkOf } from './domain-filter.ts';
import { readSummary, type Situation, SITUATIONS } from './situations.ts';
import { readByUrgency } from './urgency.ts';

export type DomainOrder = 'CREATED' | 'NAME' | 'URGENCY';

export interface DomainPageRequest extends PageRequest {
  readonly order: DomainOrder;
  readonly filter: DomainFilter;
}

export async function listDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  { order, filter, ...page }: DomainPageRequest,
): Promise<Slice<RelayDomain>> {
  const asked = narrowed(viewer, filter.tenantId);
  const conditions = asked === null ? null : conditionsOf(sql, asked, filter);
  if (asked === null || conditions === null) return emptySlice();
  if (conditions.length === 1 && filter.doctor != null && order === 'CREATED') {
    return listReported(sql, asked, filter.doctor, page);
  }
  const candidates = { few: await findFew(sql, conditions), matches: conditions.map(({ check }) => check) };
  const find = (ids: readonly string[]) => findDomainsById(sql, viewer, ids);
  const walk = walkOf(sql, asked, candidates, order === 'NAME' ? nameKey(sql) : undefined);
  const situations = filter.situations ?? SITUATIONS;
  const total =
    conditions.length === 1 && filter.situations != null
      ? readOnce(() => countSituations(sql, asked, situations))
      : readTotal(sql, walk);
  if (order !== 'URGENCY') return { ...(await readWalkOf(sql, { ...walk, page }, find)), total };
  const found = await readByUrgency(sql, asked, { ...candidates, situations, page });
  return withObjects({ ...found, total }, await find(found.positions.map(({ id }) => id)));
}

/** An index has the reports in the order of the list: the page is full, whatever there is. */
async function listReported(
  sql: SqlExecutor,
  viewer: Viewer,
  verdicts: NonNullable<DomainFilter['doctor']>,
  page: PageRequest,
): Promise<Slice<RelayDomain>> {
  const next = reportedDomains(sql, viewer, verdicts, { ...page, limit: page.limit + 1 });
  const walk = {
    table: sql`domains`,
    range: { among: sql`array(${next})`, isDescending: false },
    page,
    scope: tenantCheck(sql, viewer),
    matches: [],
    scanLimit: 0,
  };
  const found = await readWalkOf(sql, walk, (ids) => findDomainsById(sql, viewer, ids));
  return { ...found, total: readOnce(() => countReported(sql, viewer, verdicts)) };
}

async function countReported(
  sql: SqlExecutor,
  viewer: Viewer,
  verdicts: NonNullable<DomainFilter['doctor']>,
): Promise<Total> {
  const all = reportedDomains(sql, viewer, verdicts, { limit: COUNT_LIMIT + 1, from: null, isBackward: false });
  const [row] = await plannedAnew(
    sql<{ count: number }[]>`
      select count(*)::integer as count from (${all}) as found join domains m using (id)
      where ${tenantCheck(sql, viewer, sql`m.tenant_id`)}`,
  );
  const count = row?.count ?? 0;
  return { count: Math.min(count, COUNT_LIMIT), isWhole: count <= COUNT_LIMIT };
}

/** All of them: the summary counts those that are well without a look at each. */
async function countSituations(sql: SqlExecutor, viewer: Viewer, wanted: readonly Situation[]): Promise<Total> {
  const { situations } = await readSummary(sql, viewer);
  const counted = situations.filter(({ situation }) => wanted.includes(situation));
  return { count: counted.reduce((sum, { count }) => sum + count, 0), isWhole: true };
}

/** Byte by byte, whatever the collation of the database. */
function nameKey(sql: SqlExecutor): NonNullable<Range['key']> {
  return { column: sql`name collate "C"`, type: sql`text`, low: sql`''`, high: sql`${'\u{10ffff}'}::text` };
}
