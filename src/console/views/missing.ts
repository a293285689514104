/** The answer where no page is. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { html } from '../html.ts';
import { pageOf } from './layout.ts';

export function missingPage(request: PageRequest): Promise<PageAnswer> {
  const main = html`<h1 class="sentence">There is no such page.</h1>
    <p><a href="/console">All domains</a></p>`;
  return pageOf(request, { title: 'There is no such page.', main, status: 404 });
}
