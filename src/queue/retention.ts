/**
 * Partitions of the queue's record: made ahead of time, dropped when little or nothing is left in them.
 *
 * Both need the whole table for an instant, and each later statement waits as long, also the accepting of mail. So
 * they do not wait for a lock (a dump reads for hours), and are tried again an hour later. Content of ended messages is deleted
 * with them (finalize.ts); its space comes back here, a day at a time. A few stragglers do not keep a day: they move to the rest
 * table, where their ids belong once the day is gone.
 *
 * What became of a message is told for 90 days: mail is held 60 days at the most (outage/hold.ts), so what is held, or has ended
 * within a month, has all its attempts. A message that was held for longer, by a pause say, is told of for 30 days after its end;
 * of its attempts those of 90 days.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import { dropOldDays, withoutWaiting } from '../db/old-days.ts';

/** More rows or bytes than these are no stragglers: moving them would hold up the accepting of mail. */
const MOST_STRAGGLERS = 100;
const MOST_STRAGGLER_BYTES = 8 * 1024 * 1024;

/** Makes the partitions for yesterday to three days ahead, unless others use the tables. Any number of nodes may call it. */
export async function makePartitions(sql: Sql): Promise<void> {
  await withoutWaiting(
    sql,
    (transaction) => transaction`
      select make_partitions((clock_timestamp() at time zone 'UTC')::date - 1, (clock_timestamp() at time zone 'UTC')::date + 3)`,
  );
}

/**
 * Drops content partitions of days before yesterday that hold no more than stragglers, but for those in use. Returns their
 * names.
 */
export async function dropOldContents(sql: Sql): Promise<string[]> {
  const old = await sql<{ name: string }[]>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'contents'::regclass and c.relname ~ '^contents_[0-9]{8}$'
      and c.relname < 'contents_' || to_char((clock_timestamp() at time zone 'UTC')::date - 1, 'YYYYMMDD')
    order by c.relname`;
  const dropped: string[] = [];
  for (const { name } of old) {
    if (await withoutWaiting(sql, (transaction) => dropDay(transaction, name))) dropped.push(name);
  }
  return dropped;
}

async function dropDay(transaction: TransactionSql, name: string): Promise<boolean> {
  const day = transaction(name);
  // Looked at before the lock is taken, so that a day that stays is not locked every hour.
  if (await hasMore(transaction, name)) return false;
  await transaction`lock table ${day} in access exclusive mode nowait`;
  if (await hasMore(transaction, name)) return false;
  await transaction`create temporary table stragglers on commit drop as select * from ${day}`;
  await transaction`drop table ${day}`;
  await transaction`insert into contents select * from stragglers`;
  return true;
}

/** Whether a day holds more than stragglers. */
async function hasMore(transaction: TransactionSql, name: string): Promise<boolean> {
  const [row] = await transaction<{ has_more: boolean }[]>`
    select count(*) > ${MOST_STRAGGLERS} or coalesce(sum(octet_length(content)), 0) > ${MOST_STRAGGLER_BYTES} as has_more
    from (select content from ${transaction(name)} limit ${MOST_STRAGGLERS + 1}) as rows`;
  return row?.has_more === true;
}

/** From acceptance of the message, and from the attempt itself: the two go together. */
const KEPT_DAYS = 90;
/** After the end of a message that was held for long. */
const KEPT_DAYS_AFTER_END = 30;

/** Drops partitions of attempts and of ended messages that are past their time. Returns their names. Any number of nodes may call it. */
export async function dropOldRecords(sql: Sql): Promise<string[]> {
  const attempts = await dropOldDays(sql, { parent: 'attempts', keptDays: KEPT_DAYS });
  const youngest = { column: 'ended_at', keptDays: KEPT_DAYS_AFTER_END };
  return [...attempts, ...(await dropOldDays(sql, { parent: 'history', keptDays: KEPT_DAYS, youngest }))];
}
