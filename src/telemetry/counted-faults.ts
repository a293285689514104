/**
 * A log whose faults are counted as well: each that is written, by its place, and none that is not. Pure but for the count.
 */
import type { Log } from './log.ts';

export function countFaults(log: Log, faulted: (where: string) => void): Log {
  return {
    ...log,
    fault: (fields) => {
      faulted(placeOf(fields.where));
      log.fault(fields);
    },
  };
}

/** `report about 0198…` is one place for all reports: a metric's labels hold no ids and no names. */
function placeOf(where: string): string {
  return where.replace(/ (?:of|to|at|about) .*/, '');
}
