/**
 * The breaker of a destination: whether a primary's refusals may end mail. Pure rules; breaker-state.ts keeps the state.
 *
 * - CLOSED: as ever. A recipient known good that is refused is only suspected (queue/finalize.ts). Ten such mailboxes refused
 *   within ten minutes, and no recipient accepted between, open it: no company loses ten mailboxes in ten minutes while not one
 *   message is taken.
 * - TRIAL: an outage has ended. No rejection ends a recipient. Three mailboxes known good refused, and no fewer than messages were
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
import type { SqlFragment } from '../db/fragments.ts';
import type { BreakerState } from '../db/schema.ts';

export type { BreakerState };

/** Messages that are judged in a trial. */
export const TRIAL_MESSAGES = 20;

const KNOWN_GOOD_IN_TRIAL = 3;
const STRANGERS_IN_TRIAL = 10;
const KNOWN_GOOD_IN_A_ROW = 10;

/** The input of the rules. Counts are of the trial, or while CLOSED of the last ten minutes without an accepted recipient. */
export interface Evidence {
  readonly state: BreakerState;
  /** The destination is in an outage, which a verdict on a recipient ends. */
  readonly hasOutage: boolean;
  /** Messages of which somebody was taken. */
  readonly takenCount: number;
  /** Messages of `takenCount` that were seen just now. */
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
  // After the first messages accepted ones are not counted any more: most of what was seen just now must be rejected.
  return refusedKnownGood >= KNOWN_GOOD_IN_TRIAL && refusedKnownGood >= takenCount && refusedNow >= takenNow;
}

/** Whether a trial is over, on columns of `destinations d`. Its count is negative until a recipient was accepted. */
export function isTrialOver(sql: SqlExecutor): SqlFragment {
  return sql`(d.breaker = 'TRIAL' and d.trial_count > 0 and (d.breaker_since <= bmx_now() - interval '1 hour'
    or (d.trial_count >= ${TRIAL_MESSAGES}::integer and d.breaker_since <= bmx_now() - interval '10 minutes')))`;
}

/** Assignments of an update of `destinations d`: a trial begins where `when` holds. */
export function startTrial(sql: SqlExecutor, when: SqlFragment): SqlFragment {
  return sql`
    breaker = case when ${when} then 'TRIAL' else d.breaker end,
    breaker_since = case when ${when} then bmx_now() else d.breaker_since end,
    trial_count = case when ${when} then 0 else d.trial_count end`;
}

/** Assignments of an update of `destinations d`: the breaker is closed and at rest. */
export function closeBreaker(sql: SqlExecutor): SqlFragment {
  return sql`breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0`;
}
