/**
 * A reading that nobody waits for once it has become slow: it is renewed behind whoever asks, who gets the one before.
 */

/** What takes longer is not waited for. */
const SLOW_MS = 10;
/** Prometheus asks once a minute at least; what is older is not told any more. */
const MOST_AGE_MS = 60_000;

/** As `read`, one at a time. After a failure the next one is waited for, so that trouble shows. */
export function readBehind<T>(read: () => Promise<T>, nowMs: () => number): () => Promise<T> {
  let last: { readonly value: T; readonly atMs: number; readonly tookMs: number } | null = null;
  let renewing: Promise<T> | null = null;
  const renew = async (): Promise<T> => {
    const startedAtMs = nowMs();
    try {
      const value = await read();
      last = { value, atMs: nowMs(), tookMs: nowMs() - startedAtMs };
      return value;
    } catch (error) {
      last = null;
      throw error;
    } finally {
      renewing = null;
    }
  };
  return async () => {
    const before = last;
    renewing ??= renew();
    if (before === null || before.tookMs <= SLOW_MS || nowMs() - before.atMs > MOST_AGE_MS) return renewing;
    renewing.catch(() => undefined);
    return before.value;
  };
}
