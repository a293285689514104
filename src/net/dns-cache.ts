/**
 * A bounded cache whose entries end with their time to live. The least recently used entry makes room.
 *
 * Holds nothing about DNS itself: resolver.ts decides what may be kept, and for how long.
 */

export interface DnsCache<T> {
  /** The value and the seconds it may still be used, or null. */
  get(key: string): { readonly value: T; readonly ttlSeconds: number } | null;
  /** Keeps the value; a TTL of 0 or less keeps nothing and drops an older value. */
  set(key: string, value: T, ttlSeconds: number): void;
  delete(key: string): void;
  readonly size: number;
}

/** `nowMs` is a clock in milliseconds that never goes back. */
export function createDnsCache<T>({ maxEntries, nowMs }: { maxEntries: number; nowMs: () => number }): DnsCache<T> {
  // A Map keeps the order of insertion: the first key is the one that was not used for longest.
  const entries = new Map<string, { value: T; expiresAtMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      entries.delete(key);
      const leftMs = entry.expiresAtMs - nowMs();
      if (leftMs <= 0) return null;
      entries.set(key, entry);
      return { value: entry.value, ttlSeconds: Math.ceil(leftMs / 1000) };
    },
    set(key, value, ttlSeconds) {
      entries.delete(key);
      if (ttlSeconds <= 0) return;
      entries.set(key, { value, expiresAtMs: nowMs() + ttlSeconds * 1000 });
      if (entries.size <= maxEntries) return;
      const oldest = entries.keys().next();
      if (oldest.done !== true) entries.delete(oldest.value);
    },
    delete(key) {
      entries.delete(key);
    },
    get size() {
      return entries.size;
    },
  };
}
