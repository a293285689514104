/**
 * The network between one node and the database: a TCP proxy that can hang, as a partition does, be slow, and cut.
 *
 * While it hangs nothing passes, not even an end; what was sent meanwhile comes through when it heals, as TCP sends it again.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/target.ts';

export interface ChaosLink {
  /** The same database, through this link. */
  readonly target: DatabaseAddress;
  hang(): void;
  heal(): void;
  /** Every piece of data is under way for so long; 0 for not at all. */
  delay(ms: number): void;
  /** Both ends of every connection that is open learn of its end. */
  cut(): void;
  close(): Promise<void>;
}

/** `target` is a Unix socket's. */
export async function startChaosLink(target: DatabaseAddress): Promise<ChaosLink> {
  const sockets = new Set<Socket>();
  let gate: Promise<void> | null = null;
  let open = (): void => undefined;
  let delayMs = 0;

  const whileHanging = async (): Promise<void> => {
    if (gate === null) return;
    await gate;
    await whileHanging();
  };
  /** One thing after the other, each when its time has come. */
  const pipe = (from: Socket, to: Socket): void => {
    let latest: Promise<void> | null = null;
    const pass = (deliver: () => void): void => {
      if (latest === null && gate === null && delayMs === 0) return deliver();
      const before = latest ?? Promise.resolve();
      const underWay = delayMs === 0 ? null : new Promise((resolve) => setTimeout(resolve, delayMs));
      const mine = before.then(async () => {
        await underWay;
        await whileHanging();
        deliver();
        if (latest === mine) latest = null;
      });
      latest = mine;
    };
    sockets.add(from);
    from.on('error', () => undefined);
    from.on('data', (chunk) => pass(() => void to.write(chunk)));
    from.on('close', () => {
      sockets.delete(from);
      pass(() => to.destroy());
    });
  };
  const server = createServer((client) => {
    const upstream = connect({ path: join(target.host, `.s.PGSQL.${target.port}`) });
    pipe(client, upstream);
    pipe(upstream, client);
  });
  const heal = (): void => {
    gate = null;
    open();
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: { ...target, host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    hang: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    heal,
    delay: (ms) => {
      delayMs = ms;
    },
    cut,
    close: async () => {
      heal();
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
