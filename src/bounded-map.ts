/**
 * A map that forgets: at its limit the entry that was asked for longest ago makes room.
 */

export interface BoundedMap<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  /** In the order in which they were asked for. */
  keys(): Iterable<string>;
  clear(): void;
}

/**
 * The limit counts entries, or what `weigh` makes of them; one entry heavier than the limit is kept all the same.
 * A Map keeps insertion order, so re-inserting what is asked for makes its first key the one asked longest ago.
 */
export function createBoundedMap<T>(limit: number, weigh: (value: T) => number = () => 1): BoundedMap<T> {
  const entries = new Map<string, T>();
  let weight = 0;

  function drop(key: string): void {
    const value = entries.get(key);
    if (value !== undefined && entries.delete(key)) weight -= weigh(value);
  }

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
      drop(key);
      entries.set(key, value);
      weight += weigh(value);
      for (const oldest of entries.keys()) {
        if (weight <= limit || oldest === key) return;
        drop(oldest);
      }
    },
    delete: drop,
    keys: () => entries.keys(),
    clear() {
      entries.clear();
      weight = 0;
    },
  };
}
