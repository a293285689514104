import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { normalizeLocalPart } from '../../src/mail/local-part.ts';
import { checkLocalParts, checkLongList, writeEntry } from '../../src/recipients/list-input.ts';

function check(...localParts: string[]) {
  return checkLocalParts('example.org', localParts, 'localParts');
}

describe('what is understood', () => {
  test.each([
    ['alice', 'alice'],
    ['  Alice\t', 'alice'],
    ['ALICE@Example.ORG', 'alice'],
    ['alice@example.org.', 'alice'],
    ['"alice smith"', 'alice smith'],
    ['alice smith', 'alice smith'],
    ['"a@b"@example.org', 'a@b'],
    ['"a@b"', 'a@b'],
    ['a@b@example.org', 'a@b'],
    ['"a\\"b"', 'a"b'],
    ['info*', 'info*'],
    ['*@example.org', '*'],
    ['Mu\u0308ller', 'm\u00fcller'],
  ])('%p is %p', (text, form) => {
    expect(check(text)).toEqual({ kind: 'OK', value: [form] });
  });

  test('a domain of other letters in any of its forms', () => {
    for (const domain of ['b\u00fccher.example', 'xn--bcher-kva.example', 'B\u00dcCHER.example.']) {
      expect(checkLocalParts('xn--bcher-kva.example', [`user@${domain}`], 'x')).toEqual({
        kind: 'OK',
        value: ['user'],
      });
    }
  });

  test('duplicates are one entry, in the order of the first', () => {
    expect(check('b', 'a', 'B', 'a@example.org')).toEqual({ kind: 'OK', value: ['b', 'a'] });
  });

  test('property: what is written out is understood as the same entry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), (text) => {
        const form = normalizeLocalPart(text);
        if (form === null || normalizeLocalPart(form) === null) return;
        expect(check(writeEntry(form))).toEqual({ kind: 'OK', value: [form] });
      }),
      { examples: [['"'], ['""'], ['a@b'], [' a'], ['\\'], ['"\\'], ['@']] },
    );
  });

  test('property: no text makes it throw; what it takes is in its one form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const checked = check(text);
        if (checked.kind === 'BAD') {
          expect(checked.errors).toHaveLength(1);
          expect(checked.errors[0]).toMatchObject({ field: ['localParts', '0'], code: 'INVALID' });
        } else expect(checked.value.map(normalizeLocalPart)).toEqual(checked.value);
      }),
    );
  });
});

describe('what is refused', () => {
  test.each([
    ['', 'nothing before the @'],
    ['@example.org', 'nothing before the @'],
    ['""', 'cannot stand before the @'],
    ['a\u0000b', 'cannot stand before the @'],
    ['x'.repeat(65), 'cannot stand before the @'],
    ['alice@other.example', 'not an address of example.org'],
    ['alice@', 'not an address of example.org'],
    ['alice@sub.example.org', 'not an address of example.org'],
  ])('%p', (text, words) => {
    const checked = check('fine', text);
    if (checked.kind !== 'BAD') throw new Error('it was taken');
    expect(checked.errors[0]).toMatchObject({ field: ['localParts', '1'], code: 'INVALID' });
    expect(checked.errors[0]?.message).toContain(words);
  });

  test('every bad entry is named by its path, a hundred at most', () => {
    const checked = check('a@b', 'fine', 'c@d');
    expect(checked.kind === 'BAD' && checked.errors.map(({ field }) => field.join('.'))).toEqual([
      'localParts.0',
      'localParts.2',
    ]);
    const many = checkLocalParts(
      'example.org',
      Array.from({ length: 500 }, (_, index) => `a@${index}.example`),
      'x',
    );
    expect(many.kind === 'BAD' && many.errors.length).toBe(100);
  });

  test('more than a thousand wildcards', () => {
    const wild = (count: number) => Array.from({ length: count }, (_, index) => `${index}*`);
    expect(check(...wild(1000)).kind).toBe('OK');
    expect(check(...wild(1001))).toMatchObject({ kind: 'BAD', errors: [{ field: ['localParts'], code: 'TOO_MANY' }] });
  });

  test('more than a million entries, while others have their turn', async () => {
    const localParts = Array.from({ length: 1_000_001 }, (_, index) => `user${index}`);
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const tooMany = await checkLongList({ domainName: 'example.org', localParts, field: 'localParts' });
    const enough = await checkLongList({
      domainName: 'example.org',
      localParts: localParts.slice(1),
      field: 'localParts',
    });
    clearInterval(timer);
    expect(tooMany).toMatchObject({ kind: 'BAD', errors: [{ field: ['localParts'], code: 'TOO_MANY' }] });
    expect(enough.kind === 'OK' && enough.value.length).toBe(1_000_000);
    expect(turns).toBeGreaterThan(20);
  });
});
