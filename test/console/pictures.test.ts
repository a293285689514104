/** The pictures by their numbers: everything lies within them, and what is told at its place. */
import { expect, test } from 'bun:test';
import { bandOf, bandRow } from '../../src/console/pictures/band.ts';
import { barsPicture } from '../../src/console/pictures/bars.ts';
import { drainPicture } from '../../src/console/pictures/drain.ts';
import { type Hold, holdPicture, type Slot } from '../../src/console/pictures/hold.ts';
import { type Life, lifePicture } from '../../src/console/pictures/life.ts';
import { outagesPicture } from '../../src/console/pictures/outages.ts';
import { sparkPicture } from '../../src/console/pictures/spark.ts';
import { countAxis, rootHeight, timeAxis } from '../../src/console/pictures/scale.ts';

const NOW = new Date('2026-12-02T12:00:00Z');
const HOUR_MS = 3_600_000;
const hoursAway = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR_MS);

function slot(hours: number, acceptedCount: number, heldCount: number): Slot {
  return { until: hoursAway(hours).toISOString(), acceptedCount, heldCount };
}

const HOLD: Hold = {
  now: NOW,
  timeZone: 'UTC',
  begunAt: hoursAway(-10),
  heldCount: 100,
  slots: [slot(-9, 40, 40), slot(-5, 60, 100), slot(-1, 0, 100)],
  tries: [
    { at: hoursAway(-9).toISOString(), outcome: 'DEFERRED', latency: 'PT0.03S' },
    { at: hoursAway(-2).toISOString(), outcome: 'DEFERRED', latency: 'PT8S' },
    { at: hoursAway(-1).toISOString(), outcome: 'DELIVERED', latency: 'PT1S' },
  ],
  firstExpiryAt: hoursAway(231),
  lifetimeMs: 240 * HOUR_MS,
  isLosing: false,
  stages: [
    { until: hoursAway(14), text: 'every 15 minutes' },
    { until: hoursAway(110), text: 'every hour' },
    { until: hoursAway(230), text: 'every 2 hours' },
  ],
};

/** All shares of the width that a picture names. */
function shares(svg: string): number[] {
  return [...svg.matchAll(/(?:x|x1|x2|cx)="(-?[\d.]+)%"/g)].map(([, share]) => Number(share));
}

test('what is held lies left of now, what would come right of it, and nothing outside', async () => {
  const svg = String(await holdPicture(HOLD));
  expect(Math.min(...shares(svg))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...shares(svg))).toBeLessThanOrEqual(100);
  const end = hoursAway(235).getTime() - NOW.getTime();
  const first = 60 + (40 * 231 * HOUR_MS) / (end * 1.06);
  const [, cliff = ''] = /class="cliff-held" x1="([\d.]+)%"/.exec(svg) ?? [];
  expect(Number(cliff)).toBeCloseTo(first, 1);
  expect(svg).toContain('expires Sat\u00a012\u00a0Dec');
  expect(svg).not.toContain('loss" x1');
});

test('tries are told apart: no, no after a while, and yes', async () => {
  const svg = String(await holdPicture(HOLD));
  expect(svg.match(/<path class="try"/g)).toHaveLength(1);
  expect(svg.match(/<circle class="try"/g)).toHaveLength(1);
  expect(svg.match(/<circle class="try-ok"/g)).toHaveLength(1);
  const many = Array.from({ length: 61 }, () => HOLD.tries[0]).filter((one) => one !== undefined);
  expect(String(await holdPicture({ ...HOLD, tries: many })).match(/<line class="try"/g)).toHaveLength(61);
});

test('what expires soon is red, and mail of before the first slot expires with the first', async () => {
  const firstExpiryAt = hoursAway(10);
  const svg = String(await holdPicture({ ...HOLD, heldCount: 150, firstExpiryAt, isLosing: true }));
  expect(svg).toContain('class="next-loss"');
  expect(svg).toContain('class="cliff-loss"');
  expect(svg).not.toContain('next-held');
  const nothing = String(await holdPicture({ ...HOLD, heldCount: 0, slots: [], firstExpiryAt: null, tries: [] }));
  expect(nothing).not.toContain('NaN');
  expect(nothing).not.toContain('cliff');
});

test('a drain ends at zero when it is to end; without a rate it has no end', async () => {
  const drain = {
    now: NOW,
    timeZone: 'UTC',
    backAt: hoursAway(-1),
    heldCount: 500,
    heldAtEndCount: 900,
    slots: [slot(-0.5, 0, 700)],
    etaAt: hoursAway(0.5),
  };
  const svg = String(await drainPicture(drain));
  expect(svg).toContain('all there 12:30');
  expect(svg).toContain('back 11:00');
  expect(/class="try-ok" cx="([\d.]+)%"/.exec(svg)?.[1]).toBe(String(Math.round((60 + 40 / 1.12) * 100) / 100));
  const open = String(await drainPicture({ ...drain, etaAt: null }));
  expect(open).not.toContain('all there');
  expect(open).not.toContain('NaN');
});

test('a short outage is seen, and an open one reaches now', async () => {
  const since = hoursAway(-90 * 24);
  const short = { startedAt: hoursAway(-48).toISOString(), endedAt: hoursAway(-47.9).toISOString() };
  const svg = String(
    await outagesPicture([short, { startedAt: hoursAway(-240).toISOString(), endedAt: null }], since, NOW, 'UTC'),
  );
  expect(/class="bar-past" x="[\d.]+%" y="\d+" width="([\d.]+)%"/.exec(svg)?.[1]).toBe('0.5');
  const [, x = '', width = ''] = /class="bar-held" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/.exec(svg) ?? [];
  expect(Number(x) + Number(width)).toBeCloseTo(100, 1);
});

const LIFE: Life = {
  now: NOW,
  timeZone: 'UTC',
  acceptedAt: hoursAway(-10),
  endedAt: null,
  expiresAt: hoursAway(230),
  tone: 'held',
  endText: 'held',
  tries: HOLD.tries,
  outages: [{ startedAt: hoursAway(-12).toISOString(), endedAt: null }],
};

test('the life of a held message: from its beginning to now, and dashed to its end', async () => {
  const svg = String(await lifePicture(LIFE));
  expect(Math.min(...shares(svg))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...shares(svg))).toBeLessThanOrEqual(100);
  expect(svg).toContain('class="life-held" x1="1.5%" x2="72%"');
  // The middle of a life of ten hours, five hours ago, is that of the line.
  const half = {
    ...LIFE,
    tries: [{ at: hoursAway(-5).toISOString(), outcome: 'DELIVERED' as const, latency: 'PT1S' }],
  };
  expect(String(await lifePicture(half))).toContain('class="try-ok" cx="36.75%"');
  // An outage that was there before it is drawn from its beginning.
  expect(svg).toContain('class="bar-past" x="1.5%" y="62" width="70.5%"');
  expect(svg).toContain('kept until Sat\u00a012\u00a0Dec');
  expect(svg).not.toContain('loss');
});

test('the life of a message that expires soon is red; one that has ended ends at the edge', async () => {
  const losing = String(await lifePicture({ ...LIFE, tone: 'loss', expiresAt: hoursAway(10) }));
  expect(losing).toContain('class="life-loss"');
  expect(losing).toContain('expires 22:00');
  const ended = { ...LIFE, tone: 'fine' as const, endedAt: hoursAway(-1), endText: 'handed over' };
  const svg = String(await lifePicture(ended));
  expect(svg).toContain('class="bar-fine" cx="98.5%"');
  expect(svg).toContain('handed over 11:00');
  expect(svg).not.toContain('>now<');
  // It was taken and handed over within the same moment.
  const short = String(await lifePicture({ ...ended, acceptedAt: hoursAway(-1), tries: [], outages: [] }));
  expect(short).not.toContain('NaN');
  expect(short).toContain('class="life-held" x1="1.5%" x2="98.5%"');
  expect(short).not.toMatch(/>\d\d:\d\d</);
});

test('ticks are round in the clocks of whoever looks', () => {
  const axis = timeAxis([hoursAway(-24), NOW], [0, 60], 'Asia/Kolkata');
  for (const { text } of axis.ticks(5)) expect(text).toMatch(/^(?:\d\d:00|[A-Z][a-z]{2})$/);
  expect(axis.x(hoursAway(-12))).toBe(30);
  expect([axis.x(hoursAway(-30)), axis.x(hoursAway(3))]).toEqual([0, 60]);
});

test('counts: whole numbers only, and one among ten thousand is seen', () => {
  expect(countAxis(1, 100).ticks).toEqual([1]);
  expect(countAxis(1204, 100).ticks).toEqual([500, 1000, 1500]);
  const height = rootHeight(10_000, 40);
  expect([height(0), height(1), height(10_000)]).toEqual([0, 1.5, 40]);
});

test('rows of the overview: outages left of now, safety right of it, one held message beside ten thousand', async () => {
  const band = bandOf(NOW, hoursAway(-24), 'UTC', 10_000);
  const row = {
    slots: [{ until: hoursAway(-3).toISOString(), heldCount: 0 }],
    heldCount: 1,
    outages: [
      { startedAt: hoursAway(-30).toISOString(), endedAt: hoursAway(-12).toISOString() },
      { startedAt: hoursAway(-3).toISOString(), endedAt: null },
    ],
    firstExpiryAt: hoursAway(120),
    isLosing: false,
    words: '2 outages',
  };
  const svg = String(await bandRow(band, row));
  const bars = [...svg.matchAll(/class="bar-(\w+)" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g)].map(
    ([, tone, x, width]) => [tone, Number(x), Number(width)],
  );
  expect(bars).toEqual([
    ['past', 0, 31],
    ['held', 54.25, 7.75],
  ]);
  expect(svg).toContain('class="next-held" x="62%" y="44.5" width="19%" height="1.5"');
  expect(svg).toContain('class="cliff-held" x1="81%"');
  const well = String(await bandRow(band, { ...row, heldCount: 0, outages: [], firstExpiryAt: null }));
  expect(well).not.toMatch(/area-held|bar-|next-|NaN/);
});

test('bars stand on each other and on the ground, the smallest is seen, and each says what it is', async () => {
  const bar = (hours: number, ...counts: number[]) => ({
    since: hoursAway(hours),
    until: hoursAway(hours + 12),
    words: `${hours}: ${counts.join(' and ')} <b>`,
    parts: counts.map((count, index) => ({ count, colour: index + 1 })),
  });
  const since = hoursAway(-24);
  const given = { since, until: NOW, timeZone: 'UTC', words: '1,041 refusals' };
  const svg = String(await barsPicture({ ...given, bars: [bar(-24, 30, 10), bar(-12, 1000, 1)] }));
  const rects = [
    ...svg.matchAll(/class="code-(\d)" x="([\d.]+)%" y="([\d.]+)" width="([\d.]+)%" height="([\d.]+)"/g),
  ].map(([, ...numbers]) => numbers.map(Number));
  // The axis ends at 1,500: 150 px high, 12 below the top.
  expect(rects).toEqual([
    [1, 0, 159, 49.6, 3],
    [2, 0, 157, 49.6, 2],
    [1, 50, 62, 49.6, 100],
    [2, 50, 60, 49.6, 2],
  ]);
  expect(svg).toContain('<title>-12: 1000 and 1 &lt;b&gt;</title>');
  expect(svg).toContain('aria-label="1,041 refusals"');
  expect(String(await barsPicture({ ...given, bars: [] }))).not.toMatch(/NaN|Infinity|<rect/);
});

test('a small picture reaches from edge to edge and from nothing to its highest value', async () => {
  const points = [-24, -12, 0].map((hours, index) => ({ at: hoursAway(hours), count: [0, 40, 10][index] ?? 0 }));
  const given = { since: hoursAway(-24), now: NOW, timeZone: 'UTC', points, most: 'most 40', words: 'Held' };
  const svg = String(await sparkPicture(given));
  expect(svg).toContain('d="M0,1000L500,0L1000,750L1000,1000L500,1000L0,1000Z"');
  expect(svg).toContain('most 40');
  const empty = String(await sparkPicture({ ...given, points: [], most: null }));
  expect(empty).not.toMatch(/NaN|Infinity|area-held/);
});
