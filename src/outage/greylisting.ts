/**
 * Conditions of a primary that takes mail all the same, greylisting and tarpitting, and outages that have no clock.
 *
 * Such an outage stands for a primary that speaks and yet accepts no recipient: every message keeps its own clock, since a greylist
 * wants each of them to come again. Decides nothing: who attempts knows what was met.
 */
import type { Sql } from '../db/client.ts';
import type { Evidence, OutageClass } from './class.ts';
import { openOrUpdate, type OutageUpdated } from './lifecycle.ts';

export interface Conditions {
  readonly isGreylisting: boolean;
  readonly isTarpitting: boolean;
}

/** Keeps when a condition was met last. */
export async function recordConditions(sql: Sql, destinationId: string, conditions: Conditions): Promise<void> {
  const { isGreylisting, isTarpitting } = conditions;
  await sql`
    update destinations
    set greylisting_at = case when ${isGreylisting} then bmx_now() else greylisting_at end,
        tarpitting_at = case when ${isTarpitting} then bmx_now() else tarpitting_at end
    where id = ${destinationId}`;
}

export interface ClocklessOutage {
  readonly destinationId: string;
  readonly outageClass: OutageClass;
  readonly reply: string;
  readonly evidence: readonly Evidence[];
  /** Since when, as text with microseconds. */
  readonly since: string;
  /** Opened only when the first interval of the retry schedule has passed since. */
  readonly waitsInterval: boolean;
}

/**
 * Opens an outage without a clock, or gives the open one its class and evidence. Null if it has to wait still, and for a
 * destination that is not a relay domain's. recordSuccess ends it.
 */
export async function openClockless(sql: Sql, outage: ClocklessOutage): Promise<OutageUpdated | null> {
  const { destinationId, outageClass, reply, evidence, since, waitsInterval } = outage;
  return openOrUpdate(sql, {
    destinationId,
    onlyIf: sql`d.kind = 'RELAY' and (${!waitsInterval}
      or ${since}::text::timestamptz + (select every from retry_schedule order by stage limit 1) <= bmx_now())`,
    startedAt: sql`${since}::text::timestamptz`,
    outageClass: sql`${outageClass}::text`,
    reply,
    evidence,
    isAttempt: true,
  });
}
