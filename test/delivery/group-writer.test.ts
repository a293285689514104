import { expect, test } from 'bun:test';
import { createGroupWriter } from '../../src/delivery/group-writer.ts';

/** A moment that does not come within a test. */
const NEVER_MS = 1_000_000_000;

const BOUNDS = { most: 200, enough: 28, gatherMs: NEVER_MS, lateAfterMs: () => 200 };

function recording(gatherMs: number) {
  const groups: number[][] = [];
  const recorder = createGroupWriter<number>({
    ...BOUNDS,
    record: async (group) => void groups.push([...group]),
    onFault: async () => undefined,
    isAway: () => false,
    gatherMs,
  });
  return { groups, recorder };
}

test('a small group waits for more, and idle ends the wait', async () => {
  const { groups, recorder } = recording(NEVER_MS);
  await recorder.add(1);
  await recorder.add(2);
  expect(groups).toEqual([]);
  await recorder.idle();
  expect(groups).toEqual([[1, 2]]);
  await recorder.add(3);
  await recorder.idle();
  expect(groups).toEqual([[1, 2], [3]]);
});

test('a group that is worth a write does not wait; what is beside it does', async () => {
  const { groups, recorder } = recording(NEVER_MS);
  for (let number = 0; number < 29; number += 1) await recorder.add(number);
  await Promise.resolve();
  expect(groups.map((group) => group.length)).toEqual([28]);
  await recorder.idle();
  expect(groups.map((group) => group.length)).toEqual([28, 1]);
});

test('who waits for room does not wait for more of a group', async () => {
  const recorded = Promise.withResolvers<readonly number[]>();
  const recorder = createGroupWriter<number>({
    ...BOUNDS,
    record: async (group) => recorded.resolve(group),
    onFault: async () => undefined,
    isAway: () => false,
  });
  await recorder.add(1);
  recorder.hurry();
  expect(await recorded.promise).toEqual([1]);
});

test('while a write runs the next group grows, up to two hundred', async () => {
  const groups: number[] = [];
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const recorder = createGroupWriter<number>({
    ...BOUNDS,
    record: async (group) => {
      groups.push(group.length);
      await answered;
    },
    onFault: async () => undefined,
    isAway: () => false,
  });
  for (let number = 0; number < 278; number += 1) {
    await recorder.add(number);
    if (number === 28) await Promise.resolve();
  }
  answer();
  await recorder.idle();
  expect(groups).toEqual([28, 200, 50]);
});

test('a write that fails, or is not answered for a while, is late until it has gone through; the group is told of', async () => {
  const tries: PromiseWithResolvers<void>[] = [];
  const recorded: number[] = [];
  const recorder = createGroupWriter<number>({
    ...BOUNDS,
    record: () => {
      const attempt = Promise.withResolvers<void>();
      tries.push(attempt);
      return attempt.promise;
    },
    onFault: async () => undefined,
    onRecorded: (group) => void recorded.push(...group),
    isAway: () => false,
    repeatAfterMs: [0],
    gatherMs: 0,
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await recorder.add(1);
  await until(() => tries.length === 1);
  await until(recorder.isLate);
  tries[0]?.resolve();
  await recorder.idle();
  expect([recorder.isLate(), recorded]).toEqual([false, [1]]);
  await recorder.add(2);
  await until(() => tries.length === 2);
  tries[1]?.reject(new Error('refused'));
  await until(() => tries.length === 3);
  expect([recorder.isLate(), recorded]).toEqual([true, [1]]);
  tries[2]?.resolve();
  await recorder.idle();
  expect([recorder.isLate(), recorded]).toEqual([false, [1, 2]]);
});

test('a small group is recorded after the moment, without being asked', async () => {
  const recorded = Promise.withResolvers<readonly number[]>();
  const recorder = createGroupWriter<number>({
    ...BOUNDS,
    record: async (group) => recorded.resolve(group),
    onFault: async () => undefined,
    isAway: () => false,
    gatherMs: 1,
  });
  await recorder.add(1);
  expect(await recorded.promise).toEqual([1]);
});
