/** Durations that say something on a busy machine too: what else it does can only add to them. */
import process from 'node:process';

/** The least milliseconds of up to three runs; no further run once one took less than `enoughMs`. */
export async function quickestMs(enoughMs: number, work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && least >= enoughMs; run += 1) {
    const startedAtMs = performance.now();
    await work();
    least = Math.min(least, performance.now() - startedAtMs);
  }
  return least;
}

/** Milliseconds of this process's CPU that the work takes. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
