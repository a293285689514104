/**
 * The content of a peer's certificate, read from its DER (RFC 5280 §4.1): its public key, and whom it names.
 *
 * Read by hand because the runtimes write the names as one text that must be taken apart again, and the key as they would
 * encode it, while DANE hashes it as it stands (RFC 6698 §2.1.2). Only subjectAltName counts (RFC 9525 §6.3). Pure; never
 * throws. Verifies no signature and looks at no date.
 */
import { fromBytes } from '../mail/ip.ts';

export interface CertificateParts {
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

/** The parts of a certificate; null when the bytes are not one. */
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
