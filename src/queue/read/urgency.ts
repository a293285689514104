/**
 * Domains in the order of urgency: the most urgent situation first, in each the oldest held mail first, then by id.
 *
 * Situations change by themselves, so a cursor is a place in the order and not a row: a domain that moves meanwhile may be seen twice,
 * or not. The domains that are not well are found and sorted for each page, O(these). The others follow in the order of their ids, and
 * are walked as any list.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { findFew } from '../../db/few.ts';
import { allOf, tenantCheck } from '../../db/fragments.ts';
import { plannedAnew } from '../../db/planned-anew.ts';
import { type Places, readSections } from '../../db/sections.ts';
import { type PageRequest, type Position, readWalk } from '../../db/walk.ts';
import { LAST_ID } from '../../mail/id.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { type Candidates, isIll, walkOf } from './domain-filter.ts';
import {
  domainsWithDestinations,
  isHealthy,
  type Situation,
  SITUATIONS,
  situation,
  situationOf,
  unwellDomains,
} from './situations.ts';

interface Asked extends Candidates {
  readonly situations: readonly Situation[];
  readonly page: PageRequest;
}

/** The first character of each key. */
const rankOf = (name: Situation): string => String(SITUATIONS.indexOf(name));

/** A page of the domains in question that are in one of these situations. */
export function readByUrgency(sql: SqlExecutor, viewer: Viewer, asked: Asked): Promise<Places> {
  const sectionOf = (key: string) => (key < rankOf('CHECK_FAILED') ? '' : key.slice(0, 1));
  const present = new Set(asked.situations.map((name) => sectionOf(rankOf(name))));
  const healthy = (['CHECK_FAILED', 'FINE'] as const).map((name) => ({
    name: rankOf(name),
    read: (page: PageRequest) => readHealthy(sql, viewer, name, { ...asked, page }),
  }));
  const sections = [{ name: '', read: (page: PageRequest) => readUnwell(sql, viewer, { ...asked, page }) }, ...healthy];
  return readSections(
    asked.page,
    sections.filter(({ name }) => present.has(name)),
    sectionOf,
  );
}

async function readUnwell(sql: SqlExecutor, viewer: Viewer, asked: Asked): Promise<Places> {
  const { few, matches, situations, page } = asked;
  const { limit, from, isBackward } = page;
  const wanted = situations.filter((name) => !isHealthy(name));
  const place = sql`(${from?.key ?? (isBackward ? '~' : '')}::text collate "C", ${from?.id ?? LAST_ID}::uuid)`;
  const direction = isBackward ? sql`desc` : sql``;
  const rows = await plannedAnew(sql<{ id: string; key: string }[]>`
    with found as materialized (
      select m.id, ${situation(sql)} as situation, d.oldest_accepted_at + d.hold_extension as since
      from ${domainsWithDestinations(sql)}
      where m.id = any(array(${unwellDomains(sql, viewer)}))
        and ${tenantCheck(sql, viewer, sql`m.tenant_id`)}
        and ${few === null ? sql`true` : sql`m.id = any(${[...few]}::uuid[])`} and ${allOf(sql, matches)}
    ), placed as (
      select id, (array_position(${[...SITUATIONS]}::text[], situation) - 1)
        || coalesce(lpad((extract(epoch from since) * 1000000)::bigint::text, 16, '0'), ':') as key
      from found where situation = any(${wanted}::text[])
    )
    select id, key from placed where (key collate "C", id) ${isBackward ? sql`<` : sql`>`} ${place}
    order by key collate "C" ${direction}, id ${direction} limit ${limit + 1}`);
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? (shown.at(-1) ?? null) : null;
  return { positions: isBackward ? shown.reverse() : shown, next };
}

/** In the order of their ids. */
async function readHealthy(
  sql: SqlExecutor,
  viewer: Viewer,
  name: 'CHECK_FAILED' | 'FINE',
  { few, matches, page }: Asked,
): Promise<Places> {
  const isSo = name === 'FINE' ? { check: sql`${situationOf(sql)} = 'FINE'`, ids: null } : isIll(sql, viewer);
  const candidates = { few: few ?? (await findFew(sql, [isSo])), matches: [...matches, isSo.check] };
  const { from } = page;
  const { positions, next } = await readWalk<{ readonly id: string }>(sql, {
    ...walkOf(sql, viewer, candidates),
    page: { ...page, from: from === null ? null : { ...from, key: null } },
    columns: sql`id`,
  });
  const placed = ({ id }: Position): Position => ({ key: rankOf(name), id });
  return { positions: positions.map(placed), next: next === null ? null : placed(next) };
}
