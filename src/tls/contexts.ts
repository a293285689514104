/**
 * The secure contexts of a server: one for each certificate, chosen by the name that the client asks for (RFC 6066 §3, RFC 9525 §6.3).
 *
 * Only the names of the subjectAltName extension count, not the common name. Every context demands TLS 1.2 or newer (RFC 8996).
 * A pair that cannot be used is an error before anything is in use. Does not look at dates or issuers.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { coversName } from '../mail/domain.ts';
import type { TlsMaterial, TlsPair } from './material.ts';

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

export interface TlsContexts {
  /** For clients that name no host. */
  readonly byDefault: SecureContext;
  /** `servername` as the client says it. */
  readonly forName: (servername: string) => SecureContext;
}

/** The options of every context, also of the one that the library makes itself; its own default is TLS 1.0. */
export const TLS_BOUNDS = { minVersion: 'TLSv1.2', honorCipherOrder: true } as const;

/** @throws Error when a pair cannot be used */
export function createTlsContexts(material: TlsMaterial): TlsContexts {
  const pairs = [material, ...material.others];
  const contextOf = ({ key, cert }: TlsPair) => createSecureContext({ key, cert, ...TLS_BOUNDS });
  const byDefault = contextOf(material);
  const contexts = [byDefault, ...material.others.map(contextOf)];
  const names = pairs.map(({ cert }) => certificateNames(new X509Certificate(cert)));
  return { byDefault, forName: (servername) => contexts[chooseCertificate(names, servername)] ?? byDefault };
}
