/**
 * The MX set of a domain as it stands in the DNS, with the addresses of its hosts and which of them are ourselves.
 *
 * Promises: a host is ours by its name, by the name its aliases end at, or by any of its addresses; trouble with a
 * look-up is kept apart from "there is none". Chooses nothing: next-hop.ts does.
 * RFC 5321 §5.1, RFC 7505.
 */
import { normalizeAddress } from './addresses.ts';
import type { DnsAnswer, DnsTrouble, MxRecord } from './dns-answer.ts';
import { isOwnEndpoint, isOwnName } from './own-identity.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { Resolver } from './resolver.ts';

export interface ObservedMx {
  readonly host: string;
  readonly preference: number;
  /** Every address found, usable or not; empty when there is none, or it was not asked for. */
  readonly addresses: readonly string[];
  readonly isSelf: boolean;
  /** Why the addresses could not be found out; null when that went well. */
  readonly trouble: DnsTrouble | null;
}

/** SET: at least one host, in ascending preference; implicit when there is no MX and the domain itself stands in. */
export type ObservedMxSet =
  | { readonly kind: 'SET'; readonly hosts: readonly ObservedMx[]; readonly isImplicit: boolean }
  | { readonly kind: 'NULL_MX' | 'NO_ADDRESS' | 'NXDOMAIN' }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export interface MxObservationOptions {
  readonly resolver: Pick<Resolver, 'resolveMx' | 'resolveAddresses'>;
  readonly self: OwnIdentity;
  /** The port next hops listen on. */
  readonly deliveryPort: number;
  /**
   * True leaves hosts behind our own name without addresses: they cannot be used, and nobody should have to wait for
   * their look-up.
   */
  readonly onlyUseful?: boolean;
}

/** The most preferred ones are resolved, the rest is left out; a real set has fewer than ten. */
export const MAX_HOSTS = 50;

/** Looks the set up. Never throws for a DNS outcome. */
export async function observeMxSet(domain: string, options: MxObservationOptions): Promise<ObservedMxSet> {
  const answer = await options.resolver.resolveMx(domain);
  if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: answer.reason };
  if (answer.kind === 'NXDOMAIN') return { kind: 'NXDOMAIN' };
  return answer.kind === 'FOUND' ? observeHosts(answer.records, options) : observeImplicit(domain, options);
}

async function observeHosts(records: readonly MxRecord[], options: MxObservationOptions): Promise<ObservedMxSet> {
  const [only] = records;
  if (records.length === 1 && only?.exchange === '.' && only.preference === 0) return { kind: 'NULL_MX' };
  const targets = records
    .filter(({ exchange }) => exchange !== '.')
    .toSorted((a, b) => a.preference - b.preference)
    .slice(0, MAX_HOSTS);
  if (targets.length === 0) return { kind: 'NO_ADDRESS' };
  const own = targets.find(({ exchange }) => isOwnName(options.self, exchange));
  const hosts = targets.map(async (target) => {
    const isUseless = own !== undefined && target.preference >= own.preference;
    return isUseless && options.onlyUseful === true ? withoutAddresses(target, options.self) : observe(target, options);
  });
  return { kind: 'SET', hosts: await Promise.all(hosts), isImplicit: false };
}

/** Without MX records the domain is its own host at preference 0 (RFC 5321 §5.1). */
async function observeImplicit(domain: string, options: MxObservationOptions): Promise<ObservedMxSet> {
  const answer = await options.resolver.resolveAddresses(domain);
  if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: answer.reason };
  if (answer.kind === 'NO_DATA') return { kind: 'NO_ADDRESS' };
  if (answer.kind === 'NXDOMAIN') return { kind: 'NXDOMAIN' };
  return { kind: 'SET', hosts: [toObserved({ preference: 0, exchange: domain }, answer, options)], isImplicit: true };
}

async function observe(target: MxRecord, options: MxObservationOptions): Promise<ObservedMx> {
  const literal = literalAddress(target.exchange);
  if (literal === null) return toObserved(target, await options.resolver.resolveAddresses(target.exchange), options);
  const found = { records: [literal], canonicalName: target.exchange, ttlSeconds: 0, isAuthenticated: false };
  return toObserved(target, { kind: 'FOUND', ...found }, options);
}

function toObserved(target: MxRecord, answer: DnsAnswer<string>, options: MxObservationOptions): ObservedMx {
  const { self, deliveryPort } = options;
  const addresses = answer.kind === 'FOUND' ? answer.records : [];
  const isSelf =
    isOwnName(self, target.exchange) ||
    (answer.kind === 'FOUND' && isOwnName(self, answer.canonicalName)) ||
    addresses.some((address) => isOwnEndpoint(self, { address, port: deliveryPort }, deliveryPort));
  const trouble = answer.kind === 'TROUBLE' ? answer.reason : null;
  return { host: target.exchange, preference: target.preference, addresses, isSelf, trouble };
}

function withoutAddresses({ exchange, preference }: MxRecord, self: OwnIdentity): ObservedMx {
  return { host: exchange, preference, addresses: [], isSelf: isOwnName(self, exchange), trouble: null };
}

/** The address that stands where a name should: `192.0.2.1` or `[192.0.2.1]`; null for a name. */
export function literalAddress(host: string): string | null {
  return normalizeAddress(host.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
}
