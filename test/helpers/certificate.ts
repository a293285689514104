/**
 * A self-signed certificate for test servers (X.509 v1, ECDSA P-256), made once per process by hand: the generator the
 * service uses stays behind its own door.
 */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, sign } from 'node:crypto';

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

let made: TestCertificate | null = null;

export function testCertificate(): TestCertificate {
  made ??= makeCertificate('primary.example');
  return made;
}

const SEQUENCE = 0x30;
const SET = 0x31;
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const SIGNATURE_ALGORITHM = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));
/** commonName, 2.5.4.3. */
const COMMON_NAME = Buffer.from('0603550403', 'hex');

function makeCertificate(commonName: string): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attribute = der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(commonName)));
  const name = der(SEQUENCE, der(SET, attribute));
  const validity = der(SEQUENCE, der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from('21200101000000Z')));
  const serial = der(0x02, Buffer.from([1]));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const body = der(SEQUENCE, serial, SIGNATURE_ALGORITHM, name, validity, name, subjectKey);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const cert = der(SEQUENCE, body, SIGNATURE_ALGORITHM, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
  };
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
