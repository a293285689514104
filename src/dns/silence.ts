/**
 * Zones whose name servers were silent lately. Their look-ups end in trouble at once, so that they hold no places; one at a time still
 * asks, and the first answer brings the zone back.
 *
 * One owner may have a thousand zones on one silent server: each costs a few waits, then none for half a minute after the last.
 */
import { createBoundedMap } from '../bounded-map.ts';

/** Trouble that took longer than this has held a place for nothing; a recursive server says SERVFAIL when it has waited in vain. */
const SILENCE_MS = 1000;
/** In a row, without an answer to any name of the zone. */
const SILENCES_BORNE = 3;
const REMEMBERED_MS = 30_000;
const MOST_ZONES = 10_000;

interface Zone {
  silences: number;
  isProbed: boolean;
  untilMs: number;
}

/** One look-up of a zone. */
export interface Visit {
  /** Asked again after a wait: the zone may have fallen silent meanwhile. */
  isWelcome(): boolean;
  /** Notes what came of it, `tookMs` after it was sent. */
  note(isAnswer: boolean, tookMs: number): void;
  end(): void;
}

export interface Silences {
  /** Null: the zone is not to be asked now. After any other answer, `end` must follow. */
  begin(zone: string): Visit | null;
  /** The zone may be asked again: its owner has just changed it. */
  forgive(zone: string): void;
}

export function createSilences(nowMs: () => number): Silences {
  const zones = createBoundedMap<Zone>(MOST_ZONES);

  function silent(name: string): Zone | null {
    const zone = zones.get(name);
    if (zone === undefined) return null;
    if (zone.untilMs <= nowMs()) {
      zones.delete(name);
      return null;
    }
    return zone.silences >= SILENCES_BORNE ? zone : null;
  }

  function note(name: string, isAnswer: boolean, tookMs: number): void {
    if (isAnswer) return zones.delete(name);
    if (tookMs < SILENCE_MS) return;
    const zone = zones.get(name) ?? { silences: 0, isProbed: false, untilMs: 0 };
    zone.silences += 1;
    zone.untilMs = nowMs() + REMEMBERED_MS;
    zones.set(name, zone);
  }

  return {
    forgive: (name) => zones.delete(name),
    begin(name) {
      const probed = silent(name);
      if (probed?.isProbed === true) return null;
      if (probed !== null) probed.isProbed = true;
      return {
        isWelcome: () => probed !== null || silent(name) === null,
        note: (isAnswer, tookMs) => note(name, isAnswer, tookMs),
        end: () => {
          if (probed !== null) probed.isProbed = false;
        },
      };
    },
  };
}
