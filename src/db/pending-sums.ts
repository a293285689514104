/**
 * Figures that come together in memory and are written now and then, many in one statement.
 *
 * Adding never waits or fails. What cannot be written is tried again with the next, up to a bound of different keys, beyond which
 * it is lost: these are figures for a person, and no mail depends on them.
 */

export interface PendingSums<T> {
  readonly add: (sum: T) => void;
  /** Writes what has come together. Rejects when `write` does; the figures stay for the next time. */
  readonly flush: () => Promise<void>;
}

/** Different keys between two writes. */
const MOST_SUMS = 10_000;

/** @param join adds the second to the first, which is the sum's own */
export function createPendingSums<T extends object>(parts: {
  readonly keyOf: (sum: T) => string;
  readonly join: (sum: T, more: T) => void;
  readonly write: (sums: readonly T[]) => Promise<void>;
}): PendingSums<T> {
  let sums = new Map<string, T>();

  function add(more: T): void {
    const key = parts.keyOf(more);
    const sum = sums.get(key);
    if (sum !== undefined) parts.join(sum, more);
    else if (sums.size < MOST_SUMS) sums.set(key, more);
  }

  return {
    add,
    async flush() {
      if (sums.size === 0) return;
      const written = [...sums.values()];
      sums = new Map();
      try {
        await parts.write(written);
      } catch (error) {
        for (const sum of written) add(sum);
        throw error;
      }
    },
  };
}
