/**
 * How many HTTP connections there may be: of strangers, which have not shown a valid token yet, and of each tenant.
 *
 * Promises: strangers cannot use up file descriptors or keep anybody out. When a network, or all together, has too many, the
 * oldest connection that waits (silent, slow with its head, or kept open) is closed for the new one; when none waits, the new
 * one is answered 503. A connection that shows a valid token is its tenant's from then on, and bounded in the same way; trusted
 * clients are never counted. Does not know tokens.
 */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers';

/** A browser has six to one host; many people may share an address. */
export const MOST_OF_NETWORK = 64;
export const MOST_STRANGERS = 512;
/** Many clients of one tenant, with a few connections each. */
export const MOST_OF_TENANT = 1000;
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
  /**
   * A request on this connection has shown a valid token of this tenant; null: the operator's, which no bound holds for.
   * False: the tenant has too many, and each is being answered; this one is to be closed.
   */
  prove(socket: Socket, tenantId: string | null): boolean;
}

interface Stranger {
  readonly network: string;
  /** Requests that are being answered. */
  open: number;
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
      if (stranger.open > 0 || !fits(stranger)) continue;
      forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  };
  /** Whether there is room for one more of this network, or some was made. */
  const makeRoom = (network: string): boolean => {
    if ((counts.get(network) ?? 0) >= MOST_OF_NETWORK) return closeOldest((stranger) => stranger.network === network);
    if (strangers.size < MOST_STRANGERS) return true;
    // The networks that have the most lose first.
    const most = Math.max(...counts.values());
    return closeOldest((stranger) => counts.get(stranger.network) === most) || closeOldest(() => true);
  };
  const admit = (socket: Socket): void => {
    const network = networkOf(socket.remoteAddress ?? '');
    if (network === null) return;
    if (!makeRoom(network)) {
      socket.end(BUSY, () => socket.destroy());
      return;
    }
    const stranger = { network, open: 0 };
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
        response.once('close', () => {
          stranger.open -= 1;
        });
      });
    },
    prove(socket, tenantId) {
      const connection = known.get(socket);
      forget(socket);
      if (connection === undefined || tenantId === null) return true;
      const own = proven.get(tenantId) ?? new Map<Socket, Stranger>();
      if (own.has(socket)) return true;
      if (own.size >= MOST_OF_TENANT) {
        const idle = [...own].find(([, { open }]) => open === 0)?.[0];
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

const MOST_OPEN = 32;
const MOST_EVER = 1000;

/** Octets of a body that are not wanted, and that are read so that the connection may go on. */
const MOST_UNREAD = 64 * 1024;
/** For the client to read its answer. */
const LINGER_MS = 1000;

/**
 * Passes requests on to `listener`; closes connections that ask for too much. Browsers and libraries do not pipeline. A client that
 * does can have the runtime begin hundreds of thousands of requests from a few reads, without reading an answer. A connection that
 * has merely grown old gets `Connection: close`.
 */
export function boundRequests(listener: RequestListener): RequestListener {
  const counts = new WeakMap<Socket, { open: number; ever: number }>();
  return (request, response) => {
    const { socket } = request;
    // What was read before the connection was closed comes all the same.
    if (socket.destroyed) return;
    const count = counts.get(socket) ?? { open: 0, ever: 0 };
    counts.set(socket, count);
    count.open += 1;
    count.ever += 1;
    if (count.open > MOST_OPEN || count.ever > MOST_EVER) {
      socket.destroy();
      return;
    }
    if (count.ever === MOST_EVER) response.setHeader('Connection', 'close');
    // Otherwise Node reads and drops all of a body that is not being read when its answer is sent.
    if (request.method === 'POST') request.read(0);
    response.once('close', () => {
      count.open -= 1;
      closeUnread(request);
    });
    // In the next turn of the event loop: a client that is answered within its own event, and sends the next request at once,
    // keeps bun from ever looking at other connections.
    setImmediate(() => {
      if (!socket.destroyed) listener(request, response);
    });
  };
}

/** Whether the rest of a body is too large to be read for nothing: the connection ends with the answer, which has to say so. */
export function isLeftUnread({ complete, headers }: IncomingMessage): boolean {
  return !complete && !(Number(headers['content-length'] ?? Number.NaN) <= MOST_UNREAD);
}

/** A large body that was refused is not read to its end: the connection is closed, in the client's direction first. */
function closeUnread(request: IncomingMessage): void {
  const { socket } = request;
  if (socket.destroyed) return;
  if (!isLeftUnread(request)) {
    request.resume();
    return;
  }
  request.pause();
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
