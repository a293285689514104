/**
 * A TCP proxy in front of PostgreSQL's socket that can stop forwarding without closing anything: a network that swallows
 * packets. The server goes on holding the session of a client that has long given up.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/target.ts';

export interface FreezingProxy {
  /** The same database, through the proxy. */
  readonly target: DatabaseAddress;
  /** Nothing passes any more, in either direction, not even an end; new connections are refused. */
  freeze(): void;
  /** New connections pass again; what was frozen stays so. */
  thaw(): void;
  /** What was frozen ends at last, as when the network gives it up minutes later. */
  dropFrozen(): void;
  close(): Promise<void>;
}

export async function startFreezingProxy(target: DatabaseAddress): Promise<FreezingProxy> {
  const sockets = new Set<Socket>();
  let freezing = new AbortController();
  const frozen = new Set<Socket>();
  let isFrozen = false;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isFrozen) {
      client.destroy();
      return;
    }
    const upstream = connect(
      target.host.startsWith('/')
        ? { path: join(target.host, `.s.PGSQL.${target.port}`) }
        : { host: target.host, port: target.port },
    );
    const link = { isCut: false };
    freezing.signal.addEventListener('abort', () => {
      link.isCut = true;
      frozen.add(client).add(upstream);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (chunk) => {
        if (!link.isCut) to.write(chunk);
      });
      from.on('end', () => {
        if (!link.isCut) to.end();
      });
      from.on('close', () => {
        sockets.delete(from);
        if (!link.isCut) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    target: { ...target, host: '127.0.0.1', port },
    freeze: () => {
      isFrozen = true;
      freezing.abort();
    },
    thaw: () => {
      isFrozen = false;
      freezing = new AbortController();
    },
    dropFrozen: () => {
      for (const socket of frozen) socket.destroy();
      frozen.clear();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
