/**
 * The operator's private key for ARC seals (RFC 8617 §4.1, RFC 8301 §3.2, RFC 8463 §3). Reads and checks it; signs nothing.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface ArcKey {
  /** Its `SELECTOR._domainkey.DOMAIN` holds the public key. */
  readonly domain: string;
  readonly selector: string;
  /** PEM of RSA or Ed25519. A secret. */
  readonly privateKey: string;
}

/** RFC 8301 §3.2: verifiers take no shorter one. */
const MIN_RSA_BITS = 1024;

/** @throws Error, one line that names the file, when it holds no key that can seal */
export function loadArcKey(place: { domain: string; selector: string; keyFile: string }): ArcKey {
  const { domain, selector, keyFile } = place;
  const privateKey = readFileSync(keyFile, 'utf8');
  const defect = defectOf(parse(privateKey));
  if (defect !== null) throw new Error(`${keyFile} ${defect}`);
  return { domain, selector, privateKey };
}

function parse(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

function defectOf(key: KeyObject | null): string | null {
  if (key === null) return 'is no private key in PEM form (one with a passphrase cannot be used)';
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (asymmetricKeyType === 'ed25519') return null;
  if (asymmetricKeyType !== 'rsa') return `is a key of type ${asymmetricKeyType}; ARC knows rsa and ed25519`;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS
    ? null
    : `is an RSA key of ${bits} bits; at least ${MIN_RSA_BITS} are needed, better 2048`;
}
