/**
 * How an attempt at once is asked for, by whichever verb: what is held is tried whatever clock and breaker say.
 *
 * Each request has a number. A claim stores it with the message, so that "not tried since" needs no instants, which a clock
 * that was ahead has falsified. Whether the attempt has begun is stored beside it (outage/last-attempt.ts shows it).
 */
import type { SqlExecutor } from '../db/client.ts';
import { always, type SqlFragment } from '../db/fragments.ts';

/**
 * Assignments of an update of `destinations d`: an attempt is asked for where `when` holds, and dialled where `mayDial` does too:
 * a verb that is not about delivery does not break a pause. Repeats merge.
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
