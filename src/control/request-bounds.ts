/**
 * How many requests one HTTP connection may make: few at once, and not for ever.
 *
 * Nobody asks the next thing before the answer to the last (browsers and libraries do not pipeline). Who does can have the
 * runtime begin hundreds of thousands of requests from a few reads, with nothing else served meanwhile, and without reading
 * an answer. Such a connection is closed; one that has merely grown old is told so with `Connection: close`.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

const MOST_OPEN = 32;
const MOST_EVER = 1000;

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
    response.once('close', () => {
      count.open -= 1;
    });
    listener(request, response);
  };
}
