/** The sentence about refusals: each of its forms, and what it is counted from. */
import { expect, test } from 'bun:test';
import { type RefusalCount, refusalsSentence, tallyOf } from '../../../src/console/words/refusals-sentence.ts';

function counted(
  code: RefusalCount['code'],
  count: number,
  zone: string | null = null,
  isDryRun = false,
): RefusalCount {
  return { since: '2026-12-01T00:00:00Z', until: '2026-12-01T12:00:00Z', code, count, zone, isDryRun };
}

const user = counted('BMX_USER', 558);
const others = [counted('BMX_PRIMARY', 300), counted('BMX_SIZE', 238)];
const trial = counted('BMX_DNSBL', 125, 'bl.example', true);

test.each<[string, readonly RefusalCount[], string | null, string]>([
  [
    'most',
    [...others, user, trial],
    null,
    '1,096 refusals in 14 days. Most because of BMX-USER: not in your User List. Lists on trial would have refused 125 more.',
  ],
  [
    'no more than half',
    [counted('BMX_USER', 1), counted('BMX_SIZE', 1)],
    null,
    '2 refusals in 14 days. Most often because of BMX-SIZE: too large.',
  ],
  [
    'all',
    [user],
    'a.example',
    '558 refusals for a.example in 14 days. All because of BMX-USER: not in your User List.',
  ],
  [
    'one',
    [counted('BMX_PRIMARY', 1)],
    null,
    '1 refusal in 14 days. It was because of BMX-PRIMARY: your server has no such mailbox.',
  ],
  ['on trial only', [trial], null, 'Nothing was refused in 14 days. Lists on trial would have refused 125.'],
  ['none', [], 'a.example', 'Nothing was refused for a.example in 14 days.'],
])('%s', (_name, counts, domain, text) => {
  const parts = refusalsSentence(tallyOf(counts), 14, domain);
  expect(
    parts
      .map((part) => part.text)
      .join(' ')
      .replaceAll('\u00a0', ' '),
  ).toBe(text);
  expect(parts.map(({ part }) => part)).toEqual(['first', ...parts.slice(1).map(() => 'rest' as const)]);
});

test('counts are added up over time, by code and by list, the most frequent first', () => {
  const listed = counted('BMX_DNSBL', 7, 'bl.example');
  const { refusedCount, trialCount, codes, zones } = tallyOf([
    listed,
    counted('BMX_DNSBL', 200, 'new.example', true),
    user,
    { ...user, since: '2026-12-01T12:00:00Z' },
    trial,
  ]);
  expect([refusedCount, trialCount]).toEqual([1123, 325]);
  expect(codes).toEqual([
    { code: 'BMX_USER', count: 1116 },
    { code: 'BMX_DNSBL', count: 7 },
  ]);
  expect(zones).toEqual([
    { zone: 'new.example', refusedCount: 0, trialCount: 200 },
    { zone: 'bl.example', refusedCount: 7, trialCount: 125 },
  ]);
});
