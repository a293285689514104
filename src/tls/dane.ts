/**
 * DANE for a next hop: its TLSA records, where the DNS vouches for them, and whether a peer's chain matches them (RFC 7672).
 *
 * Without AD on the MX records, on the host's addresses and on the TLSA records nothing is demanded. A TLSA look-up that fails
 * is TROUBLE, never "there are none": else an attacker who can drop an answer could switch DANE off. The AD bit says something only
 * when the server and the way to it are trusted: `usesDane` tells that.
 */
import { classifyAddress } from '../mail/ip-class.ts';
import { parseEndpoint } from '../mail/ip.ts';
import type { DnsTrouble, TlsaRecord } from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';
import { createHash, X509Certificate } from 'node:crypto';
import { readCertificate, isNamed } from './peer.ts';

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

const DANE_TA = 2;
const DANE_EE = 3;
/** Octets of what a matching type compares; null: as many as there are. */
const DATA_LENGTH: ReadonlyMap<number, number | null> = new Map([
  [0, null],
  [1, 32],
  [2, 64],
]);

/** Whether a record can be used: RFC 7672 §3.1.3 leaves out usages 0 and 1. */
function isUsable({ usage, selector, matchingType, certificate }: TlsaRecord): boolean {
  const length = DATA_LENGTH.get(matchingType);
  if ((usage !== DANE_TA && usage !== DANE_EE) || (selector !== 0 && selector !== 1) || length === undefined)
    return false;
  return length === null ? certificate.length > 0 : certificate.length === length;
}

/**
 * Why the chain matches none of the records (RFC 6698 §2.1, RFC 7671, RFC 7672 §3); null when it does.
 *
 * DANE-EE(3) compares the peer's own certificate or key alone, not its dates or names (RFC 7672 §3.1.1). DANE-TA(2) takes an
 * issuer that the peer sent, follows the signatures down from it, and compares dates and names. Name constraints and path
 * lengths are not examined, and a trust anchor that is not sent is not known.
 *
 * @param chain DER, the peer's own first, each issued by the next
 * @param names of which the peer's certificate must have one, if it is a trust anchor that matches
 */
export function whyNoMatch(
  chain: readonly Uint8Array[],
  { records, names }: { readonly records: readonly TlsaRecord[]; readonly names: readonly string[] },
  now: Date,
): string | null {
  const [own] = chain;
  const parts = own === undefined ? null : readCertificate(own);
  if (own === undefined || parts === null) return 'the peer shows no certificate';
  if (records.some((record) => record.usage === DANE_EE && matches(own, record))) return null;
  const anchors = chain.findIndex(
    (bytes, index) => index > 0 && records.some((record) => record.usage === DANE_TA && matches(bytes, record)),
  );
  if (anchors === -1) return 'its certificate matches no TLSA record';
  if (!isPath(chain.slice(0, anchors + 1), now))
    return 'its certificate is not issued by what TLSA names, or is out of date';
  return names.some((name) => isNamed(parts, name)) ? null : `its certificate does not name ${names[0] ?? ''}`;
}

function matches(bytes: Uint8Array, { selector, matchingType, certificate }: TlsaRecord): boolean {
  const selected = selector === 0 ? bytes : readCertificate(bytes)?.publicKeyInfo;
  if (selected === undefined) return false;
  const compared =
    matchingType === 0
      ? selected
      : createHash(matchingType === 1 ? 'sha256' : 'sha512')
          .update(selected)
          .digest();
  return compared.length === certificate.length && certificate.every((octet, index) => compared[index] === octet);
}

/** Each is signed by the next, which may sign, and all are within their dates. */
function isPath(chain: readonly Uint8Array[], now: Date): boolean {
  try {
    const certificates = chain.map((bytes) => new X509Certificate(bytes));
    return certificates.every((certificate, index) => {
      const issuer = certificates[index + 1];
      const isInDate =
        Date.parse(certificate.validFrom) <= now.getTime() && now.getTime() <= Date.parse(certificate.validTo);
      if (issuer === undefined) return isInDate;
      return isInDate && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    });
  } catch {
    // A certificate or key that the runtime's library cannot read vouches for nothing.
    return false;
  }
}
