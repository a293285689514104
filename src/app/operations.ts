/**
 * The work that verbs of the operator leave behind, by timers on every node: operations in batches, holds that end.
 */
import type { Database } from '../db/client.ts';
import type { Timers } from './timers.ts';
import { endHoldExtensions } from '../outage/hold.ts';
import { carryOutOperations } from '../queue/verbs/operation-steps.ts';
import { dropOldOperations } from '../queue/verbs/operations.ts';
import type { MailEvents } from '../telemetry/events.ts';

const OPERATIONS_EVERY_MS = 500;
const HOLDS_EVERY_MS = 30_000;

export interface OperationWorkParts {
  readonly database: Database;
  readonly timers: Timers;
  readonly events: Pick<MailEvents, 'settled'>;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
}

export function startOperationWork(parts: OperationWorkParts): void {
  const { database, timers, events, poke } = parts;
  const { sql, queueSql } = database;
  timers.every(OPERATIONS_EVERY_MS, 'operations', () =>
    carryOutOperations({
      sql: queueSql,
      onResults: events.settled,
      onRetried: poke,
    }),
  );
  timers.every(HOLDS_EVERY_MS, 'holds', async () => {
    await endHoldExtensions(sql);
    await dropOldOperations(sql);
  });
}
