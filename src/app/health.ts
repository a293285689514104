/**
 * Whether mail can be stored now, found out once a second and told without asking the database.
 *
 * DOWN: it does not answer. FULL: free space is below the watermark, or it has just refused a write for want of space.
 */
import { monotonicMs, within } from '../clock.ts';
import type { Sql } from '../db/client.ts';
import type { Readiness } from '../inbound/transaction.ts';
import type { Log } from '../telemetry/log.ts';
import type { Timers } from './timers.ts';

const EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 3000;
/** A write refused for want of space speaks for so long. */
const FULL_FOR_MS = 5000;

export interface ReadinessWatch {
  readiness(): Readiness;
  /** The database has refused to store for want of space. */
  tellFull(): void;
}

export function watchReadiness(deps: {
  sql: Sql;
  freeBytes: (() => Promise<number>) | null;
  minFreeBytes: number;
  timers: Timers;
  log: Log;
}): ReadinessWatch {
  let isDown = false;
  let isLowOnSpace = false;
  let fullUntil = Number.NEGATIVE_INFINITY;
  let troubleSince = monotonicMs();

  const change = (what: string, was: boolean, is: boolean, reason: string) => {
    if (was === is) return;
    if (is) {
      troubleSince = monotonicMs();
      deps.log.unavailable({ what, reason });
    } else {
      deps.log.available({ what, afterMs: Math.round(monotonicMs() - troubleSince) });
    }
  };
  deps.timers.every(EVERY_MS, 'readiness', async () => {
    const reason = await unansweredBy(deps.sql);
    change('database', isDown, reason !== null, reason ?? '');
    isDown = reason !== null;
    if (deps.freeBytes === null) return;
    const free = await deps.freeBytes();
    const isLow = free < deps.minFreeBytes;
    change('space', isLowOnSpace, isLow, `${free} bytes free, MIN_FREE_BYTES is ${deps.minFreeBytes}`);
    isLowOnSpace = isLow;
  });

  return {
    readiness: () => {
      if (isDown) return 'DOWN';
      return isLowOnSpace || monotonicMs() < fullUntil ? 'FULL' : 'OK';
    },
    tellFull: () => {
      fullUntil = monotonicMs() + FULL_FOR_MS;
    },
  };
}

/** Null when the database answered, else why not. */
function unansweredBy(sql: Sql): Promise<string | null> {
  // A session on a standby answers as well, and takes nothing.
  const answer = sql<{ reads: boolean }[]>`select current_setting('transaction_read_only')::boolean as reads`.then(
    ([row]) => (row?.reads === true ? 'the server only reads: a standby?' : null),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return within(ANSWER_WITHIN_MS, answer, () => `no answer within ${ANSWER_WITHIN_MS} ms`);
}
