/**
 * Closes breakers otherwise than by what a primary says: a person's word, and the time that ends a trial.
 *
 * What is suspected stays so. With an open breaker the outage that stands for it ends, and its clock stops; an outage of
 * another class goes on. An event for each.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { askedNow } from '../domains/asked-attempt.ts';
import { isPausedNow } from '../domains/pause.ts';
import { isTrialOver } from './breaker.ts';
import type { OutageClass } from './class.ts';
import type { ClosedOutage } from './clock.ts';
import { greatestHeldId } from './held.ts';

export interface BreakerReleased {
  /** The outage that stood for the breaker, if it was open. */
  readonly closedOutage: ClosedOutage | null;
}

/** Closes a breaker that is open or in trial; null when it is neither, or not the viewer's. */
export async function releaseBreaker(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationId: string,
): Promise<BreakerReleased | null> {
  const [row] = await sql<
    { id: string | null; class: OutageClass; started_at: Date; ended_at: Date; held_count: number }[]
  >`
    with before as (
      select d.id, d.tenant_id, d.breaker, d.held_count + coalesce((
        select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0)::bigint as held_count, o.id as ended_id
      from destinations d left join outages o on o.id = d.outage_id and o.class = 'MISCONFIGURED' and d.breaker = 'OPEN'
      where d.id = ${destinationId} and d.breaker <> 'CLOSED' and (${viewer.isOperator} or d.tenant_id = ${viewer.tenantId})
      for update of d
    ), ended as (
      update outages o
      set ended_at = bmx_now(), held_at_end = before.held_count,
          drained_at = case when before.held_count <= 0 then bmx_now() end,
          held_through = ${greatestHeldId(sql, sql`before.id`)}
      from before where o.id = before.ended_id
      returning o.id, o.class, o.started_at, o.ended_at
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, id, 'BREAKER_CLOSED', jsonb_build_object('reason', 'released', 'from', breaker)
      from before
      union all
      select new_id(), tenant_id, before.id, kind,
        jsonb_build_object('outageId', ended_id, 'heldCount', held_count, 'reason', 'the breaker was released')
      from before, unnest(array['OUTAGE_CLOSED', 'OUTAGE_DRAINING']) as kind
      where ended_id is not null and (kind = 'OUTAGE_CLOSED' or held_count > 0)
    ), freed as (
      -- An outage of another class goes on, on its grid: the hour of an open breaker does not stand.
      update destinations d
      set breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0,
          first_failure_at = case when before.ended_id is null then d.first_failure_at end,
          next_attempt_at = case when before.ended_id is not null then null
            when before.breaker = 'OPEN' then next_attempt(d.first_failure_at, bmx_now()) else d.next_attempt_at end,
          outage_id = case when before.ended_id is null then d.outage_id end,
          probe_cursor = case when before.ended_id is null then d.probe_cursor end,
          -- All that is held goes at once, the suspected too, which would wait for a slot of their own. A pause is another's word.
          ${askedNow(sql, sql`true`, sql`not ${isPausedNow(sql)}`)}
      from before where d.id = before.id
    )
    select ended.*, before.held_count from before left join ended on true`;
  if (row === undefined) return null;
  const { id, class: outageClass, started_at: startedAt, ended_at: endedAt, held_count: heldCount } = row;
  return {
    closedOutage: id === null ? null : { outageId: id, outageClass, startedAt, endedAt, heldCount, beganTrial: false },
  };
}

/** Closes the trials whose time is over; those with traffic close with it. Returns the names of their destinations. */
export async function closeTrials(sql: SqlExecutor): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    with over as (
      select d.id, d.tenant_id, d.name from destinations d where ${isTrialOver(sql)} for update skip locked
    ), told as (
      insert into events (id, tenant_id, destination_id, kind)
      select new_id(), tenant_id, id, 'BREAKER_CLOSED' from over
    )
    update destinations d
    set breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0
    from over where d.id = over.id
    returning d.name`;
  return rows.map(({ name }) => name);
}
