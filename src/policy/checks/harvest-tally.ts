/**
 * How many different mailboxes one client knew, did not know, and asked for when nobody could be asked, within the last ten
 * minutes; in about 250 octets.
 *
 * A sliding window of two periods: the one before counts by the share of it that the window still covers. Whether a mailbox
 * was counted before is one bit of 256 per period, so some few are left out and none counts twice. From the 128th on every
 * one counts, for the bits are full then.
 */
import { randomInt } from 'node:crypto';

export interface Tally {
  beganMs: number;
  readonly current: Counts;
  readonly before: Counts;
  /** Mailboxes put off unasked in this period. They lead to the next stage, but must not keep a client where it is. */
  deferredCount: number;
  /** Of the mailboxes its primary was asked about lately, the share that was unknown, as last heard. */
  unknownShare: number;
  /** Those of known mailboxes, then of unknown ones, then of those unasked. */
  readonly bits: Uint8Array;
}

interface Counts {
  known: number;
  unknown: number;
  unasked: number;
}

export type TallyKind = keyof Counts;

const NONE: Readonly<Counts> = { known: 0, unknown: 0, unasked: 0 };
const WINDOW_MS = 600_000;
const BITS = 256;
const MANY = BITS / 2;
const OFFSETS: Readonly<Counts> = { known: 0, unknown: BITS / 8, unasked: (2 * BITS) / 8 };
/** Keeps names from being chosen to fall together. */
const SEED = randomInt(2 ** 32);

export function createTally(nowMs: number): Tally {
  const bits = new Uint8Array((3 * BITS) / 8);
  return { beganMs: nowMs, current: { ...NONE }, before: { ...NONE }, deferredCount: 0, unknownShare: 0, bits };
}

/**
 * Counts a mailbox, unless it was counted in this period. Of known ones upper and lower case are one; of an unknown one each
 * spelling counts, since each may have cost the primary a question.
 */
export function countMailbox(tally: Tally, kind: TallyKind, mailbox: string, nowMs: number): void {
  slide(tally, nowMs);
  // The top octet depends on every character.
  const bit = hashOf(kind === 'known' ? mailbox.toLowerCase() : mailbox) >>> 24;
  const at = OFFSETS[kind] + (bit >> 3);
  const octet = tally.bits[at] ?? 0;
  const marked = octet | (1 << (bit & 7));
  tally.bits[at] = marked;
  if (marked !== octet || tally.current[kind] >= MANY) tally.current[kind] += 1;
}

/** Mailboxes within the window; not a whole number. */
export function mailboxCount(tally: Tally, kind: TallyKind, nowMs: number): number {
  slide(tally, nowMs);
  return tally.current[kind] + tally.before[kind] * (1 - (nowMs - tally.beganMs) / WINDOW_MS);
}

function slide(tally: Tally, nowMs: number): void {
  const elapsedMs = nowMs - tally.beganMs;
  if (elapsedMs < WINDOW_MS) return;
  const isAdjacent = elapsedMs < 2 * WINDOW_MS;
  Object.assign(tally.before, isAdjacent ? tally.current : NONE);
  Object.assign(tally.current, NONE);
  tally.deferredCount = 0;
  tally.bits.fill(0);
  tally.beganMs = isAdjacent ? tally.beganMs + WINDOW_MS : nowMs;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = SEED;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
