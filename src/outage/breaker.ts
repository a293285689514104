/**
 * The breaker of a destination: whether a primary's refusals may end mail. Pure rules; breaker-feed.ts keeps the state.
 *
 * - CLOSED: as ever. A recipient known good that is refused is only suspected (queue/finalize.ts). Ten such mailboxes refused
 *   within ten minutes, and nobody taken between, open it: no company loses ten mailboxes in ten minutes while not one
 *   message is taken.
 * - TRIAL: an outage has ended. No refusal ends anybody. Three mailboxes known good refused, and no fewer than messages were
 *   taken, open it: a server that is set up takes more of those it has taken before than it refuses. So do ten mailboxes of
 *   whatever standing when nothing at all was taken. Strangers alone, beside mail that is taken, do not: spam for names that
 *   do not exist is what a backup is sent most. Over after 20 messages judged, no sooner than 10 minutes; or after an hour,
 *   so that a quiet domain does not stay in it for days; but never before somebody was taken: a server that has refused
 *   everybody since it is back has not shown that it is set up.
 * - OPEN: nothing is handed over but one message an hour, or what the operator asks for. The first that is taken brings the
 *   trial, whoever asked: one message says little of the others. Only the verb for it closes the breaker without one.
 *
 * A mailbox counts once, however many messages for it are held: one that is gone opens nothing.
 */
import type { SqlExecutor } from '../db/client.ts';

export type BreakerState = 'CLOSED' | 'TRIAL' | 'OPEN';

/** Messages that are judged in a trial. */
export const TRIAL_MESSAGES = 20;

const KNOWN_GOOD_IN_TRIAL = 3;
const STRANGERS_IN_TRIAL = 10;
const KNOWN_GOOD_IN_A_ROW = 10;

/** What the rules look at. Counts are of the trial, or while CLOSED of the last ten minutes without anybody taken. */
export interface Evidence {
  readonly state: BreakerState;
  /** The destination is in an outage, which a verdict on a recipient ends. */
  readonly hasOutage: boolean;
  /** Messages of which somebody was taken. */
  readonly takenCount: number;
  /** Of those, in what has just been seen. */
  readonly takenNow: number;
  /** Messages judged just now. */
  readonly judgedNow: number;
  /** Mailboxes refused just now that are known good. */
  readonly refusedNow: number;
  /** Mailboxes refused, each counted once, and those of them known good. */
  readonly refusedMailboxes: number;
  readonly refusedKnownGood: number;
}

/** The state that follows. */
export function nextBreakerState(evidence: Evidence): BreakerState {
  const { state, hasOutage, takenNow, judgedNow } = evidence;
  switch (state) {
    case 'OPEN':
      return takenNow === 0 ? 'OPEN' : 'TRIAL';
    case 'TRIAL':
      return failsTrial(evidence) ? 'OPEN' : 'TRIAL';
    case 'CLOSED':
      if (hasOutage) return judgedNow === 0 ? 'CLOSED' : failsTrial(evidence) ? 'OPEN' : 'TRIAL';
      return takenNow === 0 && evidence.refusedKnownGood >= KNOWN_GOOD_IN_A_ROW ? 'OPEN' : 'CLOSED';
    default:
      return state satisfies never;
  }
}

function failsTrial({ takenCount, takenNow, refusedNow, refusedMailboxes, refusedKnownGood }: Evidence): boolean {
  if (takenCount === 0 && refusedMailboxes >= STRANGERS_IN_TRIAL) return true;
  // Behind the first messages takings are not counted any more: what has just been seen must be refused for the most part.
  return refusedKnownGood >= KNOWN_GOOD_IN_TRIAL && refusedKnownGood >= takenCount && refusedNow >= takenNow;
}

/** Whether a trial is over, on columns of `destinations d`. Its count is negative while nobody was taken. */
export function isTrialOver(sql: SqlExecutor) {
  return sql`(d.breaker = 'TRIAL' and d.trial_count > 0 and (d.breaker_since <= bmx_now() - interval '1 hour'
    or (d.trial_count >= ${TRIAL_MESSAGES}::integer and d.breaker_since <= bmx_now() - interval '10 minutes')))`;
}
