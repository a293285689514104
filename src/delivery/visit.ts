/**
 * A visit to one destination: owns it, and keeps handing over until nothing is due or its clock says wait.
 *
 * Promises: one owner among nodes; while the clock runs, one message goes per slot; what an attempt meant is recorded before
 * the destination's clock moves.
 */
import { clearFlush, keepFlush, readDestination, recordRound } from '../outage/clock.ts';
import { noteAttempt } from '../outage/last-attempt.ts';
import { dropOwnership, takeOwnership } from '../outage/owner.ts';
import type { Holder } from '../queue/claim.ts';
import { finalizeLeftovers } from '../queue/finalize-marks.ts';
import { createBreakerWatch, HELD_BACK } from './breaker-watch.ts';
import type { ByteBudget } from './budget.ts';
import { dueSource, probeSource } from './claims.ts';
import type { ConditionKeeper } from './conditions.ts';
import { roundAt } from './destination-round.ts';
import { createObserver, type Observer } from './observer.ts';
import type { Remembered } from './ramp-memory.ts';
import type { RoundResult } from './round.ts';
import type { Source } from './source.ts';
import { expireLate, recordTrouble } from './trouble.ts';
import type { Turn } from './turns.ts';
import type { Attempts, DeliveryDeps } from './worker.ts';

export interface Run extends Remembered, Turn {
  readonly id: string;
  readonly budget: ByteBudget;
  readonly signal: AbortSignal;
  readonly isStopping: () => boolean;
  readonly conditions: ConditionKeeper;
  readonly poke: (destinationId: string) => void;
  /** Hears by which route it hands over from now on. */
  readonly onRoute: (generation: number) => void;
  /** The host grants no session just now. */
  readonly rest: (flushNumber: number | null) => void;
}

export async function visit(deps: DeliveryDeps, run: Run): Promise<void> {
  const holder = deps.holder();
  if (holder === null) return;
  if (!(await takeOwnership(deps.sql, run.id, holder))) return;
  const attempts: Attempts = deps.openAttempts({
    destinationId: run.id,
    signal: run.signal,
    mayFinish: () => deps.holder()?.epoch === holder.epoch,
  });
  try {
    await finalizeLeftovers(deps.sql, { destinationId: run.id, holder });
    await keepTrying(deps, { ...run, holder, attempts });
  } finally {
    await attempts.close();
    await dropOwnership(deps.sql, run.id, holder);
  }
}

interface OwnRun extends Run {
  readonly holder: Holder;
  readonly attempts: Attempts;
}

async function keepTrying(deps: DeliveryDeps, run: OwnRun): Promise<void> {
  const { holder } = run;
  /** Of the flush that this visit is to answer. */
  let flushNumber: number | null = null;
  const claims = { destinationId: run.id, holder, budget: run.budget };
  for (;;) {
    const destination = await readDestination(deps.sql, run.id);
    if (destination === null || run.isStopping() || run.signal.aborted) return;
    run.onRoute(destination.routeGeneration);
    // Another node's success counts too, and one before this node was started.
    run.lastSuccess.atMs = Math.max(run.lastSuccess.atMs, destination.lastSuccessMs ?? Number.NEGATIVE_INFINITY);
    const { isPaused, isFailing, isDue, flushRequestedAt } = destination;
    if (flushRequestedAt !== null) flushNumber = destination.flushNumber;
    if (flushRequestedAt === null && (isPaused || (isFailing && !isDue))) return;
    // A flush goes beyond a pause with one message: whether the primary is there. The rest waits for the resume.
    const source =
      isFailing || isPaused
        ? probeSource(deps.sql, { ...claims, isFlush: flushRequestedAt !== null })
        : dueSource(deps.sql, { ...claims, flushNumber, cap: run.cap, settings: destination });
    const observer = createObserver(deps.hosts, Date.parse(destination.now));
    const breaker = createBreakerWatch(destination, deps.events);
    const result = await roundAt(deps, {
      ...run,
      destination,
      source,
      observer,
      breaker,
    });
    await run.conditions.keep(destination, observer, result.failure !== null);
    if (result.isTurnedAway) run.rest(flushNumber);
    if (result.failure !== null) run.ramp.restart();
    if (result.failure !== null) return recordTrouble(deps, { destination, failure: result.failure, observer });
    if (breaker.isOpen()) await expireLate(deps, destination, HELD_BACK);
    if (flushNumber !== null) {
      const isAnswered = isFlushAnswered(run, {
        result,
        source,
        isProbe: isFailing || isPaused,
        isHeld: breaker.isOpen(),
      });
      if (!isAnswered) await keepFlush(deps.sql, run.id);
      else if (!isFailing) await clearFlush(deps.sql, destination, flushNumber);
    }
    if (result.hasSucceeded && (!isFailing || breaker.isOpen())) {
      await recordRound(deps.sql, run.id, observer.last());
      flushNumber = null;
    } else await noteLast(deps, run.id, observer);
    // Another turn, for what there was no time for.
    if (run.isOver()) return run.poke(run.id);
    if (!result.hasSucceeded) return;
  }
}

async function noteLast(deps: DeliveryDeps, destinationId: string, observer: Observer): Promise<void> {
  const last = observer.last();
  if (last !== null) await noteAttempt(deps.sql, destinationId, last);
}

/** Whether an operator's flush has had what it asked for: attempts, not sessions that were not granted or were cut by us. */
function isFlushAnswered(
  run: Run,
  round: {
    readonly result: RoundResult;
    readonly source: Source;
    readonly isProbe: boolean;
    /** By an open breaker: nothing more goes now. */
    readonly isHeld: boolean;
  },
): boolean {
  const { result, source, isProbe, isHeld } = round;
  if (result.isTurnedAway) return false;
  const isCut = run.isStopping() || run.signal.aborted || run.isOver();
  if (isProbe) return result.hasSucceeded || !isCut;
  return !isCut && !source.isCapped() && (isHeld || !result.hasSucceeded || !result.isUnfinished);
}
