/**
 * What this node knows of next-hop addresses, whichever domain's mail or check met them: which were dead a moment ago.
 *
 * Domains on one host share this knowledge, never an attempt: only checks are left out because of it. Bounded.
 */
import { createBoundedMap } from '../settings/bounded-map.ts';

const MOST_ADDRESSES = 20_000;
/** What a minute ago was dead may live. */
const REMEMBERED_MS = 55_000;

export interface HostMemory {
  /** @param address `192.0.2.1:25` */
  note(address: string, isAlive: boolean): void;
  /** Failed lately, and has not greeted since. */
  isDead(address: string): boolean;
}

export function createHostMemory(monotonicMs: () => number): HostMemory {
  const failedAtMs = createBoundedMap<number>(MOST_ADDRESSES);
  return {
    note: (address, isAlive) => {
      if (isAlive) failedAtMs.delete(address);
      else failedAtMs.set(address, monotonicMs());
    },
    isDead: (address) => monotonicMs() - (failedAtMs.get(address) ?? Number.NEGATIVE_INFINITY) < REMEMBERED_MS,
  };
}
