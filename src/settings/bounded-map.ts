/**
 * A map that forgets: what its entries weigh together stays within a limit, those asked for longest ago make room.
 */

export interface BoundedMap<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  clear(): void;
}

/**
 * A Map keeps insertion order, so re-inserting what is asked for makes its first key the one asked longest ago.
 *
 * @param weightOf by default every entry weighs 1; an entry heavier than the limit is not kept
 */
export function createBoundedMap<T>(limit: number, weightOf: (value: T) => number = () => 1): BoundedMap<T> {
  const entries = new Map<string, T>();
  let weight = 0;

  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value === undefined) return;
    entries.delete(key);
    weight -= weightOf(value);
  };

  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      remove(key);
      entries.set(key, value);
      weight += weightOf(value);
      for (const oldest of entries.keys()) {
        if (weight <= limit) return;
        remove(oldest);
      }
    },
    delete: remove,
    clear() {
      entries.clear();
      weight = 0;
    },
  };
}
