/** A generator of chance that a seed replays (mulberry32). Not for secrets. */
import { Buffer } from 'node:buffer';

export interface Random {
  /** A real number from `low` to below `high`. */
  between(low: number, high: number): number;
  /** A whole number from `low` to `high`. */
  whole(low: number, high: number): number;
  isTrue(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
}

/** The same seed and name give the same numbers. */
export function createRandom(seed: number, name: string): Random {
  let state = Buffer.from(name).reduce((sum, octet) => Math.imul(sum, 31) + octet, seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    between: (low, high) => low + next() * (high - low),
    whole,
    isTrue: (probability) => next() < probability,
    pick: (values) => {
      const value = values[whole(0, values.length - 1)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
  };
}
