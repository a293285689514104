/**
 * The subscriptions that are open on this node: one loop reads for all of them, from the first to the last.
 *
 * Promises: no work while no one is subscribed, and none in the way of mail; a statement for each kind and tick, however many
 * read; whoever reads too slowly, or whose token has ended, is told so and dropped; all end at once when the node stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import { monotonicMs, within } from '../../clock.ts';
import type { Sql } from '../../db/client.ts';
import { createOutageFeed } from '../../events/outage-feed.ts';
import type { Position } from '../../events/position.ts';
import { readSummary, type Summary } from '../../queue/read/situations.ts';
import { findOperations, type OperationView } from '../../queue/verbs/operations.ts';
import type { MailEvents } from '../../telemetry/events.ts';
import type { Caller } from '../admission/auth.ts';
import { createAllQueuesWatch } from './all-queues.ts';
import { createOutageWatch, type OutageItem } from './outages.ts';
import {
  createOutbox,
  type Outbox,
  type Session,
  slowReader,
  stopping,
  tokenEnded,
  tooManySubscriptions,
} from './outbox.ts';
import { createQueueWatch, type QueueItem } from './queues.ts';
import { createStateWatch, viewerKey } from './states.ts';
import { createTimelineWatch, type TimelineItem, type SentEntries } from './timelines.ts';

const TICK_MS = 100;
/** A reading that takes long is made more seldom: the loop is idle for so many times what it took. */
const IDLE_SHARE = 4;
const TOKENS_EVERY_MS = 500;
const SUMMARY_EVERY_MS = 2000;
const OPERATION_EVERY_MS = 1000;
const AFTER_FAULT_MS = 1000;
/** The bound of one subscriber: events that happen while its connection takes nothing. */
const BOUNDS = { items: 1000, bytes: 1024 * 1024 };
/** Between the last item and the end of the connection. */
const TAKE_LAST_MS = 3000;
const TAKE_LAST_STOPPING_MS = 1000;
const LEAVE_LOOP_MS = 500;

export interface Subscriptions {
  /** Resolves when nothing can be missed any more. Rejects with the error for the subscriber. */
  outages(
    session: Session,
    wanted: { readonly destinationId: string | null; readonly after: Position | null },
  ): Promise<Outbox<OutageItem>>;
  queue(
    session: Session,
    domain: { readonly id: string; readonly destinationId: string; readonly name: string },
  ): Outbox<QueueItem>;
  allQueues(session: Session): Outbox<QueueItem>;
  timeline(session: Session, wanted: { readonly messageId: string; readonly after: SentEntries }): Outbox<TimelineItem>;
  /** The figures of all that the viewer may see. */
  summary(session: Session): Outbox<Summary>;
  /** Until the operation has ended. */
  operation(session: Session, operationId: string): Outbox<OperationView>;
  /** How many are open. */
  count(): number;
  /** Ends all of them; resolves when their connections are done with, within about a second. */
  close(): Promise<void>;
}

interface Open {
  readonly session: Session;
  readonly end: (error: GraphQLError) => void;
}

export function createSubscriptions(
  sql: Sql,
  events: Pick<MailEvents, 'fault' | 'subscriberDropped'>,
  bounds: PlaceBounds = PLACES,
): Subscriptions {
  const places = createPlaces(bounds);
  const open = new Set<Open>();
  /** Those whose response is not over, ended or not. */
  const sessions = new Set<Session>();
  const outages = createOutageWatch(createOutageFeed(sql));
  const queues = createQueueWatch(sql);
  const allQueues = createAllQueuesWatch(sql);
  const timelines = createTimelineWatch(sql);
  const summaries = createStateWatch<null, Summary>({
    keyOf: viewerKey,
    read: (viewer) => readSummary(sql, viewer),
    isLast: () => false,
    everyMs: SUMMARY_EVERY_MS,
  });
  const operations = createStateWatch<string, OperationView>({
    keyOf: (viewer, id) => `${viewerKey(viewer)} ${id}`,
    read: async (viewer, id) => (await findOperations(sql, viewer, [id])).get(id) ?? null,
    isLast: ({ endedAt }) => endedAt !== null,
    everyMs: OPERATION_EVERY_MS,
  });
  let loop: Promise<void> | null = null;
  let isStopping = false;

  const checkTokens = everySoOften(TOKENS_EVERY_MS, () => endOfTokens(open));
  const work = [
    outages.tick,
    queues.tick,
    allQueues.tick,
    timelines.tick,
    summaries.tick,
    operations.tick,
    checkTokens,
  ];

  async function run(): Promise<void> {
    let isFaulty = false;
    while (open.size > 0) {
      const startedAt = monotonicMs();
      const results = await Promise.allSettled(work.map((each) => each()));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined && !isFaulty) events.fault({ where: 'subscriptions', error: failed.reason });
      isFaulty = failed !== undefined;
      const tookMs = monotonicMs() - startedAt;
      await sleep(isFaulty ? AFTER_FAULT_MS : Math.max(TICK_MS - tookMs, IDLE_SHARE * tookMs));
    }
    loop = null;
  }

  /** Throws the error for the subscriber when there is no place. */
  function admit<T>(
    session: Session,
    subscription: string,
    leave: (outbox: Outbox<T>) => void,
    isState: boolean,
  ): Outbox<T> {
    if (isStopping) throw stopping();
    const place = places.take(session.caller);
    if (typeof place !== 'function') throw place;
    const outbox = createOutbox<T>({
      bounds: isState ? null : BOUNDS,
      onFull() {
        const { viewer, actor } = session.caller;
        events.subscriberDropped({ subscription, tenantId: viewer.tenantId, tokenId: actor.token?.id ?? null });
        return slowReader();
      },
      onEnd() {
        open.delete(opened);
        leave(outbox);
        place();
        void within(TAKE_LAST_MS, session.done, session.hangUp);
      },
    });
    const opened: Open = { session, end: outbox.end };
    open.add(opened);
    sessions.add(session);
    // Also one whose items no one ever asked for, because the answer was another.
    void session.done.then(() => {
      sessions.delete(session);
      outbox.end(null);
    });
    loop ??= run();
    return outbox;
  }

  return {
    async outages(session, { destinationId, after }) {
      const outbox = admit<OutageItem>(session, 'outageChanged', outages.leave, false);
      try {
        await outages.join({ viewer: session.caller.viewer, destinationId, outbox }, after);
      } catch (error) {
        outbox.end(null);
        throw error;
      }
      return outbox;
    },
    queue(session, domain) {
      const outbox = admit<QueueItem>(session, 'queueChanged', queues.leave, true);
      queues.join({ viewer: session.caller.viewer, domain, outbox });
      return outbox;
    },
    allQueues(session) {
      const outbox = admit<QueueItem>(session, 'queuesChanged', allQueues.leave, false);
      allQueues.join(session.caller.viewer, outbox);
      return outbox;
    },
    timeline(session, { messageId, after }) {
      const outbox = admit<TimelineItem>(session, 'messageTimeline', timelines.leave, false);
      timelines.join({ viewer: session.caller.viewer, messageId, outbox }, after);
      return outbox;
    },
    summary(session) {
      const outbox = admit<Summary>(session, 'summaryChanged', summaries.leave, true);
      summaries.join({ viewer: session.caller.viewer, question: null, outbox });
      return outbox;
    },
    operation(session, question) {
      const outbox = admit<OperationView>(session, 'operationChanged', operations.leave, true);
      operations.join({ viewer: session.caller.viewer, question, outbox });
      return outbox;
    },
    count: () => open.size,
    async close() {
      isStopping = true;
      for (const { end } of open) end(stopping());
      await Promise.all([...sessions].map(({ done, hangUp }) => within(TAKE_LAST_STOPPING_MS, done, hangUp)));
      // One that waits for a database which says nothing is left.
      await within(LEAVE_LOOP_MS, loop ?? Promise.resolve(), () => undefined);
    },
  };
}

/** Each token once. One that cannot be looked up now is looked up again. */
async function endOfTokens(open: ReadonlySet<Open>): Promise<void> {
  const ofTokens = Map.groupBy(open, ({ session }) => session.credential);
  await Promise.all(
    [...ofTokens.values()].map(async (subscriptions) => {
      const isGood = await subscriptions[0]?.session.isTokenGood().catch(() => true);
      if (isGood === false) for (const { end } of subscriptions) end(tokenEnded());
    }),
  );
}

function everySoOften(everyMs: number, work: () => Promise<void>): () => Promise<void> {
  let dueAt = 0;
  return async () => {
    if (monotonicMs() < dueAt) return;
    dueAt = monotonicMs() + everyMs;
    await work();
  };
}

export interface PlaceBounds {
  readonly token: number;
  readonly tenant: number;
  readonly node: number;
}

/** A browser has a few, a dashboard a few dozen. Each costs some ten kilobytes. */
export const PLACES: PlaceBounds = { token: 50, tenant: 200, node: 2000 };

export interface Places {
  /** Returns how to give it back, or why there is none. */
  take(caller: Caller): (() => void) | GraphQLError;
}

export function createPlaces(bounds: PlaceBounds): Places {
  const taken = new Map<string, number>();
  return {
    take({ viewer, actor }) {
      const places = [
        { key: `token ${actor.token?.id ?? 'operator'}`, who: 'Your token', most: bounds.token },
        { key: `tenant ${viewer.tenantId}`, who: 'Your tenant', most: bounds.tenant },
        { key: 'node', who: 'This node', most: bounds.node },
      ];
      const full = places.find(({ key, most }) => (taken.get(key) ?? 0) >= most);
      if (full !== undefined) return tooManySubscriptions(full.who, full.most);
      for (const { key } of places) taken.set(key, (taken.get(key) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        for (const { key } of places) {
          const left = (taken.get(key) ?? 0) - 1;
          if (left > 0) taken.set(key, left);
          else taken.delete(key);
        }
      };
    },
  };
}
