/**
 * What the attempts of one round have shown of the primary: evidence for an outage, greylisting, tarpitting, who greeted.
 *
 * Pure bookkeeping, bounded; decides nothing and writes nothing.
 */
import { saysGreylisting } from '../mail/reply-words.ts';
import type { AttemptRecord, AttemptResult } from '../mail/outcome.ts';
import { type Evidence, outageClassOf } from '../outage/class.ts';
import type { HostMemory } from './host-memory.ts';

/** A host that takes longer for its greeting, or for the replies to one envelope, is slow on purpose, or as slow as that. */
const TARPIT_MS = 5000;
const MOST_ADDRESSES = 20;
/** Policy, for now: what greylists say that do not name themselves. */
const POLICY_FOR_NOW = /^45[01][ -]4\.7\.[01]\b/;

export interface Observer {
  note(result: AttemptResult): void;
  /** What the dials of the last attempt met that failed at host level. */
  readonly troubles: () => readonly Evidence[];
  /** The last recipient put off by greylisting; null when none was. */
  readonly greylisting: () => Evidence | null;
  readonly isTarpitting: () => boolean;
  /** The last word of the round was a refusal of us, in a session that had been greeted; null when it was not. */
  readonly blocking: () => { readonly reply: string; readonly evidence: readonly Evidence[] } | null;
  /** The newest dial, or what stood for one; null when nothing was tried. */
  readonly last: () => AttemptRecord | null;
  /** Some recipient's mail was taken. */
  readonly isAccepting: () => boolean;
  /** Addresses that greeted, `192.0.2.1:25`. */
  readonly greeted: () => readonly string[];
}

/** @param beganAtMs when the round began, by the database's clock */
export function createObserver(hosts: HostMemory, beganAtMs: number): Observer {
  let troubles: readonly Evidence[] = [];
  let greylisting: Evidence | null = null;
  let isTarpitting = false;
  let isAccepting = false;
  let blockingReply: string | null = null;
  let last: AttemptRecord | null = null;
  const greeted = new Set<string>();

  const noteRecord = (record: AttemptRecord): void => {
    const { address, isGreeted = false, isHostLevel, outcome } = record;
    if (address !== null && (isGreeted || isHostLevel)) {
      hosts.note(address, { isAlive: isGreeted, atMs: beganAtMs });
    }
    if (address !== null && isGreeted && greeted.size < MOST_ADDRESSES) greeted.add(address);
    if (isGreeted && (record.answerMs ?? 0) >= TARPIT_MS) isTarpitting = true;
    if (outcome === 'DELIVERED') isAccepting = true;
    if (outcome === 'DEFERRED' && !isHostLevel && isGreylisting(record.reply)) greylisting = evidenceOf(record);
  };
  return {
    note: ({ records, hostTrouble }) => {
      for (const record of records) noteRecord(record);
      last = records.at(-1) ?? last;
      blockingReply = hostTrouble !== null && isBlocking(hostTrouble, records) ? hostTrouble.reply : null;
      if (hostTrouble !== null) troubles = records.filter(({ isHostLevel }) => isHostLevel).map(evidenceOf);
    },
    troubles: () => troubles,
    greylisting: () => greylisting,
    isTarpitting: () => isTarpitting,
    isAccepting: () => isAccepting,
    blocking: () => (blockingReply === null ? null : { reply: blockingReply, evidence: troubles }),
    last: () => last,
    greeted: () => [...greeted],
  };
}

function isBlocking(
  hostTrouble: NonNullable<AttemptResult['hostTrouble']>,
  records: readonly AttemptRecord[],
): boolean {
  const isGreeted = records.findLast(({ reply }) => reply === hostTrouble.reply)?.isGreeted === true;
  return isGreeted && outageClassOf({ ...hostTrouble, isGreeted }) === 'BLOCKING';
}

function isGreylisting(reply: string): boolean {
  return reply.startsWith('4') && (saysGreylisting(reply) || POLICY_FOR_NOW.test(reply));
}

function evidenceOf({ host, address, reply, latencyMs, trouble, isGreeted = false }: AttemptRecord): Evidence {
  return { trouble: trouble ?? null, host, address, reply, latencyMs, isGreeted };
}
