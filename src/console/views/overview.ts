/** All domains at a glance: which need a look, most urgent first. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { html } from '../html.ts';
import { noticeOf } from '../forms.ts';
import { summaryQuery } from '../operations/generated.ts';
import { pageOf } from './layout.ts';

export async function overview(request: PageRequest): Promise<PageAnswer> {
  const asked = await request.ask(summaryQuery, {});
  const title = asked.kind === 'DATA' ? `${asked.data.summary.domainCount} domains.` : asked.message;
  return pageOf(request, {
    title,
    section: 'overview',
    main: html`<h1 class="sentence">${title}</h1>`,
    notice: noticeOf(request.query),
    live: { query: 'subscription { summaryChanged { heldCount } }' },
  });
}
