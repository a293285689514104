/**
 * The requests of one connection, one after another: the next begins when the answer to the one before is over (RFC 9112 §9.3.2).
 *
 * So a connection never has more than one answer in our memory, whatever its client sends ahead. An answer is over when the
 * system has taken it, on each runtime. Browsers and libraries do not send ahead; a client that does may have a little waiting.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers';
import { boundTaking } from './answer-room.ts';

/** Those that wait on a connection, and octets of their heads and bodies. */
const MOST_WAITING = { requests: 8, strangersRequests: 1, octets: 16 * 1024 };
const MOST_EVER = 1000;

/** Octets of a body that are not wanted, and that are read so that the connection may go on. */
const MOST_UNREAD = 64 * 1024;
/** For the client to read its answer. */
const LINGER_MS = 1000;

interface Line {
  ever: number;
  isBusy: boolean;
  readonly waiting: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
  /** Octets of what waits. */
  octets: number;
}

/**
 * Passes requests on to `listener`; closes connections that ask for too much. The runtime may begin hundreds of thousands of
 * requests from a few reads. A connection that has merely grown old gets `Connection: close`.
 *
 * @param isStranger whether no request on this connection has shown a valid token
 */
export function inOrder(listener: RequestListener, isStranger: (socket: Socket) => boolean): RequestListener {
  const lines = new WeakMap<Socket, Line>();

  function begin(line: Line, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    line.isBusy = true;
    // Otherwise Node reads and drops all of a body that is not being read when its answer is sent.
    if (request.method === 'POST') request.read(0);
    boundTaking(response);
    response.once('close', () => {
      line.isBusy = false;
      closeUnread(request);
      // The rest is not done after the last answer of a connection: no one would be told.
      if (socket.destroyed || response.getHeader('Connection') === 'close') return;
      const next = line.waiting.shift();
      if (next === undefined) return;
      line.octets -= octetsOf(next.request);
      begin(line, next.request, next.response);
    });
    // In the next turn of the event loop: a client that is answered within its own event, and sends the next request at once,
    // keeps bun from ever looking at other connections.
    setImmediate(() => {
      if (!socket.destroyed) listener(request, response);
    });
  }

  return (request, response) => {
    const { socket, headers } = request;
    // What was read before the connection was closed comes all the same.
    if (socket.destroyed) return;
    const line = lines.get(socket) ?? { ever: 0, isBusy: false, waiting: [], octets: 0 };
    lines.set(socket, line);
    line.ever += 1;
    if (line.ever === MOST_EVER) response.setHeader('Connection', 'close');
    if (line.ever > MOST_EVER) socket.destroy();
    else if (!line.isBusy && isCoded(headers['transfer-encoding'])) refuseCoding(response, socket);
    else if (!line.isBusy) begin(line, request, response);
    else {
      line.octets += octetsOf(request);
      line.waiting.push({ request, response });
      const most = isStranger(socket) ? MOST_WAITING.strangersRequests : MOST_WAITING.requests;
      if (line.waiting.length > most || line.octets > MOST_WAITING.octets) socket.destroy();
    }
  };
}

/** Whether a body has a coding beside chunks, which no one here undoes (RFC 9112 §6.1). */
function isCoded(transferEncoding: string | undefined): boolean {
  return transferEncoding !== undefined && transferEncoding.trim().toLowerCase() !== 'chunked';
}

/** Nothing more of this connection is looked at. */
function refuseCoding(response: ServerResponse, socket: Socket): void {
  response.once('close', () => socket.destroy());
  response.writeHead(501, { Connection: 'close', 'Content-Length': 0 }).end();
}

/** Octets of a head, and of the body as it is announced; more than may wait if that is not. */
function octetsOf({ headers, rawHeaders, url = '' }: IncomingMessage): number {
  const body = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
  return rawHeaders.reduce((sum, { length }) => sum + length, url.length + body);
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
