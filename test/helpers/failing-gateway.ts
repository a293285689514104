/** A gateway before the service that fails at a chosen request: the connection ends without an answer, before or after it was done. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FailingGateway {
  readonly url: string;
  /** How many requests came. */
  count(): number;
  /**
   * From now on, decides about each request by its number, counted from 1 anew: `PASS`, `REFUSE` (it is not passed on), or `LOSE` (it is done, and its answer
   * is lost).
   */
  decide(by: (number: number) => 'PASS' | 'REFUSE' | 'LOSE'): void;
  close(): void;
}

export async function startFailingGateway(target: string): Promise<FailingGateway> {
  let count = 0;
  let fate: (number: number) => 'PASS' | 'REFUSE' | 'LOSE' = () => 'PASS';
  const server = createServer((request, response) => {
    count += 1;
    const decided = fate(count);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (decided === 'REFUSE') {
        request.socket.destroy();
        return;
      }
      const { authorization = '' } = request.headers;
      void fetch(`${target}${request.url}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: Buffer.concat(chunks),
      }).then(async (answer) => {
        const text = await answer.text();
        if (decided === 'LOSE') request.socket.destroy();
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    decide: (by) => {
      count = 0;
      fate = by;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
