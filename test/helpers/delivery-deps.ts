/** What a test of the worker does not care about: a route of no hosts, a memory of its own, nobody who listens. */
import { createHostMemory } from '../../src/delivery/host-memory.ts';
import type { DeliveryDeps } from '../../src/delivery/worker.ts';
import { NO_EVENTS } from './no-events.ts';

export function plainDeps(): Pick<DeliveryDeps, 'findRoute' | 'hosts' | 'givingWay' | 'events' | 'learn'> {
  return {
    findRoute: async () => ({ kind: 'HOSTS', hosts: [] }),
    hosts: createHostMemory(),
    givingWay: { turn: () => undefined },
    events: NO_EVENTS,
    learn: () => undefined,
  };
}
