/**
 * The frame of every page: head, the mark of being live, and the notice of what was just done.
 */
import { assetPath } from '../assets.ts';
import type { PageAnswer, PageRequest, Told, Visitor } from '../ask.ts';
import { type Html, html, LOGO, NONE } from '../html.ts';

export interface Page {
  /** The first sentence of the page: a phone's tab shows it. */
  readonly title: string;
  /** The tone of the page decides about the colour of its mark. */
  readonly main: Html;
  /** The main link that leads here, or to the page above. */
  readonly place?: Place;
  /** The subscription whose items say that the page has changed, with its variables. */
  readonly live?: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };
  /** Says what was just done. */
  readonly notice?: string | null;
  readonly status?: 200 | 404 | 422 | 503;
}

interface Link {
  readonly path: string;
  readonly text: string;
  /** The path of its sign, in a box of 20 by 20. */
  readonly d: string;
  /** Null: everybody has it. */
  readonly scope: string | null;
  readonly isForOperator?: boolean;
}

const PLACES = {
  overview: { path: '/console', text: 'Overview', d: 'M2 14c3-8 5-8 7-3s4 5 9-1M2 17h16', scope: 'DOMAIN_READ' },
  find: {
    path: '/console/find',
    text: 'Find mail',
    d: 'M13 8.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0ZM12 12l5 5',
    scope: 'QUEUE_READ',
  },
  refusals: {
    path: '/console/refusals',
    text: 'Refusals',
    d: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM5.2 5.2l9.6 9.6',
    scope: 'QUEUE_READ',
  },
  service: {
    path: '/console/service',
    text: 'Service',
    d: 'M3 4h14v5H3ZM3 11h14v5H3ZM6 6.5h.01M6 13.5h.01',
    scope: 'DOMAIN_READ',
    isForOperator: true,
  },
  settings: {
    path: '/console/settings',
    text: 'Settings',
    d: 'M3 6h8M15 6h2M3 14h2M9 14h8M11 6a2 2 0 1 0 4 0 2 2 0 1 0-4 0M5 14a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
    scope: null,
  },
} as const satisfies Readonly<Record<string, Link>>;

export type Place = keyof typeof PLACES;

function links({ scopes, isOperator }: Visitor, current: Place | undefined, className: string): Html {
  const places = Object.entries<Link>(PLACES).filter(
    ([, { scope, isForOperator = false }]) =>
      (scope === null || scopes.includes(scope)) && (isOperator || !isForOperator),
  );
  return html`<nav class="${className}" aria-label="Pages">${places.map(
    ([place, { path, text, d }]) => html`<a href="${path}"${place === current ? html` aria-current="page"` : NONE}
      ><svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${d}" /></svg>${text}</a
    >`,
  )}</nav>`;
}

/** The whole page, signed in. */
export async function pageOf(request: PageRequest, page: Page): Promise<PageAnswer> {
  const { visitor, now, submitted } = request;
  // The address of a form that came back is no page, which could be asked for again.
  const live = submitted === null ? page.live : undefined;
  const body = html`<a class="skip" href="#main">Skip to the page</a>
    ${header(visitor, page.place, live !== undefined)}
    <main id="main" tabindex="-1">
      ${page.notice == null ? NONE : html`<p class="notice" role="status">${page.notice}</p>`}
      ${submitted?.told == null ? NONE : secretTold(submitted.told)} ${page.main}
    </main>
    ${links(visitor, page.place, 'tabs')}${SIGNED_OUT}`;
  return {
    kind: 'PAGE',
    status: page.status ?? 200,
    html: await shell({ title: page.title, body, now, live: live ?? null, hasScript: true }),
  };
}

/** Shown by the script when the session has ended, so that nothing that was typed is lost. */
const SIGNED_OUT = html`<dialog id="signed-out" aria-labelledby="signed-out-title"><h2 id="signed-out-title">Your session has ended</h2>
  <p>What you typed here stays. Sign in in the other window, then go on here.</p>
  <form method="dialog" class="row"><a class="button primary" href="/console/sign-in" target="_blank" rel="noopener">Sign in</a>
    <button>Go on</button></form></dialog>`;

function secretTold({ text, secret }: Told): Html {
  if (secret === null) return html`<p class="notice attention" role="status">${text}</p>`;
  return html`<section class="card first secret" role="status"><h2>${text}</h2>
    <pre tabindex="0" aria-label="The secret">${secret}</pre>
    <p class="soft">It is shown this once. Whoever has it can do what it allows: keep it where you keep passwords.</p></section>`;
}

interface Shell {
  readonly title: string;
  readonly body: Html;
  readonly now: Date;
  readonly live: Page['live'] | null;
  readonly hasScript: boolean;
}

/** The document around a body. */
export async function shell({ title, body, now, live, hasScript }: Shell): Promise<string> {
  const scripts = html`<script src="${assetPath('idiomorph.js')}" defer></script>
    <script src="${assetPath('app.js')}" defer></script>`;
  const subscription = live == null ? '' : JSON.stringify({ query: live.query, variables: live.variables ?? {} });
  const document = await html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="icon" href="${assetPath('icon.svg')}" />
    <link rel="stylesheet" href="${assetPath('app.css')}" />
    ${hasScript ? scripts : NONE}
  </head>
  <body data-now="${now.toISOString()}" data-live="${subscription}">
    ${body}
  </body>
</html>`;
  return document.toString();
}

function header(visitor: Visitor, place: Place | undefined, isLive: boolean): Html {
  return html`<header class="bar">
    <a class="brand" href="/console"><span class="logo">${LOGO}</span>Backup MX</a>
    ${links(visitor, place, 'links')}
    <span class="state">
      ${!isLive ? NONE : html`<span id="live" class="live" role="status" hidden>Live</span>`}
      <span class="visitor">${visitor.name}</span>
      <a class="quiet" href="/graphql">GraphiQL</a>
      <form method="post" action="/console/sign-out"><button class="quiet">Sign out</button></form>
    </span>
  </header>`;
}
