/** The one field that takes whatever somebody can read out. */
import { type Html, html, NONE } from '../html.ts';

const WHAT = 'A domain, an address, a message id or a reference';

/** @param value as it was typed; it stays in the field */
export function findField(value = ''): Html {
  const focus = value === '' ? NONE : html` value="${value}"`;
  return html`<form method="get" action="/console/find" class="find" role="search">
    <label class="unseen" for="find">Find a domain, an address, a message id or a reference</label>
    <input id="find" type="search" name="q" placeholder="${WHAT}" autocomplete="off" autocapitalize="off" spellcheck="false"${focus} />
    <button class="primary">Find</button>
  </form>`;
}
