/** A part of a page with a question of its own: one that fails, or needs a scope, says so alone. */
import type { Asked } from '../ask.ts';
import { type Html, html, NONE } from '../html.ts';

/** @param show returns null where there is nothing to show, and no card */
export async function panel<Data>(
  title: string,
  answer: Promise<Asked<Data>>,
  show: (data: Data) => Html | null,
): Promise<Html> {
  const asked = await answer;
  if (asked.kind === 'DATA') {
    const body = show(asked.data);
    return body === null ? NONE : html`<section class="card">${body}</section>`;
  }
  const text = asked.scope === null ? asked.message : `To see this, a session needs the scope ${asked.scope}.`;
  return html`<section class="card"><h2>${title}</h2><p class="soft">${text}</p></section>`;
}

/** The head of a card: its title, and what is said beside it. */
export function head(title: string, beside: Html | string = ''): Html {
  return html`<div class="card-head"><h2>${title}</h2>${beside === '' ? NONE : html`<p class="soft">${beside}</p>`}</div>`;
}
