/** Which MX records are added and taken away, for zones as people have them. */
import { expect, test } from 'bun:test';
import { type MxPlan, type MxWish, planSet, planUnset } from '../../src/doctor/mx-plan.ts';
import type { AddedMx } from '../../src/domains/mx-records.ts';

const OURS = 'backup.example.net';
const SECOND = 'mx2.example.net';

function mx(text: string): AddedMx[] {
  return text
    .split(', ')
    .filter(Boolean)
    .map((record) => ({ preference: Number(record.split(' ')[0]), host: record.split(' ')[1] ?? '' }));
}

function plan(present: string, wish: Partial<MxWish> = {}, added = '', mxNames: readonly string[] = [OURS]): string {
  const situation = { present: mx(present), added: mx(added), mxNames, ownNames: [...mxNames, 'node.example.net'] };
  return said(planSet(situation, { preference: null, isSandwich: null, ...wish }));
}

function said(result: MxPlan): string {
  if (result.kind === 'REFUSED') return result.field;
  const text = (sign: string, records: readonly AddedMx[]) =>
    records.map(({ preference, host }) => `${sign}${preference} ${host}`);
  return [...text('+', result.added), ...text('-', result.removed)].join(', ');
}

test.each([
  // Behind all others, wherever they are; nothing when it is there.
  ['10 mx', {}, '', `+20 ${OURS}`],
  ['10 mx, 50 other', {}, '', `+60 ${OURS}`],
  ['10 mx', { preference: 15 }, '', `+15 ${OURS}`],
  [`10 mx, 20 ${OURS}`, {}, '', ''],
  // The primary once more, below ours, each of them.
  ['10 mx', { isSandwich: true }, '', `+20 ${OURS}, +30 mx`],
  ['10 a, 10 b', { isSandwich: true }, '', `+20 ${OURS}, +30 a, +30 b`],
  [`10 mx, 20 ${OURS}`, { isSandwich: true }, '', '+30 mx'],
  [`10 mx, 20 ${OURS}, 30 mx`, { isSandwich: true }, '', ''],
  // Moved only when we had added it.
  [`10 mx, 20 ${OURS}`, { preference: 40 }, `20 ${OURS}`, `+40 ${OURS}, -20 ${OURS}`],
  [`10 mx, 20 ${OURS}`, { preference: 40 }, '', 'preference'],
  [`10 mx, 5 ${OURS}`, {}, `5 ${OURS}`, `+20 ${OURS}, -5 ${OURS}`],
  [`10 mx, 5 ${OURS}`, {}, '', 'preference'],
  // Never the most preferred, never alone.
  ['', {}, '', 'name'],
  [`20 ${OURS}`, {}, '', 'name'],
  ['10 mx', { preference: 10 }, '', 'preference'],
  ['10 mx', { preference: 70_000 }, '', 'preference'],
  ['65535 mx', {}, '', 'preference'],
  ['10 mx', { preference: 65_530, isSandwich: true }, '', 'preference'],
])('%s with %j and added %s: %s', (present, wish, added, expected) => {
  expect(plan(present, wish, added)).toBe(expected);
});

test.each([
  // The lower record that was added goes where ours goes, and stays where that is still below.
  [`10 mx, 20 ${OURS}, 30 mx`, { preference: 40 }, `20 ${OURS}, 30 mx`, `+40 ${OURS}, +50 mx, -20 ${OURS}, -30 mx`],
  [`10 mx, 20 ${OURS}, 30 mx`, { preference: 15 }, `20 ${OURS}, 30 mx`, `+15 ${OURS}, -20 ${OURS}`],
  [`10 mx, 20 ${OURS}, 30 mx`, { preference: 30 }, `20 ${OURS}, 30 mx`, `+30 ${OURS}, +40 mx, -20 ${OURS}, -30 mx`],
  [
    `10 mx, 20 ${OURS}, 30 mx`,
    { preference: 40, isSandwich: true },
    `20 ${OURS}, 30 mx`,
    `+40 ${OURS}, +50 mx, -20 ${OURS}, -30 mx`,
  ],
  [
    `10 mx, 20 ${OURS}, 30 mx`,
    { preference: 40, isSandwich: false },
    `20 ${OURS}, 30 mx`,
    `+40 ${OURS}, -20 ${OURS}, -30 mx`,
  ],
  [`10 mx, 20 ${OURS}, 30 mx`, { isSandwich: false }, `20 ${OURS}, 30 mx`, '-30 mx'],
  [`10 mx, 20 ${OURS}, 30 mx`, {}, `20 ${OURS}, 30 mx`, ''],
  // One that came by hand is not ours to move.
  [`10 mx, 20 ${OURS}, 30 mx`, { preference: 40, isSandwich: true }, `20 ${OURS}`, `+40 ${OURS}, +50 mx, -20 ${OURS}`],
  [`10 mx, 20 ${OURS}, 30 mx`, { isSandwich: false }, `20 ${OURS}`, ''],
  // The primary has another name now; ours was taken away by hand; the lower record is all that is left of the primary.
  [`10 new, 20 ${OURS}, 30 mx`, {}, `20 ${OURS}, 30 mx`, '+30 new, -30 mx'],
  ['10 mx, 30 mx', {}, `20 ${OURS}, 30 mx`, `+20 ${OURS}`],
  [`20 ${OURS}, 30 mx`, {}, `20 ${OURS}, 30 mx`, `+40 ${OURS}, -20 ${OURS}`],
])('a sandwich %s with %j and added %s: %s', (present, wish, added, expected) => {
  expect(plan(present, wish, added)).toBe(expected);
});

test.each([
  ['10 mx', {}, '', `+20 ${OURS}, +20 ${SECOND}`],
  ['10 mx', { preference: 15, isSandwich: true }, '', `+15 ${OURS}, +15 ${SECOND}, +25 mx`],
  // What is missing goes where the others are, whether they were added or came by hand.
  [`10 mx, 20 ${OURS}`, {}, '', `+20 ${SECOND}`],
  [`10 mx, 40 ${SECOND}, 50 mx`, { isSandwich: true }, `40 ${SECOND}`, `+40 ${OURS}`],
  ['10 mx, 20 node.example.net', {}, '', `+20 ${OURS}, +20 ${SECOND}`],
  [`10 mx, 20 ${SECOND}, 20 ${OURS}`, {}, '', ''],
  [`10 mx, 20 ${SECOND}, 30 ${OURS}`, {}, '', ''],
  [
    `10 mx, 20 ${OURS}, 20 ${SECOND}`,
    { preference: 30 },
    `20 ${OURS}, 20 ${SECOND}`,
    `+30 ${OURS}, +30 ${SECOND}, -20 ${OURS}, -20 ${SECOND}`,
  ],
  [`10 mx, 20 ${OURS}, 20 ${SECOND}`, { preference: 30 }, `20 ${OURS}`, 'preference'],
  [`10 mx, 5 ${OURS}, 20 ${SECOND}`, {}, `5 ${OURS}`, `+20 ${OURS}, -5 ${OURS}`],
  [`10 ${OURS}, 20 ${SECOND}`, {}, '', 'name'],
])('of two names, %s with %j and added %s: %s', (present, wish, added, expected) => {
  expect(plan(present, wish, added, [OURS, SECOND])).toBe(expected);
});

test.each([
  [`10 mx, 20 ${OURS}, 30 mx`, `20 ${OURS}, 40 gone`, `-20 ${OURS}`],
  [`10 mx, 20 ${OURS}, 30 mx`, `20 ${OURS}, 30 mx`, `-20 ${OURS}, -30 mx`],
  [`10 mx, 20 ${OURS}`, '', ''],
  // The primary's own record was taken away meanwhile: the lower one is all that leads to it.
  [`20 ${OURS}, 30 mx`, `20 ${OURS}, 30 mx`, `-20 ${OURS}`],
  [`20 ${OURS}`, `20 ${OURS}`, `-20 ${OURS}`],
])('of %s, where %s was added, unset takes away: %s', (present, added, expected) => {
  expect(said(planUnset({ present: mx(present), added: mx(added), ownNames: [OURS] }))).toBe(expected);
});
