/**
 * Outages that have ended are told of for 400 days, as events are; then they are deleted bit by bit.
 */
import type { Sql } from '../db/client.ts';

const KEPT_DAYS = 400;
/** What is left then goes at the next call. */
const ROWS_AT_ONCE = 5000;

/** Deletes what is past its time. Any number of nodes may call it. */
export async function dropOldOutages(sql: Sql): Promise<void> {
  await sql`
    delete from outages where id = any(array(
      select id from outages
      where ended_at < bmx_now() - make_interval(days => ${KEPT_DAYS})
        and id < uuid_floor(bmx_now() - make_interval(days => ${KEPT_DAYS}))
      order by id limit ${ROWS_AT_ONCE} for update skip locked))`;
}
