/**
 * Work on reports that takes long, beside that on the others: the name servers of a sender that answer late, or not at all, hold up
 * the report to that sender and to few others.
 *
 * A batch waits for each of its reports for a while; what is not done by then goes on aside. One network of clients has few there.
 * Large messages are dealt with one after the other, aside from the start, since each is held in memory.
 */
import { within } from '../../clock.ts';
import { clientNetworks } from '../../mail/ip.ts';

/** A batch waits so long for one of its reports. */
const PATIENCE_MS = 2_000;
/** Reports that go on aside, at the most: each has a few look-ups under way. */
const MOST_ASIDE = 80;
/** With so many of one network, an IPv4 /24 or an IPv6 /56, none of it is begun. */
const MOST_OF_NETWORK = 10;
/** Large messages that wait for their turn. */
const MOST_LARGE = 20;

export interface Aside {
  /** Starts the work; resolves when it is done, or goes on aside. Does nothing if the client's network has too much aside. */
  readonly start: (clientAddress: string | null, work: () => Promise<void>) => Promise<void>;
  /** Does the work when its turn comes. Does nothing if too much waits already. */
  readonly startLarge: (work: () => Promise<void>) => void;
  /** False if nothing is aside; else true, as soon as something of it is done, or after `lookAgainMs`. */
  readonly settle: (lookAgainMs: number) => Promise<boolean>;
  /** Resolves when there is a place aside. */
  readonly waitForRoom: () => Promise<void>;
  /** Throws what work has thrown. */
  readonly throwFaults: () => void;
}

export function createAside(patienceMs = PATIENCE_MS): Aside {
  const aside = new Set<Promise<void>>();
  const ofNetwork = new Map<string, number>();
  const faults: unknown[] = [];
  let largeCount = 0;
  let large: Promise<void> = Promise.resolve();

  const guarded = (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      faults.push(error);
    });

  function count(network: string, step: 1 | -1): void {
    const now = (ofNetwork.get(network) ?? 0) + step;
    if (now === 0) ofNetwork.delete(network);
    else ofNetwork.set(network, now);
  }

  /** Keeps it until it is done. */
  function keep(running: Promise<void>): void {
    const kept = running.finally(() => aside.delete(kept));
    aside.add(kept);
  }

  return {
    async start(clientAddress, work) {
      const [narrow, wide = narrow] = clientNetworks(clientAddress ?? '');
      if ((ofNetwork.get(wide) ?? 0) >= MOST_OF_NETWORK) return;
      const running = guarded(work);
      await within(patienceMs, running, () => {
        count(wide, 1);
        keep(running.finally(() => count(wide, -1)));
      });
    },
    startLarge(work) {
      if (largeCount >= MOST_LARGE) return;
      largeCount += 1;
      large = large.then(() => guarded(work)).finally(() => (largeCount -= 1));
      keep(large);
    },
    async settle(lookAgainMs) {
      if (aside.size === 0) return false;
      await within(lookAgainMs, Promise.race(aside), () => undefined);
      return true;
    },
    async waitForRoom() {
      while (aside.size >= MOST_ASIDE) await Promise.race(aside);
    },
    throwFaults() {
      if (faults.length > 0) throw faults[0];
    },
  };
}
