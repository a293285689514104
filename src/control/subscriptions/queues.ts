/**
 * Subscriptions to the held mail of a domain: one reading of the counts for all of them, told when they have changed.
 */
import { monotonicMs } from '../../clock.ts';
import type { Sql } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { readWatchedCounts, type WatchedCount, type WatchedDomain } from '../../queue/read/queues.ts';
import type { Outbox } from './outbox.ts';

export interface QueueItem extends WatchedCount {
  readonly destinationId: string;
  readonly domainName: string;
}

interface QueueWatcher {
  readonly viewer: Viewer;
  readonly domain: { readonly id: string; readonly destinationId: string; readonly name: string };
  readonly outbox: Outbox<QueueItem>;
}

export interface QueueWatch {
  readonly tick: () => Promise<void>;
  /** The first item is told at the next tick. Ends when the viewer has the domain no more. */
  readonly join: (watcher: QueueWatcher) => void;
  readonly leave: (outbox: Outbox<QueueItem>) => void;
}

const ITEM_BYTES = 200;
/** A count that mail changes all the time is told no more often, to each reader: the mail comes first. */
const SEND_EVERY_MS = 1000;

export function createQueueWatch(sql: Sql): QueueWatch {
  const watchers = new Map<
    Outbox<QueueItem>,
    { readonly watcher: QueueWatcher; sent: string | null; sendAtMs: number }
  >();
  return {
    async tick() {
      if (watchers.size === 0) return;
      const domains = new Map<string, WatchedDomain>();
      for (const { watcher } of watchers.values())
        domains.set(keyOf(watcher), { viewer: watcher.viewer, domainId: watcher.domain.id });
      const counts = await readWatchedCounts(sql, [...domains.values()]);
      const nowMs = monotonicMs();
      const countOf = new Map([...domains.keys()].map((key, index) => [key, counts[index] ?? null]));
      for (const state of watchers.values()) {
        const { domain, outbox } = state.watcher;
        const count = countOf.get(keyOf(state.watcher));
        // It came while the counts were read.
        if (count === undefined) continue;
        if (count === null) {
          outbox.end(null);
          continue;
        }
        const held = `${count.heldCount} ${count.heldSize}`;
        if (held === state.sent || nowMs < state.sendAtMs) continue;
        state.sent = held;
        state.sendAtMs = nowMs + SEND_EVERY_MS;
        outbox.push({ ...count, destinationId: domain.destinationId, domainName: domain.name }, ITEM_BYTES);
      }
    },
    join: (watcher) => void watchers.set(watcher.outbox, { watcher, sent: null, sendAtMs: 0 }),
    leave: (outbox) => void watchers.delete(outbox),
  };
}

function keyOf({ viewer, domain }: QueueWatcher): string {
  return `${viewer.isOperator ? '' : viewer.tenantId} ${domain.id}`;
}
