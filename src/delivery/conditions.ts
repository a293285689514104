/**
 * The conditions of a primary, from what the attempts of a batch have met: evidence for an outage, greylisting, tarpitting, refusals of us.
 *
 * An observer collects them: pure, bounded, writes nothing. After the batch the keeper stores them, and opens or ends the outage of
 * a primary that greylists everybody, or that refuses us a moment after it took part.
 *
 * Greylisting delays each message once and is no outage. When it has deferred all mail over a whole interval, the primary accepts
 * none: an outage of that class opens, without a clock, and the first recipient accepted ends it. The same holds if the last word
 * of a batch was a refusal of us. Beside a session that succeeded within the minute that starts no clock, but people see at once
 * why mail waits.
 */
import { createBoundedMap } from '../bounded-map.ts';
import type { AttemptRecord, AttemptResult } from '../mail/outcome.ts';
import { saysGreylisting } from '../mail/reply.ts';
import { type Evidence, outageClassOf } from '../outage/class.ts';
import { type DestinationState, recordSuccess } from '../outage/clock.ts';
import { type ClocklessOutage, openClockless, recordConditions } from '../outage/greylisting.ts';
import type { QueueSql } from '../queue/claim.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { HostMemory } from './recovery-checks.ts';

const MOST_DESTINATIONS = 20_000;

export interface ConditionKeeper {
  /** @param isTrouble the destination is in trouble: its clock says so, with an outage of its own */
  keep(destination: DestinationState, observed: Observer, isTrouble: boolean): Promise<void>;
}

export function createConditionKeeper(deps: {
  readonly sql: QueueSql;
  readonly events: Pick<MailEvents, 'outageChanged' | 'outageClosed'>;
}): ConditionKeeper {
  const { sql, events } = deps;
  /** Since when a destination has deferred all recipients, by the database's clock. Another node begins anew. */
  const greylistedSince = createBoundedMap<string>(MOST_DESTINATIONS);

  const noteGreylisting = async (destination: DestinationState, observed: Observer): Promise<void> => {
    const evidence = observed.greylisting();
    if (evidence === null) return;
    const since = greylistedSince.get(destination.id);
    if (since === undefined) return greylistedSince.set(destination.id, destination.now);
    await open(destination, {
      outageClass: 'GREYLISTING',
      reply: evidence.reply,
      evidence: [evidence],
      since,
      waitsInterval: true,
    });
  };
  const open = async (destination: DestinationState, outage: Omit<ClocklessOutage, 'destinationId'>): Promise<void> => {
    const recorded = await openClockless(sql, { destinationId: destination.id, ...outage });
    if (recorded === null) return;
    events.outageChanged(destination.name, { ...outage, ...recorded });
  };

  return {
    keep: async (destination, observed, isTrouble) => {
      const conditions = { isGreylisting: observed.greylisting() !== null, isTarpitting: observed.isTarpitting() };
      if (conditions.isGreylisting || conditions.isTarpitting) await recordConditions(sql, destination.id, conditions);
      const blocked = isTrouble ? null : observed.blocking();
      if (blocked !== null) {
        const { reply, evidence } = blocked;
        const since = destination.now;
        return open(destination, { outageClass: 'BLOCKING', reply, evidence, since, waitsInterval: false });
      }
      if (!observed.isAccepting()) return noteGreylisting(destination, observed);
      greylistedSince.delete(destination.id);
      if (destination.outageClass === null || destination.isFailing) return;
      const closed = await recordSuccess(sql, destination.id);
      if (closed !== null) events.outageClosed(destination.name, closed);
    },
  };
}

/** A host that takes longer for its greeting, or for the replies to one envelope, is slow on purpose, or as slow as that. */
const TARPIT_MS = 5000;
const MOST_ADDRESSES = 20;
/** Policy, for now: what greylists say that do not name themselves. */
const POLICY_FOR_NOW = /^45[01][ -]4\.7\.[01]\b/;

export interface Observer {
  note(result: AttemptResult): void;
  /** The dials of the last attempt that failed at host level. */
  readonly troubles: () => readonly Evidence[];
  /** The last recipient deferred by greylisting; null if none was. */
  readonly greylisting: () => Evidence | null;
  readonly isTarpitting: () => boolean;
  /** The last word of the batch was a refusal of us, in a session that had been greeted; null if it was not. */
  readonly blocking: () => { readonly reply: string; readonly evidence: readonly Evidence[] } | null;
  /** The newest dial, or what stood for one; null if nothing was tried. */
  readonly last: () => AttemptRecord | null;
  /** Mail for some recipient was accepted. */
  readonly isAccepting: () => boolean;
  /** Addresses that greeted, `192.0.2.1:25`. */
  readonly greeted: () => readonly string[];
}

/** @param beganAtMs when the batch began, by the database's clock */
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
