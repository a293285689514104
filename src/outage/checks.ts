/**
 * Which dead primaries are looked at between two attempts, and what a primary that answers again brings.
 *
 * Within the first day of an outage, once a minute at most, by one node: taking the check stores its instant. Only where
 * no greeting came at the last attempt, and TLS was not the trouble: else a greeting is no news. Never while paused, in
 * anybody's hands, about to be attempted, or after an early attempt in the same interval: so a primary that greets and fails
 * gets one more attempt per interval, not one a minute. Costs the same whatever is held. Does not dial.
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import { isPausedNow } from './pause.ts';

export interface CheckTarget {
  readonly id: string;
  /** The one who causes the look-ups of the check. */
  readonly tenantId: string;
  readonly name: string;
  readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
  /** By the database's clock. */
  readonly takenAt: Date;
}

/** Takes up to `limit` checks that are due, those that waited longest first. O(open outages). */
export async function takeChecks(sql: Sql, limit: number): Promise<CheckTarget[]> {
  return sql<CheckTarget[]>`
    with due as (
      select d.id from outages o join destinations d on d.id = o.destination_id
      where ${isWorthChecking(sql)} and greatest(d.checked_at, d.last_attempt_at) < bmx_now() - interval '1 minute'
      order by greatest(d.checked_at, d.last_attempt_at) limit ${limit}
      for update of d skip locked
    )
    update destinations d set checked_at = bmx_now() from due where d.id = due.id
    returning d.id, d.tenant_id as "tenantId", d.name, d.deliver_to as "deliverTo", d.checked_at as "takenAt"`;
}

/** A check was answered: the attempt is due now. False when it is so no more: tried, paused or over meanwhile. */
export async function advanceAttempt(sql: Sql, destinationId: string): Promise<boolean> {
  const rows = await sql`
    update destinations d set next_attempt_at = bmx_now()
    from outages o where d.id = ${destinationId} and o.destination_id = d.id and ${isWorthChecking(sql)}
    returning d.id`;
  return rows.length === 1;
}

/**
 * A host that greets again may serve others whose outage met it: their attempts are due now, some at a time, since each of
 * them that succeeds calls more. Returns their ids.
 */
export async function advanceNeighbours(sql: Sql, addresses: readonly string[], limit: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with neighbours as (
      select d.id from outages o join destinations d on d.id = o.destination_id
      where o.evidence -> -1 ->> 'address' = any(${[...addresses]}::text[]) and ${isWorthChecking(sql)}
      order by d.next_attempt_at limit ${limit}
      for update of d skip locked
    )
    update destinations d set checked_at = bmx_now(), next_attempt_at = bmx_now() from neighbours n where d.id = n.id
    returning d.id`;
  return rows.map(({ id }) => id);
}

/** Over `o` (outages) and `d` (destinations). */
function isWorthChecking(sql: Sql) {
  return sql`
    o.ended_at is null and d.first_failure_at > bmx_now() - interval '24 hours' and not ${isPausedNow(sql)} and d.owner_node is null
    and d.breaker <> 'OPEN'
    and (o.evidence -> -1 ->> 'address') is not null and (o.evidence -> -1 ->> 'isGreeted') = 'false'
    and (o.evidence -> -1 ->> 'trouble') <> 'TLS'
    and d.next_attempt_at > bmx_now() + interval '1 minute'
    and not coalesce(d.last_attempt_at > d.checked_at and d.checked_at > d.next_attempt_at
      - (select every from retry_schedule order by stage limit 1), false)
    and exists (
      select from messages m
      where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid))`;
}
