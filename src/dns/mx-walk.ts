/**
 * Which hosts of long MX sets are ourselves, as far as attempts before have looked them up.
 *
 * An attempt looks up a part of a long set only. A host is not dialled while one before it may still be ours (RFC 5321 §5.1):
 * what is known of those before is kept here. In memory only, and bounded: a node that knows nothing walks the set anew.
 */

export interface MxWalk {
  /** Null: not known, or no longer. */
  recall(host: string): boolean | null;
  note(host: string, isSelf: boolean): void;
}

/** A set is walked in two days by the retry schedule. */
const KEPT_MS = 3 * 86_400_000;
const MOST_HOSTS = 10_000;

export function createMxWalk(nowMs: () => number): MxWalk {
  const known = new Map<string, { readonly isSelf: boolean; readonly untilMs: number }>();
  return {
    recall(host) {
      const found = known.get(host);
      return found === undefined || found.untilMs < nowMs() ? null : found.isSelf;
    },
    note(host, isSelf) {
      if (known.size >= MOST_HOSTS) known.clear();
      known.set(host, { isSelf, untilMs: nowMs() + KEPT_MS });
    },
  };
}
