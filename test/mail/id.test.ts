import { describe, expect, test } from 'bun:test';
import { createIdSource, isId, newId } from '../../src/mail/id.ts';
import { cpuMsOf } from '../helpers/timing.ts';

/** When the id was made, in milliseconds since 1970. */
function timeOf(id: string | undefined): number {
  return Number.parseInt((id ?? '').replaceAll('-', '').slice(0, 12), 16);
}

describe('newId', () => {
  test('100,000 ids are valid, different and sorted, and quick to make', () => {
    const ids: string[] = [];
    const tookMs = cpuMsOf(() => {
      while (ids.length < 100_000) ids.push(newId());
    });
    expect(tookMs).toBeLessThan(2000);
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
    expect(Math.abs(timeOf(ids[0]) - Date.now())).toBeLessThan(60_000);
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
    expect(timeOf(ids.at(-1))).toBe(nowMs);
  });

  test('two sources with the same clock do not collide', () => {
    const sources = [createIdSource(() => 1), createIdSource(() => 1)];
    const ids = sources.flatMap((next) => Array.from({ length: 5000 }, () => next()));
    expect(new Set(ids).size).toBe(10_000);
  });
});

describe('isId', () => {
  test('knows what is none', () => {
    for (const text of [
      '',
      'x',
      '0199a000-0000-4000-8000-000000000001',
      '0199A000-0000-7000-8000-000000000001',
      `${newId()}\n`,
    ]) {
      expect(isId(text)).toBe(false);
    }
  });
});
