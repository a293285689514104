/**
 * What a destination in trouble means to what it holds: what has outlived its lifetime ends, then the clock moves.
 *
 * Promises: every trouble moves the clock; expiry that fails is seen in the log and waits for the next one. Does not dial.
 */
import { type DestinationState, recordFailure } from '../outage/clock.ts';
import { expireHeld } from '../queue/expiry.ts';
import type { Observer } from './observer.ts';
import type { RoundResult } from './round.ts';
import type { DeliveryDeps } from './worker.ts';

/** The destination is in trouble: what has expired ends, then the clock moves. In this order: see finalize.ts on absence. */
export async function recordTrouble(
  deps: DeliveryDeps,
  trouble: {
    readonly destination: DestinationState;
    readonly failure: NonNullable<RoundResult['failure']>;
    readonly observer: Observer;
  },
): Promise<void> {
  const { destination, failure, observer } = trouble;
  const { id: destinationId, now: begunAt, flushNumber } = destination;
  await expireLate(deps, destination, failure.reply);
  const evidence = observer.troubles();
  const recorded = await recordFailure(deps.sql, {
    destinationId,
    begunAt,
    flushNumber,
    ...failure,
    evidence,
    last: observer.last(),
  });
  deps.events.outageChanged(destination.name, { ...recorded, reply: failure.reply });
}

/** Ends what had outlived its lifetime when the round began. */
export async function expireLate(deps: DeliveryDeps, destination: DestinationState, reply: string): Promise<void> {
  try {
    await expireHeld(deps.sql, {
      destinationId: destination.id,
      begunAt: destination.now,
      reply,
      onResults: (results) => deps.events.settled(destination.name, results),
    });
  } catch (error) {
    // Expiry can wait for the next failure; a clock that does not move would mean an attempt every second.
    deps.events.fault({ where: `expiry at ${destination.name}`, error });
  }
}
