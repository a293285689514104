/**
 * What attempts brought, recorded: the verdicts of each message, its rows, and what they tell the destination's breaker, in one
 * transaction per group of one destination. settle.ts has the rules by which recipients end.
 *
 * Repeating a group is harmless: what the first time has settled is no longer this hand's, so it is told neither to rows nor to
 * the breaker again. Of the destination it touches the breaker only, and that when somebody was refused, or it is not at rest.
 * A fire drill is recorded like any mail, and the breaker hears nothing of it, neither what was taken nor what was refused.
 */
import type { Sql } from '../db/client.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import type { AttemptRecord, Outcome } from '../mail/outcome.ts';
import { formatReply } from '../mail/reply.ts';
import type { BreakerState } from '../outage/breaker.ts';
import { type BreakerFeed, type BreakerStep, feedBreaker } from '../outage/breaker-feed.ts';
import type { Holder } from './claim.ts';
import { findRefusedStandings, keyOfRecipient, type RefusedStanding } from './outcome-refusals.ts';
import { type Fate, fateOf, type FateRow, settleRows } from './settle.ts';
import type { SettleInput, Verdict } from './verdict.ts';

/** What one attempt of one message brought. */
export interface Settlement {
  readonly messageId: string;
  readonly outcomes: ReadonlyMap<number, Outcome>;
  readonly records: readonly AttemptRecord[];
  /** The destination was the trouble: no reason to delay this message in particular. */
  readonly isHostLevel: boolean;
  /** A fire drill's: its refusal ends it, and tells the breaker nothing. */
  readonly isDrill?: boolean;
}

/** Whether recording failed because the database is away: the same may succeed later, and may have taken effect. */
export { isDatabaseAway };

export interface OutcomesInput {
  readonly destinationId: string;
  readonly holder: Holder;
  readonly routeGeneration: number;
  /** The database's instant at which the round began: the clock of a destination that turns out to be in trouble starts there. */
  readonly begunAt?: string;
  readonly settlements: readonly Settlement[];
  /** Hears how the destination's breaker stands, and its step if it took one. Only when it is not at rest. */
  readonly onBreaker?: (state: BreakerState, step: BreakerStep | null) => void;
}

/** Records the outcomes of attempts of one destination's messages. Returns the fate of every recipient it changed. */
export async function recordOutcomes(sql: Sql, input: OutcomesInput): Promise<Fate[]> {
  const { destinationId, settlements } = input;
  const verdicts = settlements.flatMap(verdictsOf);
  const drills = new Set(settlements.filter(({ isDrill }) => isDrill === true).map(({ messageId }) => messageId));
  const refused = verdicts.filter((verdict) => isHostRefusal(verdict) && !drills.has(verdict.messageId));
  const standings = refused.length === 0 ? NOBODY : await findRefusedStandings(sql, destinationId, refused);
  const settling: SettleInput = {
    destinationId,
    routeGeneration: input.routeGeneration,
    by: { kind: 'ATTEMPT', holder: input.holder },
    messages: settlements.map(({ messageId, isHostLevel, records }) => ({
      messageId,
      isHostLevel,
      // What we stopped ourselves is due again at once.
      isTrouble: isHostLevel && records.some((record) => record.isHostLevel),
    })),
    ...(input.begunAt === undefined ? {} : { begunAt: input.begunAt }),
    verdicts,
    attempts: settlements.flatMap(({ messageId, records }) => records.map((record) => ({ messageId, record }))),
    standings,
    drills,
  };
  let step: BreakerStep | null = null;
  const rows = await settleRows(sql, settling, async (transaction, settled) => {
    // In the same transaction: told later, it would be lost with the connection, and a repetition finds nothing to tell.
    const heard = settled.filter((row) => !drills.has(row.message_id));
    if (refused.length === 0 && heard[0]?.is_watched !== true) return;
    step = await feedBreaker(transaction, {
      ...tallyOf(heard, standings),
      destinationId,
      source: 'DELIVERY',
    });
  });
  const [first] = rows;
  if (first !== undefined && (first.is_watched || step !== null)) tellBreaker(input, first, step);
  return rows.map(fateOf);
}

function tellBreaker({ onBreaker }: OutcomesInput, { breaker }: FateRow, step: BreakerStep | null): void {
  onBreaker?.(step?.to ?? breaker, step);
}

const NOBODY: ReadonlyMap<string, RefusedStanding> = new Map();

/** By a host and for good; our own words in place of a reply come from none. */
function isHostRefusal({ outcome, origin }: Verdict): boolean {
  return outcome === 'FAILED' && origin?.host != null;
}

/** What a group of settlements tells the breaker. What was claimed before it opened does not speak for the primary now. */
function tallyOf(
  rows: readonly FateRow[],
  standings: ReadonlyMap<string, RefusedStanding>,
): Pick<BreakerFeed, 'takenCount' | 'refusedCount' | 'refusals'> {
  const taken = new Set<string>();
  const refusedIn = new Set<string>();
  const refusals: BreakerFeed['refusals'][number][] = [];
  for (const row of rows) {
    if (row.state === 'DELIVERED' && !row.is_before_opening) taken.add(row.message_id);
    if (!row.is_evidence) continue;
    refusedIn.add(row.message_id);
    const standing = standings.get(keyOfRecipient({ messageId: row.message_id, number: row.number }));
    if (standing !== undefined) refusals.push({ ...standing, reply: row.reply });
  }
  const refusedCount = [...refusedIn].filter((id) => !taken.has(id)).length;
  return { takenCount: taken.size, refusedCount, refusals };
}

function verdictsOf({ messageId, outcomes, records }: Settlement): Verdict[] {
  return [...outcomes].map(([number, outcome]) => {
    const { kind, reply } = outcome;
    const last = records.findLast(({ recipientNumbers }) => recipientNumbers.includes(number));
    const status = kind === 'FAILED' ? reply.enhancedCode : null;
    // Words of our own in place of a reply come from no host.
    const host = last === undefined || last.reply.startsWith('[') ? null : last.host;
    const verdict = {
      messageId,
      number,
      outcome: kind,
      reply: last?.reply ?? formatReply(reply),
      origin: { status, host, isRelayed: kind === 'DELIVERED' && last?.offersDsn === false },
    };
    return outcome.kind === 'FAILED' && outcome.isAtRcpt ? { ...verdict, isAtRcpt: true } : verdict;
  });
}
