/**
 * How long the generated tests run: `FUZZ_TIMES=50` runs each of them fifty times as often as CI does, and a costly one, of which
 * CI runs half, a hundred times.
 *
 * fast-check prints the seed, the path and the smallest counterexample of a failure; `FUZZ_SEED=…` and `FUZZ_PATH=…` play it
 * again, with the test chosen by `bun test -t`.
 */
import process from 'node:process';
import * as fc from 'fast-check';

export interface Runs {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
  /** A slow machine runs fewer, and a failure is not made smaller for ever. */
  readonly interruptAfterTimeLimit: number;
}

const CI_SECONDS = 15;
const CI_SHARES = { CHEAP: 1, COSTLY: 0.5 } as const;

/** fast-check's parameters for a test that `FUZZ_TIMES=1` runs `count` times: CI does the same, or half where a run is `COSTLY`. */
export function runs(count: number, cost: 'CHEAP' | 'COSTLY' = 'CHEAP'): Runs {
  const { FUZZ_TIMES: times, FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;
  return {
    interruptAfterTimeLimit: runsTimeoutMs(CI_SECONDS),
    numRuns: Math.ceil(count * (times === undefined ? CI_SHARES[cost] : Number(times))),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** As `fc.assert`. A run that the time limit has left alone is waited for: it would go on beside the next test, and it counts. */
export async function assertRuns<Ts>(property: fc.IAsyncProperty<Ts>, parameters: fc.Parameters<Ts>): Promise<void> {
  const run = property.run.bind(property);
  let latest: ReturnType<typeof run> = Promise.resolve(null);
  property.run = (value) => {
    latest = run(value);
    return latest;
  };
  await fc.assert(property, parameters);
  const result = await latest;
  if (result !== null && 'error' in result) throw result.error;
}

/** Milliseconds that a test which takes `ciSeconds` in CI may take. */
export function runsTimeoutMs(ciSeconds: number): number {
  return ciSeconds * 1000 * Number(process.env['FUZZ_TIMES'] ?? 1);
}
