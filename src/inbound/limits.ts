/**
 * What keeps the listener's memory and its clients within bounds: a budget for bytes in flight, and for each client network
 * (an IPv4 address, an IPv6 /64) its connections, messages a minute and recipients a minute.
 *
 * Counts only; what is said to whom is session.ts's and connection.ts's. State is bounded: connections by those open, and
 * the counts of a minute by `MAX_NETWORKS`, beyond which the networks seen first in that minute begin anew.
 */
import { clientNetwork } from '../policy/client-address.ts';

export interface ByteBudget {
  /** Takes `bytes` of the budget, or says false and takes nothing. */
  readonly reserve: (bytes: number) => boolean;
  readonly release: (bytes: number) => void;
  readonly freeBytes: () => number;
}

/** A budget of `totalBytes` for message content that is received and not yet stored. */
export function createByteBudget(totalBytes: number): ByteBudget {
  let usedBytes = 0;
  return {
    reserve: (bytes) => {
      if (usedBytes + bytes > totalBytes) return false;
      usedBytes += bytes;
      return true;
    },
    release: (bytes) => {
      usedBytes -= bytes;
    },
    freeBytes: () => totalBytes - usedBytes,
  };
}

/** What one connection takes of its network's share. */
export interface ClientShare {
  /** No limit applies to it. */
  readonly isTrusted: boolean;
  readonly network: string;
  /** Counts the connection, once; false when its network has its share already (then it is not counted). */
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
  readonly messagesPerMinute: number;
  /** Clients that no limit applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Of recipients a minute: mail to many at once is usual, a dictionary is not. */
const RECIPIENTS_PER_MESSAGE = 10;
const MINUTE_MS = 60_000;
const MAX_NETWORKS = 65_536;

export function createClientLimits(options: ClientLimitOptions): ClientLimits {
  const connections = new Map<string, number>();
  const messages = createMinuteCount(options.messagesPerMinute, options.nowMs);
  const recipients = createMinuteCount(options.messagesPerMinute * RECIPIENTS_PER_MESSAGE, options.nowMs);
  return {
    shareOf: (address) => {
      const network = clientNetwork(address);
      if (options.isTrusted(address)) return trustedShare(network);
      let isCounted = false;
      return {
        isTrusted: false,
        network,
        takeConnection: () => {
          const count = connections.get(network) ?? 0;
          if (isCounted || count >= options.maxConnectionsPerClient) return isCounted;
          connections.set(network, count + 1);
          isCounted = true;
          return true;
        },
        returnConnection: () => {
          if (!isCounted) return;
          isCounted = false;
          const count = connections.get(network) ?? 0;
          if (count > 1) connections.set(network, count - 1);
          else connections.delete(network);
        },
        takeMessage: () => messages.take(network),
        takeRecipient: () => recipients.take(network),
      };
    },
  };
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
