/**
 * After a verb that asks for an attempt at once: waits a moment for it, and says that it began, or why it has not.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from './action.ts';

export interface RequestedAttempt {
  readonly requestedAt: string;
  readonly beganAt: string | null;
  readonly waitsFor: string | null;
}

export const REQUESTED_ATTEMPT = 'requestedAttempt { requestedAt beganAt waitsFor }';

/** An attempt begins within two seconds, where nothing else is in the way. */
const LOOKS = 15;
const BETWEEN_MS = 200;

const WAITS: Readonly<Record<string, string>> = {
  TURN: 'the nodes are busy with other domains',
  IN_DELIVERY: 'its mail is being delivered, and the attempt comes after that',
  NOTHING_HELD: 'no mail is held',
  PAUSED: 'it is paused',
  SCHEDULE: 'a pause came between, and its mail is tried when it is due',
  DRAIN_CAP: 'its drainPerMinute allows no more at present',
  NO_NODE: 'no node of the service delivers mail',
};

/** The one that was asked for last; null when none was, or there is no such domain. */
export async function findRequested(call: Call, name: string): Promise<RequestedAttempt | null> {
  const { domain } = await call.ask<{ domain: { requestedAttempt: RequestedAttempt | null } | null }>(
    `query ($name: String!) { domain(name: $name) { ${REQUESTED_ATTEMPT} } }`,
    { name },
  );
  return domain?.requestedAttempt ?? null;
}

/** Waits for the requested attempt, and says in words what became of it; null if no attempt was requested. */
export async function followAttempt(call: Call, name: string, first: RequestedAttempt | null): Promise<string | null> {
  let requested = first;
  for (let look = 0; look < LOOKS && mayBeginSoon(requested); look += 1) {
    await pause(BETWEEN_MS);
    requested = await findRequested(call, name);
  }
  if (requested === null) return null;
  if (requested.beganAt !== null) return `an attempt began at ${requested.beganAt}`;
  const { waitsFor } = requested;
  return `no attempt has begun yet: ${WAITS[waitsFor ?? ''] ?? `it waits (${waitsFor})`}`;
}

function mayBeginSoon(requested: RequestedAttempt | null): boolean {
  return requested?.beganAt === null && (requested.waitsFor === 'TURN' || requested.waitsFor === 'IN_DELIVERY');
}
