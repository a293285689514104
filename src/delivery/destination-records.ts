/**
 * Records what a batch has shown about its destination: results of messages, success, failure, expiry, steps of the breaker.
 *
 * Promises: a result is recorded even if this node has lost its lease, since a late delivery counts. Every failure moves the
 * destination's clock. Expiry that fails is logged and waits for the next failure. Does not dial.
 */
import { monotonicMs } from '../clock.ts';
import type { HostTrouble } from '../mail/outcome.ts';
import type { BreakerState } from '../outage/breaker.ts';
import { advanceNeighbours } from '../outage/checks.ts';
import { type DestinationState, recordFailure, recordSuccess } from '../outage/clock.ts';
import { noteAttempt } from '../outage/last-attempt.ts';
import type { Holder } from '../queue/claim.ts';
import { expireHeld } from '../queue/expiry.ts';
import { type FinalizedMark, giveUpMarked } from '../queue/marks.ts';
import { markDelivered, type MessageResult, recordOutcomes } from '../queue/outcome.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { MOST_SLOTS } from './concurrency/limits.ts';
import type { Observer } from './conditions.ts';
import type { DeliveringNode, DeliveryDeps } from './delivering-node.ts';
import { createRecording, createUnrecorded, type Recording, type Unrecorded } from './recording.ts';

/** Destinations on the host of one that is back which are tried at once; each that succeeds calls as many more. */
const MOST_NEIGHBOURS = 20;
/** During a long batch the last attempt is stored so often. */
const NOTE_EVERY_MS = 2000;
/** The reply for mail that an open breaker has kept to the end of its lifetime, if no host has spoken about it. */
const HELD_BACK = '[not handed over: the mail server refused recipients it had taken before]';

export interface DestinationRecords {
  readonly observer: Observer;
  readonly recording: Recording;
  readonly unrecorded: Unrecorded;
  /** The breaker has opened: nothing more is handed over. */
  readonly isBreakerOpen: () => boolean;
  /** A host came to a verdict: the outage ends, if there is one. */
  readonly success: () => Promise<void>;
  /** The destination is in trouble: what has expired ends, then the clock moves. In this order: see finalize.ts on absence. */
  readonly failure: (failure: { readonly trouble: HostTrouble; readonly reply: string }) => Promise<void>;
  /** Ends what had outlived its lifetime when the batch began and the breaker opened. */
  readonly expireHeldBack: () => Promise<void>;
}

/** Tells and learns what others had delivered and marked. To be called once, after COMMIT: whoever made the marks told nothing. */
export function tellFinalized(
  { events, learn }: Pick<DeliveryDeps, 'events' | 'learn'>,
  finalized: readonly FinalizedMark[],
): void {
  for (const { destination, results, attempts, step } of finalized) {
    if (step !== null) events.breakerMoved(destination.name, step);
    learn(destination, attempts, results);
    events.settled(destination.name, results, attempts);
  }
}

/** @param batch the destination as it was read, and what its attempts have met */
export function createDestinationRecords(
  node: DeliveringNode,
  batch: { readonly state: DestinationState; readonly holder: Holder; readonly observer: Observer },
): DestinationRecords {
  const { sql, events } = node;
  const { state, holder, observer } = batch;
  const { id: destinationId, name, routeGeneration, now: begunAt, flushNumber } = state;
  const marked = { destinationId, holder };
  let notedAtMs = monotonicMs();
  let breaker: BreakerState = 'CLOSED';

  const noteNow = async (): Promise<void> => {
    const last = observer.last();
    if (last === null || monotonicMs() - notedAtMs < NOTE_EVERY_MS) return;
    notedAtMs = monotonicMs();
    // For people only: what is recorded must not be recorded again for it.
    await noteAttempt(sql, destinationId, last).catch(() => undefined);
  };
  const finalize = async (messageResults: readonly MessageResult[], marks: readonly string[]): Promise<void> => {
    const results = await recordOutcomes(sql, {
      ...marked,
      routeGeneration,
      begunAt,
      messageResults,
      marks,
      onBreaker: (now, step) => {
        breaker = now;
        if (step !== null) events.breakerMoved(name, step);
      },
    });
    node.learn(state, messageResults, results);
    events.settled(name, results, messageResults);
    await noteNow();
  };
  const recording = createRecording({
    mark: (messageResults) => markDelivered(sql, marked, messageResults),
    finalize,
    onFault: async (error, messageResults, mark) => {
      events.fault({ where: `recording outcomes of ${name}`, error });
      // The next run finalizes what is marked.
      if (mark !== null && isDatabaseAway(error)) return;
      const ids = messageResults.map(({ messageId }) => messageId);
      await giveUpMarked(sql, marked, { ids, mark }).catch(() => undefined);
    },
    isAway: (error) => isDatabaseAway(error) && !node.isStopping(),
    onRecorded: (messageResults) => unrecorded.leave(messageResults.map(({ messageId }) => messageId)),
  });
  const unrecorded = createUnrecorded({
    most: MOST_SLOTS,
    isLate: recording.isLate,
    onFull: recording.hurry,
  });
  const expire = async (reply: string): Promise<void> => {
    try {
      const onResults = (results: Parameters<typeof events.settled>[1]) => events.settled(name, results);
      await expireHeld(sql, { destinationId, begunAt, reply, onResults });
    } catch (error) {
      // Expiry can wait for the next failure; a clock that does not move would mean an attempt every second.
      events.fault({ where: `expiry at ${name}`, error });
    }
  };

  return {
    observer,
    recording,
    unrecorded,
    isBreakerOpen: () => breaker === 'OPEN',
    success: async () => {
      if (!state.isFailing) return;
      const closed = await recordSuccess(sql, destinationId);
      if (closed === null) return;
      events.outageClosed(name, closed);
      for (const id of await advanceNeighbours(sql, observer.greeted(), MOST_NEIGHBOURS)) node.poke(id);
    },
    failure: async (failure) => {
      await expire(failure.reply);
      const met = { evidence: observer.troubles(), last: observer.last() };
      const recorded = await recordFailure(sql, { destinationId, begunAt, flushNumber, ...failure, ...met });
      events.outageChanged(name, { ...recorded, reply: failure.reply });
    },
    expireHeldBack: () => expire(HELD_BACK),
  };
}
