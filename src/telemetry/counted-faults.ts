/**
 * A log whose faults are counted: each by its place. What failed because the database is away is no fault, at whatever door it
 * comes out: it is counted apart and told at the level of traces, since the readiness watch tells it once. Pure but for the counts.
 */
import type { Log } from './log.ts';

export interface FaultCounts {
  readonly faulted: (where: string) => void;
  readonly databaseAway: (where: string) => void;
}

/** @param isAway whether work failed because of the database's state, not because of a bug */
export function countFaults(log: Log, counts: FaultCounts, isAway: (error: unknown) => boolean): Log {
  return {
    ...log,
    fault: (fields) => {
      const { where, error } = fields;
      if (isAway(error)) {
        counts.databaseAway(placeOf(where));
        log.trace({
          where,
          message: `the database is away: ${error instanceof Error ? error.message : String(error)}`,
        });
        return;
      }
      counts.faulted(placeOf(where));
      log.fault(fields);
    },
  };
}

/** `report about 0198…` is one place for all reports: a metric's labels hold no ids and no names. */
function placeOf(where: string): string {
  return where.replace(/ (?:of|to|at|about) .*/, '');
}
