/** The frame of the pages below a domain: the way to the others, and its name. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type { SentencePart } from '../words/overview-sentence.ts';
import { pageOf } from './layout.ts';

const PLACES = {
  domain: { path: '', text: 'Now', scope: null },
  mx: { path: '/mx', text: 'MX records', scope: null },
  settings: { path: '/settings', text: 'Settings', scope: null },
} as const;

export type DomainPlace = keyof typeof PLACES;

export function domainNav({ visitor }: PageRequest, name: string, current: DomainPlace): Html {
  const base = `/console/d/${encodeURIComponent(name)}`;
  const seen = Object.entries(PLACES).filter(([, { scope }]) => scope === null || visitor.scopes.includes(scope));
  return html`<p class="crumbs"><a href="/console">Domains</a> / ${current === 'domain' ? NONE : html`<a href="${base}">`}${shownText(name)}${current === 'domain' ? NONE : html`</a>`}</p>
    <nav class="subnav" aria-label="Of this domain">${seen.map(
      ([place, { path, text }]) =>
        html`<a href="${base}${path}"${place === current ? html` aria-current="page"` : NONE}>${text}</a>`,
    )}</nav>`;
}

export interface DomainPart {
  readonly name: string;
  readonly current: DomainPlace;
  readonly sentence: readonly SentencePart[];
  readonly main: Html;
}

export function domainPart(request: PageRequest, { name, current, sentence, main }: DomainPart): Promise<PageAnswer> {
  return pageOf(request, {
    title: `${name}: ${sentence[0]?.text ?? ''}`,
    notice: noticeOf(request.query),
    place: 'overview',
    main: html`${domainNav(request, name, current)}
      <h1 class="sentence">${sentence.map(({ text, part }) => html`<span class="${part}">${shownText(text)}</span> `)}</h1>${main}`,
  });
}

/** A page that could not be made says why. */
export function refusedPart(request: PageRequest, message: string): Promise<PageAnswer> {
  const main = html`<h1 class="sentence">${message}</h1>`;
  return pageOf(request, { title: 'Backup MX', main, status: 503, place: 'overview' });
}
