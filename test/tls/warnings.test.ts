/** What a sender that verifies certificates would find wrong, each defect in one line, and which pair it would be shown. */
import { describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { certificateNames, chooseCertificate } from '../../src/tls/material.ts';
import { coversName } from '../../src/mail/domain.ts';
import { certificateWarnings, issuerDefect } from '../../src/tls/warnings.ts';
import { issue, type Issued } from '../helpers/authority.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-08-04T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const LONG = { notBefore: inDays(-30), notAfter: inDays(60) };

const root = issue({ subject: 'Test Root', isAuthority: true, notBefore: inDays(-1000), notAfter: inDays(1000) });
const intermediate = issue({ subject: 'Test R1', isAuthority: true, issuer: root, ...LONG });
const leaf = (names: readonly string[], validity = LONG, issuer = intermediate): Issued =>
  issue({ subject: names[0] ?? 'none', names, issuer, ...validity });

describe('names', () => {
  test('are those of subjectAltName, in lower case', () => {
    const names = (made: Issued) => certificateNames(new X509Certificate(made.cert));
    expect(names(leaf(['MX.example.net', '*.example.org']))).toEqual(['mx.example.net', '*.example.org']);
    expect(names(leaf([]))).toEqual([]);
  });

  test.each([
    ['mx.example.net', 'mx.example.net', true],
    ['mx.example.net', 'a.mx.example.net', false],
    ['*.example.net', 'mx.example.net', true],
    ['*.example.net', 'a.mx.example.net', false],
    ['*.example.net', 'example.net', false],
    ['*.example.net', '.example.net', false],
    ['*.net', 'example.net', true],
    ['m*.example.net', 'mx.example.net', false],
  ])('%s for %s: %p', (pattern, name, expected) => {
    expect(coversName(pattern, name)).toBe(expected);
  });

  test('an exact one goes before a wildcard, the first before the others, and the first of all when none fits', () => {
    const names = [['first.example'], ['*.example.net'], ['a.example.net', 'b.example.net'], ['b.example.net']];
    const chosen = (name: string) => chooseCertificate(names, name);
    expect(['first.example', 'x.example.net', 'A.example.net.', 'b.example.net', 'c.example', ''].map(chosen)).toEqual([
      0, 1, 2, 2, 0, 0,
    ]);
  });
});

describe('the issuer', () => {
  const defect = (pem: string, now = NOW) => issuerDefect(pem, [...rootCertificates, root.cert], now);
  const { cert } = leaf(['mx.example.net']);

  test('is found through the intermediate certificates of the file, in any order', () => {
    const second = issue({ subject: 'Test R2', isAuthority: true, issuer: intermediate, ...LONG });
    const deep = leaf(['mx.example.net'], LONG, second);
    expect(defect(cert + intermediate.cert)).toBeNull();
    expect(defect(leaf(['mx.example.net'], LONG, root).cert)).toBeNull();
    expect(defect(deep.cert + second.cert + intermediate.cert + root.cert)).toBeNull();
    expect(defect(deep.cert + root.cert + intermediate.cert + second.cert)).toBeNull();
  });

  test('is not found without them, through one that has expired or may not issue, or at an unknown root', () => {
    const expired = issue({ subject: 'Test R1', isAuthority: true, issuer: root, ...LONG, notAfter: inDays(-1) });
    const powerless = issue({ subject: 'Test R1', issuer: root, ...LONG });
    for (const pem of [
      cert,
      cert + root.cert,
      leaf(['a.example'], LONG, expired).cert + expired.cert,
      leaf(['a.example'], LONG, powerless).cert + powerless.cert,
      // Another key of the same name.
      cert + issue({ subject: 'Test R1', isAuthority: true, issuer: root, ...LONG }).cert,
    ]) {
      expect(defect(pem)).toContain('does not lead to a root certificate');
    }
    expect(issuerDefect(cert + intermediate.cert, rootCertificates, NOW)).toContain('does not lead to a root');
  });

  test('is itself: self-signed; two that issue each other end', () => {
    expect(defect(issue({ subject: 'mx.example.net', names: ['mx.example.net'], ...LONG }).cert)).toBe(
      'is self-signed',
    );
    const other = issue({ subject: 'Circle B', isAuthority: true, ...LONG });
    const one = issue({ subject: 'Circle A', isAuthority: true, issuer: other, ...LONG });
    const back = issue({ subject: 'Circle B', isAuthority: true, issuer: one, ...LONG });
    expect(defect(leaf(['a.example'], LONG, one).cert + one.cert + back.cert)).toContain('does not lead');
  });
});

describe('warnings', () => {
  /** Without what stands about the issuer, as no test has a certificate of a known authority. */
  const warnings = (pairs: readonly Issued[], names: readonly string[], now = NOW): string[] => {
    const [first, ...others] = pairs;
    if (first === undefined) return [];
    const all = certificateWarnings({ ...first, others }, names, now);
    for (const line of all) expect(line).toContain('MTA-STS policy would not deliver here');
    return all.filter((line) => !line.includes('root certificate')).map((line) => line.replace(/: senders.*/, ''));
  };

  test('none for certificates that cover every name', () => {
    const pairs = [leaf(['mx1.example.net']), leaf(['*.example.org'])];
    expect(warnings(pairs, ['mx1.example.net', 'mx.example.org'])).toEqual([]);
  });

  test('one for each name that no certificate has', () => {
    const pairs = [leaf(['mx1.example.net']), leaf(['*.example.org'])];
    expect(warnings(pairs, ['mx1.example.net', 'mx2.example.net', 'a.b.example.org'])).toEqual([
      'no certificate is valid for mx2.example.net',
      'no certificate is valid for a.b.example.org',
    ]);
    // The common name is no name (RFC 9525 §2).
    expect(warnings([issue({ subject: 'mx.example.net', issuer: root, ...LONG })], ['mx.example.net'])).toHaveLength(1);
  });

  test('one for dates: too early, too late, and from 14 days before the end', () => {
    const pair = leaf(['mx.example.net']);
    const at = (days: number) => warnings([pair], ['mx.example.net'], inDays(days));
    expect(at(-31)).toEqual(['the certificate mx.example.net is not valid before 2026-07-05T12:00:00.000Z']);
    expect(at(46)).toEqual([]);
    expect(at(46.01)).toEqual(['the certificate mx.example.net expires on 2026-10-03T12:00:00.000Z, 13 days from now']);
    expect(at(58.5)[0]).toContain(', 1 day from now');
    expect(at(60)).toEqual(['the certificate mx.example.net has expired on 2026-10-03T12:00:00.000Z']);
  });

  test('one about the issuer of each', () => {
    const own = issue({ subject: 'mx.example.net', names: ['mx.example.net'], ...LONG });
    const lines = certificateWarnings({ ...own, others: [leaf(['mx2.example.net'])] }, ['mx.example.net'], NOW);
    expect(lines.map((line) => line.replace(/: senders.*/, ''))).toEqual([
      'the certificate mx.example.net is self-signed',
      expect.stringMatching(/^the certificate mx2\.example\.net does not lead to a root certificate/),
    ]);
    for (const line of lines) expect(line).not.toContain('\n');
  });
});
