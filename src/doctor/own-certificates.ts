/**
 * The certificates of a node that receives mail, as senders that verify them judge them. Read again whenever its files change.
 */
import { Buffer } from 'node:buffer';
import { wallClock } from '../clock.ts';
import { loadTlsMaterial, type TlsMaterialOptions } from '../tls/material.ts';
import { certificateWarnings, uncoveredNames } from '../tls/warnings.ts';

export interface OwnCertificates {
  /** DER, our own first. */
  readonly chain: readonly Uint8Array[];
  /** Defects that a sender that verifies would find. */
  readonly defects: readonly string[];
  readonly uncoveredNames: readonly string[];
}

export function ownCertificates(
  options: Omit<TlsMaterialOptions, 'warn' | 'wallClock'> & { readonly mxNames: readonly string[] },
): () => OwnCertificates {
  let current: ReturnType<typeof loadTlsMaterial> | null = null;
  return () => {
    // Loaded on first use: by then the listener has made what was missing. The listener logs files that are unusable.
    current ??= loadTlsMaterial({ ...options, wallClock, warn: () => undefined });
    const material = current();
    const blocks = material.cert.match(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g) ?? [];
    return {
      chain: blocks.map((block) => Uint8Array.from(Buffer.from(block.replaceAll(/-----[^-]+-----/g, ''), 'base64'))),
      // Other names may belong to other nodes, with certificates of their own.
      defects: certificateWarnings(material, [options.hostname], wallClock()),
      uncoveredNames: uncoveredNames(material, options.mxNames),
    };
  };
}
