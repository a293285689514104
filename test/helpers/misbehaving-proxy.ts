/**
 * A TCP proxy in front of PostgreSQL's socket that treats its connections badly, each in its own way and moment: cuts, resets,
 * half-closes either side, swallows an answer before it cuts, and stalls so that sockets fill.
 *
 * What it does next is drawn from a seed; when it happens depends on the traffic.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/target.ts';
import type { Random } from './chaos-random.ts';

export const MISDEEDS = ['CUT', 'RESET', 'END_CLIENT', 'END_SERVER', 'SWALLOW', 'STALL'] as const;
export type Misdeed = (typeof MISDEEDS)[number];

export interface MisbehavingProxy {
  /** The same database, through the proxy. */
  readonly target: DatabaseAddress;
  /** What was done so far, and how often. */
  readonly done: ReadonlyMap<Misdeed, number>;
  /** Begins with it; until then it only forwards. */
  misbehave(): void;
  /** From now on it only forwards. */
  behave(): void;
  close(): Promise<void>;
}

const STALL_MS = 15;

export interface MisbehavingOptions {
  readonly target: DatabaseAddress;
  /** Pieces that pass a connection before its next misdeed: about so many. */
  readonly everyPieces: number;
  readonly random: Random;
}

export async function startMisbehavingProxy({
  target,
  everyPieces,
  random,
}: MisbehavingOptions): Promise<MisbehavingProxy> {
  const sockets = new Set<Socket>();
  const done = new Map<Misdeed, number>();
  /** All of them, in a new order each time, so that none is left out of a short run. */
  const coming: Misdeed[] = [];
  let isBehaving = true;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: join(target.host, `.s.PGSQL.${target.port}`), allowHalfOpen: true });
    const drawPieces = () => random.whole(1, 2 * everyPieces);
    let piecesLeft = drawPieces();
    let isMute = false;
    const destroyBoth = () => {
      client.destroy();
      upstream.destroy();
    };
    const harm = (): void => {
      if (coming.length === 0) coming.push(...MISDEEDS);
      const [misdeed = 'CUT'] = coming.splice(random.whole(0, coming.length - 1), 1);
      done.set(misdeed, (done.get(misdeed) ?? 0) + 1);
      if (misdeed === 'CUT') destroyBoth();
      else if (misdeed === 'RESET') {
        client.resetAndDestroy();
        upstream.destroy();
      } else if (misdeed === 'END_CLIENT') {
        client.end();
      } else if (misdeed === 'END_SERVER') upstream.end();
      else if (misdeed === 'SWALLOW') {
        isMute = true;
        setTimeout(destroyBoth, STALL_MS);
      } else {
        client.pause();
        setTimeout(() => client.resume(), STALL_MS);
      }
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (chunk) => {
        piecesLeft -= 1;
        if (piecesLeft <= 0 && !isBehaving) {
          piecesLeft = drawPieces();
          harm();
        }
        if (!to.writable || (isMute && from === upstream)) return;
        if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
      from.on('end', () => to.end());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: { ...target, host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    done,
    misbehave: () => {
      isBehaving = false;
    },
    behave: () => {
      isBehaving = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
