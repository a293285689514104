/**
 * Records the outcomes of attempts: the verdicts of each message, its rows, and the step of the destination's breaker, in one
 * transaction per group of one destination. finalize.ts has the rules by which recipients end.
 *
 * Repeating a group is harmless: what the first time has finalized is no longer this hand's, so neither rows nor
 * breaker get it again. Of the destination it changes the breaker only: when a recipient was refused, or it is not at rest.
 * A fire drill is recorded like any mail, but the breaker does not count it, neither as delivered nor as refused.
 */
import type { Sql } from '../db/client.ts';
import type { AttemptRecord, Outcome } from '../mail/outcome.ts';
import { formatReply } from '../mail/reply.ts';
import type { BreakerState } from '../outage/breaker.ts';
import type { BreakerStep } from '../outage/breaker-state.ts';
import type { Holder } from './claim.ts';
import { dropMarks, insertMark, type Marked } from './marks.ts';
import { feedBreakerFrom, findRefusedMailboxes } from './breaker-feed.ts';
import { type FinalizeInput, finalizeWithin, type RecipientResult, type Verdict } from './finalize.ts';

/** The result of one attempt of one message. */
export interface MessageResult {
  readonly messageId: string;
  readonly outcomes: ReadonlyMap<number, Outcome>;
  readonly records: readonly AttemptRecord[];
  /** The destination was the trouble: no reason to delay this message in particular. */
  readonly isHostLevel: boolean;
  /** A fire drill's: its refusal ends it, and does not count for the breaker. */
  readonly isDrill?: boolean;
}

export interface OutcomesInput {
  readonly destinationId: string;
  readonly holder: Holder;
  readonly routeGeneration: number;
  /** The database's instant at which the round began: the clock of a destination that fails starts there. */
  readonly begunAt?: string;
  readonly messageResults: readonly MessageResult[];
  /** Marks of these results only: they are dropped with them. */
  readonly marks?: readonly string[];
  /** Receives the state of the destination's breaker, and its step if it took one. Only when it is not at rest. */
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
  const refusedMailboxes = await findRefusedMailboxes(sql, destinationId, refused);
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
    refusedMailboxes,
    drills,
  };
  const { rows, step } = await sql.begin(async (transaction) => {
    const [changed] = await Promise.all([
      finalizeWithin(transaction, finalizing),
      dropMarks(transaction, input, input.marks ?? []),
    ]);
    const counted = changed.filter((row) => !drills.has(row.messageId));
    // In the same transaction: later it would be lost with the connection, and a repetition changes no row.
    return { rows: changed, step: await feedBreakerFrom(transaction, destinationId, counted, refusedMailboxes) };
  });
  const [first] = rows;
  if (first !== undefined && (first.isWatched || step !== null)) input.onBreaker?.(step?.to ?? first.breaker, step);
  return rows;
}

/** By a host and for good; our own words in place of a reply come from no host. */
function isHostRefusal({ outcome, origin }: Verdict): boolean {
  return outcome === 'FAILED' && origin?.host != null;
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
