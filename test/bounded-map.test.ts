import { expect, test } from 'bun:test';
import { createBoundedMap } from '../src/bounded-map.ts';

test('what was asked for longest ago makes room', () => {
  const map = createBoundedMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
  map.set('a', 4);
  map.set('a', 5);
  expect([map.get('a'), map.get('c')]).toEqual([5, 3]);
  map.clear();
  map.set('d', 6);
  map.set('e', 7);
  expect([map.get('a'), map.get('d'), map.get('e')]).toEqual([undefined, 6, 7]);
});

test('the limit may count what entries weigh; a heavy one pushes out all others, and is kept', () => {
  const map = createBoundedMap<readonly number[]>(3, (list) => list.length);
  map.set('a', [1]);
  map.set('b', [1, 2]);
  map.set('b', [1]);
  map.set('c', [1]);
  expect(map.get('a')).toEqual([1]);
  map.set('d', [1, 2, 3, 4, 5]);
  expect([map.get('a'), map.get('b'), map.get('c'), map.get('d')]).toEqual([
    undefined,
    undefined,
    undefined,
    [1, 2, 3, 4, 5],
  ]);
  map.delete('d');
  map.set('e', [1, 2]);
  map.set('f', [1]);
  expect([map.get('e'), map.get('f')]).toEqual([[1, 2], [1]]);
});
