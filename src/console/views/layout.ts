/**
 * The frame of every page: head, the mark of being live, and the notice of what was just done.
 */
import { assetPath } from '../assets.ts';
import type { PageAnswer, PageRequest, Visitor } from '../ask.ts';
import { type Html, html, LOGO, NONE } from '../html.ts';

export interface Page {
  /** The first sentence of the page: a phone's tab shows it. */
  readonly title: string;
  /** The tone of the page decides about the colour of its mark. */
  readonly main: Html;
  /** The subscription whose items say that the page has changed, with its variables. */
  readonly live?: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };
  /** Says what was just done. */
  readonly notice?: string | null;
  readonly status?: 200 | 404 | 422 | 503;
}

/** The whole page, signed in. */
export async function pageOf(request: PageRequest, page: Page): Promise<PageAnswer> {
  const { visitor, now } = request;
  const body = html`<a class="skip" href="#main">Skip to the page</a>
    ${header(visitor, page)}
    <main id="main" tabindex="-1">
      ${page.notice == null ? NONE : html`<p class="notice" role="status">${page.notice}</p>`} ${page.main}
    </main>`;
  return {
    kind: 'PAGE',
    status: page.status ?? 200,
    html: await shell({ title: page.title, body, now, live: page.live ?? null, hasScript: true }),
  };
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

function header(visitor: Visitor, page: Page): Html {
  return html`<header class="bar">
    <a class="brand" href="/console"><span class="logo">${LOGO}</span>Backup MX</a>
    <span class="state">
      ${page.live === undefined ? NONE : html`<span id="live" class="live" role="status" hidden>Live</span>`}
      <span class="visitor">${visitor.name}</span>
      <a class="quiet" href="/graphql">GraphiQL</a>
      <form method="post" action="/console/sign-out"><button class="quiet">Sign out</button></form>
    </span>
  </header>`;
}
