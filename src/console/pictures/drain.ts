/** The mail that is still with us since the server is back, and when all of it is there at this rate. */
import { type Html, html, NONE } from '../html.ts';
import { countText } from '../words/count.ts';
import { timeText } from '../words/time.ts';
import type { Slot } from './hold.ts';
import { areaPath, countAxis, isMinorTick, linePath, timeAxis } from './scale.ts';

export interface Drain {
  readonly now: Date;
  readonly timeZone: string;
  readonly backAt: Date;
  readonly heldCount: number;
  readonly heldAtEndCount: number | null;
  readonly slots: readonly Slot[];
  /** Null: the rate is not known. */
  readonly etaAt: Date | null;
}

const NOW_X = 60;
const TOP = 50;
const HEIGHT = 150;
const BOTTOM = TOP + HEIGHT;
const AXIS_Y = BOTTOM + 30;
const LEAST_PAST_MS = 10 * 60_000;

/** The beginning of the picture: a little before the server came back. */
export function drainSince(backAt: Date, now: Date): Date {
  return new Date(now.getTime() - Math.max(LEAST_PAST_MS, (now.getTime() - backAt.getTime()) * 1.12));
}

export function drainPicture(drain: Drain): Html {
  const { now, timeZone, backAt, heldCount, heldAtEndCount, etaAt } = drain;
  const past = timeAxis([drainSince(backAt, now), now], [0, NOW_X], timeZone);
  const leftMs = Math.max(60_000, (etaAt?.getTime() ?? 0) - now.getTime());
  const future = timeAxis([now, new Date(now.getTime() + leftMs * 1.12)], [NOW_X, 100], timeZone);
  const before = heldAtEndCount ?? heldCount;
  const counts = countAxis(Math.max(heldCount, before), HEIGHT);
  const point = (x: number, count: number) => ({ x: x * 10, y: (counts.y(count) / HEIGHT) * 1000 });
  const seen = drain.slots
    .filter(({ until }) => Date.parse(until) > backAt.getTime() && Date.parse(until) < now.getTime())
    .map((slot) => point(past.x(Date.parse(slot.until)), slot.heldCount));
  const came = [point(0, before), point(past.x(backAt), before), ...seen, point(NOW_X, heldCount)];
  const back = past.x(backAt);
  const end = etaAt === null ? null : future.x(etaAt);
  const goes = end === null ? [] : [point(NOW_X, heldCount), point(end, 0)];
  const there = etaAt === null ? '' : ` At this rate all of it is there ${timeText(etaAt, now, timeZone)}.`;
  return html`<div class="picture hold" role="img" aria-label="${countText(heldCount)} messages are still with us.${there}">
    <svg height="${AXIS_Y + 12}" aria-hidden="true">
      <text x="0" y="14">still with us</text>
      ${end === null ? NONE : html`<text x="${NOW_X + 1.5}%" y="14">at this rate</text>`}
      ${counts.ticks.map((count) => html`<line class="grid" x1="0" x2="100%" y1="${TOP + counts.y(count)}" y2="${TOP + counts.y(count)}" /><text class="last" x="-8" y="${TOP + counts.y(count) + 4}">${countText(count)}</text>`)}
      <svg y="${TOP}" width="100%" height="${HEIGHT}" viewBox="0 0 1000 1000" preserveAspectRatio="none">
        <path class="area-held" d="${areaPath(came, 1000)}" />
        <path class="area-next" d="${areaPath(goes, 1000)}" />
        <path class="line-dashed" d="${linePath(goes)}" />
      </svg>
      <line class="axis" x1="0" x2="100%" y1="${BOTTOM}" y2="${BOTTOM}" />
      <line class="begun" x1="${back}%" x2="${back}%" y1="34" y2="${BOTTOM + 4}" />
      <text class="fine ${back > NOW_X / 2 ? 'last' : ''}" x="${back}%" dx="${back > NOW_X / 2 ? -6 : 6}" y="40">back ${timeText(backAt, now, timeZone)}</text>
      ${end === null || etaAt === null ? NONE : html`<line class="begun" x1="${end}%" x2="${end}%" y1="34" y2="${BOTTOM + 4}" /><text class="fine last" x="${end}%" dx="-6" y="40">all there ${timeText(etaAt, now, timeZone)}</text><circle class="try-ok" cx="${end}%" cy="${BOTTOM}" r="4.5" />`}
      <line class="now-line" x1="${NOW_X}%" x2="${NOW_X}%" y1="28" y2="${AXIS_Y - 14}" />
      <text class="now mid" x="${NOW_X}%" y="${AXIS_Y}">now</text>
      ${[
        ...past.ticks(4).filter(({ x }) => x < NOW_X - 5),
        ...(end === null ? [] : future.ticks(3).filter(({ x }) => x > NOW_X + 6)),
      ].map(
        ({ x, text }, number) =>
          html`<text class="mid${isMinorTick(number, x, NOW_X) ? ' more' : ''}" x="${x}%" y="${AXIS_Y}">${text}</text>`,
      )}
    </svg>
  </div>`;
}
