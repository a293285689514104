/**
 * How many HTTP connections there may be: of strangers, which have not shown a valid token yet, and of each tenant.
 *
 * Promises: strangers cannot use up file descriptors or keep anybody out. When a network, or all together, has too many, the
 * oldest connection that waits (silent, slow with its head or its body, kept open, or not taking its answer) is closed for the new
 * one; when none waits, the new one is answered 503. A connection that shows a valid token is its tenant's from then on, and bounded
 * in the same way; trusted clients are never counted. Does not know tokens.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { monotonicMs } from '../../clock.ts';

/** A browser has six to one host; many people may share an address. */
export const MOST_OF_NETWORK = 64;
export const MOST_STRANGERS = 512;
/** Many clients of one tenant, with a few connections each. */
export const MOST_OF_TENANT = 1000;
/** From then on a connection whose answer is not being taken, or whose body has not come, may be closed for another. */
const STALLED_MS = 3_000;
/** For `createServer`. A head comes in one packet as a rule; Node's check for late ones is every 30 seconds by itself. */
export const SERVER_TIMES = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 } as const;

const RETRY_AFTER_SECONDS = 5;
const BUSY = [
  'HTTP/1.1 503 Service Unavailable',
  `Retry-After: ${RETRY_AFTER_SECONDS}`,
  'Connection: close',
  'Content-Length: 0',
  '\r\n',
].join('\r\n');

export interface ConnectionBounds {
  /** From now on for the connections of this server. */
  watch(server: Server): void;
  /** Whether no request on this connection has shown a valid token; false of trusted clients. */
  isStranger(socket: Socket): boolean;
  /** This request is being answered from now on. */
  begin(request: IncomingMessage): void;
  /**
   * A request on this connection has shown a valid token of this tenant; null: the operator's, which no bound holds for.
   * False: the tenant has too many, and each is being answered; this one is to be closed.
   */
  prove(socket: Socket, tenantId: string | null): boolean;
}

interface Stranger {
  readonly network: string;
  /** Requests that have come and are not answered. */
  open: number;
  /** The one of them that is being answered, since when on `monotonicMs`; the others wait for their turns. */
  begun: { readonly request: IncomingMessage; readonly atMs: number } | null;
  /** When an answer was handed over whole that is not taken yet, on `monotonicMs`. */
  answeredAtMs: number | null;
}

/** Whether it is the client who is waited for. */
function isWaiting({ open, answeredAtMs }: Stranger): boolean {
  return open === 0 || (answeredAtMs !== null && monotonicMs() - answeredAtMs > STALLED_MS);
}

/** The same of a stranger, whose forms are short. */
function isStrangerWaiting(stranger: Stranger): boolean {
  const { begun } = stranger;
  const isLate = begun !== null && isSending(stranger) && monotonicMs() - begun.atMs > STALLED_MS;
  return isLate || isWaiting(stranger);
}

/** Whether the body of the request that is being answered has not come yet. */
function isSending({ begun }: Stranger): boolean {
  return begun !== null && !begun.request.complete;
}

/** `networkOf`: what stands for the client at an address; null for one that is trusted. */
export function createConnectionBounds(networkOf: (address: string) => string | null): ConnectionBounds {
  /** In the order in which they came. */
  const strangers = new Map<Socket, Stranger>();
  const counts = new Map<string, number>();
  /** Those that are somebody's, by tenant, in the order in which they showed that. */
  const proven = new Map<string, Map<Socket, Stranger>>();
  /** Requests under way, wherever a connection is counted. */
  const known = new WeakMap<Socket, Stranger>();

  const forget = (socket: Socket): void => {
    const stranger = strangers.get(socket);
    if (stranger === undefined) return;
    strangers.delete(socket);
    const left = (counts.get(stranger.network) ?? 1) - 1;
    if (left === 0) counts.delete(stranger.network);
    else counts.set(stranger.network, left);
  };
  const closeOldest = (fits: (stranger: Stranger) => boolean): boolean => {
    for (const [socket, stranger] of strangers) {
      if (!fits(stranger)) continue;
      forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  };
  /** Whether there is room for one more of this network, or some was made. */
  const makeRoom = (network: string): boolean => {
    const own = counts.get(network) ?? 0;
    if (own >= MOST_OF_NETWORK)
      return closeOldest((stranger) => stranger.network === network && isStrangerWaiting(stranger));
    if (strangers.size < MOST_STRANGERS) return true;
    // The networks that have the most lose first, also those whose turns or whose bodies have not come.
    const most = Math.max(...counts.values());
    const isOfMost = (stranger: Stranger): boolean => counts.get(stranger.network) === most;
    return (
      closeOldest((stranger) => isOfMost(stranger) && isStrangerWaiting(stranger)) ||
      (most > own + 1 &&
        closeOldest((stranger) => isOfMost(stranger) && (stranger.begun === null || isSending(stranger)))) ||
      closeOldest(isStrangerWaiting)
    );
  };
  const admit = (socket: Socket): void => {
    const network = networkOf(socket.remoteAddress ?? '');
    if (network === null) return;
    if (!makeRoom(network)) {
      socket.end(BUSY, () => socket.destroy());
      return;
    }
    const stranger: Stranger = { network, open: 0, begun: null, answeredAtMs: null };
    strangers.set(socket, stranger);
    known.set(socket, stranger);
    counts.set(network, (counts.get(network) ?? 0) + 1);
    socket.once('close', () => forget(socket));
  };

  return {
    watch(server) {
      server.on('connection', admit);
      server.on('request', ({ socket }, response) => {
        const stranger = known.get(socket);
        if (stranger === undefined) return;
        stranger.open += 1;
        response.once('prefinish', () => {
          stranger.answeredAtMs = monotonicMs();
        });
        response.once('close', () => {
          stranger.open -= 1;
          stranger.begun = null;
          stranger.answeredAtMs = null;
        });
      });
    },
    isStranger: (socket) => strangers.has(socket),
    begin(request) {
      const connection = known.get(request.socket);
      if (connection !== undefined) connection.begun = { request, atMs: monotonicMs() };
    },
    prove(socket, tenantId) {
      const connection = known.get(socket);
      forget(socket);
      if (connection === undefined || tenantId === null) return true;
      const own = proven.get(tenantId) ?? new Map<Socket, Stranger>();
      if (own.has(socket)) return true;
      if (own.size >= MOST_OF_TENANT) {
        const idle = [...own].find(([, connection]) => isWaiting(connection))?.[0];
        if (idle === undefined) return false;
        own.delete(idle);
        idle.destroy();
      }
      own.set(socket, connection);
      proven.set(tenantId, own);
      socket.once('close', () => {
        own.delete(socket);
        if (own.size === 0 && proven.get(tenantId) === own) proven.delete(tenantId);
      });
      return true;
    },
  };
}
