/**
 * The sweep's question: which destinations have something to do now?
 *
 * A loose index scan over (destination, next_attempt_at): O(destinations that hold mail), whatever each of them holds.
 */
import type { Sql } from '../db/client.ts';
import { isPausedNow } from '../outage/pause.ts';

export interface DueDestination {
  readonly id: string;
  readonly tenantId: string;
  /** The flush that waits for its attempt; null if none does. */
  readonly flushNumber: number | null;
  readonly routeGeneration: number;
}

/** Destinations that may be tried: mail due and the clock not forbidding it, or a flush asked for. */
export async function findDueDestinations(sql: Sql): Promise<DueDestination[]> {
  const rows = await sql<DueDestination[]>`
    with recursive heads as (
      (select destination_id, next_attempt_at from messages order by destination_id, next_attempt_at limit 1)
      union all
      select m.destination_id, m.next_attempt_at
      from heads h cross join lateral (
        select destination_id, next_attempt_at from messages
        where destination_id > h.destination_id order by destination_id, next_attempt_at limit 1
      ) m
    )
    select d.id, d.tenant_id as "tenantId", d.route_generation as "routeGeneration",
      case when d.flush_requested_at is not null then d.flush_number end as "flushNumber"
    from heads h join destinations d on d.id = h.destination_id
    where (h.next_attempt_at <= bmx_now() and not ${isPausedNow(sql)} and coalesce(d.next_attempt_at <= bmx_now(), true))
      or d.flush_requested_at is not null`;
  return [...rows];
}
