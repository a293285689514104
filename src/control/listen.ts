/** Listening for HTTP: an address, or one line for the operator that says why not; and the end of it. */
import type { Server } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';

export type ListenResult =
  | {
      readonly kind: 'LISTENING';
      readonly address: { readonly host: string; readonly port: number };
      /** Takes no more requests, lets those under way finish for a moment, then closes all connections. */
      readonly close: () => Promise<void>;
    }
  | { readonly kind: 'FAILED'; readonly message: string; readonly error: Error };

/** Requests are answered in milliseconds; what takes longer waits for a database that is going down as well. */
const CLOSE_GRACE_MS = 2_000;

/** Listens on the address, or says in one line why not. */
export function listenOn(
  server: Server,
  wanted: { readonly host: string; readonly port: number },
): Promise<ListenResult> {
  return new Promise((resolve) => {
    server.once('error', (error) => resolve({ kind: 'FAILED', message: describe(error, wanted), error }));
    server.listen(wanted.port, wanted.host, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : wanted.port;
      resolve({ kind: 'LISTENING', address: { host: wanted.host, port }, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function describe(error: Error, { host, port }: { readonly host: string; readonly port: number }): string {
  const where = `HTTP_LISTEN: ${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch ('code' in error ? error.code : null) {
    case 'EADDRINUSE':
      return `${where} is in use by another process; stop that one or choose another port`;
    case 'EACCES':
      return `${where} needs a right this process does not have; choose a port above 1023`;
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine`;
    default:
      return `${where} cannot be listened on: ${error.message}`;
  }
}
