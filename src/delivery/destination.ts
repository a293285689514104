/**
 * One destination that this node delivers to: takes ownership, and delivers batch after batch until nothing is due or its clock
 * says wait.
 *
 * Promises: one owner among the nodes; while the clock runs, one message goes per slot of the schedule; what an attempt meant is
 * recorded before the destination's clock moves; what was claimed and not tried is given back.
 */
import { monotonicMs } from '../clock.ts';
import { clearFlush, type DestinationState, keepFlush, readDestination, recordRound } from '../outage/clock.ts';
import { noteAttempt } from '../outage/last-attempt.ts';
import { dropOwnership, takeOwnership } from '../outage/owner.ts';
import { type Holder, readContents, releaseClaims } from '../queue/claim.ts';
import { finalizeLeftovers } from '../queue/marks.ts';
import { isDelivered } from './attempt.ts';
import { type BatchResult, runBatch } from './batch.ts';
import { createObserver } from './conditions.ts';
import type { Attempts, DeliveringNode } from './delivering-node.ts';
import { createDestinationRecords, type DestinationRecords, tellFinalized } from './destination-records.ts';
import { dueSource, probeSource, type Source } from './message-source.ts';
import { reusedRoute } from './route.ts';

export interface Destination {
  /** Delivers what is due; to be called once. */
  deliver(): Promise<void>;
  /** After `deliver`: taking or giving up the ownership failed, so the database may name this node as the owner. */
  mayBeOwned(): boolean;
  /** Takes nothing new, and stops what is before its final dot. */
  cut(): void;
  /** The route that it delivers by; null until that has been read. */
  routeGeneration(): number | null;
}

/** @param isOver others wait, and this run has had its time */
export function createDestination(node: DeliveringNode, id: string, isOver: () => boolean): Destination {
  const { sql, memories } = node;
  const { limit, rate, lastSuccess } = memories.of(id);
  const cut = new AbortController();
  let routeGeneration: number | null = null;
  let mayBeOwned = false;
  const isCut = () => node.isStopping() || cut.signal.aborted;

  const deliverBatch = async (
    state: DestinationState,
    { holder, attempts, source, records }: Batch,
  ): Promise<BatchResult> => {
    const readAtMs = monotonicMs();
    const { observer, recording, unrecorded } = records;
    try {
      return await runBatch({
        route: reusedRoute(() => node.findRoute(state)),
        attempt: async (message, route, content) => {
          const mayDeliver = () => unrecorded.enter(message.id);
          const result = await attempts.attempt(message, route.hosts, content, mayDeliver);
          // What was not delivered needs no record to keep it from going twice.
          if (!isDelivered(result)) unrecorded.leave([message.id]);
          return result;
        },
        note: observer.note,
        source,
        recording,
        readContent: async (messageId) => {
          const content = (await readContents(sql, [messageId])).get(messageId);
          if (content === undefined) throw new Error(`message ${messageId} has no content`);
          return content;
        },
        budget: node.budget,
        limit,
        lastSuccess,
        inboundPriority: node.inboundPriority,
        nowMs: () => Date.parse(state.now) + monotonicMs() - readAtMs,
        onSuccess: records.success,
        isStopping: () => isCut() || isOver() || records.isBreakerOpen(),
        onFault: (messageId, error) => node.events.fault({ where: `attempt of message ${messageId}`, error }),
      });
    } finally {
      await releaseClaims(sql, holder, await source.stop());
    }
  };

  const deliverBatches = async (holder: Holder, attempts: Attempts): Promise<void> => {
    /** The flush that this run is to answer. */
    let flushNumber: number | null = null;
    const claims = { destinationId: id, holder, budget: node.budget };
    for (;;) {
      const state = await readDestination(sql, id);
      if (state === null || isCut()) return;
      ({ routeGeneration } = state);
      // Another node's success counts too, and one before this node was started.
      lastSuccess.atMs = Math.max(lastSuccess.atMs, state.lastSuccessMs ?? Number.NEGATIVE_INFINITY);
      const { isPaused, isFailing, isDue } = state;
      const isFlush = state.flushRequestedAt !== null;
      const isProbe = isFailing || isPaused;
      if (isFlush) ({ flushNumber } = state);
      if (!isFlush && (isPaused || (isFailing && !isDue))) return;
      // A flush overrides a pause with one message: whether the primary is there. The rest waits for the resume.
      const source = isProbe
        ? probeSource(sql, { ...claims, isFlush })
        : dueSource(sql, { ...claims, flushNumber, rate, settings: state });
      const observer = createObserver(node.hosts, Date.parse(state.now));
      const records = createDestinationRecords(node, { state, holder, observer });
      const result = await deliverBatch(state, { holder, attempts, source, records });
      await node.conditions.keep(state, observer, result.failure !== null);
      if (result.isTurnedAway) memories.rest(id, flushNumber);
      if (result.failure !== null) {
        limit.restart();
        return records.failure(result.failure);
      }
      if (records.isBreakerOpen()) await records.expireHeldBack();
      if (flushNumber !== null) {
        const isAnswered = isFlushAnswered({ result, source, isProbe, isHeldBack: records.isBreakerOpen() });
        if (!isAnswered) await keepFlush(sql, id);
        else if (!isFailing) await clearFlush(sql, state, flushNumber);
      }
      const last = observer.last();
      if (result.hasSucceeded && (!isFailing || records.isBreakerOpen())) {
        await recordRound(sql, id, last);
        flushNumber = null;
      } else if (last !== null) await noteAttempt(sql, id, last);
      // Another run, for what there was no time for.
      if (isOver()) return node.poke(id);
      if (!result.hasSucceeded) return;
    }
  };

  /** An operator's flush has got what it asked for: attempts, not sessions that were refused or that we cut. */
  const isFlushAnswered = (batch: {
    readonly result: BatchResult;
    readonly source: Source;
    readonly isProbe: boolean;
    /** By an open breaker: nothing more goes now. */
    readonly isHeldBack: boolean;
  }): boolean => {
    const { result, source, isProbe, isHeldBack } = batch;
    if (result.isTurnedAway) return false;
    const isEnding = isCut() || isOver();
    if (isProbe) return result.hasSucceeded || !isEnding;
    return !isEnding && !source.isCapped() && (isHeldBack || !result.hasSucceeded || !result.isUnfinished);
  };

  return {
    deliver: async () => {
      const holder = node.holder();
      if (holder === null) return;
      mayBeOwned = true;
      if (!(await takeOwnership(sql, id, holder))) {
        mayBeOwned = false;
        return;
      }
      const mayFinish = () => node.holder()?.epoch === holder.epoch;
      const attempts = node.openAttempts({ destinationId: id, signal: cut.signal, mayFinish });
      try {
        tellFinalized(node, await finalizeLeftovers(sql, { destinationId: id, holder }));
        await deliverBatches(holder, attempts);
      } finally {
        await attempts.close();
        await dropOwnership(sql, id, holder);
        mayBeOwned = false;
      }
    },
    mayBeOwned: () => mayBeOwned,
    cut: () => cut.abort(),
    routeGeneration: () => routeGeneration,
  };
}

interface Batch {
  readonly holder: Holder;
  readonly attempts: Attempts;
  readonly source: Source;
  readonly records: DestinationRecords;
}
