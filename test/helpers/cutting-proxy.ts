/**
 * A TCP proxy in front of PostgreSQL's socket that can swallow the server's answer to a COMMIT and cut the connection:
 * the moment in which nobody knows whether a transaction took place.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/target.ts';

export interface CuttingProxy {
  /** The same database, through the proxy. */
  readonly target: DatabaseAddress;
  /** From now on, the first ReadyForQuery of an idle session behind client data is swallowed and both sides are cut. */
  cutNextAnswer(): void;
  readonly cuts: () => number;
  close(): Promise<void>;
}

/** `ReadyForQuery` with status idle: what follows a COMMIT. */
const READY_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export async function startCuttingProxy(target: DatabaseAddress): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let isArmed = false;
  let cutCount = 0;
  const server = createServer((client) => {
    const upstream = connect(
      target.host.startsWith('/')
        ? { path: join(target.host, `.s.PGSQL.${target.port}`) }
        : { host: target.host, port: target.port },
    );
    let isDirty = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      // CopyData and Query messages only; the start-up has its own answers.
      isDirty ||= isArmed;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (isArmed && isDirty && chunk.includes(READY_IDLE)) {
        isArmed = false;
        cutCount += 1;
        client.destroy();
        upstream.destroy();
        return;
      }
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    target: { ...target, host: '127.0.0.1', port },
    cutNextAnswer: () => {
      isArmed = true;
    },
    cuts: () => cutCount,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
