/**
 * Reads that one request shares: what many fields ask for in the same moment is loaded together.
 *
 * Lives as long as its request. Remembers nothing between moments, so a mutation's effect is seen by what comes after it.
 */
import { setImmediate } from 'node:timers';
import type { Sql } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';

/** Finds things by their ids; what the viewer may not see is missing. */
export type ReadByIds<V> = (sql: Sql, viewer: Viewer, ids: readonly string[]) => Promise<ReadonlyMap<string, V>>;

/** Answers questions in their order. */
export type ReadEach<Q, A> = (sql: Sql, viewer: Viewer, questions: readonly Q[]) => Promise<readonly A[]>;

export interface Load {
  /** Null if there is none that the viewer may see. */
  byId<V>(read: ReadByIds<V>, id: string): Promise<V | null>;
  each<Q, A>(read: ReadEach<Q, A>, question: Q): Promise<A>;
}

/** Makes one question of all that are asked of the same reader in the same moment. */
export function createLoad(sql: Sql, viewer: Viewer): Load {
  const batches = new Map<unknown, (key: never) => Promise<unknown>>();

  function batchOf<K, V>(
    read: unknown,
    loadMany: (keys: readonly K[]) => Promise<readonly V[]>,
  ): (key: K) => Promise<V> {
    const batch = (batches.get(read) as ((key: K) => Promise<V>) | undefined) ?? createBatch(loadMany);
    batches.set(read, batch);
    return batch;
  }

  return {
    byId<V>(read: ReadByIds<V>, id: string): Promise<V | null> {
      const batch = batchOf(read, async (ids: readonly string[]) => {
        const found = await read(sql, viewer, [...new Set(ids)]);
        return ids.map((one) => found.get(one) ?? null);
      });
      return batch(id);
    },
    each<Q, A>(read: ReadEach<Q, A>, question: Q): Promise<A> {
      return batchOf(read, (questions: readonly Q[]) => read(sql, viewer, questions))(question);
    },
  };
}

/** Makes a loader of single answers out of one that answers many; `loadMany` keeps the order of its keys. */
function createBatch<K, V>(loadMany: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  let waiting: { key: K; resolve: (value: V) => void; reject: (reason: unknown) => void }[] = [];

  async function loadWaiting(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const values = await loadMany(batch.map((entry) => entry.key));
      if (values.length !== batch.length) throw new Error('a batch was answered in part');
      for (const [index, value] of values.entries()) batch[index]?.resolve(value);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      // After the microtasks that resolve the siblings of this field.
      if (waiting.length === 1) setImmediate(() => void loadWaiting());
    });
}
