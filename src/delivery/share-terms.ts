/**
 * What a helper may do at a destination, as its owner said last: so many sessions, and none once nothing was heard for too long.
 *
 * Promises: asks every second and tells what it holds; `sessions` falls to 0 by this node's own monotonic clock no later than
 * the lease ends by the database's. Never rises again once it is 0.
 */
import { monotonicMs } from '../clock.ts';
import { keepShare, type ShareTerms } from '../outage/drain-shares.ts';
import type { Holder, QueueSql } from '../queue/claim.ts';
import { startLooks } from './looks.ts';

const ASK_EVERY_MS = 1000;

export interface FollowedShare {
  /** Sessions that may be open now; 0: it is over. */
  readonly sessions: () => number;
  /** Asks no more. Resolves when nothing is under way. */
  readonly stop: () => Promise<void>;
}

export interface FollowDeps {
  readonly sql: QueueSql;
  readonly destinationId: string;
  readonly holder: Holder;
  readonly routeGeneration: number;
  /** As the share was taken up, and when that was asked, on the monotonic clock. */
  readonly taken: { readonly terms: ShareTerms; readonly askedAtMs: number };
  readonly openCount: () => number;
  readonly counts: () => { readonly refusalCount: number; readonly judgedCount: number };
  readonly onFault: (error: unknown) => void;
}

export function followShare(deps: FollowDeps): FollowedShare {
  const { sql, destinationId, holder, routeGeneration, taken } = deps;
  let granted = taken.terms.sessions;
  let untilMs = taken.askedAtMs + taken.terms.forMs;

  const sessions = (): number => {
    if (monotonicMs() >= untilMs) granted = 0;
    return granted;
  };
  const ask = async (): Promise<void> => {
    const askedAtMs = monotonicMs();
    const heldSessions = Math.max(sessions(), deps.openCount());
    const terms = await keepShare(sql, destinationId, holder, { ...deps.counts(), heldSessions, routeGeneration });
    if (sessions() === 0) return;
    granted = terms?.sessions ?? 0;
    untilMs = askedAtMs + (terms?.forMs ?? 0);
  };
  const asks = startLooks({ look: ask, pauseMs: () => ASK_EVERY_MS, onFault: deps.onFault });
  return { sessions, stop: asks.stop };
}
