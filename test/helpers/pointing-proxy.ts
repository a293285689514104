/** A TCP address in front of PostgreSQL that is pointed to one server, to another, or to none, as a virtual address is. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/target.ts';

export interface PointingProxy {
  /** The database, through the proxy. */
  readonly target: DatabaseAddress;
  /** For new connections; open ones stay where they are. Null cuts those too, and refuses new ones. */
  pointTo(address: DatabaseAddress | null): void;
  /** How many have connected, in vain or not. */
  readonly clientCount: () => number;
  close(): Promise<void>;
}

export async function startPointingProxy(initial: DatabaseAddress): Promise<PointingProxy> {
  const sockets = new Set<Socket>();
  let current: DatabaseAddress | null = initial;
  let clientCount = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    clientCount += 1;
    if (current === null) {
      client.destroy();
      return;
    }
    const upstream = connect({ path: join(current.host, `.s.PGSQL.${current.port}`) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: { ...initial, host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    pointTo: (address) => {
      current = address;
      if (address === null) cut();
    },
    clientCount: () => clientCount,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
