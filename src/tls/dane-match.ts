/**
 * Does a peer's chain match TLSA records (RFC 6698 §2.1, RFC 7671, RFC 7672 §3)?
 *
 * DANE-EE(3) looks at the peer's own certificate or key alone: not at its dates or names (RFC 7672 §3.1.1). DANE-TA(2) takes
 * an issuer that the peer sent, follows the signatures down from it, and looks at dates and names. Does not look at name
 * constraints or path lengths, and knows no trust anchor that is not sent. Pure but for the clock it is given.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { TlsaRecord } from '../dns/answer.ts';
import { readCertificate } from './certificate.ts';
import { isNamed } from './peer.ts';

const DANE_TA = 2;
const DANE_EE = 3;
/** Octets of what a matching type compares; null: as many as there are. */
const DATA_LENGTH: ReadonlyMap<number, number | null> = new Map([
  [0, null],
  [1, 32],
  [2, 64],
]);

/** Whether a record can be used: RFC 7672 §3.1.3 leaves out usages 0 and 1. */
export function isUsable({ usage, selector, matchingType, certificate }: TlsaRecord): boolean {
  const length = DATA_LENGTH.get(matchingType);
  if ((usage !== DANE_TA && usage !== DANE_EE) || (selector !== 0 && selector !== 1) || length === undefined)
    return false;
  return length === null ? certificate.length > 0 : certificate.length === length;
}

/**
 * Why the chain matches none of the records; null when it does.
 *
 * @param chain DER, the peer's own first, each issued by the next
 * @param names of which the peer's certificate must bear one, where it is a trust anchor that matches
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
