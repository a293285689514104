/**
 * Pages of a long record, newest first: walked by id, and where no index serves a filter, through a bounded number of rows before
 * the page is handed out as it is. So a page costs the same however long the record is.
 */
import type { SqlExecutor } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';

export type Condition = ReturnType<typeof always>;

export function always(sql: SqlExecutor) {
  return sql`true`;
}

/** A part of the id space. */
export interface Span {
  readonly from: Condition;
  readonly to: Condition;
  /** Exclusive. */
  readonly below: Condition;
}

interface Wanted {
  /** Only rows with a smaller id. */
  readonly beforeId: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

/** Ids are made on the node's clock, which a moved clock of the database does not follow: hence an hour more on both sides. */
export function spanOf(sql: SqlExecutor, { beforeId, since, until }: Wanted): Span {
  return {
    below: sql`${beforeId ?? LAST_ID}::uuid`,
    from:
      since === null
        ? sql`${FIRST_ID}::uuid`
        : sql`uuid_floor(greatest(${since}::timestamptz - clock_shift() - interval '1 hour', 'epoch'))`,
    to:
      until === null
        ? sql`${LAST_ID}::uuid`
        : sql`uuid_floor(greatest(${until}::timestamptz - clock_shift() + interval '1 hour', 'epoch'))`,
  };
}

/** All that the viewer may see. */
export function walkOwn(sql: SqlExecutor, viewer: Viewer, span: Span): Condition {
  if (viewer.isOperator) return sql`id >= ${span.from} and id <= ${span.to} and id < ${span.below} order by id desc`;
  return walkUnder(sql, { column: sql`tenant_id`, value: sql`${viewer.tenantId}::uuid` }, span);
}

/**
 * Rows with this value, by the index of it and the id: the range holds no other value. Not by equality as well: where most values are
 * rare the planner takes every one for rare, and sorts all that the one has. Of two upper bounds an index scan may begin at the
 * higher one and walk down to the other, hence the lesser of both.
 */
export function walkUnder(
  sql: SqlExecutor,
  { column, value }: { readonly column: Condition; readonly value: Condition },
  { from, to, below }: Span,
): Condition {
  return sql`
    (${column}, id) >= (${value}, ${from}) and (${column}, id) <= (${value}, least(${to}, ${below})) and id < ${below}
    order by ${column} desc, id desc`;
}

export interface Walk {
  readonly table: Condition;
  /** The part of an index to walk, newest first. */
  readonly walked: Condition;
  /** The conditions that are checked row by row. */
  readonly matches: readonly Condition[];
  /** As the view has them, `id` among them. */
  readonly columns: Condition;
  readonly limit: number;
  /** The most rows that are looked through. */
  readonly scanLimit: number;
}

export interface WalkedPage<T> {
  readonly shown: readonly T[];
  /** Id after which the next page begins; null when this was the last. */
  readonly nextId: string | null;
}

export async function readWalk<T extends { readonly id: string }>(
  sql: SqlExecutor,
  { table, walked, matches, columns, limit, scanLimit: most }: Walk,
): Promise<WalkedPage<T>> {
  const scanLimit = matches.length > 0 ? most : limit + 1;
  const all = matches.reduce((some, next) => sql`${some} and ${next}`, always(sql));
  const rows = await sql<(Omit<T, 'id'> & { readonly id: string | null; readonly frontier: string | null })[]>`
    with walked as materialized (select *, ${all} as matches from ${table} where ${walked} limit ${scanLimit})
    select cut.frontier, page.*
    from (select (select id from walked order by id desc offset ${scanLimit - 1} limit 1) as frontier) as cut
    left join lateral (select ${columns} from walked where matches order by id desc limit ${limit + 1}) as page on true
    order by page.id desc`;
  const found = rows.flatMap(({ frontier: _frontier, id, ...row }) =>
    id === null ? [] : [{ ...row, id } as unknown as T],
  );
  const shown = found.slice(0, limit);
  if (found.length > limit) return { shown, nextId: shown.at(-1)?.id ?? null };
  return { shown, nextId: rows[0]?.frontier ?? null };
}
