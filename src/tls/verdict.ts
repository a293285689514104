/**
 * Does the peer of an encrypted connection satisfy what is demanded (RFC 7672 §3, RFC 8461 §4.2)?
 */
import { wallClock } from '../clock.ts';
import { whyNoMatch } from './dane-match.ts';
import type { TlsDemand } from './demand.ts';
import { type TlsPeer, whyNotTrusted } from './peer.ts';

/** Why it does not, in words for a log or an attempt; null when it does. */
export function whyNotSatisfied(demand: TlsDemand, host: string, peer: TlsPeer): string | null {
  if (typeof demand === 'string') return null;
  switch (demand.kind) {
    case 'DANE':
      return whyNoMatch(peer.chain, demand, wallClock());
    case 'VERIFIED':
    case 'TESTING':
      return whyNotTrusted(peer, host);
    default:
      return demand satisfies never;
  }
}
