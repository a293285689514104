/**
 * How many requests one HTTP connection may make: few at once, and not for ever.
 *
 * Nobody asks the next thing before the answer to the last (browsers and libraries do not pipeline). Who does can have the
 * runtime begin hundreds of thousands of requests from a few reads, with nothing else served meanwhile, and without reading
 * an answer. Such a connection is closed; one that has merely grown old is told so with `Connection: close`.
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers';

const MOST_OPEN = 32;
const MOST_EVER = 1000;

/** Octets of a body that nobody asked for, and that are read so that the connection may go on. */
const MOST_UNREAD = 64 * 1024;
/** For the client to read its answer. */
const LINGER_MS = 1000;

/** Passes requests on to `listener`; closes connections that ask for too much. */
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
    // Otherwise Node reads and drops all of a body that nobody has begun to read when its answer is sent.
    if (request.method === 'POST') request.read(0);
    response.once('close', () => {
      count.open -= 1;
      closeUnread(request);
    });
    listener(request, response);
  };
}

/** A large body that was refused is not read to its end: the connection is closed, in the client's direction first. */
function closeUnread(request: IncomingMessage): void {
  const { socket } = request;
  if (socket.destroyed) return;
  if (request.complete || Number(request.headers['content-length'] ?? Number.NaN) <= MOST_UNREAD) {
    request.resume();
    return;
  }
  request.pause();
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
