/**
 * Forgets what tells nothing any more: answers long expired, budgets long full again. In batches, on main's timer.
 */
import type { Sql } from '../db/client.ts';

const BATCH = 5000;
/** A batch that is full is followed by another, up to so many in a round. */
const MOST_BATCHES = 20;

/**
 * Deletes what is past its day. What was known of a destination when its outage began counts until that ends: it is put off by
 * a day at a time. Resolves with how many rows went.
 */
export async function pruneAnswers(sql: Sql): Promise<number> {
  await sql`delete from probe_budgets where refilled_at < bmx_now() - interval '1 hour'`;
  let count = 0;
  for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
    const [row] = await sql<{ seen: number; gone: number }[]>`
      with old as materialized (
        select destination_id, local_part,
          exists (select from outages o where o.destination_id = r.destination_id and o.ended_at is null) as is_needed
        from recipient_answers r
        where forget_at <= bmx_now()
        order by forget_at
        limit ${BATCH}
        for update skip locked
      ), kept as (
        update recipient_answers r set forget_at = bmx_now() + interval '1 day'
        from old where old.is_needed and r.destination_id = old.destination_id and r.local_part = old.local_part
      ), gone as (
        delete from recipient_answers r
        using old where not old.is_needed and r.destination_id = old.destination_id and r.local_part = old.local_part
        returning r.local_part
      )
      select (select count(*) from old)::int as seen, (select count(*) from gone)::int as gone`;
    count += row?.gone ?? 0;
    if ((row?.seen ?? 0) < BATCH) break;
  }
  return count;
}
