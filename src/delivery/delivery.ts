/**
 * Delivery of one node: wakes for a destination, and delivers to it when there is room.
 *
 * Promises: one run per destination and node at a time. An unexpected error is a deferral, is logged, and ends that run only. A
 * node that has lost its lease stops before the final dot. Does not know SMTP.
 */
import { within } from '../clock.ts';
import type { DestinationState } from '../outage/clock.ts';
import type { ClaimedMessage, Holder, QueueSql } from '../queue/claim.ts';
import { findDueDestinations } from '../queue/due.ts';
import type { RecipientResult } from '../queue/finalize.ts';
import type { MessageResult } from '../queue/outcome.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { StoppableResult } from './attempt.ts';
import type { InboundPriority } from './concurrency/inbound-priority.ts';
import { createDestinationMemories } from './concurrency/memory.ts';
import { createConditionKeeper } from './conditions.ts';
import { createDestination, type Destination } from './destination.ts';
import { createByteBudget } from './message-source.ts';
import type { HostMemory } from './recovery-checks.ts';
import type { Route, RouteHost } from './route.ts';
import { createDestinationScheduler } from './scheduler.ts';

/** Destinations that this node delivers to at the same time; the others wait. */
const MOST_DESTINATIONS = 256;
/** Contents in memory for delivery, all destinations together. */
const CONTENT_BYTES = 256 * 1024 * 1024;

export interface AttemptsOptions {
  readonly destinationId: string;
  readonly signal: AbortSignal;
  /** Asked right before each final dot: the claims are still this node's. */
  readonly mayFinish: () => boolean;
}

/** The SMTP side of one destination: connections that live from message to message. */
export interface Attempts {
  attempt(
    message: ClaimedMessage,
    hosts: readonly RouteHost[],
    content: () => Promise<Uint8Array>,
    /** Asked right before each final dot: there is room for one more that is not recorded. */
    mayDeliver: () => boolean | Promise<boolean>,
  ): Promise<StoppableResult>;
  close(): Promise<void>;
}

export interface DeliveryDeps {
  readonly sql: QueueSql;
  /** This node's lease, or null while it has none: then nothing is tried. */
  readonly holder: () => Holder | null;
  readonly findRoute: (destination: DestinationState) => Promise<Route>;
  readonly openAttempts: (options: AttemptsOptions) => Attempts;
  readonly hosts: HostMemory;
  readonly inboundPriority: InboundPriority;
  readonly events: MailEvents;
  /** Remembers what the primary has shown about its mailboxes. */
  readonly learn: (
    destination: DestinationState,
    messageResults: readonly MessageResult[],
    results: readonly RecipientResult[],
  ) => void;
}

export interface Delivery {
  /** Delivers to a destination as soon as there is room. Returns at once; repeats merge. */
  poke(destinationId: string): void;
  /** Finds destinations that are due and pokes them. */
  sweep(): Promise<void>;
  /** Destinations that are being delivered to now. */
  destinationCount(): number;
  /** Cuts all attempts: this node has lost its lease. */
  abort(): void;
  /** Takes nothing new and cuts what is before its final dot; what waits for the reply to it has `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export function createDelivery(deps: DeliveryDeps): Delivery {
  const memories = createDestinationMemories();
  const running = new Map<string, Destination>();
  let isStopping = false;

  const node = {
    ...deps,
    budget: createByteBudget(CONTENT_BYTES),
    conditions: createConditionKeeper(deps),
    memories,
    isStopping: () => isStopping,
    poke: (id: string) => scheduler.poke(id),
  };
  const scheduler = createDestinationScheduler({
    most: MOST_DESTINATIONS,
    run: async (id, { isOver }) => {
      const destination = createDestination(node, id, isOver);
      running.set(id, destination);
      await destination.deliver().catch((error: unknown) => deps.events.fault({ where: `delivery to ${id}`, error }));
      running.delete(id);
    },
  });
  const cutAll = (): void => {
    for (const destination of running.values()) destination.cut();
  };
  /** A new route is tried at once: what still waits for a host of the old one is cut, before its final dot. */
  const leaveOldRoute = (id: string, routeGeneration: number): void => {
    const destination = running.get(id);
    const current = destination?.routeGeneration() ?? null;
    if (destination === undefined || current === null || current === routeGeneration) return;
    destination.cut();
    scheduler.poke(id);
  };

  return {
    poke: node.poke,
    sweep: async () => {
      for (const { id, tenantId, flushNumber, routeGeneration } of await findDueDestinations(deps.sql)) {
        if (flushNumber !== null) leaveOldRoute(id, routeGeneration);
        if (!scheduler.isRunning(id) && !memories.isResting(id, flushNumber)) scheduler.poke(id, tenantId);
      }
    },
    destinationCount: scheduler.runningCount,
    abort: cutAll,
    stop: async (graceMs) => {
      isStopping = true;
      cutAll();
      await within(graceMs, scheduler.stop(), () => undefined);
    },
  };
}
