/** `Outage`: a primary that cannot be reached. */
import type { OutageResolvers } from '../generated.ts';
import type { Context } from '../context.ts';
import type { OutageView } from '../../outage/inspect.ts';
import type { QueueView } from '../../queue/read/queues.ts';

/** What the destination of an outage holds that is over and has drained has nothing to do with it. */
async function queueOf(outage: OutageView, { load }: Context): Promise<QueueView | null> {
  return outage.endedAt === null || outage.drain !== null ? load.queue(outage.destinationId) : null;
}

export const Outage: OutageResolvers = {
  domain: (outage, _args, { load }) => load.domain(outage.destinationId),
  heldCount: async (outage, _args, context) => (await queueOf(outage, context))?.heldCount ?? null,
  heldBytes: async (outage, _args, context) => (await queueOf(outage, context))?.heldBytes ?? null,
  oldestAcceptedAt: async (outage, _args, context) => (await queueOf(outage, context))?.oldestAcceptedAt ?? null,
};
