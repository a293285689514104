/**
 * Settings by key, kept in memory: what is asked with every RCPT or request hardly ever goes to the database.
 *
 * Filled key by key on demand, absence included, bounded both ways. What is in it is true until it is dropped: the node
 * that writes drops its entry after COMMIT, others on the notice of that COMMIT, and all of it goes when notices may have
 * been missed. A load that was under way when its key was dropped is not kept.
 */
import { createBoundedMap } from '../bounded-map.ts';

export interface Snapshot<T> {
  /** The value of this key, or null. Rejects when it must ask the database in vain. */
  find(key: string): Promise<T | null>;
  /** Whether a value of this key is in memory, or was when all of it was dropped, and is not known to have gone. */
  has(key: string): boolean;
  drop(key: string): void;
  dropAll(): void;
}

export interface SnapshotOptions<T> {
  readonly load: (key: string) => Promise<T | null>;
  /** Entries kept; the one asked longest ago goes first. */
  readonly maxKnown: number;
  /** Keys kept under which nothing stands, apart from the others: whoever probes at random cannot push those out. */
  readonly maxUnknown: number;
}

export function createSnapshot<T>(options: SnapshotOptions<T>): Snapshot<T> {
  const known = createBoundedMap<Promise<T | null>>(options.maxKnown);
  const unknown = createBoundedMap<Promise<T | null>>(options.maxUnknown);
  const loading = new Map<string, Promise<T | null>>();
  /** Keys of values that were dropped with all others, and not asked for since. */
  const former = createBoundedMap<true>(options.maxKnown);

  /** One question at a time per key; its answer is kept only if the key was not dropped meanwhile. */
  function load(key: string): Promise<T | null> {
    const answer = options.load(key).then(
      (value) => {
        if (loading.get(key) === answer) {
          loading.delete(key);
          former.delete(key);
          (value === null ? unknown : known).set(key, answer);
        }
        return value;
      },
      (error: unknown) => {
        if (loading.get(key) === answer) loading.delete(key);
        throw error;
      },
    );
    loading.set(key, answer);
    return answer;
  }

  return {
    find: (key) => known.get(key) ?? unknown.get(key) ?? loading.get(key) ?? load(key),
    has: (key) => known.get(key) !== undefined || former.get(key) !== undefined,
    drop(key) {
      known.delete(key);
      former.delete(key);
      unknown.delete(key);
      loading.delete(key);
    },
    dropAll() {
      for (const key of known.keys()) former.set(key, true);
      known.clear();
      unknown.clear();
      loading.clear();
    },
  };
}
