/**
 * A certificate authority for tests: X.509 v3, ECDSA, any names and dates, chains of any length.
 */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface IssueOptions {
  /** Common name of the subject. */
  readonly subject: string;
  /** DNS names for subjectAltName. */
  readonly names?: readonly string[];
  readonly isAuthority?: boolean;
  /** Of its key. Default P-256. */
  readonly curve?: 'P-256' | 'P-521';
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Itself when absent. */
  readonly issuer?: Issued;
}

export interface Issued {
  /** PEM of this certificate alone. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly subject: string;
  readonly privateKey: KeyObject;
}

const SEQUENCE = 0x30;
const SIGNATURE_ALGORITHM = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const TRUE = Buffer.from('0101ff', 'hex');

export function issue(options: IssueOptions): Issued {
  const { subject, names = [], isAuthority = false, curve = 'P-256', notBefore, notAfter, issuer } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const extension = (id: Buffer, value: Buffer) => der(SEQUENCE, id, der(0x04, value));
  const altNames = names.map((name) => der(0x82, Buffer.from(name)));
  const extensions = [
    ...(altNames.length > 0 ? [extension(SUBJECT_ALT_NAME, der(SEQUENCE, ...altNames))] : []),
    extension(BASIC_CONSTRAINTS, der(SEQUENCE, ...(isAuthority ? [TRUE] : []))),
  ];
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
    SIGNATURE_ALGORITHM,
    nameOf(issuer?.subject ?? subject),
    der(SEQUENCE, time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const bytes = der(SEQUENCE, body, SIGNATURE_ALGORITHM, der(0x03, Buffer.from([0]), signature));
  const lines = bytes.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    subject,
    privateKey,
  };
}

function nameOf(commonName: string): Buffer {
  return der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replace(/[-T:]/g, '').slice(0, 14)}Z`));
}

/** One ASN.1 value in DER. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  let lengthBytes = [0x82, length >> 8, length & 0xff];
  if (length < 0x80) lengthBytes = [length];
  else if (length < 0x100) lengthBytes = [0x81, length];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}
