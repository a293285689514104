/**
 * The work that verbs of the operator leave behind, by timers on every node: operations in batches, holds that end.
 */
import type { Database } from '../db/client.ts';
import { type ResultListeners, logResults } from './delivery.ts';
import type { Timers } from './timers.ts';
import { endHoldExtensions } from '../outage/hold.ts';
import { carryOutOperations } from '../queue/verbs/operation-steps.ts';
import { dropOldOperations } from '../queue/verbs/operations.ts';

const OPERATIONS_EVERY_MS = 500;
const HOLDS_EVERY_MS = 30_000;

export interface OperationWorkParts extends ResultListeners {
  readonly database: Database;
  readonly timers: Timers;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
}

export function startOperationWork(parts: OperationWorkParts): void {
  const { database, timers, poke } = parts;
  const { sql, queueSql } = database;
  timers.every(OPERATIONS_EVERY_MS, 'operations', () =>
    carryOutOperations({
      sql: queueSql,
      onResults: (domainName, results) => logResults(parts, domainName, results),
      onRetried: poke,
    }),
  );
  timers.every(HOLDS_EVERY_MS, 'holds', async () => {
    await endHoldExtensions(sql);
    await dropOldOperations(sql);
  });
}
