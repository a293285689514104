/**
 * Exact counts of what a destination holds, without a hot row.
 *
 * Accept and outcome append to queue_delta; folding moves the sums into destinations, into the flow of mail (stats/flow.ts) and
 * into the outage that goes on, once a second. With the sums each destination keeps when its oldest message was accepted. The count is the sum of both in one snapshot (queue/read/inspect.ts), so it is exact at any instant.
 */
import { monotonicMs } from '../clock.ts';
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import { countEndedInOutages } from '../outage/lifecycle.ts';
import { addToFlow } from '../stats/flow.ts';
import { type GaugeRegistry, staleWhileReading } from '../telemetry/gauges.ts';

/** Rows of one statement: a backlog of rows must not run into the statement's time limit. */
const BATCH = 20_000;

/** Folds the deltas into their destinations and the flow, a batch at a time. Does nothing while another node folds. O(deltas). */
export async function foldDeltas(sql: Sql, batch: number = BATCH): Promise<void> {
  for (;;) {
    const [row] = await sql<{ taken: number }[]>`
      with mine as materialized (select pg_try_advisory_xact_lock(${ADVISORY_LOCKS.FOLD}) as is_mine),
      taken as (
        delete from queue_delta
        where ctid = any(array(select ctid from queue_delta where (select is_mine from mine) limit ${batch}))
        returning *
      ), sums as (
        select destination_id, tenant_id, coalesce(sum(held_count) filter (where held_count > 0), 0) as accepted_count,
          coalesce(sum(held_bytes) filter (where held_count > 0), 0) as accepted_bytes,
          coalesce(-sum(held_count) filter (where held_count < 0), 0) as ended_count,
          coalesce(-sum(held_bytes) filter (where held_count < 0), 0) as ended_bytes,
          sum(delivered_count) as delivered_count, sum(failed_count) as failed_count, sum(expired_count) as expired_count,
          sum(cancelled_count) as cancelled_count, sum(attempt_count) as attempt_count, sum(deferral_count) as deferral_count
        from taken group by destination_id, tenant_id
      ), folded as (
        update destinations d
        set held_count = d.held_count + s.held_count, held_bytes = d.held_bytes + s.held_bytes,
            -- Accepting more does not change what is the oldest.
            oldest_accepted_at = case when s.ended_count = 0 and d.oldest_accepted_at is not null then d.oldest_accepted_at else (
              select m.accepted_at from messages m
              where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid)
              order by m.destination_id, m.id limit 1) end
        from (
          select destination_id, sum(accepted_count - ended_count) as held_count, sum(accepted_bytes - ended_bytes) as held_bytes,
            sum(ended_count) as ended_count, sum(failed_count) as failed_count, sum(expired_count) as expired_count
          from sums group by destination_id
        ) s where d.id = s.destination_id
        returning d.id, s.failed_count, s.expired_count
      ), counted as (${countEndedInOutages(sql, sql`folded`)}
      ), flowed as (${addToFlow(sql, sql`sums`)})
      select count(*) as taken from taken`;
    if ((row?.taken ?? 0) < batch) return;
  }
}

export function registerQueueGauges({ gauges }: GaugeRegistry, sql: Sql): void {
  const helps = {
    held_messages: 'Messages with at least one held recipient, of the whole service',
    held_bytes: 'Bytes of the held messages, of the whole service',
    oldest_held_age_seconds: 'Age of the oldest held message; 0 when nothing is held',
  };
  gauges(
    'held',
    helps,
    staleWhileReading(() => readHeld(sql), monotonicMs),
  );
}

/** The totals of the queue; O(destinations that hold mail). */
export async function readHeld(sql: Sql) {
  const [row] = await sql<{ messages: number; bytes: number; oldest: number | null }[]>`
    with recursive heads as (
      (select destination_id, accepted_at from messages order by destination_id, id limit 1)
      union all
      select m.destination_id, m.accepted_at
      from heads h cross join lateral (
        select destination_id, accepted_at from messages
        where destination_id > h.destination_id order by destination_id, id limit 1
      ) m
    ), exact as (
      -- Of a destination without messages both sums cancel each other out: in one snapshot it holds nothing.
      select h.accepted_at, d.held_count + coalesce(q.held_count, 0) as held_count, d.held_bytes + coalesce(q.held_bytes, 0) as held_bytes
      from heads h
      join destinations d on d.id = h.destination_id
      left join lateral (
        select sum(held_count) as held_count, sum(held_bytes) as held_bytes from queue_delta where destination_id = d.id
      ) q on true
    )
    select coalesce(sum(held_count), 0)::bigint as messages, coalesce(sum(held_bytes), 0)::bigint as bytes,
           extract(epoch from bmx_now() - min(accepted_at))::float8 as oldest
    from exact`;
  const { messages = 0, bytes = 0, oldest = null } = row ?? {};
  return { held_messages: messages, held_bytes: bytes, oldest_held_age_seconds: oldest ?? 0 };
}
