/** The memory for content: no party gets all of it, however many networks it has, and one message fits where there is room. */
import { expect, test } from 'bun:test';
import { createByteBudget } from '../../src/inbound/content.ts';
import { clientNetworks } from '../../src/mail/ip.ts';

const TOTAL = 1_000_000;
const PIECE = 1000;

/** What clients at these addresses get together, each as much as it can. */
function taken(addresses: readonly string[], leastBytes = 0): number {
  const budget = createByteBudget(TOTAL);
  for (const address of addresses) {
    const part = budget.partOf(clientNetworks(address), leastBytes);
    while (part.reserve(PIECE));
  }
  return (TOTAL - budget.freeBytes()) / TOTAL;
}

const many = (address: (at: number) => string): string[] => Array.from({ length: 200 }, (_, at) => address(at));

test('one client gets half, a /24 or /56 six tenths, a /48 seven tenths', () => {
  expect(taken(['192.0.2.1'])).toBeCloseTo(0.5, 2);
  expect(taken(many((at) => `192.0.2.${at}`))).toBeCloseTo(0.6, 2);
  expect(taken(many((at) => `2001:db8:0:1::${at.toString(16)}`))).toBeCloseTo(0.5, 2);
  expect(taken(many((at) => `2001:db8:0:1${at.toString(16).padStart(2, '0')}::1`))).toBeCloseTo(0.6, 2);
  expect(taken(many((at) => `2001:db8:0:${at.toString(16)}00::1`))).toBeCloseTo(0.7, 2);
});

test('one message of the largest size has room whoever it comes from', () => {
  expect(taken(['192.0.2.1'], 900_000)).toBeCloseTo(0.9, 2);
});

test('what is given back is given back in each network', () => {
  const budget = createByteBudget(TOTAL);
  const parts = many((at) => `192.0.2.${at}`).map((address) => budget.partOf(clientNetworks(address), 0));
  for (let round = 0; round < 3; round += 1) {
    const counts = parts.map((part) => {
      let count = 0;
      while (part.reserve(PIECE)) count += 1;
      return count;
    });
    expect(budget.freeBytes()).toBe(TOTAL - counts.reduce((sum, count) => sum + count, 0) * PIECE);
    for (const [at, part] of parts.entries()) part.release((counts[at] ?? 0) * PIECE);
    expect(budget.freeBytes()).toBe(TOTAL);
  }
});
