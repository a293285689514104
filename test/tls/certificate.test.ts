/** The reader of certificates against real ones, and against bytes of every kind. */
import { expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import * as fc from 'fast-check';
import { readCertificate } from '../../src/tls/peer.ts';
import { testCertificate } from '../helpers/certificate.ts';
import { derOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';

const LEAF = derOf(makeLeaf(['MX.Example', '*.b.example'], makeAuthority()));

test('names, lower case; the key as it stands', () => {
  const parts = readCertificate(LEAF);
  expect(parts?.dnsNames).toEqual(['mx.example', '*.b.example']);
  const key = new X509Certificate(LEAF).publicKey.export({ type: 'spki', format: 'der' });
  expect(Buffer.from(parts?.publicKeyInfo ?? []).equals(key)).toBe(true);
});

test('a certificate of version 1 has a key and no names; the common name is none', () => {
  const parts = readCertificate(derOf(testCertificate()));
  expect(parts?.dnsNames).toEqual([]);
  expect(parts?.publicKeyInfo.length).toBe(91);
});

test('every root certificate of the runtime can be read, its key the same as the runtime reads', () => {
  expect(rootCertificates.length).toBeGreaterThan(100);
  for (const cert of rootCertificates) {
    const { raw, publicKey } = new X509Certificate(cert);
    const parts = readCertificate(raw);
    expect(Buffer.from(parts?.publicKeyInfo ?? []).equals(publicKey.export({ type: 'spki', format: 'der' }))).toBe(
      true,
    );
  }
});

test('a name with a NUL or a blank in it is left out, and so a quoted list is no list', () => {
  const names = ['a.example\0.evil.example', 'x, DNS:victim.example', 'ok.example'];
  expect(readCertificate(derOf(makeLeaf(names)))?.dnsNames).toEqual(['ok.example']);
});

test('bytes of any kind are read or are null, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      readCertificate(bytes);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.nat(LEAF.length - 1), fc.integer({ min: 0, max: 255 }), (at, octet) => {
      const changed = Uint8Array.from(LEAF);
      changed[at] = octet;
      readCertificate(changed);
    }),
    { numRuns: 2000 },
  );
  for (let length = 0; length < LEAF.length; length += 1) expect(readCertificate(LEAF.subarray(0, length))).toBeNull();
});
