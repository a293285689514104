/**
 * The database's housekeeping: chores that one node does for the cluster (pg-boss keeps their times), operations, and a check
 * for transactions that keep vacuum from its work.
 *
 * Chores clean up and prepare; neither mail nor a person waits for one. What must happen within seconds, or lives in one node's
 * memory, is a timer of its module (decisions/0036).
 */
import { watchSnapshots } from '../db/oldest-snapshot.ts';
import { dropOldCounts } from '../db/bounded-counts.ts';
import type { Sql } from '../db/client.ts';
import type { Chore, Jobs } from '../cluster/jobs.ts';
import { dropOldAuditEntries } from '../events/audit.ts';
import { dropOldEvents } from '../events/record.ts';
import { dropOldRejections } from '../events/rejections.ts';
import { dropOldDnsblCounts } from '../domains/dnsbl-counts.ts';
import { dropExpiredStsPolicies } from '../domains/mta-sts-policies.ts';
import { dropOldNotices } from '../notify/alert-news.ts';
import { dropOldDeliveries } from '../notify/deliveries.ts';
import { endHoldExtensions } from '../outage/hold.ts';
import { dropOldOutages } from '../outage/lifecycle.ts';
import { dropOldDrills } from '../queue/drills/drills.ts';
import { makeDigests } from '../queue/mail-counts.ts';
import { dropOldContents, dropOldRecords, makePartitions } from '../queue/retention.ts';
import { carryOutOperations } from '../queue/verbs/operation-steps.ts';
import { dropOldOperations } from '../queue/verbs/operations.ts';
import { moveStrays } from '../queue/verbs/transfer.ts';
import { dropOldKeys } from '../input/idempotency.ts';
import { dropOldSteps } from '../stats/slots.ts';
import type { NodeCore } from './core.ts';
import { pruneAnswers } from '../verification/verification.ts';

const OPERATIONS_EVERY_MS = 500;
const SNAPSHOT_EVERY_MS = 60_000;
const ROWS_AT_ONCE = 5000;

const EVERY_MINUTE = { cron: '* * * * *', pollSeconds: 30, patienceSeconds: 120 };
const EVERY_TEN_MINUTES = { cron: '*/10 * * * *', pollSeconds: 120, patienceSeconds: 900 };
const EVERY_HOUR = { cron: '7 * * * *', pollSeconds: 120, patienceSeconds: 900 };

/** Schedules the chores of the cluster, and starts this node's own housekeeping. */
export async function startMaintenance({ config, sql, timers, log }: NodeCore, jobs: Jobs): Promise<void> {
  const canNotify = config.roles.has('control') && !config.deliveryHold;
  await jobs.schedule([...chores(sql), ...(canNotify ? noticeChores(sql) : [])]);
  timers.every(SNAPSHOT_EVERY_MS, 'snapshots', watchSnapshots(sql, log));
}

/** Carries out operations, the verbs on many messages, in batches. */
export function startOperationWork({ queueSql: sql, timers, events, poke }: NodeCore): void {
  timers.every(OPERATIONS_EVERY_MS, 'operations', () =>
    carryOutOperations({ sql, onResults: events.settled, onRetried: poke }),
  );
}

function chores(sql: Sql): Chore[] {
  return [
    { ...EVERY_MINUTE, name: 'holds', work: () => endHoldExtensions(sql) },
    { ...EVERY_MINUTE, name: 'transfers', work: () => moveStrays(sql) },
    { ...EVERY_MINUTE, name: 'bounded-counts', work: () => dropOldCounts(sql) },
    {
      ...EVERY_HOUR,
      name: 'partitions',
      work: () => each([makePartitions, dropOldContents, dropOldRecords, dropOldEvents, dropOldRejections], sql),
    },
    {
      ...EVERY_HOUR,
      name: 'retention',
      work: () =>
        each(
          [
            dropOldOutages,
            dropOldDrills,
            dropOldOperations,
            dropOldKeys,
            dropOldAuditEntries,
            pruneAnswers,
            dropOldDnsblCounts,
            dropExpiredStsPolicies,
            dropOldSteps,
          ],
          sql,
        ),
    },
  ];
}

/** A node that does not deliver sends no notices. */
function noticeChores(sql: Sql): Chore[] {
  return [
    {
      ...EVERY_MINUTE,
      name: 'digests',
      work: async () => {
        while ((await makeDigests(sql)) > 0);
      },
    },
    { ...EVERY_TEN_MINUTES, name: 'notices', work: () => each([dropOldDeliveries, dropOldNotices], sql) },
  ];
}

/** One step after the other; after a step that fails the later ones still run. */
async function each(steps: readonly ((sql: Sql, rowsAtOnce: number) => Promise<unknown>)[], sql: Sql): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    await step(sql, ROWS_AT_ONCE).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  if (errors.length > 0) throw errors[0];
}
