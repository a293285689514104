/** The number of slots: slow start, growth, halving, and what is true of it whatever a host does. */
import { describe, expect, test } from 'bun:test';
import { createConcurrencyLimit } from '../../src/delivery/concurrency/limits.ts';
import { createRateLimit } from '../../src/delivery/concurrency/limits.ts';

type ConcurrencyLimit = ReturnType<typeof createConcurrencyLimit>;

/** As many verdicts as slots are in use. */
function fullRound(limit: ConcurrencyLimit, isTaken = true): number {
  const slotsInUse = limit.slots();
  for (let verdict = 0; verdict < slotsInUse; verdict += 1) limit.judged({ slotsInUse: limit.slots(), isTaken });
  return limit.slots();
}

describe('the concurrency limit', () => {
  test('doubles with every round up to the known concurrency, then grows by one', () => {
    const limit = createConcurrencyLimit();
    expect(limit.slots()).toBe(1);
    expect(Array.from({ length: 8 }, () => fullRound(limit))).toEqual([2, 4, 8, 16, 20, 21, 22, 23]);
  });

  test('starts with one message taken, or three judged', () => {
    const limit = createConcurrencyLimit();
    const judge = () => {
      limit.judged({ slotsInUse: 1, isTaken: false });
      return limit.slots();
    };
    expect([judge(), judge(), judge()]).toEqual([1, 1, 2]);
  });

  test('does not grow while slots are idle', () => {
    const limit = createConcurrencyLimit();
    fullRound(limit);
    for (let count = 0; count < 100; count += 1) limit.judged({ slotsInUse: 1, isTaken: true });
    expect(limit.slots()).toBe(2);
  });

  test('halves once for all sessions that were refused together', () => {
    const limit = createConcurrencyLimit();
    for (let round = 0; round < 5; round += 1) fullRound(limit);
    const begun = Array.from({ length: 20 }, () => limit.begin());
    for (const one of begun) limit.refused(one);
    expect(limit.slots()).toBe(10);
    limit.refused(limit.begin());
    expect(limit.slots()).toBe(5);
  });

  test('does not try for a minute again what was too much, and does so then', () => {
    let nowMs = 0;
    const limit = createConcurrencyLimit({ nowMs: () => nowMs });
    for (let round = 0; round < 3; round += 1) fullRound(limit);
    limit.refused(limit.begin());
    expect(limit.slots()).toBe(4);
    for (let round = 0; round < 20; round += 1) fullRound(limit);
    expect(limit.slots()).toBe(7);
    nowMs = 60_000;
    fullRound(limit);
    expect(limit.slots()).toBe(8);
  });

  test('asks with one slot after an outage, and is soon where it was', () => {
    const limit = createConcurrencyLimit();
    for (let round = 0; round < 6; round += 1) fullRound(limit);
    limit.restart();
    expect(Array.from({ length: 6 }, () => fullRound(limit))).toEqual([2, 4, 8, 16, 20, 21]);
  });

  test('stays between one and the most, halves at most once an attempt, and recovers: 200 random histories', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomOf(seed);
      const most = 1 + Math.floor(random() * 60);
      let nowMs = 0;
      const limit = createConcurrencyLimit({ most, nowMs: () => nowMs });
      const begun: number[] = [];
      for (let event = 0; event < 400; event += 1) {
        const before = limit.slots();
        const draw = random();
        nowMs += random() * 2000;
        if (draw < 0.4) begun.push(limit.begin());
        else if (draw < 0.9) limit.judged({ slotsInUse: Math.ceil(random() * before), isTaken: random() < 0.7 });
        else if (draw < 0.98) limit.refused(begun.splice(Math.floor(random() * begun.length), 1)[0] ?? -1);
        else limit.restart();
        const after = limit.slots();
        const where = `seed ${seed}, event ${event}`;
        expect(after, where).toBeGreaterThanOrEqual(1);
        expect(after, where).toBeLessThanOrEqual(most);
        expect(Number.isInteger(after), where).toBe(true);
        if (draw >= 0.9 && draw < 0.98) expect(after, where).toBeGreaterThanOrEqual(Math.floor(before / 2));
        if (draw < 0.9) expect(after - before, where).toBeOneOf([0, 1]);
      }
      nowMs += 60_001;
      for (let round = 0; round <= most; round += 1) fullRound(limit);
      expect(limit.slots(), `seed ${seed} recovers`).toBe(most);
    }
  });
});

describe('the rate limit', () => {
  test('grants over an hour what it says, in buckets of five seconds', () => {
    for (const perMinute of [1, 7, 60, 6000]) {
      let nowMs = 0;
      const cap = createRateLimit(() => nowMs);
      let granted = 0;
      let mostAtOnce = 0;
      for (; nowMs <= 3_600_000; nowMs += 1000) {
        const taken = cap.take(perMinute, 100_000);
        mostAtOnce = Math.max(mostAtOnce, taken);
        granted += taken;
      }
      const bucket = 1 + perMinute / 12;
      expect(granted).toBeGreaterThanOrEqual(60 * perMinute - 2);
      expect(granted).toBeLessThanOrEqual(60 * perMinute + bucket + 1);
      expect(mostAtOnce).toBeLessThanOrEqual(bucket);
    }
  });

  test('grants again what was given back, and never more than a bucket', () => {
    const cap = createRateLimit(() => 0);
    expect(cap.take(120, 100)).toBe(11);
    expect(cap.take(120, 100)).toBe(0);
    cap.giveBack(4);
    expect(cap.take(120, 3)).toBe(3);
    cap.giveBack(100);
    expect(cap.take(120, 100)).toBe(11);
  });
});

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
