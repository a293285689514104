/**
 * What the API and the metrics show of breakers. Every statement for people carries its viewer.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { tenantScope } from '../db/fragments.ts';
import { type BreakerState, isTrialOver } from './breaker.ts';

export interface BreakerView {
  readonly state: BreakerState;
  /** Null while CLOSED. */
  readonly since: Date | null;
  /** The refusal that opened it, verbatim; kept through the trial that follows. */
  readonly reply: string | null;
  /** Messages judged in the present trial. */
  readonly trialCount: number;
}

export const CLOSED_BREAKER: BreakerView = { state: 'CLOSED', since: null, reply: null, trialCount: 0 };

/** By destination id. */
export async function readBreakers(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, BreakerView>> {
  const rows = await sql<(BreakerView & { id: string })[]>`
    select d.id, d.breaker as state, d.breaker_since as since, d.breaker_reply as reply, abs(d.trial_count) as "trialCount"
    from destinations d
    where d.id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}
      and d.breaker <> 'CLOSED' and not ${isTrialOver(sql)}`;
  return new Map(rows.map(({ id, ...view }) => [id, view]));
}
