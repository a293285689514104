/**
 * The database's housekeeping, by timers on every node: days made ahead and dropped behind, and a look at who keeps vacuum
 * from its work.
 */
import { findOldestSnapshot } from '../db/oldest-snapshot.ts';
import type { Sql } from '../db/client.ts';
import { dropOldAuditEntries } from '../events/audit.ts';
import { dropOldEvents, dropOldRejections } from '../events/retention.ts';
import type { Timers } from './timers.ts';
import { dropOldOutages } from '../outage/retention.ts';
import { dropOldDrills } from '../queue/drills/drills.ts';
import { dropOldContents, dropOldRecords, makePartitions } from '../queue/retention.ts';
import { dropOldKeys } from '../input/idempotency.ts';
import type { Log } from '../telemetry/log.ts';

const PARTITIONS_EVERY_MS = 3_600_000;
const SNAPSHOT_EVERY_MS = 60_000;
/** A dump of a large queue is over by then as a rule. */
const OLD_SNAPSHOT_MS = 3_600_000;
const ROWS_AT_ONCE = 5000;

export interface MaintenanceParts {
  readonly sql: Sql;
  readonly timers: Timers;
  readonly log: Pick<Log, 'warning'>;
}

/** Resolves when today's partitions are there. */
export async function startMaintenance({ sql, timers, log }: MaintenanceParts): Promise<void> {
  await makePartitions(sql);
  timers.every(PARTITIONS_EVERY_MS, 'partitions', async () => {
    await makePartitions(sql);
    await dropOldContents(sql);
    await dropOldRecords(sql);
    await dropOldEvents(sql);
    await dropOldRejections(sql);
  });
  timers.every(PARTITIONS_EVERY_MS, 'retention', async () => {
    await dropOldOutages(sql);
    await dropOldDrills(sql);
    await dropOldKeys(sql, ROWS_AT_ONCE);
    await dropOldAuditEntries(sql, ROWS_AT_ONCE);
  });
  const watch = watchSnapshots(sql, log);
  timers.every(SNAPSHOT_EVERY_MS, 'snapshots', watch);
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
      message: `a transaction has been open for ${minutes} minutes (${oldest.holder}): meanwhile no space of ended mail is freed, and tables grow`,
    });
  };
}
