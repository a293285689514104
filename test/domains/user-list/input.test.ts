import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { normalizeLocalPart } from '../../../src/mail/address.ts';
import { checkLocalParts, writeEntry } from '../../../src/domains/user-list/input.ts';

function check(...localParts: string[]) {
  return checkLocalParts({ domainName: 'example.org', localParts, field: 'localParts' });
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
  ])('%p is %p', async (text, form) => {
    expect(await check(text)).toEqual({ kind: 'OK', value: [form] });
  });

  test('a domain of other letters in any of its forms', async () => {
    for (const domain of ['b\u00fccher.example', 'xn--bcher-kva.example', 'B\u00dcCHER.example.']) {
      const text = { domainName: 'xn--bcher-kva.example', localParts: [`user@${domain}`], field: 'x' };
      expect(await checkLocalParts(text)).toEqual({ kind: 'OK', value: ['user'] });
    }
  });

  test('duplicates are one entry, in the order of the first', async () => {
    expect(await check('b', 'a', 'B', 'a@example.org')).toEqual({ kind: 'OK', value: ['b', 'a'] });
  });

  test('property: what is written out is understood as the same entry', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), async (text) => {
        const form = normalizeLocalPart(text);
        if (form === null || normalizeLocalPart(form) === null) return;
        expect(await check(writeEntry(form))).toEqual({ kind: 'OK', value: [form] });
      }),
      { examples: [['"'], ['""'], ['a@b'], [' a'], ['\\'], ['"\\'], ['@']] },
    );
  });

  test('property: no text makes it throw; what it takes is in its one form', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const checked = await check(text);
        if (checked.kind === 'BAD') {
          expect(checked.errors).toHaveLength(1);
          expect(checked.errors[0]).toMatchObject({ path: ['localParts', '0'], code: 'NOT_AN_ADDRESS' });
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
  ])('%p', async (text, words) => {
    const checked = await check('fine', text);
    if (checked.kind !== 'BAD') throw new Error('it was taken');
    expect(checked.errors[0]).toMatchObject({ path: ['localParts', '1'], code: 'NOT_AN_ADDRESS' });
    expect(checked.errors[0]?.message).toContain(words);
  });

  test('every bad entry is named by its path, a hundred at most', async () => {
    const checked = await check('a@b', 'fine', 'c@d');
    expect(checked.kind === 'BAD' && checked.errors.map(({ path }) => path.join('.'))).toEqual([
      'localParts.0',
      'localParts.2',
    ]);
    const many = await check(...Array.from({ length: 500 }, (_, index) => `a@${index}.example`));
    expect(many.kind === 'BAD' && many.errors.length).toBe(100);
  });

  test('more than a thousand wildcards', async () => {
    const wild = (count: number) => Array.from({ length: count }, (_, index) => `${index}*`);
    expect((await check(...wild(1000))).kind).toBe('OK');
    expect(await check(...wild(1001))).toMatchObject({
      kind: 'BAD',
      errors: [{ path: ['localParts'], code: 'TOO_MANY' }],
    });
  });

  test('more than a million entries, while others have their turn', async () => {
    const localParts = Array.from({ length: 1_000_001 }, (_, index) => `user${index}`);
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const tooMany = await checkLocalParts({ domainName: 'example.org', localParts, field: 'localParts' });
    const enough = await checkLocalParts({
      domainName: 'example.org',
      localParts: localParts.slice(1),
      field: 'localParts',
    });
    clearInterval(timer);
    expect(tooMany).toMatchObject({ kind: 'BAD', errors: [{ path: ['localParts'], code: 'TOO_MANY' }] });
    expect(enough.kind === 'OK' && enough.value.length).toBe(1_000_000);
    expect(turns).toBeGreaterThan(20);
  });
});
