/** The share of unknown mailboxes follows the last answers, each destination for itself. */
import { expect, test } from 'bun:test';
import { createUnknownShares } from '../../../src/policy/callout/callouts.ts';

test('follows the last answers of a destination', () => {
  const shares = createUnknownShares();
  expect(shares.of('one')).toBe(0);
  for (let at = 0; at < 30; at += 1) shares.note('one', true);
  expect(shares.of('one')).toBeGreaterThan(0.95);
  expect(shares.of('two')).toBe(0);
  for (let at = 0; at < 30; at += 1) shares.note('one', false);
  expect(shares.of('one')).toBeLessThan(0.05);
});
