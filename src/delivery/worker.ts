/**
 * Delivery: wakes for a destination, owns it, and keeps handing over until nothing is due or its clock says wait.
 *
 * Promises: one loop per destination and node, one owner among nodes; while the clock runs, one message goes per slot; what
 * an attempt meant is recorded before the destination's clock moves; any unexpected error is a deferral, seen in the log, and
 * ends this loop only. A node that has lost its place stops before the final dot. Does not know SMTP.
 */

import { within } from '../clock.ts';
import {
  clearFlush,
  type ClosedOutage,
  type DestinationState,
  readDestination,
  recordFailure,
  recordRound,
  recordSuccess,
} from '../outage/clock.ts';
import { advanceNeighbours } from '../outage/checks.ts';
import type { BreakerStep } from '../outage/breaker-feed.ts';
import type { OutageClass } from '../outage/class.ts';
import { dropOwnership, takeOwnership } from '../outage/owner.ts';
import {
  type ClaimedMessage,
  type Holder,
  type QueueSql,
  readContents,
  releaseClaims,
  releaseLeftovers,
  releaseToSchedule,
} from '../queue/claim.ts';
import { findDueDestinations } from '../queue/due.ts';
import { expireHeld } from '../queue/expiry.ts';
import { type Fate, isDatabaseAway, recordOutcomes, type Settlement } from '../queue/outcome.ts';
import { type BreakerWatch, createBreakerWatch, HELD_BACK } from './breaker-watch.ts';
import { type ByteBudget, createByteBudget } from './budget.ts';
import { dueSource, probeSource } from './claims.ts';
import { type ConditionKeeper, createConditionKeeper } from './conditions.ts';
import type { HostMemory } from './host-memory.ts';
import { createObserver, type Observer } from './observer.ts';
import { createRecorder } from './recorder.ts';
import { type RoundDeps, type RoundResult, runRound, type StoppableResult } from './round.ts';
import type { Route } from './route.ts';
import type { Source } from './source.ts';

/** Destinations tried at the same time by this node; the others wait their turn. */
const MOST_DESTINATIONS = 256;
/** Destinations whose last success is remembered; only the last minute of it matters. */
const MOST_REMEMBERED = 100_000;
/** Destinations on the host of one that is back which are tried at once; each that succeeds calls as many more. */
const MOST_NEIGHBOURS = 20;
/** Contents in memory for delivery, all destinations together. */
const CONTENT_BYTES = 256 * 1024 * 1024;

/** The dialling side of one destination: sessions that live from message to message. */
export interface Attempts {
  attempt(
    message: ClaimedMessage,
    hosts: (Route & { kind: 'HOSTS' })['hosts'],
    content: () => Promise<Uint8Array>,
  ): Promise<StoppableResult>;
  close(): Promise<void>;
}

export interface DeliveryEvents {
  settled(destination: DestinationState, settlements: readonly Settlement[], fates: readonly Fate[]): void;
  outageOpened(
    destination: DestinationState,
    outage: { outageId: string; outageClass: OutageClass; reply: string },
  ): void;
  outageReclassified(
    destination: DestinationState,
    outage: { outageClass: OutageClass; formerClass: OutageClass; reply: string },
  ): void;
  outageClosed(destination: DestinationState, outage: ClosedOutage): void;
  breakerMoved(destination: DestinationState, step: BreakerStep): void;
  fault(where: string, error: unknown): void;
}

export interface DeliveryDeps {
  readonly sql: QueueSql;
  /** This node's place among the living, or null while it has none: then nothing is tried. */
  readonly holder: () => Holder | null;
  readonly findRoute: (destination: DestinationState) => Promise<Route>;
  readonly openAttempts: (signal: AbortSignal, destinationId: string) => Attempts;
  readonly hosts: HostMemory;
  readonly events: DeliveryEvents;
}

export interface Delivery {
  /** Looks at a destination as soon as there is room. Returns at once; repeats merge. */
  poke(destinationId: string): void;
  /** Looks for destinations with something to do and pokes them. */
  sweep(): Promise<void>;
  /** Cuts all attempts: this node has lost its place. */
  abort(): void;
  /** Takes nothing new and cuts what is before its final dot; what waits for the reply to it has `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export function createDelivery(deps: DeliveryDeps): Delivery {
  /** Destinations being tried; true: poked again meanwhile. */
  const running = new Map<string, boolean>();
  const waiting = new Set<string>();
  const loops = new Set<Promise<void>>();
  const budget = createByteBudget(CONTENT_BYTES);
  /** Of the destinations tried lately; what is forgotten counts as no success. */
  const successes = new Map<string, { atMs: number }>();
  const conditions = createConditionKeeper(deps);
  let cut = new AbortController();
  let isStopping = false;

  const lastSuccessAt = (id: string) => {
    if (successes.size >= MOST_REMEMBERED && !successes.has(id)) successes.clear();
    const last = successes.get(id) ?? { atMs: Number.NEGATIVE_INFINITY };
    successes.set(id, last);
    return last;
  };
  const start = (id: string) => {
    waiting.delete(id);
    running.set(id, false);
    const lastSuccess = lastSuccessAt(id);
    const run = { id, budget, signal: cut.signal, isStopping: () => isStopping, lastSuccess, conditions, poke };
    const loop = tryDestination(deps, run)
      .catch((error: unknown) => deps.events.fault(`delivery to ${id}`, error))
      .finally(() => {
        // Behind those that wait already: mail that never ceases to come for some must not keep the others waiting.
        if (running.get(id) === true) waiting.add(id);
        running.delete(id);
        loops.delete(loop);
        const next = waiting.values().next().value;
        if (next !== undefined && !isStopping) start(next);
      });
    loops.add(loop);
  };
  const poke = (id: string) => {
    if (isStopping) return;
    if (running.has(id)) running.set(id, true);
    else if (running.size < MOST_DESTINATIONS) start(id);
    else waiting.add(id);
  };

  return {
    poke,
    sweep: async () => {
      for (const id of await findDueDestinations(deps.sql)) if (!running.has(id)) poke(id);
    },
    abort: () => {
      cut.abort();
      cut = new AbortController();
    },
    stop: async (graceMs) => {
      isStopping = true;
      cut.abort();
      await within(graceMs, Promise.all(loops), () => undefined);
    },
  };
}

interface Run extends Pick<RoundDeps, 'lastSuccess'> {
  readonly id: string;
  readonly budget: ByteBudget;
  readonly signal: AbortSignal;
  readonly isStopping: () => boolean;
  readonly conditions: ConditionKeeper;
  readonly poke: (destinationId: string) => void;
}

async function tryDestination(deps: DeliveryDeps, run: Run): Promise<void> {
  const holder = deps.holder();
  if (holder === null || !(await takeOwnership(deps.sql, run.id, holder))) return;
  const attempts = deps.openAttempts(run.signal, run.id);
  try {
    await releaseLeftovers(deps.sql, holder, run.id);
    await keepTrying(deps, run, holder, attempts);
  } finally {
    await attempts.close();
    await dropOwnership(deps.sql, run.id, holder);
  }
}

async function keepTrying(deps: DeliveryDeps, run: Run, holder: Holder, attempts: Attempts): Promise<void> {
  let flushedAt: Date | null = null;
  const { lastSuccess } = run;
  const claims = { destinationId: run.id, holder, budget: run.budget };
  for (;;) {
    const destination = await readDestination(deps.sql, run.id);
    if (destination === null || run.isStopping() || run.signal.aborted) return;
    const { isPaused, isFailing, isDue, flushRequestedAt } = destination;
    flushedAt = flushRequestedAt ?? flushedAt;
    if (flushRequestedAt === null && (isPaused || (isFailing && !isDue))) return;
    // A flush goes beyond a pause with one message: whether the primary is there. The rest waits for the resume.
    const source =
      isFailing || isPaused
        ? probeSource(deps.sql, { ...claims, isFlush: flushRequestedAt !== null })
        : dueSource(deps.sql, { ...claims, flushedAt });
    const observer = createObserver(deps.hosts);
    const breaker = createBreakerWatch(destination, deps.events);
    const result = await roundAt(deps, {
      ...run,
      destination,
      holder,
      attempts,
      source,
      lastSuccess,
      observer,
      breaker,
    });
    await run.conditions.keep(destination, observer);
    if (result.failure !== null) return recordTrouble(deps, { destination, failure: result.failure, observer });
    if (breaker.isOpen()) await expireLate(deps, destination, HELD_BACK);
    if (!isFailing && flushedAt !== null) await clearFlush(deps.sql, run.id, flushedAt);
    if (!result.hasSucceeded) return;
    if (!isFailing || breaker.isOpen()) {
      await recordRound(deps.sql, run.id);
      flushedAt = null;
    }
  }
}

interface Round extends Run {
  readonly source: Source;
  readonly destination: DestinationState;
  readonly holder: Holder;
  readonly attempts: Attempts;
  readonly observer: Observer;
  readonly breaker: BreakerWatch;
}

async function roundAt(deps: DeliveryDeps, round: Round): Promise<RoundResult> {
  const { destination, holder, attempts, source, observer, breaker } = round;
  const recorder = createRecorder<Settlement>({
    record: async (settlements) => {
      const { id: destinationId, routeGeneration } = destination;
      const isFlush = destination.isFailing && destination.flushRequestedAt !== null;
      const { onBreaker } = breaker;
      const attempted = { destinationId, holder, routeGeneration, settlements, isFlush, onBreaker };
      const fates = await recordOutcomes(deps.sql, attempted);
      deps.events.settled(destination, settlements, fates);
    },
    onFault: async (error, settlements) => {
      deps.events.fault(`recording outcomes of ${destination.name}`, error);
      const ids = settlements.map(({ messageId }) => messageId);
      await releaseToSchedule(deps.sql, holder, ids).catch(() => undefined);
    },
    // Even when this node has lost its place: a late delivery counts.
    isAway: (error) => isDatabaseAway(error) && !round.isStopping(),
  });
  try {
    return await runRound({
      route: () => deps.findRoute(destination),
      attempt: async (message, route, content) => {
        const result = await attempts.attempt(message, route.hosts, content);
        observer.note(result);
        return result;
      },
      source,
      recorder,
      readContent: async ({ id }) => {
        const content = (await readContents(deps.sql, [id])).get(id);
        if (content === undefined) throw new Error(`message ${id} has no content`);
        return content;
      },
      budget: round.budget,
      lastSuccess: round.lastSuccess,
      onSuccess: async () => {
        if (!destination.isFailing) return;
        const closed = await recordSuccess(deps.sql, destination.id);
        if (closed === null) return;
        deps.events.outageClosed(destination, closed);
        for (const id of await advanceNeighbours(deps.sql, observer.greeted(), MOST_NEIGHBOURS)) round.poke(id);
      },
      isStopping: () => round.isStopping() || round.signal.aborted || breaker.isOpen(),
      onFault: ({ id }, error) => deps.events.fault(`attempt of message ${id}`, error),
    });
  } finally {
    await releaseClaims(deps.sql, holder, await source.stop());
  }
}

/** The destination is in trouble: what has expired ends, then the clock moves. In this order: see outcome.ts on absence. */
async function recordTrouble(
  deps: DeliveryDeps,
  trouble: {
    readonly destination: DestinationState;
    readonly failure: NonNullable<RoundResult['failure']>;
    readonly observer: Observer;
  },
): Promise<void> {
  const { destination, failure, observer } = trouble;
  const { id: destinationId, now: begunAt } = destination;
  await expireLate(deps, destination, failure.reply);
  const evidence = observer.troubles();
  const recorded = await recordFailure(deps.sql, { destinationId, begunAt, ...failure, evidence });
  const { openedOutageId: outageId, outageClass, formerClass } = recorded;
  if (outageId !== null) deps.events.outageOpened(destination, { outageId, outageClass, reply: failure.reply });
  if (formerClass !== null) {
    deps.events.outageReclassified(destination, { outageClass, formerClass, reply: failure.reply });
  }
}

/** Ends what had outlived its lifetime when the round began. */
async function expireLate(deps: DeliveryDeps, destination: DestinationState, reply: string): Promise<void> {
  try {
    await expireHeld(deps.sql, {
      destinationId: destination.id,
      begunAt: destination.now,
      reply,
      onFates: (fates) => deps.events.settled(destination, [], fates),
    });
  } catch (error) {
    // Expiry can wait for the next failure; a clock that does not move would mean an attempt every second.
    deps.events.fault(`expiry at ${destination.name}`, error);
  }
}
