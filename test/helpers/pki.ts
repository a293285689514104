/**
 * An authority and certificates for hosts of tests, with what TLSA records say of them.
 */
import { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import { type Issued, issue, type IssueOptions } from './authority.ts';

const DAY_MS = 86_400_000;

/** Valid from yesterday until tomorrow. */
export function dates(): Pick<IssueOptions, 'notBefore' | 'notAfter'> {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}

export function makeAuthority(subject = 'Test Root', issuer?: Issued): Issued {
  return issue({ subject, isAuthority: true, ...dates(), ...(issuer === undefined ? {} : { issuer }) });
}

/** A certificate for DNS names; self-signed without an issuer. */
export function makeLeaf(names: readonly string[], issuer?: Issued, at = dates()): Issued {
  return issue({ subject: names[0] ?? 'nobody', names, ...at, ...(issuer === undefined ? {} : { issuer }) });
}

/** The leaf's key with its certificate and those of its issuers, as a server sends them. */
export function chainOf(leaf: Issued, ...issuers: Issued[]): { key: string; cert: string } {
  return { key: leaf.key, cert: [leaf, ...issuers].map(({ cert }) => cert).join('') };
}

/** A certificate below so many authorities of P-521, whose signatures take longest to verify, as a server sends them. */
export function longChain(name: string, authorities: number): { key: string; cert: string } {
  const issuers: Issued[] = [];
  for (let made = 0; made < authorities; made += 1) {
    const issuer = issuers[0];
    const signed = issuer === undefined ? {} : { issuer };
    issuers.unshift(issue({ subject: `a${made}`, isAuthority: true, curve: 'P-521', ...dates(), ...signed }));
  }
  return chainOf(makeLeaf([name], issuers[0]), ...issuers);
}

export function derOf({ cert }: Pick<Issued, 'cert'>): Buffer {
  return new X509Certificate(cert).raw;
}

/** A TLSA record of the certificate (selector 0) or of its key (1). */
export function tlsaOf(
  issued: Pick<Issued, 'cert'>,
  { usage = 3, selector = 1, matchingType = 1 }: { usage?: number; selector?: number; matchingType?: number } = {},
): { usage: number; selector: number; matchingType: number; certificate: Buffer } {
  const certificate = new X509Certificate(issued.cert);
  const selected = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' });
  const hashed = (name: string) => createHash(name).update(selected).digest();
  const data = matchingType === 0 ? Buffer.from(selected) : hashed(matchingType === 1 ? 'sha256' : 'sha512');
  return { usage, selector, matchingType, certificate: data };
}
