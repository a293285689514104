/** The frame of the pages of settings: their sentence, the way from one to the other, and the things that each lists. */
import type { Asked, PageAnswer, PageRequest } from '../ask.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type { Tone } from '../words/labels.ts';
import type { SentencePart } from '../words/overview-sentence.ts';
import { pageOf } from './layout.ts';
import type { TodoItem } from './todo-item.ts';

const PLACES = {
  contacts: { path: '/console/settings/contacts', text: 'Alert contacts', scope: 'WEBHOOK_READ' },
  webhooks: { path: '/console/settings/webhooks', text: 'Webhooks', scope: 'WEBHOOK_READ' },
  tokens: { path: '/console/settings/tokens', text: 'Tokens', scope: 'TOKEN_READ' },
  sessions: { path: '/console/settings/sessions', text: 'Sessions', scope: null },
} as const;

export type SettingsPlace = keyof typeof PLACES;

/** Leads to the first page that this session may see. */
export async function settingsPage({ visitor }: PageRequest): Promise<PageAnswer> {
  const seen = Object.values(PLACES).find(({ scope }) => scope === null || visitor.scopes.includes(scope));
  return { kind: 'REDIRECT', to: seen?.path ?? PLACES.sessions.path };
}

export interface SettingsPage {
  readonly current: SettingsPlace;
  readonly sentence: readonly SentencePart[];
  /** Null: it is a list, or says nothing of how it is. */
  readonly label?: { readonly text: string; readonly tone: Tone };
  /** The name of the one thing that it is about; its list is one step up. */
  readonly name?: string;
  readonly main: Html;
  /** Those whose forms have a place in `main`. */
  readonly items?: readonly TodoItem[];
}

export function framed(
  request: PageRequest,
  { current, sentence, label, name, main, items = [] }: SettingsPage,
): Promise<PageAnswer> {
  const { scopes } = request.visitor;
  const seen = Object.entries(PLACES).filter(([, { scope }]) => scope === null || scopes.includes(scope));
  const { path, text: up } = PLACES[current];
  return pageOf(request, {
    title: sentence[0]?.text ?? up,
    notice: noticeOf(request.query) || null,
    place: 'settings',
    main: html`<nav class="subnav" aria-label="Settings">${seen.map(
      ([place, { path: to, text }]) =>
        html`<a href="${to}"${place === current ? html` aria-current="${name === undefined ? 'page' : 'true'}"` : NONE}>${text}</a>`,
    )}</nav>
      ${name === undefined ? NONE : html`<p class="crumbs"><a href="${path}">${up}</a> / <span>${shownText(name)}</span></p>`}
      ${label === undefined ? NONE : html`<p class="pill tone ${label.tone}">${label.text}</p>`}
      <h1 class="sentence">${sentence.map(({ text, part }) => html`<span class="${part}">${shownText(text)}</span> `)}</h1>
      ${unplaced(request, items)}${main}`,
  });
}

/** A form that has no place on its page, or none any more, comes back as a notice. */
function unplaced({ submitted }: PageRequest, items: readonly TodoItem[]): Html {
  if (submitted === null || submitted.told !== null || items.some(({ verb }) => verb === submitted.verb)) return NONE;
  const text = [...submitted.errors.values()].join(' ');
  return html`<p class="notice attention" role="alert">${shownText(text)}</p>`;
}

/** A page that could not be made says why. */
export function refusedPage<Data>(
  request: PageRequest,
  current: SettingsPlace,
  asked: Extract<Asked<Data>, { kind: 'REFUSED' }>,
): Promise<PageAnswer> {
  const text = asked.scope === null ? asked.message : `To see this, a session needs the scope ${asked.scope}.`;
  return framed(request, { current, sentence: [{ text, part: 'first' }], main: NONE });
}

/** The owner, where an operator sees the things of all tenants. */
export function ownerOf({ visitor }: PageRequest, { tenant }: { readonly tenant: { readonly name: string } }): Html {
  return visitor.isOperator ? html` <span class="soft">${shownText(tenant.name)}</span>` : NONE;
}

/** A name, as of `domains`; null stands for all. */
export function domainsText(domains: readonly string[] | null): string {
  if (domains === null) return 'All domains';
  const shown = domains.slice(0, 3).map((domain) => shownText(domain));
  return domains.length <= 3 ? shown.join(', ') : `${shown.join(', ')} and ${domains.length - 3} more`;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

export function pager(path: string, { hasNextPage, endCursor }: PageInfo): Html {
  if (!hasNextPage || endCursor === null) return NONE;
  return html`<p class="pager"><a class="button" href="${path}?after=${encodeURIComponent(endCursor)}">More</a></p>`;
}

/** Facts about one thing, in words; what is not known is left out. */
export function facts(pairs: readonly (readonly [label: string, text: Html | string | null])[]): Html {
  return html`<dl class="facts">${pairs.map(([label, text]) => (text === null ? NONE : html`<dt>${label}</dt><dd>${text}</dd>`))}</dl>`;
}
