/**
 * Pages of a list without an end: walked by an index, and where that does not serve a filter, through a bounded number of rows before
 * the page is handed out as it is. So a page costs the same however long the list is.
 */
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { SqlExecutor } from './client.ts';
import { allOf, type SqlFragment } from './fragments.ts';
import { plannedAnew } from './planned-anew.ts';

/** A place in a list: the value that the list is ordered by, as text, and the id. Null: the list is ordered by the id alone. */
export interface Position {
  readonly key: string | null;
  readonly id: string;
}

export interface PageRequest {
  readonly limit: number;
  /** The page begins after it, or ends before it. Null: with the first of the list, or the last. */
  readonly from: Position | null;
  /** The last ones before `from` instead of the first ones after it. */
  readonly isBackward: boolean;
}

/** A page in the order of its list. */
export interface Slice<T> {
  readonly nodes: readonly T[];
  /** The positions of the nodes. */
  readonly positions: readonly Position[];
  /** The position from which the list goes on in the direction of the page; null: it ends there. */
  readonly next: Position | null;
  /** Counts the whole list, whatever the page. Only who wants to know it pays for it. */
  readonly total: CountItems;
}

/** The number of items of a list. */
export interface Total {
  readonly count: number;
  /** False: counting ended at its bound, and there are at least so many. */
  readonly isWhole: boolean;
}

export type CountItems = () => Promise<Total>;

/** A part of an index, which has the columns `under`, `key` and `id` in this order. */
export interface Range {
  /** A column with one value. */
  readonly under?: { readonly column: SqlFragment; readonly value: SqlFragment } | null;
  /** The value that the list is ordered by before the id, with its least and greatest one. */
  readonly key?: { readonly column: SqlFragment; readonly type: SqlFragment } & Bounds;
  /** If there is no key. */
  readonly ids?: Bounds;
  /** An array of the only ids in question. */
  readonly among?: SqlFragment | null;
  readonly isDescending: boolean;
}

interface Bounds {
  readonly low: SqlFragment;
  readonly high: SqlFragment;
}

/** The ids of some time. They are made on the node's clock, which a moved clock of the database does not follow: hence an hour more on both sides. */
export function idsBetween(
  sql: SqlExecutor,
  { since, until }: { readonly since: Date | null; readonly until: Date | null },
): Bounds {
  const floor = (at: Date, margin: SqlFragment) =>
    sql`uuid_floor(greatest(${at}::timestamptz - clock_shift() ${margin}, 'epoch'))`;
  return {
    low: since === null ? sql`${FIRST_ID}::uuid` : floor(since, sql`- interval '1 hour'`),
    high: until === null ? sql`${LAST_ID}::uuid` : floor(until, sql`+ interval '1 hour'`),
  };
}

/** All that the viewer may see. */
export function underViewer(sql: SqlExecutor, viewer: Viewer): NonNullable<Range['under']> | null {
  return viewer.isOperator ? null : { column: sql`tenant_id`, value: sql`${viewer.tenantId}::uuid` };
}

/**
 * The rows of a range from a position on, in the direction of the page. Bounds hold all columns of the index: beside an equality the
 * planner takes a rare value for all, and sorts everything that a frequent one has. Of two bounds on one side an index scan may
 * begin at the farther one, hence the nearer of both.
 */
function walked(sql: SqlExecutor, range: Range, { from, isBackward }: PageRequest) {
  const { under, key, ids = idsBetween(sql, { since: null, until: null }), among, isDescending } = range;
  const isUp = isDescending === isBackward;
  const nearer = (bound: SqlFragment, position: SqlFragment) =>
    isUp ? sql`greatest(${bound}, ${position})` : sql`least(${bound}, ${position})`;
  const boundOf = (side: keyof Bounds) => {
    const position = from !== null && (side === 'low') === isUp ? from : null;
    const id = sql`${position?.id ?? null}::uuid`;
    const end = sql`${side === 'low' ? FIRST_ID : LAST_ID}::uuid`;
    const idOnly = [position === null ? ids[side] : nearer(ids[side], id)];
    const last =
      key === undefined
        ? idOnly
        : position === null
          ? [key[side], end]
          : [nearer(key[side], sql`${position.key}::text::${key.type}`), id];
    return listed(sql, under == null ? last : [under.value, ...last]);
  };
  const columns = [...(under == null ? [] : [under.column]), ...(key === undefined ? [] : [key.column]), sql`id`];
  const direction = isUp ? sql`` : sql`desc`;
  const condition = allOf(sql, [
    sql`(${listed(sql, columns)}) >= (${boundOf('low')})`,
    sql`(${listed(sql, columns)}) <= (${boundOf('high')})`,
    ...(from === null ? [] : [sql`id <> ${from.id}::uuid`]),
    ...(among == null ? [] : [sql`id = any(${among})`]),
  ]);
  const order = listed(
    sql,
    columns.map((column) => sql`${column} ${direction}`),
  );
  return { condition, order, direction };
}

function listed(sql: SqlExecutor, parts: readonly SqlFragment[]): SqlFragment {
  return parts.reduce((all, next) => sql`${all}, ${next}`);
}

export interface Walk {
  readonly table: SqlFragment;
  readonly range: Range;
  readonly page: PageRequest;
  /** The condition of every row in question: its index serves it, or few rows fail it. */
  readonly scope?: SqlFragment;
  /** The conditions that are checked row by row. */
  readonly matches: readonly SqlFragment[];
  /** As the view has them, `id` among them. */
  readonly columns: SqlFragment;
  /** The most rows that are looked through. */
  readonly scanLimit: number;
  /** The most rows that are looked through to count the list. Default: COUNT_LIMIT. */
  readonly countLimit?: number;
}

/** Rows of any list that are looked through to count it: some ten milliseconds. */
export const COUNT_LIMIT = 10_000;
/** Rows of lists that grow with customers and not with mail, where an index alone decides what is counted. */
export const SETTINGS_COUNT_LIMIT = 200_000;

type WholeWalk = Omit<Walk, 'columns' | 'page' | 'scanLimit'>;

/** Counts all that a walk would find. */
export function readTotal(sql: SqlExecutor, walk: WholeWalk): CountItems {
  return readOnce(() => countWalk(sql, walk));
}

/** The items of a walk, up to its limit of rows. In the order of its pages, so that the same index serves it. */
async function countWalk(
  sql: SqlExecutor,
  { table, range, scope = sql`true`, matches, countLimit: limit = COUNT_LIMIT }: WholeWalk,
): Promise<Total> {
  const { condition, order } = walked(sql, range, { limit, from: null, isBackward: false });
  const [row] = await plannedAnew(sql<{ seen: number; found: number }[]>`
    select count(*)::integer as seen, (count(*) filter (where matches))::integer as found from (
      select (${allOf(sql, matches)}) as matches from ${table} where ${scope} and ${condition} order by ${order} limit ${limit + 1}) as rows`);
  if (row === undefined) throw new Error('a count returned no row');
  return row.seen > limit ? { count: Math.min(row.found, limit), isWhole: false } : { count: row.found, isWhole: true };
}

/** Answers every time with what it has read once. */
export function readOnce(read: CountItems): CountItems {
  let asked: Promise<Total> | null = null;
  return () => (asked ??= read());
}

export async function readWalk<T extends { readonly id: string }>(sql: SqlExecutor, walk: Walk): Promise<Slice<T>> {
  const { table, range, page, scope = sql`true`, matches, columns, scanLimit: most } = walk;
  const { limit, isBackward } = page;
  const scanLimit = matches.length > 0 ? Math.max(most, limit + 1) : limit + 1;
  const { condition, order, direction } = walked(sql, range, page);
  const walkOrder = sql`order_key ${direction}, id ${direction}`;
  type Row = Omit<T, 'id'> & { readonly id: string | null; readonly order_key: string | null; readonly place: number };
  const rows = await plannedAnew(sql<
    (Row & { readonly frontier: string | null; readonly frontier_key: string | null })[]
  >`
    with walked as materialized (
      select *, ${range.key === undefined ? sql`null::text` : range.key.column} as order_key, (${allOf(sql, matches)}) as matches
      from ${table} where ${scope} and ${condition} order by ${order} limit ${scanLimit}
    )
    select page.*, cut.id as frontier, cut.order_key::text as frontier_key
    from (select) as one
    left join lateral (select id, order_key from walked order by ${walkOrder} offset ${scanLimit - 1} limit 1) as cut on true
    left join lateral (
      select ${columns}, order_key::text, row_number() over (order by ${walkOrder}) as place
      from walked where matches order by ${walkOrder} limit ${limit + 1}
    ) as page on true
    order by page.place`);
  const found = rows.flatMap(
    ({ frontier: _frontier, frontier_key: _key, place: _place, id, order_key: key, ...row }) =>
      id === null ? [] : [{ position: { key, id }, node: { ...row, id } as unknown as T }],
  );
  const shown = found.slice(0, limit);
  const { frontier = null, frontier_key: key = null } = rows[0] ?? {};
  const cut = frontier === null ? null : { key, id: frontier };
  const next = found.length > limit ? (shown.at(-1)?.position ?? null) : cut;
  return sliceOf(isBackward ? shown.reverse() : shown, { next, total: readTotal(sql, walk) });
}

/** A walk over ids, with the objects as another statement finds them by their ids. */
export async function readWalkOf<T>(
  sql: SqlExecutor,
  walk: Omit<Walk, 'columns'>,
  find: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): Promise<Slice<T>> {
  const found = await readWalk<{ readonly id: string }>(sql, { ...walk, columns: sql`id` });
  return withObjects(found, await find(found.nodes.map(({ id }) => id)));
}

function sliceOf<T>(
  found: readonly { readonly node: T; readonly position: Position }[],
  rest: Pick<Slice<T>, 'next' | 'total'>,
): Slice<T> {
  return { ...rest, nodes: found.map(({ node }) => node), positions: found.map(({ position }) => position) };
}

/** The objects at the positions of a page. Those that are gone by then are left out. */
export function withObjects<T>(
  { positions, next, total }: Omit<Slice<unknown>, 'nodes'>,
  objects: ReadonlyMap<string, T>,
): Slice<T> {
  const present = positions.flatMap((position) => {
    const node = objects.get(position.id);
    return node === undefined ? [] : [{ node, position }];
  });
  return sliceOf(present, { next, total });
}

/** A list that is known to hold nothing. */
export function emptySlice<T>(): Slice<T> {
  return { nodes: [], positions: [], next: null, total: async () => ({ count: 0, isWhole: true }) };
}
