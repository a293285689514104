/**
 * What becomes of outages while nobody attempts: one that holds nothing any more ends, one that lasts is told of.
 *
 * Run every few seconds by every node that delivers; a statement of one node finds what another's has left. O(open outages).
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { OutageClass } from './class.ts';
import type { ClosedOutage } from './clock.ts';

/** Ages at which an outage is told of again, in hours. */
const THRESHOLD_HOURS = [1, 24, 120, 216];

export interface EmptyOutage extends Omit<ClosedOutage, 'outageId'> {
  readonly domain: string;
}

/**
 * A clock that no mail waits for tells nothing: whether all was cancelled, returned or has expired, it stops, and the outage
 * ends. The next message is attempted at once. An open breaker stands until somebody is taken.
 */
export async function endEmptyOutages(sql: Sql): Promise<EmptyOutage[]> {
  const rows = await sql<
    { domain: string; class: OutageClass; started_at: Date; ended_at: Date; began_trial: boolean }[]
  >`
    with empty as materialized (
      select d.id, d.tenant_id, d.name, d.outage_id, d.kind = 'RELAY' and d.outage_id is not null as is_outage,
        d.breaker = 'CLOSED' as is_closed
      from destinations d
      where (d.first_failure_at is not null or d.outage_id is not null) and d.owner_node is null and d.breaker <> 'OPEN'
        and not exists (
          select from messages m
          where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid))
      for update of d skip locked
    ), stopped as (
      update destinations d
      set first_failure_at = null, next_attempt_at = null, outage_id = null, probe_cursor = null,
          -- Beside a clock at rest it is when a session succeeded last.
          last_attempt_at = case when d.first_failure_at is null then d.last_attempt_at end,
          breaker = case when is_outage then 'TRIAL' else d.breaker end,
          breaker_since = case when is_outage then bmx_now() else d.breaker_since end,
          trial_count = case when is_outage then 0 else d.trial_count end
      from empty where d.id = empty.id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, id, 'OUTAGE_CLOSED',
        jsonb_build_object('outageId', outage_id, 'heldCount', 0, 'reason', 'nothing is held')
      from empty where outage_id is not null
      union all
      select new_id(), tenant_id, id, 'BREAKER_TRIAL', '{}' from empty where is_outage and is_closed
    )
    update outages o set ended_at = bmx_now(), held_at_end = 0, drained_at = bmx_now()
    from empty where o.id = empty.outage_id
    returning empty.name as domain, o.class, o.started_at, o.ended_at,
      is_outage and is_closed as began_trial`;
  return rows.map((row) => ({
    domain: row.domain,
    outageClass: row.class,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    heldCount: 0,
    beganTrial: row.began_trial,
  }));
}

export interface LastingOutage {
  readonly domain: string;
  readonly outageClass: OutageClass;
  /** The threshold it has passed. */
  readonly hours: number;
  readonly heldCount: number;
}

/** Tells once of each threshold that an open outage's age has passed; of several at once only the greatest. */
export async function tellThresholds(sql: Sql): Promise<LastingOutage[]> {
  const rows = await sql<{ domain: string; class: OutageClass; hours: number; held_count: number }[]>`
    with lasting as materialized (
      select o.id, o.tenant_id, o.destination_id, o.class, d.name, reached.hours, (d.held_count + coalesce((
        select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0))::bigint as held_count
      from outages o join destinations d on d.id = o.destination_id cross join lateral (
        select max(hours) as hours from unnest(${THRESHOLD_HOURS}::integer[]) as hours
        where o.started_at + make_interval(hours => hours) <= bmx_now()
      ) as reached
      where o.ended_at is null and reached.hours > coalesce(o.threshold_hours, 0)
      for update of o skip locked
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, destination_id, 'OUTAGE_THRESHOLD',
        jsonb_build_object('outageId', id, 'class', class, 'hours', hours, 'heldCount', held_count)
      from lasting
    )
    update outages o set threshold_hours = lasting.hours from lasting where o.id = lasting.id
    returning lasting.name as domain, o.class, lasting.hours, lasting.held_count`;
  return rows.map((row) => ({
    domain: row.domain,
    outageClass: row.class,
    hours: row.hours,
    heldCount: row.held_count,
  }));
}
