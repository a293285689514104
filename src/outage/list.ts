/**
 * Lists of outages: newest or worst first, with filters. Every statement carries its viewer.
 */
import type { SqlExecutor } from '../db/client.ts';
import { type Condition, FEW, findFew } from '../db/few.ts';
import { allOf, always, type SqlFragment, tenantCheck, tenantScope } from '../db/fragments.ts';
import { plannedAnew } from '../db/planned-anew.ts';
import { type Places, readSections } from '../db/sections.ts';
import {
  emptySlice,
  idsBetween,
  type PageRequest,
  readTotal,
  readWalk,
  readWalkOf,
  type Slice,
  underViewer,
  type Walk,
  withObjects,
} from '../db/walk.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { UNIT_MS } from '../mail/duration.ts';
import { LAST_ID } from '../mail/id.ts';
import { narrowed, type Viewer } from '../mail/viewer.ts';
import type { OutageClass } from './class.ts';
import { findOutages, type OutageView } from './inspect.ts';

export type OutageOrder = 'NEWEST' | 'WORST';

/** All that is given must hold. */
export interface OutageFilter {
  readonly domain?: string | null | undefined;
  readonly isOpen?: boolean | null | undefined;
  readonly kinds?: readonly OutageClass[] | null | undefined;
  readonly tenantId?: string | null | undefined;
  /** Only those that were not over by then. */
  readonly since?: Date | null | undefined;
  /** Only those that had begun before. */
  readonly until?: Date | null | undefined;
}

export interface OutagePageRequest extends PageRequest {
  readonly order: OutageOrder;
  readonly filter: OutageFilter;
}

const OPENED_WITHIN_MS = 7 * UNIT_MS.d;
/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 5_000;

export async function listOutages(
  sql: SqlExecutor,
  viewer: Viewer,
  { order, filter, ...page }: OutagePageRequest,
): Promise<Slice<OutageView>> {
  const { domain = null, isOpen = null, tenantId, until = null } = filter;
  const asked = narrowed(viewer, tenantId);
  const name = domain === null ? null : normalizeDomain(domain.trim());
  if (asked === null || (domain !== null && name === null)) return emptySlice();
  const ofDomain = name === null ? null : sql`(select id from destinations where name = ${name})`;
  const conditions = conditionsOf(sql, asked, filter);
  const few = ofDomain === null ? await findFew(sql, conditions) : null;
  const walk: Omit<Walk, 'columns' | 'page'> = {
    table: sql`outages o`,
    range: {
      under:
        few !== null
          ? null
          : ofDomain === null
            ? underViewer(sql, asked)
            : { column: sql`destination_id`, value: ofDomain },
      among: few === null ? null : sql`${[...few]}::uuid[]`,
      // An outage gets its id soon after it has begun.
      ids: idsBetween(sql, {
        since: null,
        until: until === null ? null : new Date(until.getTime() + OPENED_WITHIN_MS),
      }),
      isDescending: true,
    },
    // Few are going on, and indexes hold only these.
    scope: allOf(sql, [tenantCheck(sql, asked), isOpen === true ? sql`ended_at is null` : always(sql)]),
    matches: [
      ...conditions.map(({ check }) => check),
      ...(isOpen === false ? [sql`ended_at is not null`] : []),
      ...(until === null ? [] : [sql`started_at < ${until}`]),
    ],
    scanLimit: few === null ? SCAN_LIMIT : FEW,
  };
  const find = (ids: readonly string[]) => findOutages(sql, viewer, ids);
  if (order === 'NEWEST') return readWalkOf(sql, { ...walk, page }, find);
  const onlyDomain = ofDomain === null ? [] : [sql`destination_id = ${ofDomain}`];
  const worst = { ...walk, matches: [...walk.matches, ...onlyDomain] };
  const found = await readWorst(sql, asked, { walk: worst, page, isOpen });
  return withObjects({ ...found, total: readTotal(sql, walk) }, await find(found.positions.map(({ id }) => id)));
}

function conditionsOf(sql: SqlExecutor, viewer: Viewer, { kinds, since }: OutageFilter): readonly Condition[] {
  return [
    ...(since == null
      ? []
      : [
          {
            check: sql`(ended_at is null or ended_at > ${since})`,
            ids: sql`
              select id from outages where ended_at > ${since} and ${tenantCheck(sql, viewer)}
              union all select id from outages where ended_at is null and ${tenantScope(sql, viewer)}`,
          },
        ]),
    ...(kinds == null ? [] : [{ check: sql`class = any(${[...kinds]}::text[])`, ids: null }]),
  ];
}

interface Worst {
  readonly walk: Omit<Walk, 'columns' | 'page'>;
  readonly page: PageRequest;
  readonly isOpen: boolean | null;
}

/** Keys of open outages begin with it, and with the next one those of others. */
const [OPEN, OVER] = ['0', '1'];

/** Those that go on first, of these the one with the most held mail; then those that are over, newest first. O(open) and a page. */
function readWorst(sql: SqlExecutor, viewer: Viewer, { walk, page, isOpen }: Worst): Promise<Places> {
  const sections = [
    ...(isOpen === false ? [] : [{ name: OPEN, read: (part: PageRequest) => readOpen(sql, viewer, walk, part) }]),
    ...(isOpen === true ? [] : [{ name: OVER, read: (part: PageRequest) => readOver(sql, walk, part) }]),
  ];
  return readSections(page, sections, (key) => key.slice(0, 1));
}

async function readOpen(
  sql: SqlExecutor,
  viewer: Viewer,
  { matches }: Pick<Walk, 'matches'>,
  { limit, from, isBackward }: PageRequest,
): Promise<Places> {
  const key: SqlFragment = sql`${OPEN}::text || lpad((1000000000000 - d.held_count)::text, 13, '0')`;
  const place = sql`(${from?.key ?? (isBackward ? '~' : '')}::text collate "C", ${from?.id ?? LAST_ID}::uuid)`;
  const direction = isBackward ? sql`desc` : sql``;
  const rows = await plannedAnew(sql<{ id: string; key: string }[]>`
    with placed as materialized (
      select o.id, ${key} as key from (
        select * from outages o where ended_at is null and ${tenantScope(sql, viewer)} and ${allOf(sql, matches)}
      ) as o join destinations d on d.id = o.destination_id
    )
    select id, key from placed where (key collate "C", id) ${isBackward ? sql`<` : sql`>`} ${place}
    order by key collate "C" ${direction}, id ${direction} limit ${limit + 1}`);
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? (shown.at(-1) ?? null) : null;
  return { positions: isBackward ? shown.reverse() : shown, next };
}

async function readOver(
  sql: SqlExecutor,
  walk: Omit<Walk, 'columns' | 'page'>,
  { from, ...page }: PageRequest,
): Promise<Places> {
  const { positions, next } = await readWalk<{ readonly id: string }>(sql, {
    ...walk,
    matches: [...walk.matches, sql`ended_at is not null`],
    page: { ...page, from: from === null ? null : { ...from, key: null } },
    columns: sql`id`,
  });
  const placed = ({ id }: { readonly id: string }) => ({ key: OVER, id });
  return { positions: positions.map(placed), next: next === null ? null : placed(next) };
}
