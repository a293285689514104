/** Deliveries are marked in small groups and settled in large ones; a few that come alone are settled at once. */
import { expect, test } from 'bun:test';
import { createRecording, type RecordingDeps } from '../../src/delivery/recording.ts';
import type { MessageResult } from '../../src/queue/outcome.ts';
import { until } from '../helpers/child.ts';

const messageResult = (messageId: string): MessageResult => ({
  messageId,
  outcomes: new Map(),
  records: [],
  isHostLevel: false,
});
const idsOf = (messageResults: readonly MessageResult[]) => messageResults.map(({ messageId }) => messageId);

function recording(given: Partial<RecordingDeps> = {}) {
  const marks: string[][] = [];
  const settled: { readonly ids: string[]; readonly marks: readonly string[] }[] = [];
  const recorded = new Set<string>();
  const faults: { readonly ids: string[]; readonly mark: string | null }[] = [];
  const deps: RecordingDeps = {
    mark: async (messageResults) => {
      marks.push(idsOf(messageResults));
      return `mark ${marks.length}`;
    },
    finalize: async (messageResults, ofMarks) => void settled.push({ ids: idsOf(messageResults), marks: ofMarks }),
    onFault: async (_error, messageResults, mark) => void faults.push({ ids: idsOf(messageResults), mark }),
    onRecorded: (messageResults) => {
      for (const id of idsOf(messageResults)) recorded.add(id);
    },
    isAway: () => false,
    ...given,
  };
  const made = createRecording(deps);
  const addAll = async (count: number, from = 0): Promise<void> => {
    for (let number = from; number < from + count; number += 1) await made.add(messageResult(String(number)));
  };
  return { ...made, addAll, marks, settled, recorded, faults };
}

test('a few that come alone are settled at once, and need no mark', async () => {
  const { addAll, idle, marks, settled, recorded } = recording();
  await addAll(3);
  await until('settled', 5000, async () => settled.length === 1);
  expect(settled).toEqual([{ ids: ['0', '1', '2'], marks: [] }]);
  await idle();
  expect([marks, [...recorded]]).toEqual([[], ['0', '1', '2']]);
});

test('many are marked as they come, and settled together with their marks', async () => {
  const { addAll, idle, marks, settled, recorded } = recording();
  await addAll(20);
  await until('the first mark', 5000, async () => marks.length === 1);
  await addAll(20, 20);
  await until('the second mark', 5000, async () => marks.length === 2);
  expect([marks.map((ids) => ids.length), recorded.size, settled]).toEqual([[20, 20], 40, []]);
  await idle();
  expect(settled.map(({ ids, marks: taken }) => [ids.length, taken])).toEqual([[40, ['mark 1', 'mark 2']]]);
});

test('what is marked may be settled late; a mark that is not answered, or what has none, is late', async () => {
  const { promise: settling, resolve: settle } = Promise.withResolvers<void>();
  const markings: PromiseWithResolvers<string>[] = [];
  const slow = recording({
    finalize: () => settling,
    mark: () => {
      const marking = Promise.withResolvers<string>();
      markings.push(marking);
      return marking.promise;
    },
  });
  await slow.addAll(20);
  await until('a mark', 5000, async () => markings.length === 1);
  await until('the mark is late', 5000, async () => slow.isLate());
  markings[0]?.resolve('mark');
  await until('recorded', 5000, async () => slow.recorded.size === 20);
  const idle = slow.idle();
  // That something does not become late shows only after the time in which it would have.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(slow.isLate()).toBe(false);
  settle();
  await idle;
  const { promise: never } = Promise.withResolvers<void>();
  const alone = recording({ finalize: () => never });
  await alone.addAll(1);
  await until('one without a mark is late', 5000, async () => alone.isLate());
});

test('one that cannot be settled costs those that were marked with it nothing, and the mark goes', async () => {
  const settled: string[] = [];
  const { addAll, idle, faults, marks } = recording({
    finalize: async (messageResults) => {
      if (idsOf(messageResults).includes('7')) throw new Error('unsupported Unicode escape sequence');
      settled.push(...idsOf(messageResults));
    },
  });
  await addAll(20);
  await idle();
  expect(marks).toHaveLength(1);
  expect(settled.sort()).toEqual(
    Array.from({ length: 20 }, (_, n) => String(n))
      .filter((id) => id !== '7')
      .sort(),
  );
  expect(faults).toEqual([{ ids: ['7'], mark: 'mark 1' }]);
}, 20_000);
