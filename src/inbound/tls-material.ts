/**
 * Key and certificate for STARTTLS: the operator's files, or a self-signed pair made once in the data folder (RFC 3207).
 *
 * Promises that the operator's files are read again soon after they change, and that a pair that does not match is never
 * used: the old one stays, and a warning is given. Mail servers do not verify an opportunistic TLS peer, so self-signed
 * protects as well from listeners. Does no handshake.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSelfSigned } from './self-signed.ts';

export interface TlsMaterial {
  /** PEM. */
  readonly key: string;
  /** PEM, the chain included. */
  readonly cert: string;
}

export interface TlsMaterialOptions {
  /** Where the self-signed pair is kept. */
  readonly dataDir: string;
  /** Subject of the self-signed certificate. */
  readonly hostname: string;
  /** Both or neither. */
  readonly files: { readonly certFile: string; readonly keyFile: string } | null;
  readonly wallClock: () => Date;
  /** A changed pair could not be used; the old one stays. Once per change. */
  readonly warn: (message: string) => void;
}

/** How long a change of the operator's files may go unseen. */
const RELOAD_INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const VALIDITY_MS = 3650 * DAY_MS;

/**
 * Loads or makes the pair and returns a function that gives the current one; cheap enough for every handshake.
 *
 * @throws Error, one line that names the file, when the operator's files cannot be used
 */
export function loadTlsMaterial(options: TlsMaterialOptions): () => TlsMaterial {
  const { files } = options;
  if (files === null) {
    const material = readSelfSigned(options) ?? makeSelfSigned(options);
    return () => material;
  }
  return reloading(files, options);
}

type Files = NonNullable<TlsMaterialOptions['files']>;

function reloading(files: Files, options: TlsMaterialOptions): () => TlsMaterial {
  let material = readPair(files.certFile, files.keyFile);
  let seen = fingerprint(files);
  let lookedAtMs = options.wallClock().getTime();
  return () => {
    const nowMs = options.wallClock().getTime();
    if (Math.abs(nowMs - lookedAtMs) < RELOAD_INTERVAL_MS) return material;
    lookedAtMs = nowMs;
    const found = fingerprint(files);
    if (found === seen) return material;
    seen = found;
    try {
      material = readPair(files.certFile, files.keyFile);
    } catch (error) {
      options.warn(`TLS files changed and cannot be used, the old pair stays: ${messageOf(error)}`);
    }
    return material;
  };
}

/** Changes with either file; a missing one is a state too, as in the middle of a renewal. */
function fingerprint(files: Files): string {
  return [files.certFile, files.keyFile]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? 'missing' : `${stat.mtimeMs}/${stat.size}/${stat.ino}`;
    })
    .join(' ');
}

function readPair(certFile: string, keyFile: string): TlsMaterial {
  const cert = readFileSync(certFile, 'utf8');
  const key = readFileSync(keyFile, 'utf8');
  let isPair: boolean;
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new Error(`${certFile}, ${keyFile}: ${messageOf(error)}`, { cause: error });
  }
  if (!isPair) throw new Error(`${keyFile} is not the key of ${certFile}`);
  return { key, cert };
}

function selfSignedFiles(dataDir: string): Files {
  return { certFile: join(dataDir, 'tls', 'cert.pem'), keyFile: join(dataDir, 'tls', 'key.pem') };
}

/** Null when there is none, or it is for another name, broken or near its end. */
function readSelfSigned(options: TlsMaterialOptions): TlsMaterial | null {
  const { certFile, keyFile } = selfSignedFiles(options.dataDir);
  try {
    const material = readPair(certFile, keyFile);
    const certificate = new X509Certificate(material.cert);
    const endsMs = Date.parse(certificate.validTo);
    const isFresh = endsMs - options.wallClock().getTime() > VALIDITY_MS / 10;
    return isFresh && certificate.subject === `CN=${options.hostname}` ? material : null;
  } catch {
    return null;
  }
}

/** ECDSA P-256: a handshake costs a tenth of RSA's. */
function makeSelfSigned(options: TlsMaterialOptions): TlsMaterial {
  const nowMs = options.wallClock().getTime();
  const material = createSelfSigned({
    hostname: options.hostname,
    // A client's clock may be behind ours.
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + VALIDITY_MS),
  });
  keep(options.dataDir, material);
  return material;
}

/** Writes both files so that a crash leaves an old one, a new one or none; a mixed pair is made anew at the next start. */
function keep(dataDir: string, material: TlsMaterial): void {
  const { certFile, keyFile } = selfSignedFiles(dataDir);
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  for (const [file, text] of [
    [keyFile, material.key],
    [certFile, material.cert],
  ] as const) {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
