/**
 * A destination's pause: an operator's word that nothing is dialled, now or in a maintenance window to come. And its counterpart, the
 * attempt at once.
 *
 * Promises: mail is accepted meanwhile, and its lifetime counts on from acceptance, but only a failed attempt ends a message:
 * so after the pause an attempt comes first. Past its end a pause is over by itself (isPausedNow). Says nothing of
 * outages: one that is open stays open, and its slots pass unused.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import type { Viewer } from '../mail/viewer.ts';
import { actor, always, type SqlFragment, tenantScope } from '../db/fragments.ts';

export interface PauseWindow {
  /** Null, or in the past: at once. */
  readonly from: Date | null;
  /** Null: until it is resumed. */
  readonly until: Date | null;
  readonly reason: string;
}

export interface PauseView {
  readonly from: Date;
  readonly until: Date | null;
  /** Null when it was given to an earlier version, whose record of it is gone. */
  readonly reason: string | null;
  /** False: it is still to come. */
  readonly isInForce: boolean;
}

/** Pauses the viewer's destination, in place of the pause it has. False, and nothing changed: the window would have passed. */
export async function pauseDestination(
  sql: Sql,
  viewer: Viewer,
  destinationId: string,
  { from, until, reason }: PauseWindow,
): Promise<boolean> {
  const event = sql`
    select tenant_id, id, null::uuid, 'DOMAIN_PAUSED', jsonb_build_object('from', pause_from, 'until', pause_until,
      'reason', ${reason}::text) || ${actor(sql, viewer)}
    from paused`;
  const rows = await sql`
    with paused as (
      update destinations
      set is_paused = true, pause_from = greatest(${from}::timestamptz, bmx_now()), pause_until = ${until}::timestamptz,
          pause_reason = ${reason},
          -- An attempt that was asked for before and waited for mail would be one in the pause.
          flush_requested_at = case when coalesce(${from}::timestamptz > bmx_now(), false) then flush_requested_at end
      where id = ${destinationId} and ${tenantScope(sql, viewer)}
        and coalesce(${until}::timestamptz > greatest(${from}::timestamptz, bmx_now()), true)
      returning id, tenant_id, pause_from, pause_until
    )
    ${insertEvents(sql, event)} returning id`;
  return rows.length === 1;
}

/** Ends the viewer's pause, also one to come. What is held gets an attempt at once, whatever the clocks say. False: there was none. */
export async function resumeDestination(
  sql: Sql,
  viewer: Viewer,
  destinationId: string,
  reason: string,
): Promise<boolean> {
  const event = sql`
    select tenant_id, id, null::uuid, 'DOMAIN_RESUMED', jsonb_build_object('reason', ${reason}::text) || ${actor(sql, viewer)}
    from resumed`;
  const rows = await sql`
    with resumed as (
      update destinations d
      set ${endPause(sql)}, ${askedNow(sql)}
      where id = ${destinationId} and is_paused and ${tenantScope(sql, viewer)}
      returning id, tenant_id
    )
    ${insertEvents(sql, event)} returning id`;
  return rows.length > 0;
}

/** Assignments of an update of `destinations`: no pause, neither now nor to come. */
export function endPause(sql: SqlExecutor): SqlFragment {
  return sql`is_paused = false, pause_from = null, pause_until = null, pause_reason = null`;
}

/** Pauses in force or to come, by destination id; those the viewer may not see are missing. */
export async function findPauses(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, PauseView>> {
  const rows = await sql<(PauseView & { id: string })[]>`
    select d.id, d.pause_from as "from", d.pause_until as "until", d.pause_reason as reason, ${isPausedNow(sql)} as "isInForce"
    from destinations d
    where d.id = any(${[...destinationIds]}::uuid[]) and d.is_paused and coalesce(d.pause_until > bmx_now(), true)
      and ${tenantScope(sql, viewer)}`;
  return new Map(
    rows.map(({ id, from, until, reason, isInForce }) => [id, { from: from ?? new Date(0), until, reason, isInForce }]),
  );
}

/** True or false, never null, on a row of `destinations` called `d`. */
export function isPausedNow(sql: SqlExecutor): SqlFragment {
  return sql`(d.is_paused and coalesce(d.pause_from <= bmx_now(), true) and coalesce(d.pause_until > bmx_now(), true))`;
}

/** When an attempt due at `at` is made, a pause that is in force being waited for; null when that has no end. Likewise on `d`. */
export function afterPause(sql: SqlExecutor, at: SqlFragment): SqlFragment {
  return sql`case when not ${isPausedNow(sql)} then ${at} when d.pause_until is not null then greatest(${at}, d.pause_until) end`;
}

/**
 * Assignments of an update of `destinations d`: an attempt is asked for where `when` holds, and dialled where `mayDial` does too:
 * a verb that is not about delivery does not break a pause. What is held is tried whatever clock and breaker say. Repeats merge.
 *
 * Each request has a number. A claim stores it with the message, so that "not tried since" needs no instants, which a clock
 * that was ahead has falsified. Whether the attempt has begun is stored beside it (last-attempt.ts shows it).
 */
export function askedNow(
  sql: SqlExecutor,
  when: SqlFragment = always(sql),
  mayDial: SqlFragment = always(sql),
): SqlFragment {
  return sql`
    flush_requested_at = case when ${when} and ${mayDial} then bmx_now() else d.flush_requested_at end,
    flush_number = d.flush_number + (${when})::integer,
    asked_at = case when ${when} then bmx_now() else d.asked_at end,
    asked_began_at = case when ${when} then null else d.asked_began_at end`;
}
