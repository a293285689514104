/** Ranges of statistics: the shortest steps that are kept for as long, in no more slots than asked for. */
import { expect, test } from 'bun:test';
import { rangeOf } from '../../src/stats/slots.ts';

const now = new Date('2026-08-20T10:07:30.000Z');
const hours = (count: number): Date => new Date(now.getTime() - count * 3_600_000);
const ask = (since: Date, slots: number, until: Date | null = null) =>
  rangeOf({ subjectId: '', tenantId: '', since, until, slots }, now);

test.each([
  ['a day, a quarter of an hour each', 24, 97, { stepMinutes: 5, slotMinutes: 15, count: 97 }],
  ['an hour, five minutes each', 1, 96, { stepMinutes: 5, slotMinutes: 5, count: 13 }],
  ['two days', 48, 240, { stepMinutes: 5, slotMinutes: 15, count: 193 }],
  ['two days and a bit, asked late', 48.5, 240, { stepMinutes: 5, slotMinutes: 15, count: 195 }],
  ['three days', 72, 96, { stepMinutes: 60, slotMinutes: 60, count: 73 }],
  ['two weeks', 14 * 24, 96, { stepMinutes: 60, slotMinutes: 240, count: 85 }],
  ['ninety days', 90 * 24, 96, { stepMinutes: 1440, slotMinutes: 1440, count: 91 }],
  ['a year', 365 * 24, 96, { stepMinutes: 1440, slotMinutes: 4 * 1440, count: 92 }],
  ['one slot', 24, 1, { stepMinutes: 5, slotMinutes: 1445, count: 1 }],
])('%s', (_, age, slots, expected) => {
  const { stepMinutes, slotMinutes, slots: told } = ask(hours(age), slots);
  expect({ stepMinutes, slotMinutes, count: told.length }).toEqual(expected);
  expect(told.length).toBeLessThanOrEqual(slots);
  // Without gaps, from the step that holds the beginning to the step that holds now.
  expect(told[0]?.since.getTime()).toBeLessThanOrEqual(hours(age).getTime());
  expect(told.at(-1)?.until.getTime()).toBeGreaterThan(now.getTime());
  for (const [index, slot] of told.entries()) if (index > 0) expect(slot.since).toEqual(told[index - 1]?.until as Date);
});

test('steps begin where the clock of UTC does', () => {
  expect(ask(hours(1), 96).beganAt.toISOString()).toBe('2026-08-20T09:05:00.000Z');
  expect(ask(hours(72), 96).beganAt.toISOString()).toBe('2026-08-17T10:00:00.000Z');
  expect(ask(hours(24 * 90), 96).beganAt.toISOString()).toBe('2026-05-22T00:00:00.000Z');
});

test('what is older than all that is kept is left out, and the future too', () => {
  const { slots } = ask(new Date('2000-01-01T00:00:00.000Z'), 240, new Date('2030-01-01T00:00:00.000Z'));
  expect(slots[0]?.since.toISOString()).toBe('2025-07-16T00:00:00.000Z');
  expect(slots.at(-1)?.until.getTime()).toBeLessThan(now.getTime() + 3 * 86_400_000);
});

test('a range that ends before now', () => {
  const { slots } = ask(hours(24), 24, hours(12));
  expect(slots.length).toBeLessThanOrEqual(24);
  expect(slots.at(-1)?.until.getTime()).toBeGreaterThanOrEqual(hours(12).getTime());
  expect(slots.at(-1)?.since.getTime()).toBeLessThan(hours(12).getTime());
});
