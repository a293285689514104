/**
 * HTML of the console: the one door of hono/html, whose tag escapes what it is given.
 *
 * What machines and strangers wrote (replies, names, addresses) goes through `verbatim`, so that no character in it is unseen or
 * changes the order of the others. `pathData` and `icon` are the only places where text is not escaped.
 */
import { html as tagged, raw } from 'hono/html';
import { visible } from '../mail/visible.ts';

/** A piece of a page. */
export type Html = ReturnType<typeof tagged>;

export const html = tagged;

/** Nothing, where a piece may be left out. */
export const NONE: Html = tagged``;

/** As many characters of a text of others as a page shows. */
const MOST_VERBATIM = 500;

/** Text of a machine or a stranger, in the typeface of machines, with its controls spelled out. */
export function verbatim(text: string): Html {
  return tagged`<code>${shownText(text)}</code>`;
}

/** The same without the typeface, for names and addresses. */
export function shownText(text: string): string {
  const cut = text.length > MOST_VERBATIM ? `${text.slice(0, MOST_VERBATIM)}…` : text;
  return visible(cut);
}

/** Coordinates of a picture (d3-shape). Throws if it is anything else. */
export function pathData(d: string): Html {
  if (!/^[-MLHVCSQTAZ\d.,\se]*$/i.test(d)) throw new Error('no path');
  return raw(d);
}

const ICONS = {
  overview: '<path d="M2 12.5c2-4 4-4 6 0s4 3 8-3"/><path d="M2 16.5h16"/>',
  find: '<circle cx="9" cy="9" r="5.5"/><path d="m13 13 4.5 4.5"/>',
  refusals: '<circle cx="10" cy="10" r="7"/><path d="m5 5 10 10"/>',
  settings: '<path d="M3 6h5m4 0h5M10 4v4M3 14h9m4 0h1M13 12v4"/>',
  service:
    '<rect x="3" y="3.5" width="14" height="5.5" rx="1"/><rect x="3" y="11" width="14" height="5.5" rx="1"/><path d="M6 6.2h.01M6 13.8h.01"/>',
  logo: '<path d="m4 6 6 5 6-5"/><path d="M4 13c2-1.6 4-1.6 6 0s4 1.6 6 0" opacity=".75"/>',
} as const;

/** A drawing of ours, 20 units wide and high. */
export function icon(name: keyof typeof ICONS): Html {
  return tagged`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${raw(ICONS[name])}</svg>`;
}
