/**
 * After a round: keeps the conditions it met, and opens or ends the outage of a primary that greylists everybody.
 *
 * Greylisting delays each message once and is no outage. When it has put off everybody over a whole interval, the primary
 * takes nothing: an outage of that class opens, without a clock, and the first recipient accepted ends it.
 */
import type { DestinationState } from '../outage/clock.ts';
import { type ClosedOutage, recordSuccess } from '../outage/clock.ts';
import { openClockless, recordConditions } from '../outage/conditions.ts';
import type { QueueSql } from '../queue/claim.ts';
import { createBoundedMap } from '../settings/bounded-map.ts';
import type { Observer } from './observer.ts';
import type { DeliveryEvents } from './worker.ts';

const MOST_DESTINATIONS = 20_000;

export interface ConditionKeeper {
  keep(destination: DestinationState, observed: Observer): Promise<void>;
}

export function createConditionKeeper(deps: {
  readonly sql: QueueSql;
  readonly events: Pick<DeliveryEvents, 'outageOpened' | 'outageReclassified' | 'outageClosed'>;
}): ConditionKeeper {
  const { sql, events } = deps;
  /** Since when a destination has put off everybody, by the database's clock. Another node begins anew. */
  const greylistedSince = createBoundedMap<string>(MOST_DESTINATIONS);

  const noteGreylisting = async (destination: DestinationState, observed: Observer): Promise<void> => {
    const evidence = observed.greylisting();
    if (evidence === null) return;
    const since = greylistedSince.get(destination.id);
    if (since === undefined) return greylistedSince.set(destination.id, destination.now);
    const outageClass = 'GREYLISTING';
    const outage = { destinationId: destination.id, outageClass, reply: evidence.reply, evidence: [evidence] } as const;
    const recorded = await openClockless(sql, { ...outage, since });
    if (recorded === null) return;
    const { openedOutageId: outageId, formerClass } = recorded;
    if (outageId !== null) events.outageOpened(destination, { outageId, outageClass, reply: evidence.reply });
    if (formerClass !== null) {
      events.outageReclassified(destination, { outageClass, formerClass, reply: evidence.reply });
    }
  };

  return {
    keep: async (destination, observed) => {
      const conditions = { isGreylisting: observed.greylisting() !== null, isTarpitting: observed.isTarpitting() };
      if (conditions.isGreylisting || conditions.isTarpitting) await recordConditions(sql, destination.id, conditions);
      if (!observed.isAccepting()) return noteGreylisting(destination, observed);
      greylistedSince.delete(destination.id);
      if (destination.outageClass !== 'GREYLISTING' || destination.isFailing) return;
      const closed: ClosedOutage | null = await recordSuccess(sql, destination.id);
      if (closed !== null) events.outageClosed(destination, closed);
    },
  };
}
