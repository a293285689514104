import * as fc from 'fast-check';
import { describe, expect, test } from 'bun:test';
import { baseOf, formatAddress, normalizeLocalPart, parsePath } from '../../src/mail/address.ts';

const letters = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

describe('normalizeLocalPart', () => {
  test.each([
    ['alice', 'alice'],
    ['ALICE', 'alice'],
    ['Alice.B+x', 'alice.b+x'],
    ['O\u2019Brien', 'o\u2019brien'],
    ['a b', 'a b'],
    ['a@b', 'a@b'],
    ['Mu\u0308ller', 'm\u00fcller'],
    ['M\u00dcLLER', 'm\u00fcller'],
    // The Kelvin sign is a K, the Angstrom sign an A with a ring.
    ['\u212a', 'k'],
    ['\u212b', '\u00e5'],
    // A dotted capital I is what Turkish writes; its lower case is two characters everywhere.
    ['\u0130', 'i\u0307'],
    ['TITLE', 'title'],
    // A sigma is one letter wherever it stands.
    ['\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c3'],
    ['\u03bf\u03b4\u03bf\u03c2', '\u03bf\u03b4\u03bf\u03c3'],
    ['\u{10400}', '\u{10428}'],
  ])('%p is known as %p', (text, form) => {
    expect(normalizeLocalPart(text)).toBe(form);
  });

  test.each([
    [''],
    ['a\u0000'],
    ['a\nb'],
    ['\u007f'],
    ['a\u0085'],
    ['\ud800'],
    ['a\ufffd'],
    ['a'.repeat(65)],
    ['\u00fc'.repeat(33)],
  ])('%p cannot be one', (text) => {
    expect(normalizeLocalPart(text)).toBeNull();
  });

  test('64 octets fit, in any spelling: composed, and where the lower case is longer than the capital', () => {
    expect(normalizeLocalPart('A'.repeat(64))).toBe('a'.repeat(64));
    expect(normalizeLocalPart('u\u0308'.repeat(32))).toBe('\u00fc'.repeat(32));
    expect(normalizeLocalPart('\u023a'.repeat(32))).toBe('\u2c65'.repeat(32));
    expect(normalizeLocalPart('\u2c65'.repeat(32))).toBe('\u2c65'.repeat(32));
  });

  test('property: a form is its own form, and at most 64 characters', () => {
    fc.assert(
      fc.property(letters, (text) => {
        const form = normalizeLocalPart(text);
        if (form === null) return;
        expect(normalizeLocalPart(form)).toBe(form);
        expect(Array.from(form).length).toBeLessThanOrEqual(64);
      }),
    );
  });

  test('property: composition never tells two mailboxes apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), (text) => {
        expect(normalizeLocalPart(text.normalize('NFD'))).toBe(normalizeLocalPart(text.normalize('NFC')));
      }),
    );
  });

  test('property: the case of ASCII never tells two mailboxes apart', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64 }), (text) => {
        expect(normalizeLocalPart(text.toUpperCase())).toBe(normalizeLocalPart(text.toLowerCase()));
      }),
    );
  });

  test('property: every local part that RCPT lets through has a form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 16 }), (text) => {
        const parsed = parsePath(`<${formatAddress(text, 'example.org')}>`, { allowNull: false, smtpUtf8: true });
        if (parsed.kind === 'PATH') expect(normalizeLocalPart(parsed.path.localPart)).not.toBeNull();
      }),
    );
  });
});

test.each([
  ['alice+x', '+', 'alice'],
  ['alice+x+y', '+', 'alice'],
  ['alice+', '+', 'alice'],
  ['alice', '+', 'alice'],
  ['+alice', '+', '+alice'],
  ['alice+x', null, 'alice+x'],
  ['alice-x+y', '-', 'alice'],
])('the base of %p by %p is %p', (form, delimiter, base) => {
  expect(baseOf(form, delimiter)).toBe(base);
});
