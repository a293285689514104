/**
 * Is the peer of a TLS connection the one we want? Judges after the handshake, which itself lets every certificate pass.
 *
 * The runtime builds the path to an authority and looks at its dates (Node's and Bun's own list of authorities, Deno's, and
 * NODE_EXTRA_CA_CERTS everywhere); whom the certificate names is looked at here, the same on all three (RFC 9525 §6).
 * Revocation is not asked.
 */
import type { TLSSocket } from 'node:tls';
import { coversName } from '../mail/domain.ts';
import { sanitizeText } from '../mail/reply.ts';
import { literalAddress } from '../dns/mx-set.ts';
import { type CertificateParts, readCertificate } from './certificate.ts';

export interface TlsPeer {
  /** DER, the peer's own first, each issued by the next as far as they were sent. At least one, unless it showed none. */
  readonly chain: readonly Uint8Array[];
  /** Why no authority vouches for the first; null when one does. */
  readonly distrust: string | null;
}

/** For `tls.connect`: nothing is refused during the handshake, and `authorized` speaks of the path only, not of names. */
export const LET_PASS = { rejectUnauthorized: false, checkServerIdentity: () => undefined } as const;

/** Real chains have two to four. */
const MAX_CHAIN = 10;
const MAX_REASON_LENGTH = 100;

/** Reads what the peer has shown. The socket was opened with `LET_PASS`, and its handshake is over. */
export function readPeer(socket: TLSSocket): TlsPeer {
  const chain: Uint8Array[] = [];
  const seen = new Set<unknown>();
  // Node ends the chain by a root that is its own issuer; a peer without certificate is an empty object.
  let certificate: Partial<ReturnType<TLSSocket['getPeerCertificate']>> & { issuerCertificate?: unknown } =
    socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && !seen.has(certificate) && chain.length < MAX_CHAIN) {
    seen.add(certificate);
    chain.push(Uint8Array.from(certificate.raw));
    certificate = certificate.issuerCertificate as typeof certificate;
  }
  if (socket.authorized) return { chain, distrust: null };
  // A code such as SELF_SIGNED_CERT_IN_CHAIN, whatever the types say of an Error.
  const reason = String(socket.authorizationError ?? 'unknown');
  return { chain, distrust: sanitizeText(reason, MAX_REASON_LENGTH) };
}

/** Why the peer is not verified for this host; null when it is. */
export function whyNotTrusted(peer: TlsPeer, host: string): string | null {
  const [own] = peer.chain;
  const parts = own === undefined ? null : readCertificate(own);
  if (parts === null) return 'the peer shows no certificate';
  if (peer.distrust !== null) return `its certificate is not trusted: ${peer.distrust}`;
  return isNamed(parts, host) ? null : `its certificate does not name ${host}`;
}

/** @param host a lower-case A-label, or an address, in brackets or not */
export function isNamed({ dnsNames, addresses }: CertificateParts, host: string): boolean {
  const address = literalAddress(host);
  if (address !== null) return addresses.includes(address);
  const name = host.toLowerCase().replace(/\.$/, '');
  return dnsNames.some((pattern) => coversName(pattern, name));
}
