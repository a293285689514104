/**
 * Carries out operations, the verbs on many messages, in batches on every node.
 */
import type { Database } from '../db/client.ts';
import type { Timers } from './timers.ts';
import { carryOutOperations } from '../queue/verbs/operation-steps.ts';
import type { MailEvents } from '../telemetry/events.ts';

const OPERATIONS_EVERY_MS = 500;

export interface OperationWorkParts {
  readonly database: Database;
  readonly timers: Timers;
  readonly events: Pick<MailEvents, 'settled'>;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
}

export function startOperationWork(parts: OperationWorkParts): void {
  const { database, timers, events, poke } = parts;
  timers.every(OPERATIONS_EVERY_MS, 'operations', () =>
    carryOutOperations({
      sql: database.queueSql,
      onResults: events.settled,
      onRetried: poke,
    }),
  );
}
