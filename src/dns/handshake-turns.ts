/**
 * Turns of TLS handshakes with hosts that others name: a host may show a chain whose signatures take the event loop 160 ms to
 * verify (100 certificates of P-521; 400 ms of RSA on Node), and no runtime lets us bound it.
 *
 * Promises: a handshake that was dear makes those with its network wait their turn for ten minutes: one at a time, such networks
 * in rotation, and in between the loop has five times as long for other work. Any network has few under way, so that they cannot
 * all be dear at once. A host that says nothing holds its turn for a moment only. Bounded: one that waits for each connection.
 * Knows no TLS.
 */
import { createBoundedMap } from '../bounded-map.ts';
import { monotonicMs } from '../clock.ts';
import { clientNetworks, normalizeAddress } from '../mail/ip.ts';

export interface HandshakeTurn {
  /**
   * The handshake is over, well or not: said in the very turn of the loop in which the runtime says so. Only the first call counts.
   *
   * @param octets what the host has sent for it
   */
  readonly end: (octets: number) => void;
}

export interface HandshakeTurns {
  /** Resolves when a handshake with this host may begin. Whoever does not want it any more ends it at once. */
  readonly take: (address: string) => Promise<HandshakeTurn>;
}

/** With one network at once: a host that many domains share is not slowed, and this many dear ones take 2 s at worst. */
export const MOST_UNDER_WAY = 4;
/** A handshake counts as under way for so long: honest ones take less, and a silent host keeps no others waiting. */
const HOLD_MS = 1000;
/** Honest ones take 2 to 5 ms. */
const DEAR_MS = 15;
/** No kind of signature takes more for the octets of its certificate: 4.5 ms on Bun, 5.5 ms on Node. */
const MS_PER_OCTET = 6 / 1024;
const REST_TIMES = 5;
const REMEMBERED_MS = 600_000;
const MOST_REMEMBERED = 65_536;
const TICK_MS = 5;

/** A network with handshakes under way, or waiting. */
interface Peers {
  underWay: number;
  readonly line: (() => void)[];
}

export function createHandshakeTurns(nowMs: () => number = monotonicMs): HandshakeTurns {
  const dearUntilMs = createBoundedMap<number>(MOST_REMEMBERED);
  /** By network; the one whose turn it is first. */
  const peers = new Map<string, Peers>();
  let dearUnderWay = 0;
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let resting: ReturnType<typeof setTimeout> | null = null;
  /** When the loop last came round; while there is a handshake. */
  let turnedAtMs = 0;
  let ticking: ReturnType<typeof setInterval> | null = null;

  const isDear = (network: string): boolean => nowMs() < (dearUntilMs.get(network) ?? Number.NEGATIVE_INFINITY);
  const mayBegin = (network: string, { underWay }: Peers): boolean =>
    isDear(network) ? dearUnderWay === 0 && nowMs() >= restUntilMs : underWay < MOST_UNDER_WAY;

  const watchLoop = (): void => {
    if (peers.size > 0 && ticking === null) {
      turnedAtMs = nowMs();
      ticking = setInterval(() => {
        turnedAtMs = nowMs();
      }, TICK_MS);
    } else if (peers.size === 0 && ticking !== null) {
      clearInterval(ticking);
      ticking = null;
    }
  };

  /** The loop was held up for at most so long, and a handshake of so many octets costs at most so much. */
  const charge = (network: string, octets: number): void => {
    const now = nowMs();
    const costMs = Math.min(now - turnedAtMs, octets * MS_PER_OCTET);
    turnedAtMs = now;
    if (costMs < DEAR_MS) return;
    dearUntilMs.set(network, now + REMEMBERED_MS);
    restUntilMs = Math.max(restUntilMs, now) + costMs * REST_TIMES;
  };

  const begin = (network: string, group: Peers): HandshakeTurn => {
    const isAlone = isDear(network);
    group.underWay += 1;
    if (isAlone) dearUnderWay += 1;
    let isHeld = true;
    let isOver = false;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      clearTimeout(holding);
      group.underWay -= 1;
      if (isAlone) dearUnderWay -= 1;
      advance();
    };
    const holding = setTimeout(release, HOLD_MS);
    watchLoop();
    return {
      end(octets) {
        if (isOver) return;
        isOver = true;
        charge(network, octets);
        release();
      },
    };
  };

  const advance = (): void => {
    for (const [network, group] of peers) {
      if (group.line.length === 0) {
        if (group.underWay === 0) peers.delete(network);
        continue;
      }
      while (group.line.length > 0 && mayBegin(network, group)) {
        // To the end of the rotation.
        peers.delete(network);
        peers.set(network, group);
        group.line.shift()?.();
      }
    }
    watchLoop();
    const isWaiting = [...peers.values()].some(({ line }) => line.length > 0);
    const restMs = restUntilMs - nowMs();
    if (!isWaiting || resting !== null || restMs <= 0) return;
    resting = setTimeout(() => {
      resting = null;
      advance();
    }, restMs);
  };

  return {
    take: (address) =>
      new Promise((resolve) => {
        const network = networkOf(address);
        const group = peers.get(network) ?? { underWay: 0, line: [] };
        peers.set(network, group);
        group.line.push(() => resolve(begin(network, group)));
        advance();
      }),
  };
}

function networkOf(host: string): string {
  const address = normalizeAddress(host);
  return address === null ? host : (clientNetworks(address).at(-1) ?? address);
}

/** Those of this node. */
export const handshakeTurns: HandshakeTurns = createHandshakeTurns();
