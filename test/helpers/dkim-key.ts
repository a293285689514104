/** Key pairs for DKIM and ARC, with the TXT record that publishes them (RFC 6376 §3.6.1, RFC 8463 §4). */
import { generateKeyPairSync } from 'node:crypto';

export interface DkimKey {
  /** PEM. */
  readonly privateKey: string;
  readonly record: string;
}

export type DkimKeyType = 'rsa' | 'ed25519';

/** `modulusLength`: in bits, of RSA. */
export function makeDkimKey(type: DkimKeyType, modulusLength = 2048): DkimKey {
  const { privateKey, publicKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength }) : generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const published = type === 'rsa' ? spki : spki.subarray(-32);
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    record: `v=DKIM1; k=${type}; p=${published.toString('base64')}`,
  };
}
