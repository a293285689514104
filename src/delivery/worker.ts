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
import { createRampMemory, type Remembered } from './ramp-memory.ts';
import { createRecorder } from './recorder.ts';
import { type RoundResult, runRound } from './round.ts';
import type { StoppableResult } from './round-attempt.ts';
import type { Route } from './route.ts';
import type { Source } from './source.ts';
import { createTurns, type Turn } from './turns.ts';

/** Destinations tried at the same time by this node; the others wait their turn. */
const MOST_DESTINATIONS = 256;
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
  const budget = createByteBudget(CONTENT_BYTES);
  const memory = createRampMemory();
  const conditions = createConditionKeeper(deps);
  let cut = new AbortController();
  let isStopping = false;

  const turns = createTurns({
    most: MOST_DESTINATIONS,
    run: async (id, { isOver }) => {
      const shared = { budget, signal: cut.signal, isStopping: () => isStopping, conditions, poke };
      await tryDestination(deps, { ...shared, ...memory.of(id), id, isOver, rest: () => memory.rest(id) }).catch(
        (error: unknown) => deps.events.fault(`delivery to ${id}`, error),
      );
    },
  });
  const poke = (id: string) => turns.poke(id);

  return {
    poke,
    sweep: async () => {
      for (const { id, tenantId, isFlush } of await findDueDestinations(deps.sql)) {
        if (!turns.isRunning(id) && (isFlush || !memory.isResting(id))) turns.poke(id, tenantId);
      }
    },
    abort: () => {
      cut.abort();
      cut = new AbortController();
    },
    stop: async (graceMs) => {
      isStopping = true;
      cut.abort();
      await within(graceMs, turns.stop(), () => undefined);
    },
  };
}

interface Run extends Remembered, Turn {
  readonly id: string;
  readonly budget: ByteBudget;
  readonly signal: AbortSignal;
  readonly isStopping: () => boolean;
  readonly conditions: ConditionKeeper;
  readonly poke: (destinationId: string) => void;
  /** The host grants no session just now. */
  readonly rest: () => void;
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
        : dueSource(deps.sql, { ...claims, flushedAt, cap: run.cap, perMinute: destination.drainPerMinute });
    const observer = createObserver(deps.hosts, Date.parse(destination.now));
    const breaker = createBreakerWatch(destination, deps.events);
    const result = await roundAt(deps, {
      ...run,
      destination,
      holder,
      attempts,
      source,
      observer,
      breaker,
    });
    await run.conditions.keep(destination, observer);
    if (result.isTurnedAway) run.rest();
    if (result.failure !== null) run.ramp.restart();
    if (result.failure !== null) return recordTrouble(deps, { destination, failure: result.failure, observer });
    if (breaker.isOpen()) await expireLate(deps, destination, HELD_BACK);
    // Another turn, for what there was no time for.
    if (run.isOver()) return run.poke(run.id);
    if (!isFailing && flushedAt !== null && !source.isCapped()) await clearFlush(deps.sql, run.id, flushedAt);
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
      ramp: round.ramp,
      lastSuccess: round.lastSuccess,
      onSuccess: async () => {
        if (!destination.isFailing) return;
        const closed = await recordSuccess(deps.sql, destination.id);
        if (closed === null) return;
        deps.events.outageClosed(destination, closed);
        for (const id of await advanceNeighbours(deps.sql, observer.greeted(), MOST_NEIGHBOURS)) round.poke(id);
      },
      isStopping: () => round.isStopping() || round.isOver() || round.signal.aborted || breaker.isOpen(),
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
