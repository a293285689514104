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
import { type Holder, readContents, releaseClaims } from '../queue/claim.ts';
import { isDatabaseAway, markDelivered, recordOutcomes } from '../queue/outcome.ts';
import { giveUpMarked } from '../queue/finalize-marks.ts';
import type { BreakerWatch } from './breaker-watch.ts';
import type { Observer } from './observer.ts';
import { createRecording } from './recording.ts';
import { type RoundResult, runRound } from './round.ts';
import type { Source } from './source.ts';
import type { Run } from './visit.ts';
import { createUnrecorded } from './unrecorded.ts';
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

/** As many as the lanes hold at most (ramp.ts). */
const MOST_UNRECORDED = 40;

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
  const marked = { destinationId: destination.id, holder };
  const recording = createRecording({
    mark: (messageResults) => markDelivered(deps.sql, marked, messageResults),
    settle: async (messageResults, marks) => {
      const { routeGeneration, now: begunAt } = destination;
      const { onBreaker } = breaker;
      const attempted = { ...marked, routeGeneration, begunAt, messageResults, marks, onBreaker };
      const results = await recordOutcomes(deps.sql, attempted);
      deps.learn(destination, messageResults, results);
      deps.events.settled(destination.name, results, messageResults);
      await noteNow();
    },
    onFault: async (error, messageResults, mark) => {
      deps.events.fault({ where: `recording outcomes of ${destination.name}`, error });
      // Whoever comes next settles what is marked.
      if (mark !== null && isDatabaseAway(error)) return;
      const ids = messageResults.map(({ messageId }) => messageId);
      await giveUpMarked(deps.sql, marked, { ids, mark }).catch(() => undefined);
    },
    // Even when this node has lost its place: a late delivery counts.
    isAway: (error) => isDatabaseAway(error) && !round.isStopping(),
    onRecorded: (messageResults) => unrecorded.leave(messageResults.map(({ messageId }) => messageId)),
  });
  const unrecorded = createUnrecorded({
    most: () => MOST_UNRECORDED,
    isLate: recording.isLate,
    onFull: recording.hurry,
  });
  const readAtMs = monotonicMs();
  try {
    return await runRound({
      route: () => deps.findRoute(destination),
      attempt: async (message, route, content) => {
        const mayDeliver = () => unrecorded.enter(message.id);
        const result = await attempts.attempt(message, route.hosts, content, mayDeliver);
        // What was not taken needs no record to keep it from going twice.
        if (![...result.outcomes.values()].some(({ kind }) => kind === 'DELIVERED')) unrecorded.leave([message.id]);
        return result;
      },
      note: observer.note,
      source,
      recorder: recording,
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
        deps.events.outageClosed(destination.name, closed);
        for (const id of await advanceNeighbours(deps.sql, observer.greeted(), MOST_NEIGHBOURS)) round.poke(id);
      },
      isStopping: () => round.isStopping() || round.isOver() || round.signal.aborted || breaker.isOpen(),
      onFault: ({ id }, error) => deps.events.fault({ where: `attempt of message ${id}`, error }),
    });
  } finally {
    await releaseClaims(deps.sql, holder, await source.stop());
  }
}
