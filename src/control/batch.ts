/**
 * Questions of one request gathered into one: what many fields ask for in the same moment is loaded together.
 *
 * Lives as long as its request. Remembers nothing between moments, so a mutation's effect is seen by what comes after it.
 */
import { setImmediate } from 'node:timers';

/** Makes a loader of single answers out of one that answers many; `loadMany` keeps the order of its keys. */
export function createBatch<K, V>(loadMany: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
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

/** The same over a loader that answers with a map, where what is not found is null. */
export function createMapBatch<V>(
  loadMap: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): (id: string) => Promise<V | null> {
  return createBatch(async (ids) => {
    const found = await loadMap([...new Set(ids)]);
    return ids.map((id) => found.get(id) ?? null);
  });
}
