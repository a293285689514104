/** What may be delivered and not recorded: so many messages, and none while a record is late. */
import { expect, test } from 'bun:test';
import { createUnrecorded } from '../../src/delivery/recording.ts';

function scene(most: number, patienceMs?: number) {
  const state = { isLate: false, fullCount: 0 };
  const unrecorded = createUnrecorded({
    most,
    isLate: () => state.isLate,
    onFull: () => {
      state.fullCount += 1;
    },
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  return { state, unrecorded };
}

test('as many as there is room for; the next goes when one is recorded, in the order of coming', async () => {
  const { state, unrecorded } = scene(2);
  expect([unrecorded.enter('a'), unrecorded.enter('b')]).toEqual([true, true]);
  const gone: string[] = [];
  const waits = ['c', 'd'].map(async (id) => {
    if (await unrecorded.enter(id)) gone.push(id);
  });
  await Promise.resolve();
  expect(gone).toEqual([]);
  expect(state.fullCount).toBe(2);
  unrecorded.leave(['b']);
  await waits[0];
  expect(gone).toEqual(['c']);
  unrecorded.leave(['a', 'c', 'unknown']);
  await waits[1];
  expect(gone).toEqual(['c', 'd']);
});

test('another transaction of a message under way needs no room of its own', () => {
  const { unrecorded } = scene(1);
  expect([unrecorded.enter('a'), unrecorded.enter('a')]).toEqual([true, true]);
});

test('while a record is late nothing goes, though there is room; when it has gone through, it does', async () => {
  const { state, unrecorded } = scene(10);
  expect(unrecorded.enter('a')).toBe(true);
  state.isLate = true;
  const waits = ['b', 'a'].map(async (id) => {
    const entered = unrecorded.enter(id);
    expect(entered).toBeInstanceOf(Promise);
    return entered;
  });
  state.isLate = false;
  unrecorded.leave(['a']);
  expect(await Promise.all(waits)).toEqual([true, true]);
});

test('whoever has waited long gives up, and takes no room', async () => {
  const { unrecorded } = scene(1, 20);
  expect(unrecorded.enter('a')).toBe(true);
  expect(await unrecorded.enter('b')).toBe(false);
  unrecorded.leave(['a']);
  expect(unrecorded.enter('c')).toBe(true);
});
