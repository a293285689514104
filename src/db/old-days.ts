/**
 * Days of a record that are past their time: whole partitions, of a day, a week or a month, are dropped once their last day
 * is, and what lies in the rest table is deleted bit by bit.
 *
 * Dropping one needs its parent for an instant and does not wait for it (a dump reads for hours): what is in use is tried again
 * at the next call. Days are of real time, as the ids are that sort rows into them. Any number of nodes may call at once.
 */
import type { Sql, TransactionSql } from './client.ts';

/** In the rest table lies what came while its day could not be made, and what a clock far off dated wrongly. */
const ROWS_AT_ONCE = 5000;
/** The rest follows at the next call. */
const MOST_BATCHES = 100;

/** SQLSTATE lock_not_available, and undefined_table: another node has dropped it in the meantime. */
const GIVES_WAY: readonly unknown[] = ['55P03', '42P01'];

export interface OldDays {
  /** A table partitioned by time of its id, its rest in `PARENT_rest`. */
  readonly parent: string;
  /** Days that ended longer ago are dropped. */
  readonly keptDays: number;
  /** Rows whose instant in this column is younger keep their partition; absent: its days alone decide. */
  readonly youngest?: { readonly column: string; readonly keptDays: number };
}

/** Drops partitions past their time, and deletes what is past it from the rest. Returns the names of the partitions dropped. */
export async function dropOldDays(sql: Sql, days: OldDays): Promise<string[]> {
  const { parent, keptDays } = days;
  const old = await sql<{ name: string }[]>`
    select name from partition_bounds(${parent}::text::regclass)
    where to_id <= uuid_floor(((clock_timestamp() at time zone 'UTC')::date - ${keptDays}::integer)::timestamp at time zone 'UTC')
    order by name`;
  const dropped: string[] = [];
  for (const { name } of old) {
    if ((await withoutWaiting(sql, (transaction) => dropDay(transaction, days, name))) === true) dropped.push(name);
  }
  await deleteFromRest(sql, days);
  return dropped;
}

async function dropDay(transaction: TransactionSql, days: OldDays, name: string): Promise<boolean> {
  // Looked at before the lock is taken: nothing comes into a day that old but what ended in it long after.
  if (await hasYoung(transaction, days, name)) return false;
  await transaction`lock table only ${transaction(days.parent)} in access exclusive mode nowait`;
  await transaction`drop table ${transaction(name)}`;
  return true;
}

async function hasYoung(transaction: TransactionSql, { youngest }: OldDays, name: string): Promise<boolean> {
  if (youngest === undefined) return false;
  // A look through the whole of it, once in its life as a rule.
  await transaction`set local statement_timeout = '10min'`;
  const [row] = await transaction<{ has_young: boolean }[]>`
    select exists (
      select from ${transaction(name)}
      where ${transaction(youngest.column)} > clock_timestamp() - make_interval(days => ${youngest.keptDays})) as has_young`;
  return row?.has_young === true;
}

async function deleteFromRest(sql: Sql, { parent, keptDays, youngest }: OldDays): Promise<void> {
  const rest = sql(`${parent}_rest`);
  const isOld =
    youngest === undefined
      ? sql`true`
      : sql`${sql(youngest.column)} <= clock_timestamp() - make_interval(days => ${youngest.keptDays})`;
  for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
    const { count } = await sql`
      delete from ${rest} where id = any(array(
        select id from ${rest}
        where id < uuid_floor(clock_timestamp() - make_interval(days => ${keptDays})) and ${isOld}
        order by id limit ${ROWS_AT_ONCE} for update skip locked))`;
    if (count < ROWS_AT_ONCE) break;
  }
}

/**
 * Runs work that needs a whole table for an instant, in a transaction of its own. It gives way instead of waiting: what queues after
 * a lock that waits would wait as long.
 *
 * @returns null when a lock was not free at once or a table is gone; nothing is done then
 */
export async function withoutWaiting<T>(
  sql: Sql,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T | null> {
  try {
    const { result } = await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '200ms'`;
      return { result: await work(transaction) };
    });
    return result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && GIVES_WAY.includes(error.code)) return null;
    throw error;
  }
}
