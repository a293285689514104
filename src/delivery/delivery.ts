/**
 * Delivery of one node: wakes for a destination, and delivers to it when there is room.
 *
 * Promises: one run per destination and node at a time. An unexpected error is a deferral, is logged, and ends that run only. A
 * destination that a run could not give up is given up by the next sweep; other nodes and checks wait for that. A node that has
 * lost its lease stops before the final dot, and owns nothing any more. Does not know SMTP.
 */
import { within } from '../clock.ts';
import { findDueDestinations } from '../queue/due.ts';
import { createDestinationMemories } from './concurrency/limits.ts';
import { createConditionKeeper } from './conditions.ts';
import type { DeliveryDeps } from './delivering-node.ts';
import { createDestination, type Destination } from './destination.ts';
import { createByteBudget } from './message-source.ts';
import { createDestinationScheduler } from './scheduler.ts';

/** Destinations that this node delivers to at the same time; the others wait. */
const MOST_DESTINATIONS = 256;
/** Contents in memory for delivery, all destinations together. */
const CONTENT_BYTES = 256 * 1024 * 1024;

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
  /** Destinations that the database may still name as this node's. A run of each, however little is due, gives it up. */
  const notGivenUp = new Set<string>();
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
      if (destination.mayBeOwned()) notGivenUp.add(id);
      else notGivenUp.delete(id);
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
      for (const id of notGivenUp) {
        if (!scheduler.isRunning(id)) scheduler.poke(id);
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
