/** What a test of the worker does not care about: a route of no hosts, a memory of its own, nobody who listens. */
import { createHostMemory } from '../../src/delivery/recovery-checks.ts';
import type { DeliveryDeps } from '../../src/delivery/delivering-node.ts';
import { NO_EVENTS } from './no-events.ts';

export function plainDeps(): Pick<DeliveryDeps, 'findRoute' | 'hosts' | 'inboundPriority' | 'events' | 'learn'> {
  return {
    findRoute: async () => ({ kind: 'HOSTS', hosts: [] }),
    hosts: createHostMemory(),
    inboundPriority: { wait: () => undefined },
    events: NO_EVENTS,
    learn: () => undefined,
  };
}
