/** The outages of the last days on a line of time, each as a bar. */
import { type Html, html } from '../html.ts';
import { counted } from '../words/count.ts';
import { timeAxis } from './scale.ts';

export interface OutageBar {
  readonly startedAt: string;
  /** Null: it is open. */
  readonly endedAt: string | null;
}

const HEIGHT = 64;
const LINE_Y = 52;
/** In percent: a short one is seen too. */
const LEAST_WIDTH = 0.5;

export function outagesPicture(outages: readonly OutageBar[], since: Date, now: Date, timeZone: string): Html {
  const axis = timeAxis([since, now], [0, 100], timeZone);
  return html`<div class="picture" role="img" aria-label="${counted(outages.length, 'outage')}">
    <svg height="${HEIGHT}" aria-hidden="true">
      <line class="axis" x1="0" x2="100%" y1="${LINE_Y}" y2="${LINE_Y}" />
      ${axis
        .ticks(4)
        .filter(({ x }) => x > 4 && x < 92)
        .map(
          ({ x, text }) =>
            html`<text class="mid" x="${x}%" y="14">${text}</text><line class="tick" x1="${x}%" x2="${x}%" y1="20" y2="26" />`,
        )}
      <text class="now last" x="100%" y="14">now</text>
      <line class="now-line" x1="100%" x2="100%" y1="20" y2="${LINE_Y}" />
      ${outages.map(({ startedAt, endedAt }) => {
        const from = axis.x(Date.parse(startedAt));
        const to = endedAt === null ? 100 : axis.x(Date.parse(endedAt));
        const tone = endedAt === null ? 'held' : 'past';
        const width = Math.round(Math.max(LEAST_WIDTH, to - from) * 100) / 100;
        return html`<rect class="bar-${tone}" x="${Math.min(from, 100 - width)}%" y="${LINE_Y - 14}" width="${width}%" height="14" rx="1.5" />`;
      })}
    </svg>
  </div>`;
}
