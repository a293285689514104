/**
 * A TLS peer that answers any request with a beginning and then with the same octets again and again, as fast as they are
 * taken, until the connection is closed.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';

export interface EndlessAnswer {
  readonly begin?: string;
  readonly again: string;
}

export interface EndlessPeer {
  readonly port: number;
  /** Octets written on all connections so far. */
  readonly writtenBytes: () => number;
  readonly connectionCount: () => number;
  /** Open ones. */
  readonly socketCount: () => number;
  answer: EndlessAnswer;
  readonly close: () => Promise<void>;
}

/** One block of octets fills a socket's buffer. */
const BLOCK_BYTES = 65_536;
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** What has no end, by name: interim replies of every kind, and all that may stand around a body. */
export const ENDLESS: Readonly<Record<string, EndlessAnswer>> = {
  'early hints': { again: 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n' },
  continue: { again: 'HTTP/1.1 100 Continue\r\n\r\n' },
  processing: { again: 'HTTP/1.1 102 Processing\r\n\r\n' },
  'unknown interim replies': { again: 'HTTP/1.1 199 x\r\n\r\n' },
  'switching protocols': { again: 'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n' },
  'empty lines': { again: '\r\n' },
  'a status line': { begin: 'HTTP/1.1 200 ', again: 'O' },
  'header fields': { begin: OK, again: 'x: y\r\n' },
  'one header field': { begin: `${OK}x: `, again: 'y' },
  'a folded header field': { begin: `${OK}x: y\r\n`, again: ' y\r\n' },
  'chunks of one octet': { begin: CHUNKED, again: '1\r\na\r\n' },
  'chunk extensions': { begin: CHUNKED, again: '1;x=yyyyyyyyyyyyyyyyyyyyyyyyy\r\na\r\n' },
  'one chunk extension': { begin: `${CHUNKED}1;x=`, again: 'y' },
  trailers: { begin: `${CHUNKED}1\r\na\r\n0\r\n`, again: 'x: y\r\n' },
};

export async function startEndlessPeer(
  certificate: { readonly key: string; readonly cert: string },
  answer: EndlessAnswer = { again: '\r\n' },
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<EndlessPeer> {
  const sockets = new Set<Socket>();
  let writtenBytes = 0;
  let connectionCount = 0;
  const server = createServer(certificate, (socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const { begin = '', again } = self.answer;
    const block = again.repeat(Math.ceil(BLOCK_BYTES / again.length));
    const write = (): void => {
      if (socket.destroyed) return;
      writtenBytes += block.length;
      if (socket.write(block)) setImmediate(write);
      else socket.once('drain', write);
    };
    socket.once('data', () => {
      socket.write(begin);
      write();
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  const self: EndlessPeer = {
    port: typeof at === 'object' && at !== null ? at.port : 0,
    writtenBytes: () => writtenBytes,
    connectionCount: () => connectionCount,
    socketCount: () => sockets.size,
    answer,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}
