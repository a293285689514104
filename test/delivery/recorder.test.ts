import { expect, test } from 'bun:test';
import { createRecorder } from '../../src/delivery/recorder.ts';

/** A moment that does not come within a test. */
const NEVER_MS = 1_000_000_000;

function recording(gatherMs: number) {
  const groups: number[][] = [];
  const recorder = createRecorder<number>({
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

test('a full group does not wait; what is beside it does', async () => {
  const { groups, recorder } = recording(NEVER_MS);
  for (let number = 0; number < 201; number += 1) await recorder.add(number);
  await Promise.resolve();
  expect(groups.map((group) => group.length)).toEqual([200]);
  await recorder.idle();
  expect(groups.map((group) => group.length)).toEqual([200, 1]);
});

test('a small group is recorded after the moment, without being asked', async () => {
  const recorded = Promise.withResolvers<readonly number[]>();
  const recorder = createRecorder<number>({
    record: async (group) => recorded.resolve(group),
    onFault: async () => undefined,
    isAway: () => false,
    gatherMs: 1,
  });
  await recorder.add(1);
  expect(await recorded.promise).toEqual([1]);
});
