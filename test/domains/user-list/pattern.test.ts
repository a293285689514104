import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { compilePattern, matchesPattern } from '../../../src/domains/user-list/lookup.ts';
import { cpuMsOf } from '../../helpers/timing.ts';

function matches(entry: string, form: string): boolean {
  return matchesPattern(compilePattern(entry), form);
}

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['info*', 'info', true],
  ['info*', 'info-de', true],
  ['info*', 'my-info', false],
  ['*-list', 'a-list', true],
  ['*-list', 'a-list2', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'aXbXbXc', true],
  ['a*b*c', 'ac', false],
  ['a*a', 'a', false],
  ['ab*ba', 'aba', false],
  ['a**b', 'ab', true],
  ['.*', 'abc', false],
  ['a.c*', 'abcd', false],
  ['*\u00fc*', 'm\u00fcller', true],
])('%p and %p: %p', (entry, form, expected) => {
  expect(matches(entry, form)).toBe(expected);
});

/** As one would define it: every way to give the asterisk a part of the text. */
function matchesByDefinition(entry: string, form: string): boolean {
  if (entry === '') return form === '';
  if (entry.startsWith('*')) {
    return Array.from({ length: form.length + 1 }, (_, taken) => taken).some((taken) =>
      matchesByDefinition(entry.slice(1), form.slice(taken)),
    );
  }
  return entry[0] === form[0] && matchesByDefinition(entry.slice(1), form.slice(1));
}

test('property: as the definition says', () => {
  const entries = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 }).map((text) => `${text}*`);
  const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(entries, texts, (entry, form) => {
      expect(matches(entry, form)).toBe(matchesByDefinition(entry, form));
    }),
    { numRuns: 2000 },
  );
});

test('a thousand of the worst against the longest local part stay below a millisecond each', () => {
  const patterns = Array.from({ length: 1000 }, () => compilePattern(`${'a*'.repeat(30)}b*`));
  const tookMs = cpuMsOf(() => {
    expect(patterns.some((pattern) => matchesPattern(pattern, 'a'.repeat(64)))).toBe(false);
  });
  expect(tookMs).toBeLessThan(1000);
});
