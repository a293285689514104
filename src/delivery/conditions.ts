/**
 * After a round: keeps the conditions it met, and opens or ends the outage of a primary that greylists everybody, or that
 * refuses us a moment after it took part.
 *
 * Greylisting delays each message once and is no outage. When it has put off everybody over a whole interval, the primary
 * takes nothing: an outage of that class opens, without a clock, and the first recipient accepted ends it. So it does when the
 * last word of a round was a refusal of us: beside a session that succeeded within the minute that starts no clock, but people
 * shall see at once why mail waits.
 */
import type { DestinationState } from '../outage/clock.ts';
import { type ClosedOutage, recordSuccess } from '../outage/clock.ts';
import { type ClocklessOutage, openClockless, recordConditions } from '../outage/conditions.ts';
import type { QueueSql } from '../queue/claim.ts';
import { createBoundedMap } from '../db/bounded-map.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { Observer } from './observer.ts';

const MOST_DESTINATIONS = 20_000;

export interface ConditionKeeper {
  /** @param isTrouble the destination is in trouble: its clock says so, with an outage of its own */
  keep(destination: DestinationState, observed: Observer, isTrouble: boolean): Promise<void>;
}

export function createConditionKeeper(deps: {
  readonly sql: QueueSql;
  readonly events: Pick<MailEvents, 'outageChanged' | 'outageClosed'>;
}): ConditionKeeper {
  const { sql, events } = deps;
  /** Since when a destination has put off everybody, by the database's clock. Another node begins anew. */
  const greylistedSince = createBoundedMap<string>(MOST_DESTINATIONS);

  const noteGreylisting = async (destination: DestinationState, observed: Observer): Promise<void> => {
    const evidence = observed.greylisting();
    if (evidence === null) return;
    const since = greylistedSince.get(destination.id);
    if (since === undefined) return greylistedSince.set(destination.id, destination.now);
    await open(destination, {
      outageClass: 'GREYLISTING',
      reply: evidence.reply,
      evidence: [evidence],
      since,
      waitsInterval: true,
    });
  };
  const open = async (destination: DestinationState, outage: Omit<ClocklessOutage, 'destinationId'>): Promise<void> => {
    const recorded = await openClockless(sql, { destinationId: destination.id, ...outage });
    if (recorded === null) return;
    events.outageChanged(destination.name, { ...outage, ...recorded });
  };

  return {
    keep: async (destination, observed, isTrouble) => {
      const conditions = { isGreylisting: observed.greylisting() !== null, isTarpitting: observed.isTarpitting() };
      if (conditions.isGreylisting || conditions.isTarpitting) await recordConditions(sql, destination.id, conditions);
      const blocked = isTrouble ? null : observed.blocking();
      if (blocked !== null) {
        const { reply, evidence } = blocked;
        const since = destination.now;
        return open(destination, { outageClass: 'BLOCKING', reply, evidence, since, waitsInterval: false });
      }
      if (!observed.isAccepting()) return noteGreylisting(destination, observed);
      greylistedSince.delete(destination.id);
      if (destination.outageClass === null || destination.isFailing) return;
      const closed: ClosedOutage | null = await recordSuccess(sql, destination.id);
      if (closed !== null) events.outageClosed(destination.name, closed);
    },
  };
}
