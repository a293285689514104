/**
 * A bounded cache whose entries end with their time to live. The least recently used entry is dropped first. Where entries may be
 * large their weight is bounded too, that of all and of each: who serves large ones cannot drive out all others.
 *
 * Holds nothing about DNS itself: resolver.ts decides what may be kept, and for how long.
 */

interface DnsCache<T> {
  /** The value and the seconds it may still be used, or null. */
  get(key: string): { readonly value: T; readonly ttlSeconds: number } | null;
  /** Keeps the value; a TTL of 0 or less keeps nothing and drops an older value. */
  set(key: string, value: T, ttlSeconds: number): void;
  delete(key: string): void;
  readonly size: number;
}

interface DnsCacheOptions<T> {
  readonly maxEntries: number;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  /** Absent: entries are small. What is heavier than `mostEach` is not kept. */
  readonly weight?: { readonly of: (value: T) => number; readonly most: number; readonly mostEach: number };
}

export function createDnsCache<T>({ maxEntries, nowMs, weight }: DnsCacheOptions<T>): DnsCache<T> {
  // A Map keeps the order of insertion: the first key is the one that was not used for longest.
  const entries = new Map<string, { value: T; expiresAtMs: number; weight: number }>();
  let totalWeight = 0;
  const remove = (key: string): void => {
    totalWeight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };
  const isOver = (): boolean => entries.size > maxEntries || (weight !== undefined && totalWeight > weight.most);
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const leftMs = entry.expiresAtMs - nowMs();
      if (leftMs <= 0) {
        remove(key);
        return null;
      }
      entries.delete(key);
      entries.set(key, entry);
      return { value: entry.value, ttlSeconds: Math.ceil(leftMs / 1000) };
    },
    set(key, value, ttlSeconds) {
      remove(key);
      const heft = weight?.of(value) ?? 0;
      if (ttlSeconds <= 0 || (weight !== undefined && heft > weight.mostEach)) return;
      entries.set(key, { value, expiresAtMs: nowMs() + ttlSeconds * 1000, weight: heft });
      totalWeight += heft;
      for (const oldest of entries.keys()) {
        if (!isOver()) return;
        remove(oldest);
      }
    },
    delete: remove,
    get size() {
      return entries.size;
    },
  };
}
