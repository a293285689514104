/**
 * Whether a destination is paused at this moment, as a part of a statement: a window opens and closes by itself, so nothing
 * needs a timer to end it, and every reader agrees.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Condition } from './conditions.ts';

/** True or false, never null, on a row of `destinations` called `d`. */
export function isPausedNow(sql: SqlExecutor): Condition {
  return sql`(d.is_paused and coalesce(d.pause_from <= bmx_now(), true) and coalesce(d.pause_until > bmx_now(), true))`;
}
