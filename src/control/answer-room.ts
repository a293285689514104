/**
 * Answers on their way: octets in memory that a client has not taken yet, in all and for each tenant, and how long it may take.
 *
 * A client that asks for much and reads nothing would have the service keep it all. Small answers are let pass, and what a
 * mutation has done is always told.
 */
import { clearTimeout, setTimeout } from 'node:timers';
import { createRoom, type Room, type Shortage } from './request-room.ts';

const MIB = 1024 * 1024;
/** In all, and of a tenant. */
const ANSWERS = { total: 128 * MIB, each: 64 * MIB };
/** Of messages read whole: what comes of one is held several times, as octets, as texts, and as JSON. */
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

/** @param apartTenantId a tenant that shares nothing with the others */
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
