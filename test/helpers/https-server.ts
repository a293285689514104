/**
 * An HTTPS server on a loopback address whose handler a test writes; counts connections and requests.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';

export interface HttpsServer {
  readonly port: number;
  readonly requests: { readonly path: string; readonly host: string; readonly method: string }[];
  readonly connectionCount: () => number;
  /** Open ones. */
  readonly socketCount: () => number;
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  readonly close: () => Promise<void>;
}

export async function startHttpsServer(
  certificate: { readonly key: string; readonly cert: string },
  handler: HttpsServer['handler'],
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<HttpsServer> {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  const requests: HttpsServer['requests'] = [];
  const server = createServer(certificate, (request, response) => {
    const { url = '', headers, method = '' } = request;
    requests.push({ path: url, host: headers.host ?? '', method });
    self.handler(request, response);
  });
  server.on('connection', (socket: Socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  // Who closes a connection that is kept open is the client.
  server.keepAliveTimeout = 0;
  server.on('tlsClientError', () => undefined);
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  const self: HttpsServer = {
    port: typeof at === 'object' && at !== null ? at.port : 0,
    requests,
    connectionCount: () => connectionCount,
    socketCount: () => sockets.size,
    handler,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}
