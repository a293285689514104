/**
 * What this node knows of next-hop addresses, whichever domain's mail or check met them: which were dead a moment ago.
 *
 * Domains on one host share this knowledge, never an attempt: only checks are left out because of it. Bounded. Its time is the
 * database's, as that of the attempts and checks themselves.
 */
import { createBoundedMap } from '../db/bounded-map.ts';

const MOST_ADDRESSES = 20_000;
/** What a minute ago was dead may live. */
const REMEMBERED_MS = 55_000;

export interface HostMemory {
  /** @param address `192.0.2.1:25` */
  note(address: string, seen: { readonly isAlive: boolean; readonly atMs: number }): void;
  /** Failed lately, and has not greeted since. */
  isDead(address: string, nowMs: number): boolean;
}

export function createHostMemory(): HostMemory {
  const failedAtMs = createBoundedMap<number>(MOST_ADDRESSES);
  return {
    note: (address, { isAlive, atMs }) => {
      if (isAlive) failedAtMs.delete(address);
      else failedAtMs.set(address, atMs);
    },
    isDead: (address, nowMs) => {
      const sinceMs = nowMs - (failedAtMs.get(address) ?? Number.NEGATIVE_INFINITY);
      // A clock that was set back knows nothing of it.
      return sinceMs >= 0 && sinceMs < REMEMBERED_MS;
    },
  };
}
