import { describe, expect, test } from 'bun:test';
import { createIdSource, idFloor, idTime, isId, newId } from '../../src/mail/id.ts';

describe('newId', () => {
  test('100,000 ids are valid, different and sorted, and quick to make', () => {
    const startedAt = performance.now();
    const ids = Array.from({ length: 100_000 }, () => newId());
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
    expect(Math.abs(idTime(ids[0] ?? '').getTime() - Date.now())).toBeLessThan(10_000);
  });

  test('sorted within one millisecond, when the counter overflows, and when the clock goes back', () => {
    let nowMs = 1_790_000_000_000;
    const next = createIdSource(() => nowMs);
    const ids = Array.from({ length: 10_000 }, () => next());
    nowMs -= 3_600_000;
    ids.push(...Array.from({ length: 10_000 }, () => next()));
    nowMs += 7_200_000;
    ids.push(next());
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(idTime(ids.at(-1) ?? '').getTime()).toBe(nowMs);
  });

  test('two sources with the same clock do not collide', () => {
    const sources = [createIdSource(() => 1), createIdSource(() => 1)];
    const ids = sources.flatMap((next) => Array.from({ length: 5000 }, () => next()));
    expect(new Set(ids).size).toBe(10_000);
  });
});

describe('idTime and idFloor', () => {
  test('the floor of a millisecond sorts before its ids and behind earlier ones', () => {
    const atMs = 1_790_000_000_123;
    const floor = idFloor(new Date(atMs));
    expect(isId(floor)).toBe(true);
    expect(idTime(floor)).toEqual(new Date(atMs));
    expect(createIdSource(() => atMs)() > floor).toBe(true);
    expect(createIdSource(() => atMs - 1)() < floor).toBe(true);
  });

  test('refuse what is no id and no date', () => {
    for (const text of [
      '',
      'x',
      '0199a000-0000-4000-8000-000000000001',
      '0199A000-0000-7000-8000-000000000001',
      `${newId()}\n`,
    ]) {
      expect(isId(text)).toBe(false);
      expect(() => idTime(text)).toThrow(RangeError);
    }
    expect(() => idFloor(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => idFloor(new Date(-1))).toThrow(RangeError);
  });
});
