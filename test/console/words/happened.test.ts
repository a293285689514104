/** The timeline in words: equal entries once with their number, also where a round of tries goes to several hosts. */
import { expect, test } from 'bun:test';
import { type Entry, happenedOf, outagesOf } from '../../../src/console/words/happened.ts';

let minute = 0;
function entry(kind: Entry['kind'], more: Partial<Entry> = {}): Entry {
  minute += 1;
  const at = new Date(Date.UTC(2026, 11, 1, 21, minute)).toISOString();
  const nothing = { recipients: [], host: null, reply: null, reason: null, reportId: null, actor: null, attempt: null };
  return { id: String(minute), at, kind, ...nothing, ...more };
}

function probe(host: string, reply: string): Entry {
  const attempt = { address: '192.0.2.10:25', outcome: 'DEFERRED', latency: 'PT1S' } as const;
  return entry('PROBE', { host, reply, attempt });
}

const told = (entries: readonly Entry[]): string[] =>
  happenedOf(entries).map(({ text, count }) => (count === 1 ? text : `${count}: ${text}`));

test('equal entries that follow each other are one, with the time of the last', () => {
  const tries = Array.from({ length: 14 }, () => probe('mx1.north.example', '[connection refused]'));
  const [first, folded] = happenedOf([entry('ACCEPTED'), ...tries]);
  expect([first?.text, first?.count]).toEqual(['We took it.', 1]);
  expect(folded?.text).toBe(
    'Your server was tried at mx1.north.example (192.0.2.10:25) with other mail: not taken yet.',
  );
  expect([folded?.count, folded?.entry.at, folded?.lastAt]).toEqual([14, tries[0]?.at ?? '', tries[13]?.at ?? '']);
});

test('rounds of tries at several hosts are folded by host', () => {
  const round = (): Entry[] => [probe('mx1', '[connection refused]'), probe('mx2', '450 later')];
  expect(told([...round(), ...round(), ...round()])).toEqual([
    '3: Your server was tried at mx1 (192.0.2.10:25) with other mail: not taken yet.',
    '3: Your server was tried at mx2 (192.0.2.10:25) with other mail: not taken yet.',
  ]);
});

test('another reply, and what happened in between, begin anew', () => {
  const refused = (): Entry => probe('mx1', '[connection refused]');
  expect(happenedOf([refused(), probe('mx1', '421 busy'), refused()]).map(({ count }) => count)).toEqual([2, 1]);
  const paused = entry('DOMAIN_PAUSED', { actor: { isOperator: true } });
  expect(told([refused(), paused, refused()])).toEqual([
    'Your server was tried at mx1 (192.0.2.10:25) with other mail: not taken yet.',
    'Delivery was paused by the operator of the service.',
    'Your server was tried at mx1 (192.0.2.10:25) with other mail: not taken yet.',
  ]);
  // Those are events of their own, not tries.
  expect(told([entry('MESSAGE_RETRIED'), refused(), entry('MESSAGE_RETRIED')])).toHaveLength(3);
});

test('recipients are named, of many the first', () => {
  const recipients = ['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example', 'e@x.example'];
  expect(told([entry('RECIPIENT_DELIVERED', { recipients })])).toEqual([
    'Your server took it for a@x.example, b@x.example, c@x.example and 2 more.',
  ]);
});

test('outages are told by their entries, and by the one that was open at the beginning', () => {
  const [accepted, closed, opened] = [entry('ACCEPTED'), entry('OUTAGE_CLOSED'), entry('OUTAGE_OPENED')];
  const before = { startedAt: '2026-12-01T20:00:00.000Z', endedAt: null };
  expect(outagesOf([accepted], before)).toEqual([before]);
  expect(outagesOf([accepted, closed, opened], before)).toEqual([
    { ...before, endedAt: closed.at },
    { startedAt: opened.at, endedAt: null },
  ]);
  expect(outagesOf([accepted, closed], null)).toEqual([{ startedAt: accepted.at, endedAt: closed.at }]);
  expect(outagesOf([accepted], null)).toEqual([]);
  // It cannot begin twice.
  expect(outagesOf([accepted, opened], before)).toEqual([before]);
  // One that is over before another one closes is no longer open.
  expect(outagesOf([accepted, opened, closed, closed], null)).toEqual([{ startedAt: opened.at, endedAt: closed.at }]);
});
