/**
 * The certificate of a TLS peer: its content, and whether it is that of the wanted host. Judged after the handshake, which
 * itself lets every certificate pass.
 *
 * The runtime builds the path to an authority and checks its dates (Node's and Bun's own list of authorities, Deno's, and
 * NODE_EXTRA_CA_CERTS everywhere); the names of the certificate are checked here, the same on all three (RFC 9525 §6).
 * Revocation is not asked.
 */
import type { TLSSocket } from 'node:tls';
import { coversName } from '../mail/domain.ts';
import { sanitizeText } from '../mail/reply.ts';
import { literalAddress } from '../dns/mx-set.ts';
import { fromBytes } from '../mail/ip.ts';

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

interface CertificateParts {
  /** SubjectPublicKeyInfo, octet for octet. */
  readonly publicKeyInfo: Uint8Array;
  /** Lower case; wildcards as they stand. */
  readonly dnsNames: readonly string[];
  /** In canonical form. */
  readonly addresses: readonly string[];
}

/** One value of ASN.1: its identifier, where it begins and ends, and where its content begins. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
/** 2.5.29.17 with its identifier and length. */
const SUBJECT_ALT_NAME = [0x06, 0x03, 0x55, 0x1d, 0x11];
/** serialNumber, signature, issuer, validity and subject stand before it. */
const PUBLIC_KEY_POSITION = 5;

/**
 * The public key and the names of a certificate, read from its DER (RFC 5280 §4.1); null when the bytes are not one.
 *
 * Read by hand because the runtimes write the names as one text that must be split again, and the key as they would encode
 * it, while DANE hashes it as it stands (RFC 6698 §2.1.2). Only subjectAltName counts (RFC 9525 §6.3). Verifies no signature
 * and no date.
 */
export function readCertificate(bytes: Uint8Array): CertificateParts | null {
  const certificate = elementAt(bytes, 0, bytes.length);
  if (certificate?.tag !== SEQUENCE || certificate.end !== bytes.length) return null;
  const body = childrenOf(bytes, certificate)?.[0];
  const fields = body?.tag === SEQUENCE ? childrenOf(bytes, body) : null;
  if (fields === null) return null;
  const publicKey = fields[PUBLIC_KEY_POSITION + (fields[0]?.tag === VERSION ? 1 : 0)];
  if (publicKey?.tag !== SEQUENCE) return null;
  const names = namesOf(bytes, fields);
  return names === null ? null : { publicKeyInfo: bytes.slice(publicKey.from, publicKey.end), ...names };
}

function namesOf(bytes: Uint8Array, fields: readonly Element[]): Omit<CertificateParts, 'publicKeyInfo'> | null {
  const none = { dnsNames: [], addresses: [] };
  const wrapper = fields.find(({ tag }) => tag === EXTENSIONS);
  if (wrapper === undefined) return none;
  const list = childrenOf(bytes, wrapper)?.[0];
  const extensions = list === undefined ? null : childrenOf(bytes, list);
  if (extensions === null) return null;
  for (const extension of extensions) {
    const parts = childrenOf(bytes, extension);
    const [id] = parts ?? [];
    if (parts === null || id === undefined) return null;
    if (!SUBJECT_ALT_NAME.every((octet, index) => bytes[id.from + index] === octet)) continue;
    const value = parts.at(-1);
    const names = value?.tag === OCTET_STRING ? childrenOf(bytes, value)?.[0] : undefined;
    const entries = names === undefined ? null : childrenOf(bytes, names);
    return entries === null ? null : readNames(bytes, entries);
  }
  return none;
}

function readNames(bytes: Uint8Array, entries: readonly Element[]): Omit<CertificateParts, 'publicKeyInfo'> {
  const dnsNames: string[] = [];
  const addresses: string[] = [];
  for (const { tag, start, end } of entries) {
    const content = bytes.slice(start, end);
    if (tag === DNS_NAME) {
      const name = String.fromCharCode(...content.subarray(0, 256));
      // What is no name can match none; a NUL in the middle has deceived others.
      if (/^[!-~]{1,255}$/.test(name)) dnsNames.push(name.toLowerCase());
    }
    if (tag === IP_ADDRESS && (content.length === 4 || content.length === 16)) addresses.push(fromBytes(content).text);
  }
  return { dnsNames, addresses };
}

/** The values inside a constructed one; null when they do not fill it exactly. */
function childrenOf(bytes: Uint8Array, { start, end }: Element): Element[] | null {
  const children: Element[] = [];
  for (let at = start; at < end; ) {
    const child = elementAt(bytes, at, end);
    if (child === null) return null;
    children.push(child);
    at = child.end;
  }
  return children;
}

/** X.690 §8.1, definite lengths and short tags, as DER has them. */
function elementAt(bytes: Uint8Array, from: number, limit: number): Element | null {
  const tag = bytes[from];
  const first = bytes[from + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  let start = from + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) return null;
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
  }
  const end = start + length;
  return end > limit ? null : { tag, from, start, end };
}
