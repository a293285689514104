/**
 * Defects that a sender would find if it verified our certificate.
 *
 * Most mail servers take any certificate, so a bad one goes unseen; those that follow the recipient domain's MTA-STS policy
 * do not (RFC 8461 §4.2), and they meet a backup only while the primary is down. Says so beforehand, one line a defect.
 * Judges by the root certificates of the runtime; a sender may trust others. Does not ask whether a certificate was revoked.
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { coversName } from '../mail/domain.ts';
import {
  certificateNames,
  chooseCertificate,
  loadTlsMaterial,
  type TlsMaterial,
  type TlsMaterialOptions,
  type TlsPair,
} from './material.ts';
import type { Every } from '../clock.ts';

/** Long enough to repair a renewal that fails, short enough not to nag between two of a 90-day certificate. */
const SHORT_DAYS = 14;
const DAY_MS = 86_400_000;
/** A chain has two or three; a circle ends. */
const MAX_CHAIN = 10;
const CONSEQUENCE = 'senders that follow an MTA-STS policy would not deliver here, which shows just in an outage';

/**
 * One line for each defect; empty when every certificate will do for two more weeks.
 *
 * @param names all our MX names
 */
export function certificateWarnings(material: TlsMaterial, names: readonly string[], now: Date): string[] {
  return [
    ...uncoveredNames(material, names).map((name) => `no certificate is valid for ${name}: ${CONSEQUENCE}`),
    ...pairsOf(material).flatMap((pair) => pairWarnings(pair, namesOf(pair), now)),
  ];
}

const WARN_EVERY_MS = 86_400_000;

/**
 * Loads keys and certificates for STARTTLS, and warns of their defects at once and again each day.
 *
 * @param names all our MX names
 * @returns the current ones, as `loadTlsMaterial` does
 */
export function watchCertificates(
  options: TlsMaterialOptions,
  names: readonly string[],
  every: Every,
): () => TlsMaterial {
  const current = loadTlsMaterial(options);
  const check = (): void => certificateWarnings(current(), names, options.wallClock()).forEach(options.warn);
  check();
  every(WARN_EVERY_MS, 'certificates', async () => check());
  return current;
}

/** Those for which the certificate that a client gets, when it asks for that name, does not stand. */
export function uncoveredNames(material: TlsMaterial, names: readonly string[]): string[] {
  const ownNames = pairsOf(material).map(namesOf);
  return names.filter((name) => {
    const chosen = ownNames[chooseCertificate(ownNames, name)] ?? [];
    return !chosen.some((pattern) => coversName(pattern, name.toLowerCase()));
  });
}

function pairsOf(material: TlsMaterial): readonly TlsPair[] {
  return [material, ...material.others];
}

function namesOf({ cert }: TlsPair): string[] {
  return certificateNames(new X509Certificate(cert));
}

function pairWarnings({ cert }: TlsPair, names: readonly string[], now: Date): string[] {
  const certificate = new X509Certificate(cert);
  const label = `the certificate ${names[0] ?? certificate.subject.replaceAll('\n', ', ')}`;
  return [dateDefect(certificate, now), issuerDefect(cert, rootCertificates, now)].flatMap((defect) =>
    defect === null ? [] : [`${label} ${defect}: ${CONSEQUENCE}`],
  );
}

function dateDefect(certificate: X509Certificate, now: Date): string | null {
  const startsMs = Date.parse(certificate.validFrom);
  const endsMs = Date.parse(certificate.validTo);
  const leftMs = endsMs - now.getTime();
  if (startsMs > now.getTime()) return `is not valid before ${new Date(startsMs).toISOString()}`;
  if (leftMs <= 0) return `has expired on ${new Date(endsMs).toISOString()}`;
  if (leftMs >= SHORT_DAYS * DAY_MS) return null;
  const days = Math.floor(leftMs / DAY_MS);
  return `expires on ${new Date(endsMs).toISOString()}, ${days === 1 ? '1 day' : `${days} days`} from now`;
}

/**
 * Why the first certificate of a PEM file cannot be followed to a root, or null when it can. Looks for intermediate
 * certificates in the file only, as a client does.
 */
export function issuerDefect(pem: string, roots: readonly string[], now: Date): string | null {
  const chain = parseAll(pem);
  const known = roots.map((root) => new X509Certificate(root));
  let [current] = chain;
  if (current !== undefined && isIssuedBy(current, current)) return 'is self-signed';
  for (let depth = 0; current !== undefined && depth < MAX_CHAIN; depth += 1) {
    const issued = current;
    const candidates = (among: readonly X509Certificate[]) =>
      among.find((issuer) => issuer.ca && isValidAt(issuer, now) && isIssuedBy(issued, issuer));
    if (candidates(known) !== undefined) return null;
    current = candidates(chain);
  }
  return 'does not lead to a root certificate (an unknown authority, or the file lacks the intermediate certificates)';
}

function parseAll(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function isValidAt(certificate: X509Certificate, now: Date): boolean {
  const nowMs = now.getTime();
  return Date.parse(certificate.validFrom) <= nowMs && nowMs < Date.parse(certificate.validTo);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}
