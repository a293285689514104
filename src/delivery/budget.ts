/**
 * A budget of bytes for contents in memory: whoever takes more than is left waits its turn.
 *
 * A request larger than the whole budget is granted alone, so nothing waits for ever.
 */

export interface ByteBudget {
  /** Resolves with the function that gives the bytes back. */
  take(bytes: number): Promise<() => void>;
  /** The same at once, or null when there is no room. */
  tryTake(bytes: number): (() => void) | null;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let used = 0;
  const waiting: { bytes: number; grant: () => void }[] = [];
  const fits = (bytes: number) => used === 0 || used + bytes <= totalBytes;
  const release = (bytes: number) => {
    used -= bytes;
    for (let first = waiting[0]; first !== undefined && fits(first.bytes); first = waiting[0]) {
      waiting.shift();
      used += first.bytes;
      first.grant();
    }
  };
  return {
    take: async (bytes) => {
      if (waiting.length === 0 && fits(bytes)) used += bytes;
      else await new Promise<void>((grant) => waiting.push({ bytes, grant }));
      return () => release(bytes);
    },
    tryTake: (bytes) => {
      if (waiting.length > 0 || used + bytes > totalBytes) return null;
      used += bytes;
      return () => release(bytes);
    },
  };
}
