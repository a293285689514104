/**
 * What a handshake needs of the TLS material: one secure context a pair, chosen by the name the client asks for (RFC 6066 §3).
 *
 * Promises TLS 1.2 or newer for every one of them (RFC 8996), and that a bad pair is an error before anything is in use.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsMaterial, TlsPair } from './tls-material.ts';
import { certificateNames, chooseCertificate } from './tls-names.ts';

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
