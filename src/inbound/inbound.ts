/**
 * Binds the listener's addresses and ends it in order.
 *
 * Promises that either all addresses are bound or none, and that `close` lets those who wait for the reply to a final dot
 * have it within the grace.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createHouse, type House } from './house.ts';
import type { Inbound, InboundOptions } from './options.ts';
import { type Place, separatePlaces } from './places.ts';
import { Listener } from './smtp-server/server.ts';

/** Pending connections a burst may leave to the kernel; capped by net.core.somaxconn. */
const BACKLOG = 1024;
/** How long a destroyed socket may take to say so. */
const LAST_WAIT_MS = 1000;

/**
 * Starts to listen.
 *
 * @throws Error of the failed bind (`EADDRINUSE`, `EACCES`, …), with nothing left bound
 */
export async function createInbound(options: InboundOptions): Promise<Inbound> {
  const house = createHouse(options);
  const listeners: Listener[] = [];
  try {
    for (const place of await separatePlaces(options.listen)) listeners.push(await listen(house, place));
  } catch (error) {
    for (const listener of listeners) listener.server.close();
    house.context.watch.stop();
    throw error;
  }
  let ended: Promise<void> | null = null;
  return {
    addresses: listeners.map((listener) => listener.server.address() as AddressInfo),
    connectionCount: () => house.activeCount,
    workCount: () => house.workCount,
    inFlightBytes: () => options.inFlightBytes - house.context.budget.freeBytes(),
    close: (graceMs) => {
      ended ??= end(house, listeners, graceMs);
      return ended;
    },
  };
}

async function listen(house: House, place: Place & { readonly ipv6Only: boolean }): Promise<Listener> {
  const listener = new Listener(house);
  const listening = once(listener.server, 'listening');
  listener.server.listen({ ...place, backlog: BACKLOG });
  await listening;
  return listener;
}

async function end(house: House, listeners: readonly Listener[], graceMs: number): Promise<void> {
  house.isClosing = true;
  for (const listener of listeners) listener.server.close();
  for (const connection of house.open) connection.shutDown();
  await emptied(house, graceMs);
  for (const connection of house.open) connection.destroySocket();
  await emptied(house, LAST_WAIT_MS);
  house.context.watch.stop();
}

/** Resolves when no connection is open, or after `waitMs`. */
async function emptied(house: House, waitMs: number): Promise<void> {
  if (house.open.size === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    house.onEmpty = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
