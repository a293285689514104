/**
 * The rows of the overview: one axis of time for all, so that what began together is seen to have begun together.
 *
 * Left of now is the chosen range, right of it the ten days of a lifetime; both are linear, and meet at now.
 */
import { type Html, html, NONE } from '../html.ts';
import { areaPath, type Point, rootHeight, type TimeAxis, timeAxis } from './scale.ts';

export interface BandRow {
  readonly slots: readonly { readonly until: string; readonly heldCount: number }[];
  readonly heldCount: number;
  readonly outages: readonly { readonly startedAt: string; readonly endedAt: string | null }[];
  /** Null: nothing is held. */
  readonly firstExpiryAt: Date | null;
  readonly isLosing: boolean;
  /** The picture in words. */
  readonly words: string;
}

export interface Band {
  readonly now: Date;
  readonly past: TimeAxis;
  readonly future: TimeAxis;
  readonly heightOf: (count: number) => number;
}

const NOW_X = 62;
const HEIGHT = 60;
/** The line on which held mail stands; outages lie below it. */
const GROUND = 46;
const TALLEST = 36;
const HEAD_HEIGHT = 44;
const FUTURE_MS = 10 * 86_400_000;
const LEAST_WIDTH = 0.4;

/** @param most held of any row: one scale for the page */
export function bandOf(now: Date, since: Date, timeZone: string, most: number): Band {
  return {
    now,
    past: timeAxis([since, now], [0, NOW_X], timeZone),
    future: timeAxis([now, new Date(now.getTime() + FUTURE_MS)], [NOW_X, 100], timeZone),
    heightOf: bandHeight(most),
  };
}

/** The scale of a row whose highest value this is. */
export function bandHeight(most: number): Band['heightOf'] {
  return rootHeight(most, TALLEST);
}

/** The names of the two halves, and the times. */
export function bandHead({ past, future }: Band): Html {
  const ticks = [
    ...past.ticks(5).filter(({ x }) => x > 2 && x < NOW_X - 5),
    ...future.ticks(2).filter(({ x }) => x > NOW_X + 6 && x < 97),
  ];
  return html`<span class="picture"><svg height="${HEAD_HEIGHT}" aria-hidden="true">
    <text x="0" y="14">what happened</text><text x="${NOW_X}%" y="14">safe until</text>
    ${ticks.map(({ x, text }, number) => html`<text class="mid${number % 2 === 1 ? ' more' : ''}" x="${x}%" y="34">${text}</text><line class="tick" x1="${x}%" x2="${x}%" y1="39" y2="${HEAD_HEIGHT}" />`)}
    <text class="now mid" x="${NOW_X}%" y="34">now</text>
    <line class="now-line" x1="${NOW_X}%" x2="${NOW_X}%" y1="39" y2="${HEAD_HEIGHT}" />
  </svg></span>`;
}

export function bandRow({ now, past, future, heightOf }: Band, row: BandRow): Html {
  const { slots, heldCount, outages, firstExpiryAt, isLosing, words } = row;
  const point = (x: number, count: number): Point => ({ x: x * 10, y: 1000 - (heightOf(count) / TALLEST) * 1000 });
  const seen = slots.filter(({ until }) => Date.parse(until) < now.getTime());
  const came = [...seen.map((slot) => point(past.x(Date.parse(slot.until)), slot.heldCount)), point(NOW_X, heldCount)];
  const hasHeld = heldCount > 0 || seen.some((slot) => slot.heldCount > 0);
  const tone = isLosing ? 'loss' : 'held';
  const end = firstExpiryAt === null ? null : future.x(firstExpiryAt);
  const height = heightOf(heldCount);
  return html`<span class="picture" role="img" aria-label="${words}"><svg height="${HEIGHT}" aria-hidden="true">
    <line class="axis" x1="0" x2="100%" y1="${GROUND}" y2="${GROUND}" />
    ${hasHeld ? html`<svg y="${GROUND - TALLEST}" width="100%" height="${TALLEST}" viewBox="0 0 1000 1000" preserveAspectRatio="none"><path class="area-held" d="${areaPath(came, 1000)}" /></svg>` : NONE}
    ${end === null ? NONE : html`<rect class="next-${tone}" x="${NOW_X}%" y="${GROUND - height}" width="${share(end - NOW_X)}%" height="${height}" /><line class="cliff-${tone}" x1="${end}%" x2="${end}%" y1="${GROUND - height - 4}" y2="${GROUND + 2}" />`}
    ${outages.map((outage) => bar(outage, past))}
    <line class="now-line" x1="${NOW_X}%" x2="${NOW_X}%" y1="0" y2="${HEIGHT}" />
  </svg></span>`;
}

function bar({ startedAt, endedAt }: BandRow['outages'][number], past: TimeAxis): Html {
  const from = past.x(Date.parse(startedAt));
  const to = endedAt === null ? NOW_X : past.x(Date.parse(endedAt));
  const width = Math.max(LEAST_WIDTH, share(to - from));
  return html`<rect class="bar-${endedAt === null ? 'held' : 'past'}" x="${share(Math.min(from, NOW_X - width))}%" y="${GROUND + 4}" width="${width}%" height="5" rx="2" />`;
}

function share(value: number): number {
  return Math.round(value * 100) / 100;
}
