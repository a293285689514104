/**
 * What a destination holds, as far as outages must know it: by ids, which no clock of the database moves.
 */
import type { SqlExecutor } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { SqlFragment } from '../db/fragments.ts';

/** An expression: the greatest id of what is held; null when nothing is. Its end of an index range: O(1). */
export function greatestHeldId(sql: SqlExecutor, destinationId: SqlFragment): SqlFragment {
  return sql`(
    select m.id from messages m
    where (m.destination_id, m.id) >= (${destinationId}, ${FIRST_ID}::uuid)
      and (m.destination_id, m.id) <= (${destinationId}, ${LAST_ID}::uuid)
    order by m.destination_id desc, m.id desc limit 1)`;
}

/**
 * Of messages `m` held when outage `o` ended: not tried since. Who was deferred for his own sake has a next attempt behind his
 * last one; both were written in one statement, so that they compare whatever the clock did.
 */
export function isUntriedSince(sql: SqlExecutor): SqlFragment {
  return sql`(m.claimed_by is not null or m.next_attempt_at <= coalesce(m.claimed_at, m.accepted_at))`;
}
