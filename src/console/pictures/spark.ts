/** A small picture of a count over the last hours: an area, its highest value, and where it begins and ends. */
import { type Html, html, NONE } from '../html.ts';
import { areaPath, type Point, timeAxis } from './scale.ts';

export interface Spark {
  readonly since: Date;
  readonly now: Date;
  readonly timeZone: string;
  readonly points: readonly { readonly at: Date; readonly count: number }[];
  /** The highest value in words; null: nothing is there. */
  readonly most: string | null;
  /** The picture in words. */
  readonly words: string;
}

const TOP = 18;
const HEIGHT = 40;
const BOTTOM = TOP + HEIGHT;

export function sparkPicture({ since, now, timeZone, points, most, words }: Spark): Html {
  const axis = timeAxis([since, now], [0, 100], timeZone);
  const highest = Math.max(1, ...points.map(({ count }) => count));
  const shape = points.map(({ at, count }): Point => ({ x: axis.x(at) * 10, y: 1000 - (count / highest) * 1000 }));
  const ticks = axis.ticks(4).filter(({ x }) => x > 6 && x < 92);
  return html`<div class="picture" role="img" aria-label="${words}"><svg height="${BOTTOM + 20}" aria-hidden="true">
    <text x="0" y="12">${most ?? ''}</text>
    ${most === null ? NONE : html`<svg y="${TOP}" width="100%" height="${HEIGHT}" viewBox="0 0 1000 1000" preserveAspectRatio="none"><path class="area-held" d="${areaPath(shape, 1000)}" /></svg>`}
    <line class="axis" x1="0" x2="100%" y1="${BOTTOM}" y2="${BOTTOM}" />
    ${ticks.map(({ x, text }) => html`<text class="mid" x="${x}%" y="${BOTTOM + 16}">${text}</text>`)}
  </svg></div>`;
}
