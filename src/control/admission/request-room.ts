/**
 * Room for request bodies in the memory of this node: octets under way, in all and for each tenant; and turns for large ones.
 *
 * Small requests and large ones have rooms of their own, so that lists of a million entries keep no one from asking what is
 * held. The operator's tenant has a share beside the others', not among them. What is parsed of a large request weighs several
 * times its octets: one at a time is parsed and carried out, the tenants in rotation.
 */
const MIB = 1024 * 1024;
/** In all, and of a tenant. */
const SMALL_ROOM = { total: 64 * MIB, each: 16 * MIB };
/** One body of the largest size for a tenant, and two tenants at once. */
const LARGE_ROOM = { total: 130 * MIB, each: 65 * MIB };

/** `FULL`: the node's other tenants hold all of it. `SHARE_USED`: this tenant holds its own share. */
export type Shortage = 'FULL' | 'SHARE_USED';

export interface Room {
  /** Null: `bytes` more would fit now. */
  shortageOf(tenantId: string, bytes: number): Shortage | null;
  /** Takes them; a shortage takes nothing. */
  take(tenantId: string, bytes: number): Shortage | null;
  /** Takes them, room or not. */
  takeAnyway(tenantId: string, bytes: number): void;
  giveBack(tenantId: string, bytes: number): void;
}

export interface RequestRooms {
  readonly small: Room;
  readonly large: Room;
  readonly turns: Turns;
}

/** @param apartTenantId a tenant that shares nothing with the others */
export function createRequestRooms(apartTenantId: string): RequestRooms {
  return {
    small: createRoom(SMALL_ROOM, apartTenantId),
    large: createRoom(LARGE_ROOM, apartTenantId),
    turns: createTurns(),
  };
}

export function createRoom(size: { readonly total: number; readonly each: number }, apartTenantId: string): Room {
  const held = new Map<string, number>();
  let shared = 0;

  function shortageOf(tenantId: string, bytes: number): Shortage | null {
    if ((held.get(tenantId) ?? 0) + bytes > size.each) return 'SHARE_USED';
    return tenantId !== apartTenantId && shared + bytes > size.total ? 'FULL' : null;
  }

  function add(tenantId: string, bytes: number): void {
    const sum = (held.get(tenantId) ?? 0) + bytes;
    if (sum === 0) held.delete(tenantId);
    else held.set(tenantId, sum);
    if (tenantId !== apartTenantId) shared += bytes;
  }

  return {
    shortageOf,
    take(tenantId, bytes) {
      const shortage = shortageOf(tenantId, bytes);
      if (shortage === null) add(tenantId, bytes);
      return shortage;
    },
    takeAnyway: add,
    giveBack: (tenantId, bytes) => add(tenantId, -bytes),
  };
}

export interface Turns {
  /** Resolves when it is this tenant's turn; false: `signal` fired first, and the turn is not had. */
  enter(tenantId: string, signal: AbortSignal): Promise<boolean>;
  /** How many of this tenant wait. */
  waitingOf(tenantId: string): number;
  /** After each `enter` that gave true. */
  leave(): void;
}

/** @param atOnce how many turns there are at the same time */
export function createTurns(atOnce = 1): Turns {
  /** By tenant, in the order in which their next turns come. */
  const waiting = new Map<string, (() => void)[]>();
  let taken = 0;

  function callNext(): void {
    const [first] = waiting;
    if (first === undefined) {
      taken -= 1;
      return;
    }
    const [tenantId, queue] = first;
    // To the end of the rotation.
    waiting.delete(tenantId);
    const begin = queue.shift();
    if (queue.length > 0) waiting.set(tenantId, queue);
    begin?.();
  }

  return {
    enter(tenantId, signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (taken < atOnce) {
        taken += 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const queue = waiting.get(tenantId) ?? [];
        waiting.set(tenantId, queue);
        const begin = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve(true);
        };
        const giveUp = (): void => {
          queue.splice(queue.indexOf(begin), 1);
          if (queue.length === 0 && waiting.get(tenantId) === queue) waiting.delete(tenantId);
          resolve(false);
        };
        queue.push(begin);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
    waitingOf: (tenantId) => waiting.get(tenantId)?.length ?? 0,
    leave: callNext,
  };
}
