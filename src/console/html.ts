/**
 * HTML of the console: the one door of hono/html, whose tag escapes what it is given.
 *
 * What machines and strangers wrote (replies, names, addresses) goes through `shownText`, so that no character in it is unseen or
 * changes the order of the others.
 */
import { html as tagged } from 'hono/html';
import { visible } from '../mail/visible.ts';

/** A piece of a page. */
export type Html = ReturnType<typeof tagged>;

export const html = tagged;

/** Nothing, where a piece may be left out. */
export const NONE: Html = tagged``;

/** As many characters of a text of others as a page shows. */
const MOST_VERBATIM = 500;

/** Text of a machine or a stranger, with its controls spelled out. */
export function shownText(text: string): string {
  const cut = text.length > MOST_VERBATIM ? `${text.slice(0, MOST_VERBATIM)}…` : text;
  return visible(cut);
}

/** Our mark, 20 units wide and high. */
export const LOGO: Html = tagged`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
  <path d="m4 6 6 5 6-5" />
  <path d="M4 13c2-1.6 4-1.6 6 0s4 1.6 6 0" opacity=".75" />
</svg>`;
