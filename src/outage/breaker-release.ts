/**
 * Closes breakers otherwise than by what a primary says: a person's word, and the time that ends a trial.
 *
 * What is suspected stays so. With an open breaker the outage that stands for it ends, and its clock stops; an outage of
 * another class goes on. An event for each.
 */
import type { SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { isTrialOver } from './breaker.ts';

/** Closes a breaker that is open or in trial. True when it was one of the viewer's. */
export async function releaseBreaker(sql: SqlExecutor, viewer: Viewer, destinationId: string): Promise<boolean> {
  const rows = await sql`
    with before as (
      select d.id, d.tenant_id, d.breaker, o.id as ended_id
      from destinations d left join outages o on o.id = d.outage_id and o.class = 'MISCONFIGURED' and d.breaker = 'OPEN'
      where d.id = ${destinationId} and d.breaker <> 'CLOSED' and (${viewer.isOperator} or d.tenant_id = ${viewer.tenantId})
      for update of d
    ), ended as (
      update outages o
      set ended_at = bmx_now(), held_at_end = d.held_count + coalesce((
        select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0)
      from before join destinations d on d.id = before.id where o.id = before.ended_id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select ${newId()}::uuid, tenant_id, id, 'BREAKER_CLOSED', jsonb_build_object('reason', 'released', 'from', breaker)
      from before
      union all
      select ${newId()}::uuid, tenant_id, id, 'OUTAGE_CLOSED',
        jsonb_build_object('outageId', ended_id, 'reason', 'the breaker was released')
      from before where ended_id is not null
    )
    update destinations d
    set breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0,
        first_failure_at = case when before.ended_id is null then d.first_failure_at end,
        next_attempt_at = case when before.ended_id is null then d.next_attempt_at end,
        outage_id = case when before.ended_id is null then d.outage_id end,
        probe_cursor = case when before.ended_id is null then d.probe_cursor end
    from before where d.id = before.id
    returning d.id`;
  return rows.length === 1;
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
