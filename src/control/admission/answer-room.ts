/**
 * Room for answers in the memory of this node: octets that clients have not taken yet, in all and for each tenant.
 *
 * A client that asks for much and reads nothing would have the service keep it all. So each answer counts until the system has
 * it, and has to be taken at a pace. Small ones have a room of their own, so that a large one does not refuse them.
 */
import type { ServerResponse } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { createRoom, type Room, type Shortage } from './request-room.ts';

const MIB = 1024 * 1024;

/** GraphiQL's pages under way, of some ten megabytes each: in all, and to a network. */
const PAGES = { total: 8, each: 4 };
/** Octets of other answers that need no token. */
const PUBLIC_ANSWERS = { total: 32 * MIB, each: 4 * MIB };

export interface PublicRoom {
  /** False: as many pages are under way. Otherwise held until `done`. */
  holdPage(address: string, done: Promise<void>): boolean;
  /** The same for another answer of so many octets. */
  holdAnswer(address: string, octets: number, done: Promise<void>): boolean;
}

/**
 * Room for answers to clients without a token.
 *
 * @param networkOf the network that an address stands for; null: it is trusted, and shares nothing with the others
 */
export function createPublicRoom(networkOf: (address: string) => string | null): PublicRoom {
  const trusted = 'trusted';
  const pages = createRoom(PAGES, trusted);
  const answers = createRoom(PUBLIC_ANSWERS, trusted);

  function hold(room: Room, { address, amount, done }: { address: string; amount: number; done: Promise<void> }) {
    const network = networkOf(address) ?? trusted;
    const hasRoom = room.take(network, amount) === null;
    if (hasRoom) void done.then(() => room.giveBack(network, amount));
    return hasRoom;
  }

  return {
    holdPage: (address, done) => hold(pages, { address, amount: 1, done }),
    // One that is larger than the whole share has the share.
    holdAnswer: (address, octets, done) =>
      hold(answers, { address, amount: Math.min(octets, PUBLIC_ANSWERS.each), done }),
  };
}

/** In all, and of a tenant. */
const LARGE_ANSWERS = { total: 128 * MIB, each: 64 * MIB };
const SMALL_ANSWERS = { total: 64 * MIB, each: 16 * MIB };
const SMALL_OCTETS = 64 * 1024;
/** The bounds of messages read whole: one is held several times, as octets, as texts, and as JSON. */
const CONTENTS = { total: 192 * MIB, each: 96 * MIB };
const CONTENT_TIMES = 8;
/** A client takes its answer at this pace at least, after a moment, or is left. */
const PACE = { octetsPerSecond: 64 * 1024, graceMs: 20_000 };

export interface AnswerRoom {
  /** Held until `done`; a shortage holds nothing. What `mustBeTold` is held whether there is room or not. */
  holdAnswer(asked: Held & { readonly octets: number }): Shortage | null;
  /** The same for a message of this size that is about to be read. */
  holdContent(asked: Held & { readonly sizeBytes: number }): Shortage | null;
}

interface Held {
  readonly tenantId: string;
  /** Resolves when the response is over. */
  readonly done: Promise<void>;
  readonly mustBeTold?: boolean;
}

/** @param apartTenantId a tenant that shares nothing with the others */
export function createAnswerRoom(apartTenantId: string): AnswerRoom {
  const large = createRoom(LARGE_ANSWERS, apartTenantId);
  const small = createRoom(SMALL_ANSWERS, apartTenantId);
  const contents = createRoom(CONTENTS, apartTenantId);

  function hold(room: Room, { tenantId, done, mustBeTold = false }: Held, octets: number): Shortage | null {
    const shortage = room.take(tenantId, octets);
    if (shortage !== null && !mustBeTold) return shortage;
    if (shortage !== null) room.takeAnyway(tenantId, octets);
    void done.then(() => room.giveBack(tenantId, octets));
    return null;
  }

  return {
    // One that is larger than the whole share has the share.
    holdAnswer: (held) =>
      held.octets <= SMALL_OCTETS
        ? hold(small, held, held.octets)
        : hold(large, held, Math.min(held.octets, LARGE_ANSWERS.each)),
    holdContent: (held) => hold(contents, held, Math.min(held.sizeBytes * CONTENT_TIMES, CONTENTS.each)),
  };
}

/** From when an answer is handed over whole, its client takes it at the pace, or the connection is closed. */
export function boundTaking(response: ServerResponse, pace = PACE): void {
  response.once('prefinish', () => {
    const left = response.writableLength;
    if (left === 0) return;
    const timer = setTimeout(() => response.destroy(), pace.graceMs + (left / pace.octetsPerSecond) * 1000);
    response.once('close', () => clearTimeout(timer));
  });
}
