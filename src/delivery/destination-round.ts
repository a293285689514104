/**
 * A round at one destination with all that it stands on: its route, its sessions, the queue, what is recorded and told.
 *
 * Promises: what was claimed and not tried is given back; what an attempt meant is recorded even when this node has lost its
 * place, a late delivery counts. Does not decide whether the destination may be tried: visit.ts does.
 */
import { monotonicMs } from '../clock.ts';
import { advanceNeighbours } from '../outage/checks.ts';
import { type DestinationState, recordSuccess } from '../outage/clock.ts';
import { noteAttempt } from '../outage/last-attempt.ts';
import { type Holder, readContents, releaseClaims, releaseToSchedule } from '../queue/claim.ts';
import { isDatabaseAway, recordOutcomes, type Settlement } from '../queue/outcome.ts';
import type { BreakerWatch } from './breaker-watch.ts';
import type { Observer } from './observer.ts';
import { createRecorder } from './recorder.ts';
import { type RoundResult, runRound } from './round.ts';
import type { Source } from './source.ts';
import type { Run } from './visit.ts';
import type { Attempts, DeliveryDeps } from './worker.ts';

/** Destinations on the host of one that is back which are tried at once; each that succeeds calls as many more. */
const MOST_NEIGHBOURS = 20;
const NOTE_EVERY_MS = 2000;

export interface Round extends Run {
  readonly source: Source;
  readonly destination: DestinationState;
  readonly holder: Holder;
  readonly attempts: Attempts;
  readonly observer: Observer;
  readonly breaker: BreakerWatch;
}

export async function roundAt(deps: DeliveryDeps, round: Round): Promise<RoundResult> {
  const { destination, holder, attempts, source, observer, breaker } = round;
  let notedAtMs = monotonicMs();
  /** In a round that lasts; what comes of a short one is noted at its end (visit.ts). */
  const noteNow = async (): Promise<void> => {
    const last = observer.last();
    if (last === null || monotonicMs() - notedAtMs < NOTE_EVERY_MS) return;
    notedAtMs = monotonicMs();
    // For people only: what is recorded must not be recorded again for it.
    await noteAttempt(deps.sql, destination.id, last).catch(() => undefined);
  };
  const recorder = createRecorder<Settlement>({
    record: async (settlements) => {
      const { id: destinationId, routeGeneration, now: begunAt } = destination;
      const { onBreaker } = breaker;
      const attempted = { destinationId, holder, routeGeneration, begunAt, settlements, onBreaker };
      const fates = await recordOutcomes(deps.sql, attempted);
      deps.events.settled(destination, settlements, fates);
      await noteNow();
    },
    onFault: async (error, settlements) => {
      deps.events.fault(`recording outcomes of ${destination.name}`, error);
      const ids = settlements.map(({ messageId }) => messageId);
      await releaseToSchedule(deps.sql, holder, ids).catch(() => undefined);
    },
    // Even when this node has lost its place: a late delivery counts.
    isAway: (error) => isDatabaseAway(error) && !round.isStopping(),
  });
  const readAtMs = monotonicMs();
  try {
    return await runRound({
      route: () => deps.findRoute(destination),
      attempt: (message, route, content) => attempts.attempt(message, route.hosts, content),
      note: observer.note,
      source,
      recorder,
      readContent: async ({ id }) => {
        const content = (await readContents(deps.sql, [id])).get(id);
        if (content === undefined) throw new Error(`message ${id} has no content`);
        return content;
      },
      budget: round.budget,
      ramp: round.ramp,
      lastSuccess: round.lastSuccess,
      turn: deps.givingWay.turn,
      nowMs: () => Date.parse(destination.now) + monotonicMs() - readAtMs,
      onSuccess: async () => {
        if (!destination.isFailing) return;
        const closed = await recordSuccess(deps.sql, destination.id);
        if (closed === null) return;
        deps.events.outageClosed(destination, closed);
        for (const id of await advanceNeighbours(deps.sql, observer.greeted(), MOST_NEIGHBOURS)) round.poke(id);
      },
      isStopping: () => round.isStopping() || round.isOver() || round.signal.aborted || breaker.isOpen(),
      onFault: ({ id }, error) => deps.events.fault(`attempt of message ${id}`, error),
    });
  } finally {
    await releaseClaims(deps.sql, holder, await source.stop());
  }
}
