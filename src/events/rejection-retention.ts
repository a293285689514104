/**
 * Refusals are kept for 14 days: whole days are dropped, and what lies in the rest table is deleted bit by bit.
 *
 * Dropping a day needs the table for an instant and waits for nobody; what is in use is tried again an hour later.
 */
import type { Sql } from '../db/client.ts';
import { withoutWaiting } from '../db/without-waiting.ts';

const KEPT_DAYS = 14;
const ROWS_AT_ONCE = 5000;

/** Drops days that ended more than 14 days ago, but for those in use. Returns their names. Any number of nodes may call it. */
export async function dropOldRejections(sql: Sql): Promise<string[]> {
  const old = await sql<{ name: string }[]>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'rejections'::regclass and c.relname ~ '^rejections_[0-9]{8}$'
      and c.relname < 'rejections_' || to_char((clock_timestamp() at time zone 'UTC')::date - ${KEPT_DAYS}::integer, 'YYYYMMDD')
    order by c.relname`;
  const dropped: string[] = [];
  for (const { name } of old) {
    const isDropped = await withoutWaiting(sql, async (transaction) => {
      await transaction`lock table only rejections in access exclusive mode nowait`;
      const [day] = await transaction<{ is_there: boolean }[]>`select to_regclass(${name}) is not null as is_there`;
      // Another node was faster.
      if (day?.is_there !== true) return false;
      await transaction`drop table ${transaction(name)}`;
      return true;
    });
    if (isDropped === true) dropped.push(name);
  }
  await deleteFromRest(sql);
  return dropped;
}

/** In the rest table lies what came while the day's partition could not be made, and what a clock far off dated wrongly. */
async function deleteFromRest(sql: Sql): Promise<void> {
  let deletedCount = ROWS_AT_ONCE;
  while (deletedCount === ROWS_AT_ONCE) {
    const { count } = await sql`
      delete from rejections_rest where id = any(array(
        select id from rejections_rest
        where id < uuid_floor(clock_timestamp() - make_interval(days => ${KEPT_DAYS}))
        order by id limit ${ROWS_AT_ONCE}))`;
    deletedCount = count;
  }
}
