/** A slow reading is told from before, a quick one fresh, and trouble shows at the next. */
import { expect, test } from 'bun:test';
import { staleWhileReading } from '../../src/telemetry/gauges.ts';

function stage() {
  let nowMs = 0;
  let takesMs = 1;
  let count = 0;
  let fails = false;
  const ask = staleWhileReading(
    async () => {
      count += 1;
      nowMs += takesMs;
      if (fails) throw new Error('away');
      return count;
    },
    () => nowMs,
  );
  return {
    ask,
    pass: (ms: number) => void (nowMs += ms),
    takes: (ms: number) => void (takesMs = ms),
    fail: (is: boolean) => void (fails = is),
  };
}

test('a quick one is always fresh', async () => {
  const { ask } = stage();
  expect([await ask(), await ask(), await ask()]).toEqual([1, 2, 3]);
});

test('a slow one is told as it was at the question before, unless that is long ago', async () => {
  const { ask, takes, pass } = stage();
  takes(20);
  expect([await ask(), await ask(), await ask()]).toEqual([1, 1, 2]);
  pass(61_000);
  expect(await ask()).toBe(4);
});

test('after a failure the next is waited for, and fails as long as there is trouble', async () => {
  const { ask, takes, fail } = stage();
  takes(20);
  expect(await ask()).toBe(1);
  fail(true);
  expect(await ask()).toBe(1);
  const failure = await ask().catch(String);
  expect(failure).toContain('away');
  fail(false);
  expect(await ask()).toBe(4);
});
