/**
 * The mail held for a domain: how it came, and how it would expire if nothing changed. Two scales of time meet at now.
 */
import { type Html, html, NONE } from '../html.ts';
import type { DomainFlowQuery } from '../operations/generated.ts';
import { countText } from '../words/count.ts';
import { expiryText } from '../words/time.ts';
import { areaPath, countAxis, isMinorTick, linePath, type Point, timeAxis } from './scale.ts';
import { type Try, trySigns } from './tries.ts';

export type Slot = NonNullable<DomainFlowQuery['domain']>['flow'][number];

/** A part of the schedule: tries every `intervalMs` until an instant. */
export interface Stage {
  readonly until: Date;
  readonly text: string;
}

export interface Hold {
  readonly now: Date;
  readonly timeZone: string;
  readonly begunAt: Date;
  readonly heldCount: number;
  readonly slots: readonly Slot[];
  readonly tries: readonly Try[];
  /** When the oldest message expires. Null: nothing is held. */
  readonly firstExpiryAt: Date | null;
  /** From the accepting of a message to the end of its lifetime. */
  readonly lifetimeMs: number;
  readonly isLosing: boolean;
  readonly stages: readonly Stage[];
}

/** The place of now, in percent. */
const NOW_X = 60;
const TOP = 50;
const HEIGHT = 164;
const BOTTOM = TOP + HEIGHT;
const TRIES_Y = 240;
const AXIS_Y = 282;
const TOTAL = 294;
const LEAST_PAST_MS = 30 * 60_000;
/** In percent: a stage that is narrower has no text. */
const STAGE_TEXT_WIDTH = 10;

/** The beginning of the picture: that of the trouble, and a little before it. */
export function holdSince(begunAt: Date, now: Date): Date {
  const past = Math.max(LEAST_PAST_MS, (now.getTime() - begunAt.getTime()) * 1.06);
  return new Date(now.getTime() - past);
}

export function holdPicture(hold: Hold): Html {
  const { now, timeZone, begunAt, heldCount, firstExpiryAt, isLosing } = hold;
  const falling = fallOf(hold);
  const past = timeAxis([holdSince(begunAt, now), now], [0, NOW_X], timeZone);
  const end = Math.max(falling.at(-1)?.at ?? 0, now.getTime() + 60_000);
  const future = timeAxis([now, new Date(now.getTime() + (end - now.getTime()) * 1.06)], [NOW_X, 100], timeZone);
  const most = Math.max(heldCount, ...hold.slots.map((slot) => slot.heldCount));
  const counts = countAxis(most, HEIGHT);
  const tone = isLosing ? 'loss' : 'held';
  const y = (count: number): number => TOP + counts.y(count);
  const box = (points: readonly { readonly x: number; readonly count: number }[]): Point[] =>
    points.map(({ x, count }) => ({ x: x * 10, y: (counts.y(count) / HEIGHT) * 1000 }));
  const came = box([
    ...hold.slots
      .filter(({ until }) => Date.parse(until) < now.getTime())
      .map(({ until, heldCount: count }) => ({ x: past.x(Date.parse(until)), count })),
    { x: NOW_X, count: heldCount },
  ]);
  const goes = box(falling.map(({ at, count }) => ({ x: future.x(at), count })));
  const cliff = firstExpiryAt === null ? null : future.x(firstExpiryAt);
  const begun = past.x(begunAt);
  return html`<div class="picture hold" role="img" aria-label="${describe(hold)}">
    <svg height="${TOTAL}" aria-hidden="true">
      ${hatches}
      <text x="0" y="14">held by us</text>
      <text x="${NOW_X + 1.5}%" y="14">if nothing changes</text>
      ${counts.ticks.map((count) => html`<line class="grid" x1="0" x2="100%" y1="${y(count)}" y2="${y(count)}" /><text class="last" x="-8" y="${y(count) + 4}">${countText(count)}</text>`)}
      ${cliff === null ? NONE : html`<rect class="next-${tone}" x="${NOW_X}%" y="${y(heldCount)}" width="${width(NOW_X, cliff)}%" height="${BOTTOM - y(heldCount)}" />`}
      <svg y="${TOP}" width="100%" height="${HEIGHT}" viewBox="0 0 1000 1000" preserveAspectRatio="none">
        <path class="area-held" d="${areaPath(came, 1000)}" />
        <path class="line-dashed ${tone}" d="${linePath(goes)}" />
      </svg>
      <line class="axis" x1="0" x2="100%" y1="${BOTTOM}" y2="${BOTTOM}" />
      <line class="begun" x1="${begun}%" x2="${begun}%" y1="36" y2="${BOTTOM + 4}" />
      ${cliff === null ? NONE : cliffMark(cliff, `expires ${expiryText(firstExpiryAt ?? now, now, timeZone)}`, tone)}
      ${stagesOf(hold, future.x)} <text class="last" x="-8" y="${TRIES_Y + 4}">tries</text>${trySigns(hold.tries, past.x, TRIES_Y)}
      <line class="now-line" x1="${NOW_X}%" x2="${NOW_X}%" y1="28" y2="${AXIS_Y - 14}" />
      <text class="now mid" x="${NOW_X}%" y="${AXIS_Y}">now</text>
      ${[...past.ticks(5).filter(({ x }) => x < NOW_X - 5), ...future.ticks(4).filter(({ x }) => x > NOW_X + 6)].map(
        ({ x, text }, number) =>
          html`<text class="mid${isMinorTick(number, x, NOW_X) ? ' more' : ''}" x="${x}%" y="${AXIS_Y}">${text}</text>`,
      )}
    </svg>
  </div>`;
}

function width(from: number, to: number): number {
  return Math.round((to - from) * 100) / 100;
}

function cliffMark(x: number, text: string, tone: string): Html {
  const anchor = x > NOW_X + 20 ? 'last' : '';
  return html`<line class="cliff-${tone}" x1="${x}%" x2="${x}%" y1="36" y2="${BOTTOM + 4}" />
    <text class="${tone} ${anchor}" x="${x}%" dx="${anchor === '' ? 6 : -6}" y="40">${text}</text>`;
}

/** Each message ends its lifetime as long after it came as all others. */
function fallOf({
  now,
  heldCount,
  slots,
  firstExpiryAt,
  lifetimeMs,
}: Hold): readonly { readonly at: number; readonly count: number }[] {
  if (firstExpiryAt === null) return [];
  const first = Math.max(now.getTime(), firstExpiryAt.getTime());
  let left = heldCount;
  const came: { at: number; count: number }[] = [];
  for (const { until, acceptedCount } of slots.toReversed()) {
    if (left === 0) break;
    const count = Math.min(left, acceptedCount);
    if (count > 0) came.push({ at: Math.max(first, Date.parse(until) + lifetimeMs), count });
    left -= count;
  }
  const falling = [
    { at: now.getTime(), count: heldCount },
    { at: first, count: heldCount },
  ];
  let rest = heldCount - left;
  if (left > 0) falling.push({ at: first, count: rest });
  for (const { at, count } of came.toReversed()) {
    rest -= count;
    falling.push({ at, count: rest });
  }
  return falling;
}

function stagesOf({ stages, now, firstExpiryAt }: Hold, x: (at: Date) => number): Html {
  if (firstExpiryAt === null) return NONE;
  let from = NOW_X;
  const shown = stages.map(({ until, text }, number) => {
    const begin = from;
    const end = Math.min(x(until), x(firstExpiryAt));
    from = Math.max(from, end);
    if (until <= now || end <= begin) return NONE;
    const label =
      end - begin < STAGE_TEXT_WIDTH
        ? NONE
        : html`<text class="mid more" x="${width(0, (begin + end) / 2)}%" y="${TRIES_Y + 17}">${text}</text>`;
    return html`<rect class="step-${Math.min(number + 1, 3)}" x="${begin}%" y="${TRIES_Y - 2}" width="${width(begin, end)}%" height="4" rx="2" />${label}`;
  });
  return html`${shown}`;
}

function describe({ heldCount, firstExpiryAt, now, timeZone, tries }: Hold): string {
  const until = firstExpiryAt === null ? '' : ` The first would expire ${expiryText(firstExpiryAt, now, timeZone)}.`;
  return `${countText(heldCount)} held now, after ${countText(tries.length)} tries.${until}`;
}

/** Hatching is what is not yet. */
export const hatches: Html = html`<defs>
  ${['held', 'loss'].map(
    (
      tone,
    ) => html`<pattern id="hatch-${tone}" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="8" height="8" class="hatch-${tone}-ground" /><line x1="0" x2="0" y1="0" y2="8" class="hatch-${tone}" />
    </pattern>`,
  )}
</defs>`;
