import { expect, test } from 'bun:test';
import { createDnsCache } from '../../src/dns/cache.ts';

function cacheAt(maxEntries: number) {
  const clock = { nowMs: 1000 };
  return { clock, cache: createDnsCache<string>({ maxEntries, nowMs: () => clock.nowMs }) };
}

test('an entry lives for its TTL and says how much is left', () => {
  const { cache, clock } = cacheAt(10);
  cache.set('a', 'value', 60);
  clock.nowMs += 20_000;
  expect(cache.get('a')).toEqual({ value: 'value', ttlSeconds: 40 });
  clock.nowMs += 39_999;
  expect(cache.get('a')).toEqual({ value: 'value', ttlSeconds: 1 });
  clock.nowMs += 1;
  expect(cache.get('a')).toBeNull();
  expect(cache.size).toBe(0);
});

test('a TTL of 0 keeps nothing and drops the older value', () => {
  const { cache } = cacheAt(10);
  cache.set('a', 'old', 60);
  cache.set('a', 'new', 0);
  expect(cache.get('a')).toBeNull();
});

test('the least recently used entry makes room', () => {
  const { cache } = cacheAt(2);
  cache.set('a', '1', 60);
  cache.set('b', '2', 60);
  cache.get('a');
  cache.set('c', '3', 60);
  expect(cache.size).toBe(2);
  expect(cache.get('b')).toBeNull();
  expect(cache.get('a')?.value).toBe('1');
});

test('the bound holds under any number of names', () => {
  const { cache } = cacheAt(100);
  for (let index = 0; index < 10_000; index += 1) cache.set(`name ${index}`, 'x', 60);
  expect(cache.size).toBe(100);
});

test('large entries are bounded by their weight, that of each and of all', () => {
  const weight = { of: (value: string) => value.length, most: 1000, mostEach: 300 };
  const cache = createDnsCache<string>({ maxEntries: 100, nowMs: () => 0, weight });
  cache.set('too heavy', 'x'.repeat(301), 60);
  expect(cache.get('too heavy')).toBeNull();
  for (const name of ['a', 'b', 'c', 'd']) cache.set(name, 'x'.repeat(300), 60);
  expect(['a', 'b', 'c', 'd'].map((name) => cache.get(name) !== null)).toEqual([false, true, true, true]);
  cache.set('b', 'x', 60);
  cache.delete('c');
  for (const name of ['e', 'f']) cache.set(name, 'x'.repeat(300), 60);
  expect(['b', 'd', 'e', 'f'].map((name) => cache.get(name) !== null)).toEqual([true, true, true, true]);
});
