import { describe, expect, test } from 'bun:test';
import {
  decodeXtext,
  encodeUtf8Address,
  encodeUtf8Unitext,
  parseEnvelopeId,
  parseOriginalRecipient,
} from '../../src/mail/xtext.ts';
import { random } from './random.ts';

/** Any text as xtext (RFC 3461 §4); what is not ASCII as the octets of its UTF-8. */
function encodeXtext(text: string): string {
  return Array.from(Buffer.from(text), (octet) =>
    octet >= 0x21 && octet <= 0x7e && octet !== 0x2b && octet !== 0x3d
      ? String.fromCharCode(octet)
      : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}

describe('xtext', () => {
  test('is decoded, in upper and lower case; null for what is none', () => {
    expect(decodeXtext('user+2Btag+3Dx@example.org')).toBe('user+tag=x@example.org');
    expect(decodeXtext('a+20b+0d+0A')).toBe('a b\r\n');
    for (const text of ['a b', 'a=b', '+', '+4', '+GG', 'ü', 'a\n', '+FF']) expect(decodeXtext(text)).toBeNull();
  });

  test('property: decodes to what was encoded', () => {
    const rng = random(7);
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from({ length: 10 }, () =>
        String.fromCodePoint(Math.floor(rng() * 0xd000) >> (rng() < 0.5 ? 8 : 0)),
      ).join('');
      expect(decodeXtext(encodeXtext(text))).toBe(text);
    }
  });
});

describe('parseOriginalRecipient', () => {
  test('reads type and address', () => {
    expect(parseOriginalRecipient('RFC822;user+2Btag@example.org')).toEqual({
      addressType: 'rfc822',
      address: 'user+tag@example.org',
    });
    expect(parseOriginalRecipient('x-local;whatever+20else')).toEqual({
      addressType: 'x-local',
      address: 'whatever else',
    });
    expect(parseOriginalRecipient('utf-8;j\\x{FC}rgen@example.org')).toEqual({
      addressType: 'utf-8',
      address: 'jürgen@example.org',
    });
    expect(parseOriginalRecipient('utf-8;jürgen@example.org')).toEqual({
      addressType: 'utf-8',
      address: 'jürgen@example.org',
    });
  });

  test.each([
    '',
    'user@example.org',
    'rfc822;',
    ';a',
    'rfc822;a b',
    'rfc 822;a',
    'rfc822;a+0D+0ASubject:+20x',
    'rfc822;a+00',
    'rfc822;a\r\nb',
    'rfc822;+C2+85',
    'utf-8;a\\x{0A}b',
    'utf-8;a\\x{D800}b',
    'utf-8;a\\x{110000}b',
    'utf-8;a\\b',
    `rfc822;${'a'.repeat(500)}`,
  ])('%j is a syntax error', (text) => {
    expect(parseOriginalRecipient(text)).toBeNull();
  });

  test('both forms of a UTF-8 address read back', () => {
    for (const address of ['jürgen@example.org', '用户+a=b@例え.example', '"a b\\\\c"@example.org', '😀@example.org']) {
      expect(encodeUtf8Address(address)).toMatch(/^[!-~]+$/);
      expect(parseOriginalRecipient(`utf-8;${encodeUtf8Address(address)}`)?.address).toBe(address);
      expect(encodeUtf8Unitext(address)).toMatch(/^[!-*,-<>-~\u00a0-\u{10ffff}]+$/u);
      expect(parseOriginalRecipient(`utf-8;${encodeUtf8Unitext(address)}`)?.address).toBe(address);
    }
  });
});

describe('parseEnvelopeId', () => {
  test('decodes printable ASCII of at most 100 characters', () => {
    expect(parseEnvelopeId('QQ314159+2B1')).toBe('QQ314159+1');
    for (const text of ['', 'a+0Db', 'a+C3+BC', 'a b', 'a'.repeat(101)]) expect(parseEnvelopeId(text)).toBeNull();
  });
});
