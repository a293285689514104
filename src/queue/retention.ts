/**
 * Partitions of the queue's record: made ahead of time, dropped when nothing is left in them.
 *
 * Dropping waits for nobody: a lock that is not free at once is tried again an hour later. Content of ended messages is
 * deleted with them (outcome.ts); its space comes back here, a day at a time.
 */
import type { Sql } from '../db/client.ts';

/** Makes the partitions from yesterday to three days ahead. Any number of nodes may call it. */
export async function makePartitions(sql: Sql): Promise<void> {
  await sql`
    select make_partitions((clock_timestamp() at time zone 'UTC')::date - 1, (clock_timestamp() at time zone 'UTC')::date + 3)`;
}

/** Drops empty content partitions of days before yesterday. Returns their names. */
export async function dropEmptyContents(sql: Sql): Promise<string[]> {
  const old = await sql<{ name: string }[]>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'contents'::regclass and c.relname ~ '^contents_[0-9]{8}$'
      and c.relname < 'contents_' || to_char((clock_timestamp() at time zone 'UTC')::date - 1, 'YYYYMMDD')
    order by c.relname`;
  const dropped: string[] = [];
  for (const { name } of old) {
    const isDropped = await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '200ms'`;
      const [row] = await transaction<{ is_empty: boolean }[]>`
        select not exists (select from ${transaction(name)}) as is_empty`;
      if (row?.is_empty !== true) return false;
      await transaction`lock table ${transaction(name)} in access exclusive mode nowait`;
      const [locked] = await transaction<{ is_empty: boolean }[]>`
        select not exists (select from ${transaction(name)}) as is_empty`;
      if (locked?.is_empty !== true) return false;
      await transaction`drop table ${transaction(name)}`;
      return true;
    });
    if (isDropped) dropped.push(name);
  }
  return dropped;
}
