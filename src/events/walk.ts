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

/** All that the viewer may see. An equality alone would let the planner walk all ids, past everybody else's. */
export function walkOwn(sql: SqlExecutor, viewer: Viewer, { from, to, below }: Span): Condition {
  if (viewer.isOperator) return sql`id >= ${from} and id <= ${to} and id < ${below} order by id desc`;
  const tenant = sql`${viewer.tenantId}::uuid`;
  return sql`
    tenant_id = ${tenant} and (tenant_id, id) >= (${tenant}, ${from}) and (tenant_id, id) <= (${tenant}, ${to})
    and (tenant_id, id) < (${tenant}, ${below})
    order by tenant_id desc, id desc`;
}

export interface Walk {
  readonly table: Condition;
  /** The part of an index to walk, newest first. */
  readonly walked: Condition;
  /** What has to be looked at row by row. */
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
