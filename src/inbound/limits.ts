/**
 * Bounds of the listener's memory and of its clients: a budget for bytes in flight, and for each client network
 * (an IPv4 address, an IPv6 /64) its connections, messages a minute and recipients a minute. Connections have a share for
 * each wider network too, and all shares shrink while more than half of the places are held.
 *
 * Counts only; what is said to whom is session.ts's and connection.ts's. State is bounded: connections by those open, and
 * the counts of a minute by `MAX_NETWORKS`, beyond which the networks seen first in that minute begin anew.
 */
import { clientNetwork, widerNetworks } from '../mail/ip.ts';

export interface ByteBudget {
  /** Takes `bytes` of the budget, or says false and takes nothing. `isLarge`: they belong to a message that is large by now. */
  readonly reserve: (bytes: number, isLarge?: boolean) => boolean;
  readonly release: (bytes: number) => void;
  readonly freeBytes: () => number;
}

export interface SharedByteBudget extends ByteBudget {
  /** The same budget for one network, which never gets all of it. One message of `leastBytes` it gets where there is room. */
  readonly partOf: (network: string, leastBytes: number) => ByteBudget;
}

/** One network's part of what the others leave. */
const NETWORK_PART = 0.5;
/** The part of the whole for large messages; the rest is for small ones. */
const LARGE_PART = 0.75;

/** A budget of `totalBytes` for message content that is received and not yet stored. */
export function createByteBudget(totalBytes: number): SharedByteBudget {
  let usedBytes = 0;
  const held = new Map<string, number>();
  const freeBytes = (): number => totalBytes - usedBytes;
  const reserve = (bytes: number): boolean => {
    if (bytes > freeBytes()) return false;
    usedBytes += bytes;
    return true;
  };
  const release = (bytes: number): void => {
    usedBytes -= bytes;
  };
  return {
    reserve,
    release,
    freeBytes,
    partOf: (network, leastBytes) => {
      const heldBytes = (): number => held.get(network) ?? 0;
      const roomBytes = (): number => Math.max(NETWORK_PART * (freeBytes() + heldBytes()), leastBytes) - heldBytes();
      return {
        reserve: (bytes, isLarge = false) => {
          if (isLarge && usedBytes + bytes > Math.max(LARGE_PART * totalBytes, leastBytes)) return false;
          if (bytes > roomBytes() || !reserve(bytes)) return false;
          held.set(network, heldBytes() + bytes);
          return true;
        },
        release: (bytes) => {
          release(bytes);
          const leftBytes = heldBytes() - bytes;
          if (leftBytes > 0) held.set(network, leftBytes);
          else held.delete(network);
        },
        freeBytes: () => Math.min(freeBytes(), roomBytes()),
      };
    },
  };
}

/** One connection's part of its network's share. */
export interface ClientShare {
  /** No limit applies to it. */
  readonly isTrusted: boolean;
  readonly network: string;
  /** Counts the connection, once; false when one of its networks has its share already (then it is not counted). */
  readonly takeConnection: () => boolean;
  /** Harmless when repeated, and when nothing was taken. */
  readonly returnConnection: () => void;
  /** Counts a message asked for, refused or not; false when the network had its share of this minute. */
  readonly takeMessage: () => boolean;
  /** Counts a recipient asked for, accepted or not. */
  readonly takeRecipient: () => boolean;
}

export interface ClientLimits {
  readonly shareOf: (address: string) => ClientShare;
}

export interface ClientLimitOptions {
  readonly maxConnectionsPerClient: number;
  /** The share of all places that is held and would not be given up, 0 to 1. */
  readonly fill: () => number;
  readonly messagesPerMinute: number;
  /** Clients that no limit applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Recipients a minute: mail to many at once is usual, a dictionary is not. */
const RECIPIENTS_PER_MESSAGE = 10;
const MINUTE_MS = 60_000;
/** Connections of wider networks, in shares of one client: the IPv4 /24 or IPv6 /56, then the IPv6 /48. */
const WIDER_SHARES = [4, 8] as const;
/** However few places are left, a client may hold this part of its share. */
const LEAST_SHARE = 0.2;
const MAX_NETWORKS = 65_536;

export function createClientLimits(options: ClientLimitOptions): ClientLimits {
  const connections = new Map<string, number>();
  const messages = createMinuteCount(options.messagesPerMinute, options.nowMs);
  const recipients = createMinuteCount(options.messagesPerMinute * RECIPIENTS_PER_MESSAGE, options.nowMs);
  return {
    shareOf: (address) => {
      const network = clientNetwork(address);
      if (options.isTrusted(address)) return trustedShare(network);
      const networks = [network, ...widerNetworks(address)];
      let isCounted = false;
      return {
        isTrusted: false,
        network,
        takeConnection: () => {
          if (isCounted) return true;
          const most = shareAt(options.fill(), options.maxConnectionsPerClient);
          const isFull = (name: string, at: number): boolean =>
            (connections.get(name) ?? 0) >= most * (WIDER_SHARES[at - 1] ?? 1);
          if (networks.some(isFull)) return false;
          for (const name of networks) connections.set(name, (connections.get(name) ?? 0) + 1);
          isCounted = true;
          return true;
        },
        returnConnection: () => {
          if (!isCounted) return;
          isCounted = false;
          for (const name of networks) {
            const count = connections.get(name) ?? 0;
            if (count > 1) connections.set(name, count - 1);
            else connections.delete(name);
          }
        },
        takeMessage: () => messages.take(network),
        takeRecipient: () => recipients.take(network),
      };
    },
  };
}

/**
 * The number of places that one client may hold: all of its share up to half of them, then in proportion to those that are left. So
 * clients that take all they can never get the last places, and how many they get falls with each one that joins in.
 */
export function shareAt(fill: number, share: number): number {
  const least = Math.ceil(share * LEAST_SHARE);
  return Math.max(least, Math.floor(share * Math.min(1, 2 * (1 - fill))));
}

const granted = (): boolean => true;

function trustedShare(network: string): ClientShare {
  const returnConnection = (): void => undefined;
  return {
    isTrusted: true,
    network,
    takeConnection: granted,
    returnConnection,
    takeMessage: granted,
    takeRecipient: granted,
  };
}

interface MinuteCount {
  /** Counts one more of the key; false when it had its share of this minute. */
  readonly take: (key: string) => boolean;
}

function createMinuteCount(perMinute: number, nowMs: () => number): MinuteCount {
  let counts = new Map<string, number>();
  let beganMs = nowMs();
  return {
    take: (key) => {
      const now = nowMs();
      if (now - beganMs >= MINUTE_MS) {
        beganMs = now;
        counts = new Map();
      }
      const count = counts.get(key) ?? 0;
      if (count >= perMinute) return false;
      if (count === 0 && counts.size >= MAX_NETWORKS) counts.delete(counts.keys().next().value ?? '');
      counts.set(key, count + 1);
      return true;
    },
  };
}
