/**
 * Which certificate answers for which host name (RFC 6066 §3, RFC 9525 §6.3).
 *
 * Only the names of the subjectAltName extension count; the common name is none. Pure; does not look at dates or issuers.
 */
import type { X509Certificate } from 'node:crypto';
import { coversName } from '../mail/name-pattern.ts';

/** The DNS names a certificate was issued for, lower case, wildcards as they stand. */
export function certificateNames(certificate: X509Certificate): string[] {
  const { subjectAltName = '' } = certificate;
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^\s,"]+)/g)].map(([, name = '']) => name.toLowerCase());
}

/**
 * The number of the certificate that answers for `name`: the first with that exact name, else the first with a wildcard for
 * it, else the first of all.
 *
 * @param names of each certificate, in the order of the settings
 * @param name as the client says it: any case, perhaps with a final dot, empty when it asks for none
 */
export function chooseCertificate(names: readonly (readonly string[])[], name: string): number {
  const asked = name.toLowerCase().replace(/\.$/, '');
  const exact = names.findIndex((own) => own.includes(asked));
  if (exact >= 0) return exact;
  return Math.max(
    0,
    names.findIndex((own) => own.some((pattern) => coversName(pattern, asked))),
  );
}
