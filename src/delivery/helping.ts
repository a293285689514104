/**
 * A helper's side of a shared drain: hands over messages of a destination that another node owns, by its leave (shares.ts).
 *
 * Promises: claims as the owner does, each claim only while the share is in force; never more sessions than granted; ends when
 * the share is withdrawn, lapses or is void, when the breaker opens and when the host is in trouble, which it tells the owner
 * and nobody else: the destination's clock, its conditions and its flush are the owner's. What was claimed and not tried
 * is given back; the share is given back when its last session is closed.
 */
import { monotonicMs } from '../clock.ts';
import { readDestination } from '../outage/clock.ts';
import { endShare, type ShareTerms, takeShare } from '../outage/drain-shares.ts';
import type { Holder } from '../queue/claim.ts';
import { finalizeLeftovers } from '../queue/finalize-marks.ts';
import { createBreakerWatch } from './breaker-watch.ts';
import { dueSource } from './claims.ts';
import { roundAt } from './destination-round.ts';
import { createObserver } from './observer.ts';
import type { Ramp } from './ramp.ts';
import type { RoundResult } from './round.ts';
import { type FollowedShare, followShare } from './share-terms.ts';
import type { Run } from './visit.ts';
import type { Attempts, DeliveryDeps } from './worker.ts';

/** Helps out where this node has a share; does nothing where it has none. */
export async function help(deps: DeliveryDeps, run: Run, holder: Holder): Promise<void> {
  const askedAtMs = monotonicMs();
  const terms = await takeShare(deps.sql, run.id, holder);
  if (terms === null) return;
  let isDeclined = true;
  try {
    const { failure, isTurnedAway } = await helpWith(deps, run, { holder, taken: { terms, askedAtMs } });
    isDeclined = failure !== null || isTurnedAway;
  } finally {
    await endShare(deps.sql, run.id, holder, isDeclined);
  }
  if (isDeclined) run.rest(null);
  // Another turn, for what there was no time for.
  if (run.isOver()) run.poke(run.id);
}

const NOTHING_DONE: RoundResult = { hasSucceeded: false, failure: null, isTurnedAway: false, isUnfinished: true };

async function helpWith(
  deps: DeliveryDeps,
  run: Run,
  by: { readonly holder: Holder; readonly taken: { readonly terms: ShareTerms; readonly askedAtMs: number } },
): Promise<RoundResult> {
  const { holder, taken } = by;
  await finalizeLeftovers(deps.sql, { destinationId: run.id, holder });
  const destination = await readDestination(deps.sql, run.id);
  if (destination === null || destination.isFailing || destination.isPaused) return NOTHING_DONE;
  const ramp = countingRamp(run.ramp, () => share.sessions());
  const attempts: Attempts = deps.openAttempts({
    destinationId: run.id,
    signal: run.signal,
    most: () => share.sessions(),
    mayFinish: () => deps.holder()?.epoch === holder.epoch,
  });
  const share: FollowedShare = followShare({
    sql: deps.sql,
    destinationId: run.id,
    holder,
    routeGeneration: destination.routeGeneration,
    taken,
    openCount: attempts.openCount,
    counts: ramp.counts,
    onFault: (error) => deps.events.fault({ where: `a share of ${destination.name}`, error }),
  });
  const source = dueSource(deps.sql, {
    destinationId: run.id,
    holder,
    budget: run.budget,
    flushNumber: destination.flushRequestedAt === null ? null : destination.flushNumber,
    cap: run.cap,
    settings: destination,
    isShared: true,
  });
  try {
    const result = await roundAt(deps, {
      ...run,
      isOver: () => run.isOver() || share.sessions() === 0,
      ramp,
      destination,
      holder,
      attempts,
      source,
      observer: createObserver(deps.hosts, Date.parse(destination.now)),
      breaker: createBreakerWatch(destination, deps.events),
      mostUnrecorded: share.sessions,
    });
    if (result.failure !== null) run.ramp.restart();
    return result;
  } finally {
    await share.stop();
    await attempts.close();
  }
}

/** This node's ramp within the share, and what the owner is to hear of it. */
function countingRamp(
  ramp: Ramp,
  most: () => number,
): Ramp & { readonly counts: () => { readonly refusalCount: number; readonly judgedCount: number } } {
  let refusalCount = 0;
  let judgedCount = 0;
  return {
    ...ramp,
    lanes: () => Math.min(ramp.lanes(), most()),
    judged: (input) => {
      judgedCount += 1;
      ramp.judged(input);
    },
    refused: (begunAt) => {
      refusalCount += 1;
      ramp.refused(begunAt);
    },
    counts: () => ({ refusalCount, judgedCount }),
  };
}
