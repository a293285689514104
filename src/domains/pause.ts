/**
 * Whether a destination is paused at this moment, as a part of a statement: a window opens and closes by itself, so nothing
 * needs a timer to end it, and every reader agrees.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';

/** True or false, never null, on a row of `destinations` called `d`. */
export function isPausedNow(sql: SqlExecutor): SqlFragment {
  return sql`(d.is_paused and coalesce(d.pause_from <= bmx_now(), true) and coalesce(d.pause_until > bmx_now(), true))`;
}

/** When an attempt due at `at` is made, a pause that is in force being waited for; null when that has no end. Likewise on `d`. */
export function behindPause(sql: SqlExecutor, at: SqlFragment): SqlFragment {
  return sql`case when not ${isPausedNow(sql)} then ${at} when d.pause_until is not null then greatest(${at}, d.pause_until) end`;
}
