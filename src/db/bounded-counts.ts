/**
 * Counts within a window: at most so many of a kind for one subject, whichever node counts them.
 *
 * A window begins with the first count and ends after its length. What is refused is not counted, so a subject that goes on
 * asking is served again when its window ends. Counts stay when the object that caused them is deleted.
 */
import type { SqlExecutor, TransactionSql } from './client.ts';

export interface Bound {
  /** Part of the key: names what is counted. */
  readonly kind: string;
  /** An address, a domain, a tenant. */
  readonly subject: string;
  readonly most: number;
  readonly windowSeconds: number;
  /** The cause of the request. The cause that was counted last is let through and not counted again. */
  readonly cause?: string;
}

export type Taken = { readonly kind: 'TAKEN' } | Full;

export interface Full {
  readonly kind: 'FULL';
  readonly bound: Bound;
  /** The end of its window. */
  readonly until: Date;
}

/**
 * Takes one place under every bound, or none: then the answer is the first bound that is full. The rows stay locked until
 * COMMIT, in the order of their keys.
 */
export async function takePlaces(sql: TransactionSql, bounds: readonly Bound[]): Promise<Taken> {
  const rows = await lockCounts(sql, bounds);
  const isKnown = ({ cause }: Bound, row: CountRow): boolean => cause !== undefined && row.last_cause === cause;
  const free = bounds.map((bound) => {
    const row = rows.find(({ kind, subject }) => kind === bound.kind && subject === bound.subject);
    if (row === undefined) throw new Error('an insert returned no row');
    return { bound, row, isFull: row.count >= bound.most && !isKnown(bound, row) };
  });
  const full = free.find(({ isFull }) => isFull);
  if (full !== undefined) return { kind: 'FULL', bound: full.bound, until: full.row.window_ends_at };
  const counted = free.filter(({ bound, row }) => !isKnown(bound, row)).map(({ bound }) => bound);
  await sql`
    update bounded_counts c set count = c.count + 1, last_cause = b.cause
    from ${asRows(sql, counted)} where c.kind = b.kind and c.subject = b.subject`;
  return { kind: 'TAKEN' };
}

/** The first bound that is full, without a lock and without counting; null if all have room. Ignores causes. */
export async function findFull(sql: SqlExecutor, bounds: readonly Bound[]): Promise<Full | null> {
  const rows = await sql<CountRow[]>`
    select c.kind, c.subject, c.count, c.last_cause, c.window_ends_at
    from ${asRows(sql, bounds)} join bounded_counts c on c.kind = b.kind and c.subject = b.subject
    where c.count >= b.most and c.window_ends_at > bmx_now()
      and c.window_ends_at <= bmx_now() + make_interval(secs => b.seconds)`;
  for (const bound of bounds) {
    const row = rows.find(({ kind, subject }) => kind === bound.kind && subject === bound.subject);
    if (row !== undefined) return { kind: 'FULL', bound, until: row.window_ends_at };
  }
  return null;
}

/** Deletes counts whose window has ended, but for those that are being counted: who waited for them here would wait in another order. */
export async function dropOldCounts(sql: SqlExecutor): Promise<void> {
  await sql`
    with old as (
      select kind, subject from bounded_counts where window_ends_at <= bmx_now() for update skip locked
    )
    delete from bounded_counts c using old where c.kind = old.kind and c.subject = old.subject`;
}

/** One sentence: from which minute on there is room again. */
export function tryAgainAfter(until: Date): string {
  const minute = new Date(Math.ceil(until.getTime() / 60_000) * 60_000).toISOString();
  return `Try again after ${minute.slice(0, 10)} ${minute.slice(11, 16)} UTC.`;
}

interface CountRow {
  readonly kind: string;
  readonly subject: string;
  readonly count: number;
  readonly last_cause: string | null;
  readonly window_ends_at: Date;
}

/** A window that ends later than a new one would is one of a clock that was ahead: it is shortened. */
async function lockCounts(sql: TransactionSql, bounds: readonly Bound[]): Promise<readonly CountRow[]> {
  return sql<CountRow[]>`
    insert into bounded_counts as c (kind, subject, window_ends_at)
    select b.kind, b.subject, bmx_now() + make_interval(secs => b.seconds) from ${asRows(sql, bounds)}
    order by b.kind, b.subject
    on conflict (kind, subject) do update set
      count = case when c.window_ends_at <= bmx_now() then 0 else c.count end,
      last_cause = case when c.window_ends_at <= bmx_now() then null else c.last_cause end,
      window_ends_at = case when c.window_ends_at <= bmx_now() then excluded.window_ends_at
                            else least(c.window_ends_at, excluded.window_ends_at) end
    returning kind, subject, count, last_cause, window_ends_at`;
}

function asRows(sql: SqlExecutor, bounds: readonly Bound[]): ReturnType<SqlExecutor> {
  const rows = bounds.map(({ kind, subject, most, windowSeconds, cause = null }) => ({
    kind,
    subject,
    most,
    seconds: windowSeconds,
    cause,
  }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
    as b (kind text, subject text, most integer, seconds integer, cause text)`;
}
