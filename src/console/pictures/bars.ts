/** Counts in steps of time as stacked bars, each of which says in words what it stands for. */
import { type Html, html } from '../html.ts';
import { countText } from '../words/count.ts';
import { countAxis, timeAxis } from './scale.ts';

export interface Bar {
  readonly since: Date;
  readonly until: Date;
  /** The bar in words. */
  readonly words: string;
  /** From the bottom up. */
  readonly parts: readonly BarPart[];
}

export interface BarPart {
  /** The number of the colour, 1 to 6. */
  readonly colour: number;
  readonly count: number;
}

export interface Bars {
  readonly since: Date;
  readonly until: Date;
  readonly timeZone: string;
  readonly bars: readonly Bar[];
  /** The picture in words. */
  readonly words: string;
}

const TOP = 12;
const HEIGHT = 150;
const BOTTOM = TOP + HEIGHT;
const AXIS_Y = BOTTOM + 24;
/** Between two bars, in percent. */
const GAP = 0.4;
/** In pixels: one among thousands is seen too. */
const LEAST_HEIGHT = 2;

export function barsPicture({ since, until, timeZone, bars, words }: Bars): Html {
  const time = timeAxis([since, until], [0, 100], timeZone);
  const most = Math.max(0, ...bars.map(({ parts }) => parts.reduce((sum, { count }) => sum + count, 0)));
  const counts = countAxis(most, HEIGHT);
  const ticks = time.ticks(7).filter(({ x }) => x > 2 && x < 96);
  return html`<div class="picture hold" role="img" aria-label="${words}"><svg height="${AXIS_Y + 8}" aria-hidden="true">
    ${counts.ticks.map((count) => html`<line class="grid" x1="0" x2="100%" y1="${TOP + counts.y(count)}" y2="${TOP + counts.y(count)}" /><text class="last" x="-8" y="${TOP + counts.y(count) + 4}">${countText(count)}</text>`)}
    ${bars.map((bar) => stacked(bar, time.x(bar.since), time.x(bar.until), counts.y))}
    <line class="axis" x1="0" x2="100%" y1="${BOTTOM}" y2="${BOTTOM}" />
    ${ticks.map(({ x, text }, number) => html`<text class="mid${number % 2 === 1 ? ' more' : ''}" x="${x}%" y="${AXIS_Y}">${text}</text>`)}
  </svg></div>`;
}

function stacked({ parts, words }: Bar, from: number, to: number, y: (count: number) => number): Html {
  const width = Math.max(GAP, rounded(to - from - GAP));
  let below = 0;
  const rects = parts.map(({ colour, count }) => {
    const bottom = y(below);
    below += count;
    const top = Math.min(y(below), bottom - LEAST_HEIGHT);
    return html`<rect class="code-${colour}" x="${from}%" y="${rounded(TOP + top)}" width="${width}%" height="${rounded(bottom - top)}" />`;
  });
  return html`<g class="stack-bar"><title>${words}</title>${rects}</g>`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
