/** Spans of time as ISO 8601 writes them. */
import { expect, test } from 'bun:test';
import { formatDuration, parseDuration, readSpan } from '../../src/mail/duration.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  ['PT0S', 0],
  ['PT0.125S', 125],
  ['PT15M', 15 * MINUTE],
  ['PT4H', 4 * HOUR],
  ['P1DT12H', DAY + 12 * HOUR],
  ['P30D', 30 * DAY],
  ['P1DT1H1M1.001S', DAY + HOUR + MINUTE + 1001],
])('%s both ways', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  ['P2W', 14 * DAY],
  ['PT36H', 36 * HOUR],
  ['PT90M', 90 * MINUTE],
  ['pt3600s', HOUR],
  [' PT1H ', HOUR],
])('%s is read too', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  'P',
  'PT',
  '15',
  '15M',
  'P1M',
  'P1Y',
  'PT1H30',
  'P1H',
  'PT-1H',
  '-PT1H',
  'PT1.5H',
  'PT1M1H',
  'P1.5D',
  `PT${'9'.repeat(13)}S`,
])('%p is no span', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  ['90s', 90_000],
  ['30m', 30 * MINUTE],
  ['12h', 12 * HOUR],
  ['7d', 7 * DAY],
  ['2W', 14 * DAY],
  ['PT1H', HOUR],
  ['30', null],
  ['1.5h', null],
  ['h', null],
  ['-1h', null],
])('%s as people type it', (text, ms) => {
  expect(readSpan(text)).toBe(ms);
});

test('fractions of a millisecond are rounded, and nothing is negative', () => {
  expect(formatDuration(0.4)).toBe('PT0S');
  expect(formatDuration(1.6)).toBe('PT0.002S');
  expect(formatDuration(-5)).toBe('PT0S');
});
