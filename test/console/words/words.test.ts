/** What the overview says: times as a person says them, in the zone of whoever looks, and the sentence for each state. */
import { expect, test } from 'bun:test';
import { counted, sizeText } from '../../../src/console/words/count.ts';
import { overviewSentence } from '../../../src/console/words/overview-sentence.ts';
import { agoText, dayBegin, dayIn, expiryText, spanText, timeText } from '../../../src/console/words/time.ts';

const NOW = new Date('2026-12-02T01:30:00Z');
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test.each([
  [20_000, 'under a minute'],
  [60_000, '1 min'],
  [13_560_000, '3 h 46 min'],
  [7_200_000, '2 h'],
  [745_200_000, '8 d 15 h'],
])('a span of %d ms is %s', (ms, text) => expect(plain(spanText(ms))).toBe(text));

test.each([
  ['2026-12-02T02:14:00Z', 'UTC', '02:14'],
  ['2026-12-01T21:10:00Z', 'UTC', 'yesterday 21:10'],
  ['2026-12-03T10:03:00Z', 'UTC', 'tomorrow 10:03'],
  ['2026-11-23T10:03:00Z', 'UTC', 'Mon 23 Nov, 10:03'],
  // There it is still the first of December, half past eight in the evening.
  ['2026-12-02T04:00:00Z', 'America/New_York', '23:00'],
  ['2026-12-02T06:00:00Z', 'America/New_York', 'tomorrow 01:00'],
])('%s in %s is %s', (at, zone, text) => expect(plain(timeText(new Date(at), NOW, zone))).toBe(text));

test.each([
  ['UTC', 0, '2026-12-02T00:00:00.000Z'],
  // There it is still the first of December.
  ['America/New_York', 0, '2026-12-01T05:00:00.000Z'],
  ['Asia/Kolkata', 1, '2026-11-30T18:30:00.000Z'],
  // Before the clocks were put back.
  ['Europe/Vienna', 60, '2026-10-02T22:00:00.000Z'],
])('in %s the day %d days before begins at %s', (zone, days, at) =>
  expect(dayBegin(NOW, zone, days).toISOString()).toBe(at),
);

test('a day of a field begins in the zone of whoever typed it; what is no day is none', () => {
  expect(dayIn('2026-12-01', 'Europe/Vienna')?.toISOString()).toBe('2026-11-30T23:00:00.000Z');
  expect(dayIn('2026-07-01', 'Europe/Vienna')?.toISOString()).toBe('2026-06-30T22:00:00.000Z');
  for (const text of ['', 'soon', '2026-13-01', '2026-02-30x', '1 Dec']) expect(dayIn(text, 'UTC')).toBeNull();
});

test.each([
  [2_400, '2 s ago'],
  [-5_000, '0 s ago'],
  [90 * 60_000, '1 h 30 min ago'],
])('%d ms before now is %s', (ms, text) => expect(plain(agoText(new Date(NOW.getTime() - ms), NOW))).toBe(text));

test('an expiry that is near has its time, another its day', () => {
  expect(plain(expiryText(new Date('2026-12-03T10:03:00Z'), NOW, 'UTC'))).toBe('tomorrow 10:03');
  expect(plain(expiryText(new Date('2026-12-11T10:03:00Z'), NOW, 'UTC'))).toBe('Fri 11 Dec');
});

test('counts and sizes', () => {
  expect([counted(1, 'message'), counted(1204, 'message')].map(plain)).toEqual(['1 message', '1,204 messages']);
  expect([0, 999, 1500, 33_000_000, 480_000_000, 2e12].map((size) => plain(sizeText(size)))).toEqual([
    '0 B',
    '999 B',
    '1.5 kB',
    '33 MB',
    '480 MB',
    '2 TB',
  ]);
});

const fine = { situation: 'FINE', count: 9 } as const;
test.each([
  ['There is no domain yet.', { domainCount: 0, heldCount: 0, firstExpiryAt: null, situations: [] }],
  [
    'All 9 domains are fine. Nothing is held.',
    { domainCount: 9, heldCount: 0, firstExpiryAt: null, situations: [fine] },
  ],
  [
    '1 of 10 domains needs a look. Nothing is held.',
    { domainCount: 10, heldCount: 0, firstExpiryAt: null, situations: [{ situation: 'PENDING', count: 1 }, fine] },
  ],
  [
    '13 of 10,000 servers are away. 38,515 messages are safe with us. The first expires tomorrow 10:03.',
    {
      domainCount: 10_000,
      heldCount: 38_515,
      firstExpiryAt: '2026-12-03T10:03:00Z',
      situations: [{ situation: 'EXPIRING', count: 1 }, { situation: 'OUTAGE', count: 12 }, fine],
    },
  ],
] as const)('%s', (text, summary) => {
  const parts = overviewSentence({ heldSize: 0, ...summary }, NOW, 'UTC');
  expect(plain(parts.map((part) => part.text).join(' '))).toBe(text);
  // Red is only what will be lost within 48 hours.
  expect(parts.some(({ part }) => part === 'loss')).toBe(text.includes('tomorrow'));
});
