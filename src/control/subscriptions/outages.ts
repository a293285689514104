/**
 * Subscriptions to outages: one reading of the record for all of them; each gets what it may see.
 *
 * A subscriber joins after a reading that began after it came, so its place in the record is known to the event. What it
 * missed before is read once, up to that place, and told first.
 */
import type { OutageEvent, OutageFeed } from '../../events/outage-feed.ts';
import { isReached, type Position, positionAfter } from '../../events/position.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { cursorOfPosition } from './cursor.ts';
import { gapTooLong, type Outbox } from './outbox.ts';

export interface OutageItem {
  readonly cursor: string;
  readonly at: Date;
  readonly kind: OutageEvent['kind'];
  readonly outageId: string;
}

export interface OutageWatch {
  readonly tick: () => Promise<void>;
  /** Resolves when the outbox is served. Rejects with the error for the subscriber. */
  readonly join: (watcher: OutageWatcher, after: Position | null) => Promise<void>;
  readonly leave: (outbox: Outbox<OutageItem>) => void;
}

interface OutageWatcher {
  readonly viewer: Viewer;
  /** Null: of all that the viewer may see. */
  readonly destinationId: string | null;
  readonly outbox: Outbox<OutageItem>;
}

/** The bound of one reading: many outages at once are told in turns. */
const PAGE = 250;
/** That a subscriber missed. */
const MOST_MISSED = 1000;
/** An item, its cursor aside. */
const ITEM_BYTES = 300;

export function createOutageWatch(feed: OutageFeed): OutageWatch {
  const watchers = new Map<Outbox<OutageItem>, { readonly watcher: OutageWatcher; held: OutageItem[] | null }>();
  let joining: { readonly resolve: (snapshot: string) => void; readonly reject: (error: unknown) => void }[] = [];
  let position: Position | null = null;

  function itemsOf(from: Position, snapshot: string, events: readonly OutageEvent[]): OutageItem[] {
    let at = from;
    return events.map((event) => {
      at = positionAfter(at, snapshot, event);
      return { cursor: cursorOfPosition(at), at: event.at, kind: event.kind, outageId: event.outageId };
    });
  }

  /** Reads on; the snapshot when nothing is left after it, null when there is more to read at once. */
  async function readOn(): Promise<string | null> {
    if (position === null) {
      position = { snapshot: await feed.readNow(), sent: [] };
      return position.snapshot;
    }
    const from = position;
    const { snapshot, events } = await feed.readSince(from, { tenantIds: tenantsOf(watchers), limit: PAGE });
    const items = itemsOf(from, snapshot, events);
    for (const { watcher, ...state } of watchers.values()) {
      const mine = items.filter((_item, index) => isFor(watcher, events[index]));
      if (state.held === null) send(watcher, mine);
      else state.held.push(...mine);
    }
    if (events.length < PAGE) {
      position = { snapshot, sent: [] };
      return snapshot;
    }
    let last = from;
    for (const event of events) last = positionAfter(last, snapshot, event);
    position = last;
    return null;
  }

  /** Events that happen while no one watches are not read. */
  function forgetIfIdle(): void {
    if (watchers.size === 0 && joining.length === 0) position = null;
  }

  return {
    async tick() {
      if (watchers.size === 0 && joining.length === 0) return;
      const waiting = joining;
      joining = [];
      try {
        const snapshot = await readOn();
        if (snapshot === null) joining.unshift(...waiting);
        else for (const { resolve } of waiting) resolve(snapshot);
      } catch (error) {
        for (const { reject } of waiting) reject(error);
        throw error;
      } finally {
        forgetIfIdle();
      }
    },
    async join(watcher, after) {
      const state = { watcher, held: [] as OutageItem[] | null };
      const snapshot = await new Promise<string>((resolve, reject) => {
        joining.push({
          // At once: the next reading begins at this snapshot.
          resolve: (reached) => {
            if (!watcher.outbox.isOver()) watchers.set(watcher.outbox, state);
            resolve(reached);
          },
          reject,
        });
      });
      if (after !== null) {
        if (!isReached(after.snapshot, snapshot)) throw gapTooLong(MOST_MISSED);
        const { viewer, destinationId } = watcher;
        const limit = MOST_MISSED + 1;
        const missed = await feed.readMissed(viewer, { position: after, snapshot, destinationId, limit });
        if (missed.length === limit) throw gapTooLong(MOST_MISSED);
        send(watcher, itemsOf(after, snapshot, missed));
      }
      send(watcher, state.held ?? []);
      state.held = null;
    },
    leave(outbox) {
      watchers.delete(outbox);
      forgetIfIdle();
    },
  };
}

function send({ outbox }: OutageWatcher, items: readonly OutageItem[]): void {
  for (const item of items) outbox.push(item, item.cursor.length + ITEM_BYTES);
}

function isFor({ viewer, destinationId }: OutageWatcher, event: OutageEvent | undefined): boolean {
  if (event === undefined || (!viewer.isOperator && viewer.tenantId !== event.tenantId)) return false;
  return destinationId === null || destinationId === event.destinationId;
}

function tenantsOf(watchers: ReadonlyMap<unknown, { readonly watcher: OutageWatcher }>): readonly string[] | null {
  const viewers = [...watchers.values()].map(({ watcher }) => watcher.viewer);
  return viewers.some(({ isOperator }) => isOperator) ? null : [...new Set(viewers.map(({ tenantId }) => tenantId))];
}
