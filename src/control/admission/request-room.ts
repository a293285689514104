/**
 * Room for request bodies in the memory of this node: octets under way, in all and for each tenant; and turns for large ones.
 *
 * Small requests and large ones have rooms of their own, so that lists of a million entries keep no one from asking what is
 * held. The operator's tenant has a share beside the others', not among them. What is parsed of a large request weighs several
 * times its octets: one at a time is parsed and carried out, the tenants in rotation.
 */
import { clearTimeout, setTimeout } from 'node:timers';

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

export function createTurns(): Turns {
  /** By tenant, in the order in which their next turns come. */
  const waiting = new Map<string, (() => void)[]>();
  let isTaken = false;

  function callNext(): void {
    const [first] = waiting;
    isTaken = first !== undefined;
    if (first === undefined) return;
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
      if (!isTaken) {
        isTaken = true;
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

/** Pages under way, of some ten megabytes each: in all, and to a network. */
const PAGES = { total: 8, each: 4 };

export interface PageRoom {
  /** False: as many are under way. Otherwise held until `done`. */
  hold(address: string, done: Promise<void>): boolean;
}

/** @param networkOf the network that an address stands for; null: it is trusted, and shares nothing with the others */
export function createPageRoom(networkOf: (address: string) => string | null): PageRoom {
  const trusted = 'trusted';
  const room = createRoom(PAGES, trusted);
  return {
    hold(address, done) {
      const network = networkOf(address) ?? trusted;
      const hasRoom = room.take(network, 1) === null;
      if (hasRoom) void done.then(() => room.giveBack(network, 1));
      return hasRoom;
    },
  };
}

/** In all, and of a tenant. */
const ANSWERS = { total: 128 * MIB, each: 64 * MIB };
/** The bounds of messages read whole: one is held several times, as octets, as texts, and as JSON. */
const CONTENTS = { total: 192 * MIB, each: 96 * MIB };
const CONTENT_TIMES = 8;
const SMALL_OCTETS = 64 * 1024;
/** A client takes its answer at this pace at least, after a moment, or is left. */
const PACE = { octetsPerSecond: 64 * 1024, graceMs: 20_000 };

export interface AnswerRoom {
  /** Held until `done`; a shortage holds nothing. */
  holdAnswer(asked: Held & { readonly octets: number }): Shortage | null;
  /** The same for a message of this size that is about to be read. */
  holdContent(asked: Held & { readonly sizeBytes: number }): Shortage | null;
}

interface Held {
  readonly tenantId: string;
  /** Resolves when the response is over. */
  readonly done: Promise<void>;
}

/**
 * Bounds answers that clients have not taken yet: a client that asks for much and reads nothing would have the service keep it all.
 * Small answers pass, and the result of a mutation is always told.
 *
 * @param apartTenantId a tenant that shares nothing with the others
 */
export function createAnswerRoom(apartTenantId: string): AnswerRoom {
  const answers = createRoom(ANSWERS, apartTenantId);
  const contents = createRoom(CONTENTS, apartTenantId);

  function hold(room: Room, { tenantId, done }: Held, octets: number): Shortage | null {
    const shortage = room.take(tenantId, octets);
    if (shortage === null) void done.then(() => room.giveBack(tenantId, octets));
    return shortage;
  }

  return {
    // One that is larger than the whole share has the share.
    holdAnswer: (held) =>
      held.octets <= SMALL_OCTETS ? null : hold(answers, held, Math.min(held.octets, ANSWERS.each)),
    holdContent: (held) => hold(contents, held, Math.min(held.sizeBytes * CONTENT_TIMES, CONTENTS.each)),
  };
}

/** Calls `hangUp` when an answer of so many octets is not taken at the pace. */
export function boundTaking(octets: number, done: Promise<void>, hangUp: () => void): void {
  const timer = setTimeout(hangUp, PACE.graceMs + (octets / PACE.octetsPerSecond) * 1000);
  timer.unref();
  void done.then(() => clearTimeout(timer));
}
