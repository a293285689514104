/**
 * TLSA records of a next hop, where the DNS vouches for them (RFC 7672 §2.2).
 *
 * Promises: without AD on the MX records, on the host's addresses and on the TLSA records nothing is demanded; a TLSA look-up
 * that fails is TROUBLE, never "there are none": else whoever can drop an answer could switch it off. The AD bit says
 * something only when the server and the way to it are trusted: whether they are is the caller's to know.
 */
import { classifyAddress } from '../mail/ip-class.ts';
import { parseEndpoint } from '../mail/ip.ts';
import { isUsable } from './dane-match.ts';
import type { DnsTrouble, TlsaRecord } from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';

export type DaneAnswer =
  /** The host is not protected by DANE. */
  | { readonly kind: 'NONE' }
  | { readonly kind: 'RECORDS'; readonly records: readonly TlsaRecord[]; readonly baseDomain: string }
  /** There are records, none of them usable: encrypted, but not verified (RFC 7672 §2.2). */
  | { readonly kind: 'UNUSABLE' }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export interface DaneQuestion {
  /** The domain whose MX records name the host. */
  readonly domain: string;
  /** A name, not an address. */
  readonly host: string;
  readonly port: number;
}

/** The DNS servers in use, and whether the operator trusts the AD bit of their answers. */
export interface DnsTrust {
  readonly dnsServers: readonly string[];
  readonly dnsTrustAd: boolean;
}

/** Whether answers that say AD may be believed. */
export function usesDane(trust: DnsTrust): boolean {
  return trust.dnsTrustAd && findRemoteServer(trust) === undefined;
}

/** A DNS server on another machine, if there is one: on the way from there anyone can set the AD bit. */
export function findRemoteServer({ dnsServers }: DnsTrust): string | undefined {
  return dnsServers.find((server) => classifyAddress(parseEndpoint(server)?.address ?? '') !== 'LOOPBACK');
}

/** Finds what TLSA records demand of a host. Asks nothing new where the resolver remembers. */
export async function findTlsa(
  resolver: Pick<Resolver, 'query' | 'resolveAddresses'>,
  { domain, host, port }: DaneQuestion,
): Promise<DaneAnswer> {
  const mx = await resolver.query(domain, 'MX');
  if (mx.kind === 'TROUBLE') return mx;
  // Without MX records the host is the domain itself, and what vouches for its addresses vouches for their absence.
  if (mx.kind === 'FOUND' ? !mx.isAuthenticated : host !== domain) return { kind: 'NONE' };
  const baseDomains = await findBaseDomains(resolver, host);
  if (!Array.isArray(baseDomains)) return baseDomains;
  for (const baseDomain of baseDomains) {
    const answer = await resolver.query(`_${port}._tcp.${baseDomain}`, 'TLSA');
    if (answer.kind === 'TROUBLE') return answer;
    if (answer.kind !== 'FOUND' || !answer.isAuthenticated) continue;
    const records = answer.records.filter(isUsable);
    return records.length > 0 ? { kind: 'RECORDS', records, baseDomain } : { kind: 'UNUSABLE' };
  }
  return { kind: 'NONE' };
}

/** RFC 7672 §2.2.2: where the aliases end, then the host; below an insecure alias only the host, if the alias itself is secure. */
async function findBaseDomains(
  resolver: Pick<Resolver, 'query' | 'resolveAddresses'>,
  host: string,
): Promise<string[] | (DaneAnswer & { kind: 'TROUBLE' })> {
  const addresses = await resolver.resolveAddresses(host);
  if (addresses.kind === 'TROUBLE') return addresses;
  if (addresses.kind !== 'FOUND') return [];
  const { canonicalName, isAuthenticated } = addresses;
  if (isAuthenticated) return [...new Set([canonicalName, host])];
  if (canonicalName === host) return [];
  const alias = await resolver.query(host, 'CNAME');
  if (alias.kind === 'TROUBLE') return alias;
  return alias.kind === 'FOUND' && alias.isAuthenticated ? [host] : [];
}
