/** `Subscription` with its items: what is told as it happens. The subscriptions themselves live in control/subscriptions/. */
import { findDomain, findDomainsByDestination } from '../../domains/domains.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { findOutages } from '../../outage/inspect.ts';
import { findMessage } from '../../queue/read/inspect.ts';
import type { Summary } from '../../queue/read/situations.ts';
import { findOperations, type OperationView } from '../../queue/verbs/operations.ts';
import type { Context } from '../context.ts';
import type { OutageChangeResolvers, QueueChangeResolvers, SubscriptionResolvers } from '../generated.ts';
import { isUuid } from '../page.ts';
import { positionOfCursor } from '../subscriptions/cursor.ts';
import { Ending, noSuchDomain, noSuchMessage, noSuchOperation } from '../subscriptions/outbox.ts';
import type { OutageItem } from '../subscriptions/outages.ts';
import type { QueueItem } from '../subscriptions/queues.ts';
import { type TimelineItem, sentOfCursor } from '../subscriptions/timelines.ts';

export const Subscription: SubscriptionResolvers = {
  outageChanged: {
    async subscribe(_parent, { domain: name, after }, context) {
      const position = positionOfCursor(after);
      const destinationId = name == null ? null : (await domainOf(context, name)).destinationId;
      return context.live.subscriptions.outages(context.live.session, { destinationId, after: position });
    },
    resolve: (item: OutageItem | Ending) => told(item),
  },
  queueChanged: {
    subscribe: async (_parent, { domain: name }, context) =>
      context.live.subscriptions.queue(context.live.session, await domainOf(context, name)),
    resolve: (item: QueueItem | Ending) => told(item),
  },
  queuesChanged: {
    subscribe: (_parent, _args, { live }) => live.subscriptions.allQueues(live.session),
    resolve: (item: QueueItem | Ending) => told(item),
  },
  summaryChanged: {
    subscribe: (_parent, _args, { live }) => live.subscriptions.summary(live.session),
    resolve: (item: Summary | Ending) => told(item),
  },
  operationChanged: {
    async subscribe(_parent, { id: given }, { sql, viewer, live }) {
      const id = given.toLowerCase();
      const found = isUuid(id) && (await findOperations(sql, viewer, [id])).has(id);
      if (!found) throw noSuchOperation();
      return live.subscriptions.operation(live.session, id);
    },
    resolve: (item: OperationView | Ending) => told(item),
  },
  messageTimeline: {
    async subscribe(_parent, { id, after }, { sql, viewer, live }) {
      const entries = sentOfCursor(after);
      const message = await findMessage(sql, viewer, id);
      if (message === null) throw noSuchMessage();
      return live.subscriptions.timeline(live.session, { messageId: message.id, after: entries });
    },
    resolve: (item: TimelineItem | Ending) => told(item),
  },
};

export const OutageChange: OutageChangeResolvers = {
  outage: ({ outageId }, _args, { load }) => load.byId(findOutages, outageId),
};

export const QueueChange: QueueChangeResolvers = {
  domain: ({ destinationId }, _args, { load }) => load.byId(findDomainsByDestination, destinationId),
};

function told<T>(item: T | Ending): T {
  if (item instanceof Ending) throw item.error;
  return item;
}

async function domainOf({ sql, viewer }: Context, name: string): Promise<RelayDomain> {
  const domain = await findDomain(sql, viewer, name);
  if (domain === null) throw noSuchDomain();
  return domain;
}
