/** The life of a message on a line: accepted, tried, the outages meanwhile, and its end, or until when it is kept. */
import { type Html, html, NONE } from '../html.ts';
import { countText, counted } from '../words/count.ts';
import type { Tone } from '../words/labels.ts';
import { expiryText, timeText } from '../words/time.ts';
import { isMinorTick, timeAxis } from './scale.ts';
import { type Try, trySigns } from './tries.ts';

export interface Life {
  readonly now: Date;
  readonly timeZone: string;
  readonly acceptedAt: Date;
  /** Null: it is held. */
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  /** As the page has it: it colours the end. */
  readonly tone: Tone;
  /** Said at its end, such as `handed over`. */
  readonly endText: string;
  readonly tries: readonly Try[];
  readonly outages: readonly { readonly startedAt: string; readonly endedAt: string | null }[];
}

/** In percent: the first and the last sign are whole. */
const LEFT = 1.5;
const RIGHT = 98.5;
/** The place of now while it is held; what is to come takes the rest. */
const NOW_X = 72;
const LINE_Y = 46;
const OUTAGE_Y = 62;
const AXIS_Y = 104;
/** A shorter life has no ticks. */
const LEAST_MS = 10 * 60_000;
/** In percent: a short outage is seen too. */
const LEAST_WIDTH = 0.5;

export function lifePicture(life: Life): Html {
  const { now, timeZone, acceptedAt, endedAt, tone } = life;
  const until = endedAt ?? now;
  const nowX = endedAt === null ? NOW_X : RIGHT;
  const spanMs = Math.max(1, until.getTime() - acceptedAt.getTime());
  const axis = timeAxis([acceptedAt, new Date(acceptedAt.getTime() + spanMs)], [LEFT, nowX], timeZone);
  // Ticks are told to the minute.
  const ticks = spanMs < LEAST_MS ? [] : axis.ticks(5);
  const begun = axis.x(acceptedAt);
  const [away] = life.outages;
  const lineTone = tone === 'loss' ? 'loss' : 'held';
  return html`<div class="picture" role="img" aria-label="${describe(life)}">
    <svg height="${AXIS_Y + 8}" aria-hidden="true">
      <text class="held" x="0" y="18">accepted</text>
      ${endedAt === null ? comingOf(life) : endOf(life, endedAt)}
      ${life.outages.map(({ startedAt, endedAt: over }) => {
        const [x, to] = [axis.x(Date.parse(startedAt)), over === null ? nowX : axis.x(Date.parse(over))];
        const width = Math.round(Math.max(LEAST_WIDTH, to - x) * 100) / 100;
        return html`<rect class="bar-past" x="${Math.min(x, nowX - width)}%" y="${OUTAGE_Y}" width="${width}%" height="6" rx="1.5" />`;
      })}
      <line class="life-${lineTone}" x1="${begun}%" x2="${nowX}%" y1="${LINE_Y}" y2="${LINE_Y}" />
      <circle class="bar-held" cx="${begun}%" cy="${LINE_Y}" r="6" />
      <g class="on-line">${trySigns(life.tries, axis.x, LINE_Y)}</g>
      ${ticks
        .filter(({ x }) => x > LEFT + 5 && x < nowX - 5)
        .map(
          ({ x, text }, number) =>
            html`<text class="mid${isMinorTick(number, x, nowX) ? ' more' : ''}" x="${x}%" y="${AXIS_Y}">${text}</text>`,
        )}
      ${away === undefined ? NONE : html`<text x="${axis.x(Date.parse(away.startedAt))}%" y="${OUTAGE_Y + 21}">server away</text>`}
    </svg>
  </div>`;
}

/** The time that is left, and its end. */
function comingOf({ now, timeZone, expiresAt, tone }: Life): Html {
  const until = `${tone === 'loss' ? 'expires' : 'kept until'} ${expiryText(expiresAt, now, timeZone)}`;
  const kind = tone === 'loss' ? 'loss' : 'held';
  return html`<line class="line-dashed ${kind}" x1="${NOW_X}%" x2="${RIGHT}%" y1="${LINE_Y}" y2="${LINE_Y}" />
    <line class="cliff-${kind}" x1="${RIGHT}%" x2="${RIGHT}%" y1="${LINE_Y - 12}" y2="${LINE_Y + 12}" />
    <text class="${kind} last" x="100%" y="18">${until}</text>
    <line class="now-line" x1="${NOW_X}%" x2="${NOW_X}%" y1="${LINE_Y - 18}" y2="${LINE_Y + 18}" />
    <text class="now mid" x="${NOW_X}%" y="${AXIS_Y}">now</text>`;
}

function endOf({ now, timeZone, tone, endText }: Life, endedAt: Date): Html {
  const kind = tone === 'fine' || tone === 'loss' ? tone : 'past';
  return html`<circle class="bar-${kind}" cx="${RIGHT}%" cy="${LINE_Y}" r="6.5" />
    <text class="${kind} last" x="100%" y="18">${endText} ${timeText(endedAt, now, timeZone)}</text>`;
}

function describe({ acceptedAt, endedAt, expiresAt, endText, tries, outages, now, timeZone }: Life): string {
  const end =
    endedAt === null
      ? `kept until ${expiryText(expiresAt, now, timeZone)}`
      : `${endText} ${timeText(endedAt, now, timeZone)}`;
  const tried = tries.length === 1 ? '1 try' : `${countText(tries.length)} tries`;
  return `Accepted ${timeText(acceptedAt, now, timeZone)}, ${tried}, ${counted(outages.length, 'outage')}, ${end}.`;
}
