/** A receiver of webhooks over real HTTP whose answers a test writes, and the check of signatures as Standard Webhooks has it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Received {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  readonly connectionCount: () => number;
  /** Called when the body is in; answers 204 unless changed. */
  answer: (response: ServerResponse, request: Received) => void;
  readonly close: () => Promise<void>;
}

export async function startReceiver(host = '127.0.0.1', port = 0): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const blocks: Buffer[] = [];
    response.on('error', () => undefined);
    request.on('data', (block: Buffer) => void blocks.push(block));
    request.on('end', () => {
      const { url: path = '', method = '', headers } = request;
      const one = { path, method, headers, body: Buffer.concat(blocks).toString() };
      received.push(one);
      self.answer(response, one);
    });
  });
  server.on('connection', (socket: Socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  const bound = typeof at === 'object' && at !== null ? at.port : 0;
  const self: Receiver = {
    url: `http://${host}:${bound}/hook`,
    port: bound,
    received,
    connectionCount: () => connectionCount,
    answer: (response) => {
      response.statusCode = 204;
      response.end();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}

/** Which of these secrets have signed the message; by WebCrypto, from the words of the specification. */
export async function signersOf({ headers, body }: Received, secrets: readonly string[]): Promise<string[]> {
  const signed = new TextEncoder().encode(
    `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`,
  );
  const signatures = String(headers['webhook-signature']).split(' ');
  const signers: string[] = [];
  for (const secret of secrets) {
    const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed));
    if (signatures.includes(`v1,${btoa(String.fromCharCode(...mac))}`)) signers.push(secret);
  }
  return signers;
}
