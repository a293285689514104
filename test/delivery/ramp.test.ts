/** The number of lanes: slow start, growth, halving, and what is true of it whatever a host does. */
import { describe, expect, test } from 'bun:test';
import { createRamp } from '../../src/delivery/ramp.ts';
import { createCap } from '../../src/delivery/ramp-cap.ts';

type Ramp = ReturnType<typeof createRamp>;

/** As many verdicts as lanes are in use. */
function fullRound(ramp: Ramp, isTaken = true): number {
  const lanesInUse = ramp.lanes();
  for (let verdict = 0; verdict < lanesInUse; verdict += 1) ramp.judged({ lanesInUse: ramp.lanes(), isTaken });
  return ramp.lanes();
}

describe('the ramp', () => {
  test('doubles with every round up to the known concurrency, then grows by one', () => {
    const ramp = createRamp();
    expect(ramp.lanes()).toBe(1);
    expect(Array.from({ length: 8 }, () => fullRound(ramp))).toEqual([2, 4, 8, 16, 20, 21, 22, 23]);
  });

  test('starts with one message taken, or three judged', () => {
    const ramp = createRamp();
    const judge = () => {
      ramp.judged({ lanesInUse: 1, isTaken: false });
      return ramp.lanes();
    };
    expect([judge(), judge(), judge()]).toEqual([1, 1, 2]);
  });

  test('does not grow while lanes are idle', () => {
    const ramp = createRamp();
    fullRound(ramp);
    for (let count = 0; count < 100; count += 1) ramp.judged({ lanesInUse: 1, isTaken: true });
    expect(ramp.lanes()).toBe(2);
  });

  test('halves once for all sessions that were refused together', () => {
    const ramp = createRamp();
    for (let round = 0; round < 5; round += 1) fullRound(ramp);
    const begun = Array.from({ length: 20 }, () => ramp.begin());
    for (const one of begun) ramp.refused(one);
    expect(ramp.lanes()).toBe(10);
    ramp.refused(ramp.begin());
    expect(ramp.lanes()).toBe(5);
  });

  test('does not try for a minute again what was too much, and does so then', () => {
    let nowMs = 0;
    const ramp = createRamp({ nowMs: () => nowMs });
    for (let round = 0; round < 3; round += 1) fullRound(ramp);
    ramp.refused(ramp.begin());
    expect(ramp.lanes()).toBe(4);
    for (let round = 0; round < 20; round += 1) fullRound(ramp);
    expect(ramp.lanes()).toBe(7);
    nowMs = 60_000;
    fullRound(ramp);
    expect(ramp.lanes()).toBe(8);
  });

  test('asks with one lane after an outage, and is soon where it was', () => {
    const ramp = createRamp();
    for (let round = 0; round < 6; round += 1) fullRound(ramp);
    ramp.restart();
    expect(Array.from({ length: 6 }, () => fullRound(ramp))).toEqual([2, 4, 8, 16, 20, 21]);
  });

  test('stays between one and the most, halves at most once an attempt, and recovers: 200 random histories', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomOf(seed);
      const most = 1 + Math.floor(random() * 60);
      let nowMs = 0;
      const ramp = createRamp({ most, nowMs: () => nowMs });
      const begun: number[] = [];
      for (let event = 0; event < 400; event += 1) {
        const before = ramp.lanes();
        const draw = random();
        nowMs += random() * 2000;
        if (draw < 0.4) begun.push(ramp.begin());
        else if (draw < 0.9) ramp.judged({ lanesInUse: Math.ceil(random() * before), isTaken: random() < 0.7 });
        else if (draw < 0.98) ramp.refused(begun.splice(Math.floor(random() * begun.length), 1)[0] ?? -1);
        else ramp.restart();
        const after = ramp.lanes();
        const where = `seed ${seed}, event ${event}`;
        expect(after, where).toBeGreaterThanOrEqual(1);
        expect(after, where).toBeLessThanOrEqual(most);
        expect(Number.isInteger(after), where).toBe(true);
        if (draw >= 0.9 && draw < 0.98) expect(after, where).toBeGreaterThanOrEqual(Math.floor(before / 2));
        if (draw < 0.9) expect(after - before, where).toBeOneOf([0, 1]);
      }
      nowMs += 60_001;
      for (let round = 0; round <= most; round += 1) fullRound(ramp);
      expect(ramp.lanes(), `seed ${seed} recovers`).toBe(most);
    }
  });
});

describe('the cap', () => {
  test('grants over an hour what it says, in buckets of five seconds', () => {
    for (const perMinute of [1, 7, 60, 6000]) {
      let nowMs = 0;
      const cap = createCap(() => nowMs);
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
    const cap = createCap(() => 0);
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
