/**
 * Subscriptions to the held mail of all domains of a viewer: one reading of the kept counts a second for all of them; each is told
 * what differs from what it was told.
 *
 * Counts are those that are folded once a second (queue/counts.ts). Of each domain only the latest count waits, so no one reads too
 * slowly: while an outbox is full enough, what changes is remembered by domain. O(domains that hold mail) a reading.
 */
import { monotonicMs } from '../../clock.ts';
import type { Sql } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { type HeldDomain, readHeldDomains } from '../../queue/read/held-domains.ts';
import type { Outbox } from './outbox.ts';
import type { QueueItem } from './queues.ts';

export interface AllQueuesWatch {
  readonly tick: () => Promise<void>;
  /** First what each domain holds that holds anything. */
  readonly join: (viewer: Viewer, outbox: Outbox<QueueItem>) => void;
  readonly leave: (outbox: Outbox<QueueItem>) => void;
}

const READ_EVERY_MS = 1_000;
/** Items that wait in an outbox; the others are remembered as the latest of their domains. */
const MOST_WAITING = 100;
const ITEM_BYTES = 200;

interface Watcher {
  readonly viewer: Viewer;
  /** By destination; what it was told of those that hold mail, and what it is to be told. */
  readonly told: Map<string, QueueItem>;
  readonly changed: Map<string, QueueItem>;
}

export function createAllQueuesWatch(sql: Sql): AllQueuesWatch {
  const watchers = new Map<Outbox<QueueItem>, Watcher>();
  let dueAtMs = 0;

  async function readAll(): Promise<void> {
    if (monotonicMs() < dueAtMs) return;
    const viewers = [...watchers.values()].map(({ viewer }) => viewer);
    const isAll = viewers.some(({ isOperator }) => isOperator);
    const tenantIds = isAll ? null : [...new Set(viewers.map(({ tenantId }) => tenantId))];
    const { at, held } = await readHeldDomains(sql, tenantIds);
    dueAtMs = monotonicMs() + READ_EVERY_MS;
    const byTenant = Map.groupBy(held, ({ tenantId }) => tenantId);
    for (const watcher of watchers.values()) {
      // One that came while it was read may see more than was read.
      if (!viewers.includes(watcher.viewer)) continue;
      note(watcher, at, watcher.viewer.isOperator ? held : (byTenant.get(watcher.viewer.tenantId) ?? []));
    }
  }

  return {
    async tick() {
      if (watchers.size === 0) return;
      await readAll();
      for (const [outbox, watcher] of watchers) send(outbox, watcher);
    },
    join(viewer, outbox) {
      watchers.set(outbox, { viewer, told: new Map(), changed: new Map() });
      dueAtMs = 0;
    },
    leave: (outbox) => void watchers.delete(outbox),
  };
}

/** Remembers what differs from what the watcher was told. */
function note({ told, changed }: Watcher, at: Date, held: readonly HeldDomain[]): void {
  const gone = new Set([...told.keys(), ...changed.keys()]);
  for (const { destinationId, domainName, heldCount, heldSize } of held) {
    gone.delete(destinationId);
    const before = told.get(destinationId);
    if (before?.heldCount === heldCount && before.heldSize === heldSize) changed.delete(destinationId);
    else changed.set(destinationId, { at, destinationId, domainName, heldCount, heldSize });
  }
  for (const destinationId of gone) {
    const before = told.get(destinationId);
    if (before === undefined) changed.delete(destinationId);
    else changed.set(destinationId, { ...before, at, heldCount: 0, heldSize: 0 });
  }
}

function send(outbox: Outbox<QueueItem>, { told, changed }: Watcher): void {
  for (const [destinationId, item] of changed) {
    if (outbox.waiting() >= MOST_WAITING) return;
    changed.delete(destinationId);
    if (item.heldCount === 0) told.delete(destinationId);
    else told.set(destinationId, item);
    outbox.push(item, ITEM_BYTES);
  }
}
