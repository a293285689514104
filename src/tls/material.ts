/**
 * Keys and certificates for STARTTLS (RFC 3207): the operator's files, or a self-signed pair made once in the data folder, and
 * the secure contexts made of them, one for each certificate.
 *
 * The operator's files are read again soon after they change, whichever of the two is replaced first, also by another target
 * of a symbolic link. A pair that does not match is never used: the old one stays, and a warning is given. Each pair is on
 * its own. A client gets the certificate for the name that it asks for (RFC 6066 §3, RFC 9525 §6.3); only names of the
 * subjectAltName extension count. Every context demands TLS 1.2 or newer (RFC 8996). Most mail servers do not verify a TLS
 * peer, so self-signed protects as well from listeners; warnings.ts is about the others. Does no handshake.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createSelfSigned } from './self-signed.ts';
import { coversName } from '../mail/domain.ts';

export interface TlsPair {
  /** PEM. */
  readonly key: string;
  /** PEM, the chain included. */
  readonly cert: string;
}

/** The pair for clients that name no host, or one that no certificate has, and the others. */
export interface TlsMaterial extends TlsPair {
  readonly others: readonly TlsPair[];
}

export interface TlsPairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsMaterialOptions {
  /** The folder of the self-signed pair. */
  readonly dataDir: string;
  /** Subject of the self-signed certificate. */
  readonly hostname: string;
  /** Empty: the self-signed pair. */
  readonly files: readonly TlsPairFiles[];
  readonly wallClock: () => Date;
  /** A changed pair could not be used; the old one stays. Once per change. */
  readonly warn: (message: string) => void;
}

/** How long a change of the operator's files may go unseen. */
const RELOAD_INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const VALIDITY_MS = 3650 * DAY_MS;

/**
 * Loads or makes the pairs and returns a function that gives the current ones, the same object while nothing has changed;
 * cheap enough for every handshake.
 *
 * @throws Error, one line that names the file, when the operator's files cannot be used
 */
export function loadTlsMaterial(options: TlsMaterialOptions): () => TlsMaterial {
  const [first, ...others] = options.files;
  if (first === undefined) {
    const material: TlsMaterial = { ...(readSelfSigned(options) ?? makeSelfSigned(options)), others: [] };
    return () => material;
  }
  const watched = others.map((files) => watchPair(files, options));
  return reloading(watchPair(first, options), watched, options.wallClock);
}

/** When the first of these certificates expires, in milliseconds since 1970. */
export function earliestExpiryMs(material: TlsMaterial): number {
  return Math.min(...[material, ...material.others].map(({ cert }) => Date.parse(new X509Certificate(cert).validTo)));
}

/** Looks at its files when called: did the pair change? */
interface WatchedPair {
  readonly current: () => TlsPair;
  readonly look: () => boolean;
}

function reloading(first: WatchedPair, others: readonly WatchedPair[], wallClock: () => Date): () => TlsMaterial {
  const gather = (): TlsMaterial => ({ ...first.current(), others: others.map((pair) => pair.current()) });
  let material = gather();
  let lookedAtMs = wallClock().getTime();
  return () => {
    const nowMs = wallClock().getTime();
    if (Math.abs(nowMs - lookedAtMs) < RELOAD_INTERVAL_MS) return material;
    lookedAtMs = nowMs;
    const changed = [first, ...others].filter((pair) => pair.look());
    if (changed.length > 0) material = gather();
    return material;
  };
}

function watchPair(files: TlsPairFiles, options: TlsMaterialOptions): WatchedPair {
  // Taken before the files are read: what changes meanwhile is seen by the next look.
  let seen = fingerprint(files);
  let pair = readPair(files);
  return {
    current: () => pair,
    look: () => {
      const found = fingerprint(files);
      if (found === seen) return false;
      seen = found;
      try {
        pair = readPair(files);
        return true;
      } catch (error) {
        options.warn(`TLS files changed and cannot be used, the old pair stays: ${messageOf(error)}`);
        return false;
      }
    },
  };
}

/**
 * Changes with either file; one that is missing or out of reach is a state too, as in the middle of a renewal. Symbolic links
 * are followed.
 */
function fingerprint(files: TlsPairFiles): string {
  return [files.certFile, files.keyFile]
    .map((file) => {
      try {
        const { mtimeMs, ctimeMs, size, ino } = statSync(file);
        return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
      } catch (error) {
        return messageOf(error);
      }
    })
    .join(' ');
}

function readPair({ certFile, keyFile }: TlsPairFiles): TlsPair {
  const cert = readFileSync(certFile, 'utf8');
  const key = readFileSync(keyFile, 'utf8');
  let isPair: boolean;
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    // A chain cut short in the middle of being written, or a key too weak for the runtime, shows only here.
    if (isPair) createSecureContext({ key, cert });
  } catch (error) {
    throw new Error(`${certFile}, ${keyFile}: ${messageOf(error)}`, { cause: error });
  }
  if (!isPair) throw new Error(`${keyFile} is not the key of ${certFile}`);
  return { key, cert };
}

function selfSignedFiles(dataDir: string): TlsPairFiles {
  return { certFile: join(dataDir, 'tls', 'cert.pem'), keyFile: join(dataDir, 'tls', 'key.pem') };
}

/** Null when there is none, or it is for another name, broken or near its end. */
function readSelfSigned(options: TlsMaterialOptions): TlsPair | null {
  try {
    const pair = readPair(selfSignedFiles(options.dataDir));
    const certificate = new X509Certificate(pair.cert);
    const endsMs = Date.parse(certificate.validTo);
    const isFresh = endsMs - options.wallClock().getTime() > VALIDITY_MS / 10;
    return isFresh && certificate.subject === `CN=${options.hostname}` ? pair : null;
  } catch {
    return null;
  }
}

/** ECDSA P-256: a handshake costs a tenth of RSA's. */
function makeSelfSigned(options: TlsMaterialOptions): TlsPair {
  const nowMs = options.wallClock().getTime();
  const pair = createSelfSigned({
    hostname: options.hostname,
    // A client's clock may be slow.
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + VALIDITY_MS),
  });
  try {
    keep(options.dataDir, pair);
  } catch (error) {
    options.warn(`the self-signed certificate cannot be kept, the next start makes another: ${messageOf(error)}`);
  }
  return pair;
}

/** Writes both files so that a crash leaves an old one, a new one or none; a mixed pair is made anew at the next start. */
function keep(dataDir: string, pair: TlsPair): void {
  const { certFile, keyFile } = selfSignedFiles(dataDir);
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  for (const [file, text] of [
    [keyFile, pair.key],
    [certFile, pair.cert],
  ] as const) {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

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
