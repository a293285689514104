/** `Outage` and `Rejection`: what happens at a domain's primary, and what is refused at our side. */
import { findDomainsByDestination } from '../../domains/domains.ts';
import type { OutageView } from '../../outage/inspect.ts';
import { type QueueView, readQueues } from '../../queue/read/queues.ts';
import type { Context } from '../context.ts';
import type { OutageResolvers, RejectionResolvers } from '../generated.ts';

/** An outage that is over and has drained has nothing to do with what its destination holds. */
async function queueOf(outage: OutageView, { load }: Context): Promise<QueueView | null> {
  return outage.endedAt === null || outage.drain !== null ? load.byId(readQueues, outage.destinationId) : null;
}

export const Outage: OutageResolvers = {
  domain: (outage, _args, { load }) => load.byId(findDomainsByDestination, outage.destinationId),
  heldCount: async (outage, _args, context) => (await queueOf(outage, context))?.heldCount ?? null,
  heldBytes: async (outage, _args, context) => (await queueOf(outage, context))?.heldBytes ?? null,
  oldestAcceptedAt: async (outage, _args, context) => (await queueOf(outage, context))?.oldestAcceptedAt ?? null,
};

export const Rejection: RejectionResolvers = {
  domain: ({ destinationId }, _args, { load }) =>
    destinationId === null ? null : load.byId(findDomainsByDestination, destinationId),
};
