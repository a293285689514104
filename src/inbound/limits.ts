/**
 * What keeps the listener's memory and its clients within bounds: a budget for bytes in flight, connections per client, and
 * messages a minute per client.
 *
 * Counts only; what is said to whom is session.ts's and connection.ts's. State is bounded by the clients of the last minute.
 */

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

export interface ClientLimits {
  /** Counts a connection; false when the client has its share already (then it is not counted). */
  readonly connect: (address: string) => boolean;
  readonly disconnect: (address: string) => void;
  /** Counts a message begun; false when the client had its share of this minute. */
  readonly beginMessage: (address: string) => boolean;
}

export interface ClientLimitOptions {
  readonly maxConnectionsPerClient: number;
  readonly messagesPerMinute: number;
  /** Clients that no limit applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

const MINUTE_MS = 60_000;

export function createClientLimits(options: ClientLimitOptions): ClientLimits {
  const connections = new Map<string, number>();
  let messages = new Map<string, number>();
  let minuteBeganMs = options.nowMs();
  return {
    connect: (address) => {
      if (options.isTrusted(address)) return true;
      const count = connections.get(address) ?? 0;
      if (count >= options.maxConnectionsPerClient) return false;
      connections.set(address, count + 1);
      return true;
    },
    disconnect: (address) => {
      const count = connections.get(address) ?? 0;
      if (count > 1) connections.set(address, count - 1);
      else connections.delete(address);
    },
    beginMessage: (address) => {
      if (options.isTrusted(address)) return true;
      const nowMs = options.nowMs();
      if (nowMs - minuteBeganMs >= MINUTE_MS) {
        minuteBeganMs = nowMs;
        messages = new Map();
      }
      const count = messages.get(address) ?? 0;
      if (count >= options.messagesPerMinute) return false;
      messages.set(address, count + 1);
      return true;
    },
  };
}
