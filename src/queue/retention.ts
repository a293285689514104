/**
 * Partitions of the queue's record: made ahead of time, dropped when nothing is left in them.
 *
 * Both need the whole table for an instant, and whatever queues behind them waits as long, the accepting of mail too: so
 * they wait for nobody (a dump reads for hours), and are tried again an hour later. Content of ended messages is deleted
 * with them (outcome.ts); its space comes back here, a day at a time.
 */
import type { Sql, TransactionSql } from '../db/client.ts';

/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Makes the partitions from yesterday to three days ahead, unless others use the tables. Any number of nodes may call it. */
export async function makePartitions(sql: Sql): Promise<void> {
  await withoutWaiting(
    sql,
    (transaction) => transaction`
      select make_partitions((clock_timestamp() at time zone 'UTC')::date - 1, (clock_timestamp() at time zone 'UTC')::date + 3)`,
  );
}

/** Drops empty content partitions of days before yesterday, but for those in use. Returns their names. */
export async function dropEmptyContents(sql: Sql): Promise<string[]> {
  const old = await sql<{ name: string }[]>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'contents'::regclass and c.relname ~ '^contents_[0-9]{8}$'
      and c.relname < 'contents_' || to_char((clock_timestamp() at time zone 'UTC')::date - 1, 'YYYYMMDD')
    order by c.relname`;
  const dropped: string[] = [];
  for (const { name } of old) {
    if (await withoutWaiting(sql, (transaction) => dropEmpty(transaction, name))) dropped.push(name);
  }
  return dropped;
}

async function dropEmpty(transaction: TransactionSql, name: string): Promise<boolean> {
  const isEmpty = async () => {
    const [row] = await transaction<{ is_empty: boolean }[]>`
      select not exists (select from ${transaction(name)}) as is_empty`;
    return row?.is_empty === true;
  };
  if (!(await isEmpty())) return false;
  await transaction`lock table ${transaction(name)} in access exclusive mode nowait`;
  if (!(await isEmpty())) return false;
  await transaction`drop table ${transaction(name)}`;
  return true;
}

/** Null when a lock was not free at once. */
async function withoutWaiting<T>(sql: Sql, work: (transaction: TransactionSql) => Promise<T>): Promise<T | null> {
  try {
    const { result } = await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '200ms'`;
      return { result: await work(transaction) };
    });
    return result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
}
