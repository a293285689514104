/**
 * The demand on TLS towards a next hop, and the words for what was negotiated.
 *
 * - `NONE`: STARTTLS is not used. `OPPORTUNISTIC`: used where it is offered; clear text where it fails (RFC 7435).
 * - `REQUIRED`: encrypted, whoever the certificate names; no clear text.
 * - `VERIFIED`: a certificate that an authority vouches for and that names the host; no clear text.
 * - `DANE`: a certificate or key that a TLSA record names (RFC 7672); no clear text.
 * - `TESTING`: as OPPORTUNISTIC, but it is told where VERIFIED would have failed (RFC 8461 §5).
 */
import type { TlsaRecord } from '../dns/answer.ts';
import { wallClock } from '../clock.ts';
import { whyNoMatch } from './dane-match.ts';
import { type TlsPeer, whyNotTrusted } from './peer.ts';

export type TlsDemand =
  | 'NONE'
  | 'OPPORTUNISTIC'
  | 'REQUIRED'
  | { readonly kind: 'VERIFIED'; readonly by: 'MTA-STS' | 'tlsPolicy' }
  | { readonly kind: 'TESTING' }
  | {
      readonly kind: 'DANE';
      /** Usable ones, at least one. */
      readonly records: readonly TlsaRecord[];
      /** The host's TLSA base domain: what SNI says (RFC 7672 §8.1). */
      readonly baseDomain: string;
      /** Names of which a certificate below a trust anchor must bear one (RFC 7672 §3.2.2). */
      readonly names: readonly string[];
    };

export type TlsDemandKind = 'NONE' | 'OPPORTUNISTIC' | 'REQUIRED' | 'VERIFIED' | 'TESTING' | 'DANE';

export function kindOfDemand(demand: TlsDemand): TlsDemandKind {
  return typeof demand === 'string' ? demand : demand.kind;
}

/** Whether mail may go in clear where TLS is not to be had. */
export function allowsClearText(demand: TlsDemand): boolean {
  return !['REQUIRED', 'VERIFIED', 'DANE'].includes(kindOfDemand(demand));
}

/** The words after version and cipher where the peer was verified; empty for the other demands. */
export function verifiedBy(demand: TlsDemand): string {
  if (typeof demand === 'string' || demand.kind === 'TESTING') return '';
  return demand.kind === 'DANE' ? ' verified by DANE' : ` verified by ${demand.by}`;
}

/** Why the peer does not satisfy the demand (RFC 7672 §3, RFC 8461 §4.2), in words for a log or an attempt; null if it does. */
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
