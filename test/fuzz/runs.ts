/**
 * How long the generated tests run: `FUZZ_TIMES=50` runs each of them fifty times as often as CI does.
 *
 * fast-check prints the seed, the path and the smallest counterexample of a failure; `FUZZ_SEED=…` and `FUZZ_PATH=…` play it
 * again, with the test chosen by `bun test -t`.
 */
import process from 'node:process';

export interface Runs {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
}

/** fast-check's parameters for a test that CI runs `count` times. */
export function runs(count: number): Runs {
  const { FUZZ_TIMES: times, FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;
  return {
    numRuns: count * (times === undefined ? 1 : Number(times)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Milliseconds a test of `ciSeconds` may take in such a run. */
export function runsTimeoutMs(ciSeconds: number): number {
  return ciSeconds * 1000 * Number(process.env['FUZZ_TIMES'] ?? 1);
}
