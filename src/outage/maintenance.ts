/**
 * Maintenance of outages and breakers while no attempt is made: an outage that holds nothing any more ends, one that lasts is
 * reported, a trial whose time is over closes.
 *
 * Run every few seconds by every node that delivers; one node finds what another has left. O(open outages).
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { MailEvents } from '../telemetry/events.ts';
import { startTrial } from './breaker.ts';
import { closeTrials } from './breaker-state.ts';
import { closeOutages, type ClosedOutage, recordThresholds, stopClock } from './lifecycle.ts';

/** One round; tells the events of what it changed. */
export async function maintainOutages(sql: Sql, events: MailEvents): Promise<void> {
  for (const closed of await endEmptyOutages(sql)) events.outageClosed(closed.domain, closed);
  for (const lasting of await recordThresholds(sql)) events.outageThreshold(lasting);
  for (const domain of await closeTrials(sql)) events.breakerMoved(domain, { to: 'CLOSED' });
}

/**
 * A clock that no mail waits for means nothing: if all was cancelled, returned or has expired, it stops, and the outage ends.
 * The next message is attempted at once. An open breaker stays until a recipient is accepted.
 */
export async function endEmptyOutages(sql: Sql): Promise<ClosedOutage[]> {
  return closeOutages(sql, {
    which: sql`
      select d.id, d.tenant_id, d.name, d.outage_id, 0::bigint as held_count,
        d.kind = 'RELAY' and d.outage_id is not null as is_outage,
        d.kind = 'RELAY' and d.outage_id is not null and d.breaker = 'CLOSED' as begins_trial
      from destinations d
      where (d.first_failure_at is not null or d.outage_id is not null) and d.owner_node is null and d.breaker <> 'OPEN'
        and not exists (
          select from messages m
          where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid))
      for update of d skip locked`,
    changes: sql`
      ${stopClock(sql)}, ${startTrial(sql, sql`is_outage`)},
      -- While the clock is stopped it is when a session succeeded last.
      last_attempt_at = case when d.first_failure_at is null then d.last_attempt_at end`,
    reason: 'nothing is held',
  });
}
