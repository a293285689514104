/**
 * What attempts brought, recorded: the verdicts of each message, its rows, and what they tell the destination's breaker, in one
 * transaction per group of one destination. finalize.ts has the rules by which recipients end.
 *
 * Repeating a group is harmless: what the first time has finalized is no longer this hand's, so it is told neither to rows nor to
 * the breaker again. Of the destination it touches the breaker only, and that when somebody was refused, or it is not at rest.
 * A fire drill is recorded like any mail, and the breaker hears nothing of it, neither what was taken nor what was refused.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import type { AttemptRecord, Outcome } from '../mail/outcome.ts';
import { formatReply } from '../mail/reply.ts';
import type { BreakerState } from '../outage/breaker.ts';
import { type BreakerFeed, type BreakerStep, feedBreaker } from '../outage/breaker-state.ts';
import type { Holder } from './claim.ts';
import { dropMarks, insertMark, type Marked } from './marks.ts';
import { findRefusedMailboxes, keyOfRecipient, type RefusedMailbox } from './outcome-refusals.ts';
import { type RecipientResult, resultOf, type ResultRow, finalizeRows } from './finalize.ts';
import type { FinalizeInput, Verdict } from './verdict.ts';

/** What one attempt of one message brought. */
export interface MessageResult {
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
  readonly messageResults: readonly MessageResult[];
  /** Marks that speak of these alone: they go with them. */
  readonly marks?: readonly string[];
  /** Hears how the destination's breaker stands, and its step if it took one. Only when it is not at rest. */
  readonly onBreaker?: (state: BreakerState, step: BreakerStep | null) => void;
}

/** Marks what of these was delivered (marks.ts); returns the mark's id, null where nothing was. A fire drill may go twice. */
export async function markDelivered(
  sql: Sql,
  marked: Marked,
  messageResults: readonly MessageResult[],
): Promise<string | null> {
  const mail = messageResults.filter(({ isDrill }) => isDrill !== true);
  const deliveries = mail.flatMap(attemptsOf).filter(({ record }) => record.outcome === 'DELIVERED');
  return deliveries.length === 0 ? null : insertMark(sql, marked, deliveries);
}

/** Records the outcomes of attempts of one destination's messages. Returns the result of every recipient it changed. */
export async function recordOutcomes(sql: Sql, input: OutcomesInput): Promise<RecipientResult[]> {
  const { destinationId, messageResults } = input;
  const verdicts = messageResults.flatMap(verdictsOf);
  const drills = new Set(messageResults.filter(({ isDrill }) => isDrill === true).map(({ messageId }) => messageId));
  const refused = verdicts.filter((verdict) => isHostRefusal(verdict) && !drills.has(verdict.messageId));
  const standings = refused.length === 0 ? NOBODY : await findRefusedMailboxes(sql, destinationId, refused);
  const finalizing: FinalizeInput = {
    destinationId,
    routeGeneration: input.routeGeneration,
    by: { kind: 'ATTEMPT', holder: input.holder },
    messages: messageResults.map(({ messageId, isHostLevel, records }) => ({
      messageId,
      isHostLevel,
      // What we stopped ourselves is due again at once.
      isTrouble: isHostLevel && records.some((record) => record.isHostLevel),
    })),
    ...(input.begunAt === undefined ? {} : { begunAt: input.begunAt }),
    verdicts,
    attempts: messageResults.flatMap(attemptsOf),
    standings,
    drills,
  };
  const { rows, step } = await sql.begin(async (transaction) => {
    const [changed] = await Promise.all([
      finalizeRows(transaction, finalizing),
      dropMarks(transaction, input, input.marks ?? []),
    ]);
    const heard = changed.filter((row) => !drills.has(row.message_id));
    // In the same transaction: told later, it would be lost with the connection, and a repetition finds nothing to tell.
    return {
      rows: changed,
      step: await feedBreakerFrom(transaction, { destinationId, rows: heard, standings, refused }),
    };
  });
  const [first] = rows;
  if (first !== undefined && (first.is_watched || step !== null)) tellBreaker(input, first, step);
  return rows.map(resultOf);
}

/** Tells the breaker what was finalized, where it is not at rest or somebody was refused. */
export async function feedBreakerFrom(
  transaction: TransactionSql,
  told: {
    readonly destinationId: string;
    readonly rows: readonly ResultRow[];
    readonly refused: readonly Verdict[];
    readonly standings: ReadonlyMap<string, RefusedMailbox>;
  },
): Promise<BreakerStep | null> {
  const { destinationId, rows, standings, refused } = told;
  const [first] = rows;
  if (first === undefined || (refused.length === 0 && !first.is_watched)) return null;
  return feedBreaker(transaction, { ...tallyOf(rows, standings), destinationId, source: 'DELIVERY' });
}

function tellBreaker({ onBreaker }: OutcomesInput, { breaker }: ResultRow, step: BreakerStep | null): void {
  onBreaker?.(step?.to ?? breaker, step);
}

export const NOBODY: ReadonlyMap<string, RefusedMailbox> = new Map();

/** By a host and for good; our own words in place of a reply come from none. */
function isHostRefusal({ outcome, origin }: Verdict): boolean {
  return outcome === 'FAILED' && origin?.host != null;
}

/** What a group of results tells the breaker. What was claimed before it opened does not speak for the primary now. */
function tallyOf(
  rows: readonly ResultRow[],
  standings: ReadonlyMap<string, RefusedMailbox>,
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

function attemptsOf({ messageId, records }: MessageResult): FinalizeInput['attempts'] {
  return records.map((record) => ({ messageId, record }));
}

function verdictsOf({ messageId, outcomes, records }: MessageResult): Verdict[] {
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
