/**
 * The demand on TLS towards a next hop: where it comes from, whether a peer satisfies it, and the words for what was negotiated.
 *
 * - `NONE`: STARTTLS is not used. `OPPORTUNISTIC`: used where it is offered; clear text where it fails (RFC 7435).
 * - `REQUIRED`: encrypted, whatever name the certificate has; no clear text.
 * - `VERIFIED`: a certificate that an authority vouches for and that names the host; no clear text.
 * - `DANE`: a certificate or key that a TLSA record names (RFC 7672); no clear text.
 * - `TESTING`: as OPPORTUNISTIC, but a session for which VERIFIED would have failed is reported (RFC 8461 §5).
 */
import type { TlsaRecord } from '../dns/answer.ts';
import { wallClock, monotonicMs } from '../clock.ts';
import {
  whyNoMatch,
  type DaneAnswer,
  type DaneQuestion,
  type DnsTrust,
  findRemoteServer,
  findTlsa,
  usesDane,
} from './dane.ts';
import { type TlsPeer, whyNotTrusted } from './peer.ts';
import { createDnsCache } from '../dns/cache.ts';
import type { LookUps } from '../dns/resolver.ts';
import { fetchText } from '../http/exchange.ts';
import { type StsPolicy, createMtaSts, type MtaStsOptions } from './mta-sts.ts';

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
      /** Names of which a certificate below a trust anchor must have one (RFC 7672 §3.2.2). */
      readonly names: readonly string[];
    };

type TlsDemandKind = 'NONE' | 'OPPORTUNISTIC' | 'REQUIRED' | 'VERIFIED' | 'TESTING' | 'DANE';

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

/** The sources of demands: TLSA records, and MTA-STS policies fetched over HTTPS. */
export interface TlsSources {
  /** The MTA-STS policy that holds for a domain, or null. */
  readonly findStsPolicy: (domain: string) => Promise<Pick<StsPolicy, 'mode' | 'mx'> | null>;
  /** Null where nothing vouches for what the DNS says. */
  readonly findTlsa: ((question: DaneQuestion) => Promise<DaneAnswer>) | null;
  /** A policy in testing mode would have kept mail from this host. Reported once an hour for each host. */
  readonly onTestingFault: (host: string, fault: string) => void;
}

export interface TlsSearch extends Pick<TlsSources, 'onTestingFault'> {
  /** The sources, asked with the look-ups of whoever has mail for the destination. */
  readonly askedWith: (lookUps: LookUps) => TlsSources;
}

export interface TlsSearchOptions extends Pick<MtaStsOptions, 'store' | 'onFault'> {
  readonly trust: DnsTrust;
  /** Whether policy hosts with private addresses may be asked. */
  readonly allowPrivate: boolean;
  readonly warn: (message: string) => void;
}

/** RFC 8461 §3.3. */
const POLICY_BYTES = 65_536;
const POLICY_TIMEOUT_MS = 60_000;
const REPORTED_AGAIN_SECONDS = 3600;
const MOST_REPORTED = 10_000;

export function createTlsSearch(options: TlsSearchOptions): TlsSearch {
  const { trust, allowPrivate, store, warn, onFault } = options;
  const reported = createDnsCache<true>({ maxEntries: MOST_REPORTED, nowMs: monotonicMs });
  const mtaSts = createMtaSts({
    store,
    fetchText: (host, path, resolver) =>
      fetchText(host, path, { resolver, allowPrivate, maxBytes: POLICY_BYTES, timeoutMs: POLICY_TIMEOUT_MS }),
    onTrouble: warn,
    onFault,
  });
  const remote = findRemoteServer(trust);
  if (trust.dnsTrustAd && remote !== undefined) {
    warn(`DNS_TRUST_AD: DANE stays off, as ${remote} is not on this machine and its answers can be changed on the way`);
  }
  const onTestingFault: TlsSources['onTestingFault'] = (host, fault) => {
    const message = `MTA-STS in testing mode would keep mail from ${host}: ${fault}`;
    if (reported.get(message) !== null) return;
    reported.set(message, true, REPORTED_AGAIN_SECONDS);
    warn(message);
  };
  return {
    askedWith: (lookUps) => ({
      findStsPolicy: (domain) => mtaSts.find(domain, lookUps),
      findTlsa: usesDane(trust) ? (question) => findTlsa(lookUps, question) : null,
      onTestingFault,
    }),
    onTestingFault,
  };
}
