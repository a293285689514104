/**
 * Delivery: wakes for a destination, and visits it when there is room.
 *
 * Promises: one visit per destination and node at a time; any unexpected error is a deferral, seen in the log, and ends that
 * visit only. A node that has lost its place stops before the final dot. Does not know SMTP.
 */
import { within } from '../clock.ts';
import type { DestinationState } from '../outage/clock.ts';
import type { ClaimedMessage, Holder, QueueSql } from '../queue/claim.ts';
import { findDueDestinations } from '../queue/due.ts';
import type { MessageResult } from '../queue/outcome.ts';
import type { RecipientResult } from '../queue/finalize.ts';
import type { MailEvents } from '../telemetry/events.ts';
import { createByteBudget } from './budget.ts';
import { createConditionKeeper } from './conditions.ts';
import type { GivingWay } from './giving-way.ts';
import type { HostMemory } from './host-memory.ts';
import { createRampMemory } from './ramp-memory.ts';
import type { StoppableResult } from './round-attempt.ts';
import type { Route } from './route.ts';
import { createTurns } from './turns.ts';
import { visit } from './visit.ts';

/** Destinations tried at the same time by this node; the others wait their turn. */
const MOST_DESTINATIONS = 256;
/** Contents in memory for delivery, all destinations together. */
const CONTENT_BYTES = 256 * 1024 * 1024;

export interface AttemptsOptions {
  readonly destinationId: string;
  readonly signal: AbortSignal;
  /** Asked right before each final dot: the claims are still this node's. */
  readonly mayFinish: () => boolean;
}

/** The dialling side of one destination: sessions that live from message to message. */
export interface Attempts {
  attempt(
    message: ClaimedMessage,
    hosts: (Route & { kind: 'HOSTS' })['hosts'],
    content: () => Promise<Uint8Array>,
    /** Asked right before each final dot: there is room for one more that is not recorded. */
    mayDeliver: () => boolean | Promise<boolean>,
  ): Promise<StoppableResult>;
  close(): Promise<void>;
}

export interface DeliveryDeps {
  readonly sql: QueueSql;
  /** This node's place among the living, or null while it has none: then nothing is tried. */
  readonly holder: () => Holder | null;
  readonly findRoute: (destination: DestinationState) => Promise<Route>;
  readonly openAttempts: (options: AttemptsOptions) => Attempts;
  readonly hosts: HostMemory;
  readonly givingWay: GivingWay;
  readonly events: MailEvents;
  /** Remembers what the primary has shown about its mailboxes. */
  readonly learn: (
    destination: DestinationState,
    messageResults: readonly MessageResult[],
    results: readonly RecipientResult[],
  ) => void;
}

export interface Delivery {
  /** Looks at a destination as soon as there is room. Returns at once; repeats merge. */
  poke(destinationId: string): void;
  /** Looks for destinations with something to do and pokes them. */
  sweep(): Promise<void>;
  /** Destinations that are being delivered to now. */
  destinationCount(): number;
  /** Cuts all attempts: this node has lost its place. */
  abort(): void;
  /** Takes nothing new and cuts what is before its final dot; what waits for the reply to it has `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export function createDelivery(deps: DeliveryDeps): Delivery {
  const budget = createByteBudget(CONTENT_BYTES);
  const memory = createRampMemory();
  const conditions = createConditionKeeper(deps);
  /** Visits under way. A signal each, since one may have to end before the others. */
  const visits = new Map<string, { readonly cut: AbortController; routeGeneration: number | null }>();
  let isStopping = false;

  const turns = createTurns({
    most: MOST_DESTINATIONS,
    run: async (id, { isOver }) => {
      const current = { cut: new AbortController(), routeGeneration: null as number | null };
      visits.set(id, current);
      const shared = { budget, signal: current.cut.signal, isStopping: () => isStopping, conditions, poke };
      await visit(deps, {
        ...shared,
        ...memory.of(id),
        id,
        isOver,
        rest: (flushNumber: number | null) => memory.rest(id, flushNumber),
        onRoute: (generation: number) => {
          current.routeGeneration = generation;
        },
      }).catch((error: unknown) => deps.events.fault({ where: `delivery to ${id}`, error }));
      visits.delete(id);
    },
  });
  const poke = (id: string) => turns.poke(id);
  const cutAll = (): void => {
    for (const { cut } of visits.values()) cut.abort();
  };
  /** A new route is tried at once: what still waits for a host of the old one is cut, before its final dot. */
  const leaveOldRoute = (id: string, routeGeneration: number): void => {
    const current = visits.get(id);
    if (current === undefined || current.routeGeneration === null || current.routeGeneration === routeGeneration)
      return;
    current.cut.abort();
    poke(id);
  };

  return {
    poke,
    sweep: async () => {
      for (const { id, tenantId, flushNumber, routeGeneration } of await findDueDestinations(deps.sql)) {
        if (flushNumber !== null) leaveOldRoute(id, routeGeneration);
        if (!turns.isRunning(id) && !memory.isResting(id, flushNumber)) turns.poke(id, tenantId);
      }
    },
    destinationCount: turns.runningCount,
    abort: cutAll,
    stop: async (graceMs) => {
      isStopping = true;
      cutAll();
      await within(graceMs, turns.stop(), () => undefined);
    },
  };
}
