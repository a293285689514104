/**
 * The class of an outage, and the evidence that it rests on. Pure.
 *
 * GREYLISTING and TARPITTING are conditions of a primary that takes mail all the same: an outage has such a class only when
 * no recipient was accepted over a whole interval. MISCONFIGURED is the breaker's word, and that of a policy for TLS which the hosts
 * do not meet: without such a policy TLS is no trouble, mail goes in clear.
 */
import { outages } from '../db/schema.ts';
import type { HostTrouble, OutageEvidence } from '../mail/outcome.ts';
import { namesBlocklist } from '../mail/reply.ts';

export const OUTAGE_CLASSES = outages.class.enumValues;

export type OutageClass = (typeof OUTAGE_CLASSES)[number];

/** The result of one try at one address, before it is stored; a new one of the same host, address and reply replaces it. */
export type Evidence = Omit<OutageEvidence, 'at'>;

/** As many as an outage keeps. */
export const MOST_EVIDENCE = 10;
/** A reply of many lines tells no more after this. */
const MAX_REPLY_LENGTH = 500;

/** Bounded in number and length, the newest last. */
export function boundEvidence(evidence: readonly Evidence[]): Evidence[] {
  return evidence
    .slice(-MOST_EVIDENCE)
    .map((one) => ({ ...one, reply: one.reply.slice(0, MAX_REPLY_LENGTH), latencyMs: Math.round(one.latencyMs) }));
}

export interface Failure {
  readonly trouble: HostTrouble;
  readonly reply: string;
  /** The trouble came in a session that had been greeted. */
  readonly isGreeted?: boolean | undefined;
}

/**
 * The class by the trouble and the reply that came with it. A host that answers 421 or another 4yz instead of taking part has
 * too much to do: RATE_LIMITING, unless it names a blocklist. A refusal in a session that was greeted became the host's
 * trouble because it is about us (delivery/classify.ts): BLOCKING, 4yz too.
 */
export function outageClassOf({ trouble, reply, isGreeted = false }: Failure): OutageClass {
  switch (trouble) {
    case 'DNS':
    case 'NO_MX':
      return 'DNS_BROKEN';
    case 'GREETING':
      return reply.startsWith('4') && !isGreeted && !namesBlocklist(reply) ? 'RATE_LIMITING' : 'BLOCKING';
    case 'DROPPED':
    case 'FAULT':
      if (!reply.startsWith('4')) return 'DOWN';
      return namesBlocklist(reply) ? 'BLOCKING' : 'RATE_LIMITING';
    case 'REFUSED':
    case 'TIMEOUT':
    case 'UNREACHABLE':
      return 'DOWN';
    case 'TLS':
      return 'MISCONFIGURED';
    default:
      return trouble satisfies never;
  }
}
