/**
 * The sources of the demands on TLS towards next hops: TLSA records, and MTA-STS policies fetched over HTTPS.
 *
 * A fault that a policy in testing mode would have kept mail for is reported once an hour for each host, however many sessions meet it.
 */
import { monotonicMs } from '../clock.ts';
import { createDnsCache } from '../dns/cache.ts';
import type { Resolver } from '../dns/resolver.ts';
import { fetchText } from '../http/exchange.ts';
import { type DaneAnswer, type DaneQuestion, type DnsTrust, findRemoteServer, findTlsa, usesDane } from './dane.ts';
import type { StsPolicy } from './mta-sts-policy.ts';
import { createMtaSts, type MtaStsOptions } from './mta-sts.ts';

export interface TlsSources {
  /** The MTA-STS policy that holds for a domain, or null. */
  readonly findStsPolicy: (domain: string) => Promise<Pick<StsPolicy, 'mode' | 'mx'> | null>;
  /** Null where nothing vouches for what the DNS says. */
  readonly findTlsa: ((question: DaneQuestion) => Promise<DaneAnswer>) | null;
  /** A policy in testing mode would have kept mail from this host. */
  readonly onTestingFault: (host: string, fault: string) => void;
}

export interface TlsSourcesOptions extends Pick<MtaStsOptions, 'store' | 'onFault'> {
  readonly resolver: Resolver;
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

export function createTlsSources(options: TlsSourcesOptions): TlsSources {
  const { resolver, trust, allowPrivate, store, warn, onFault } = options;
  const reported = createDnsCache<true>({ maxEntries: MOST_REPORTED, nowMs: monotonicMs });
  const mtaSts = createMtaSts({
    resolver,
    store,
    fetchText: (host, path) =>
      fetchText(host, path, { resolver, allowPrivate, maxBytes: POLICY_BYTES, timeoutMs: POLICY_TIMEOUT_MS }),
    onTrouble: warn,
    onFault,
  });
  const remote = findRemoteServer(trust);
  if (trust.dnsTrustAd && remote !== undefined) {
    warn(`DNS_TRUST_AD: DANE stays off, as ${remote} is not on this machine and its answers can be changed on the way`);
  }
  return {
    findStsPolicy: mtaSts.find,
    findTlsa: usesDane(trust) ? (question) => findTlsa(resolver, question) : null,
    onTestingFault: (host, fault) => {
      const message = `MTA-STS in testing mode would keep mail from ${host}: ${fault}`;
      if (reported.get(message) !== null) return;
      reported.set(message, true, REPORTED_AGAIN_SECONDS);
      warn(message);
    },
  };
}
