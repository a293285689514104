/**
 * The database's housekeeping: chores that one node does for the cluster (pg-boss keeps their times), and a look at who keeps
 * vacuum from its work.
 *
 * Chores clean up and make ready; none is waited for by mail or by a person. What must happen within seconds, or lives in one
 * node's memory, is a timer of its room (decisions/0036).
 */
import { findOldestSnapshot } from '../db/oldest-snapshot.ts';
import { dropOldCounts } from '../db/bounded-counts.ts';
import type { Sql } from '../db/client.ts';
import type { Chore, Jobs } from '../cluster/jobs.ts';
import type { Config } from '../config/config.ts';
import { dropOldAuditEntries } from '../events/audit.ts';
import { dropOldEvents } from '../events/record.ts';
import { dropOldRejections } from '../events/rejections.ts';
import type { Timers } from './timers.ts';
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
import type { MailEvents } from '../telemetry/events.ts';
import { dropOldKeys } from '../input/idempotency.ts';
import type { Log } from '../telemetry/log.ts';
import { pruneAnswers } from '../verification/verification.ts';

const OPERATIONS_EVERY_MS = 500;
const SNAPSHOT_EVERY_MS = 60_000;
/** A dump of a large queue is over by then as a rule. */
const OLD_SNAPSHOT_MS = 3_600_000;
const ROWS_AT_ONCE = 5000;

const EVERY_MINUTE = { cron: '* * * * *', pollSeconds: 30, patienceSeconds: 120 };
const EVERY_TEN_MINUTES = { cron: '*/10 * * * *', pollSeconds: 120, patienceSeconds: 900 };
const EVERY_HOUR = { cron: '7 * * * *', pollSeconds: 120, patienceSeconds: 900 };

export interface MaintenanceParts {
  readonly config: Pick<Config, 'roles' | 'deliveryHold'>;
  readonly sql: Sql;
  readonly jobs: Pick<Jobs, 'schedule'>;
  readonly timers: Timers;
  readonly log: Pick<Log, 'warning'>;
}

export async function startMaintenance({ config, sql, jobs, timers, log }: MaintenanceParts): Promise<void> {
  const canNotify = config.roles.has('control') && !config.deliveryHold;
  await jobs.schedule([...chores(sql), ...(canNotify ? noticeChores(sql) : [])]);
  timers.every(SNAPSHOT_EVERY_MS, 'snapshots', watchSnapshots(sql, log));
}

/** Carries out operations, the verbs on many messages, in batches. */
export function startOperationWork(parts: {
  readonly queueSql: Sql;
  readonly timers: Timers;
  readonly events: Pick<MailEvents, 'settled'>;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
}): void {
  const { queueSql: sql, timers, events, poke } = parts;
  timers.every(OPERATIONS_EVERY_MS, 'operations', () =>
    carryOutOperations({ sql, onResults: events.settled, onRetried: poke }),
  );
}

function chores(sql: Sql): Chore[] {
  return [
    { ...EVERY_MINUTE, name: 'holds', work: () => endHoldExtensions(sql) },
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
          ],
          sql,
        ),
    },
  ];
}

/** Where nothing is delivered, nothing is told. */
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

/** One step after the other; a step that fails does not keep the later ones from their turn. */
async function each(steps: readonly ((sql: Sql, rowsAtOnce: number) => Promise<unknown>)[], sql: Sql): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    await step(sql, ROWS_AT_ONCE).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  if (errors.length > 0) throw errors[0];
}

/** One look; warns once of each transaction that has been open for more than an hour, or another time. */
export function watchSnapshots(
  sql: Sql,
  log: Pick<Log, 'warning'>,
  oldMs: number = OLD_SNAPSHOT_MS,
): () => Promise<void> {
  let warnedOf: string | null = null;
  return async () => {
    const oldest = await findOldestSnapshot(sql);
    if (oldest === null || oldest.ageMs < oldMs || oldest.id === warnedOf) return;
    warnedOf = oldest.id;
    const minutes = Math.floor(oldest.ageMs / 60_000);
    log.warning({
      where: 'database',
      message: `transaction open for ${minutes} minutes (${oldest.holder}): vacuum cannot free space, and tables grow`,
    });
  };
}
