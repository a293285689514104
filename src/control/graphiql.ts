/**
 * GraphiQL as one page without a single request to another host: its scripts, styles and workers are part of it.
 *
 * The page is made at the first call and kept. Around GraphiQL stands what is in graphiql-page/: a bar, a dialog that asks for a
 * token, its small script, and the examples that a first visit finds in tabs. The Content-Security-Policy names both scripts
 * by their hashes and forbids the browser to talk to anybody but us, whatever the page's nine megabytes would like.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ConstantPage } from './constant-page.ts';

/** In the order of their tabs: what only reads comes first. */
const EXAMPLES = [
  { file: 'what-is-held', title: 'What is held?' },
  { file: 'why-is-my-mail-late', title: 'Why is my mail late?' },
  { file: 'watch-outages', title: 'Watch outages' },
  { file: 'retry-now', title: 'Retry now' },
  { file: 'add-a-domain', title: 'Add a domain' },
] as const;

const FAVICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b57b3' d='M1 3h14v10H1z'/%3E%3Cpath fill='none' stroke='%23fff' d='M1 4l7 5 7-5'/%3E%3C/svg%3E";

let page: Promise<ConstantPage> | null = null;

export function loadGraphiql(): Promise<ConstantPage> {
  page ??= makePage();
  return page;
}

async function makePage(): Promise<ConstantPage> {
  // Loaded when somebody looks: it takes memory that a service without a browser has no use for.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const examples = EXAMPLES.map(({ file, title }) => ({ title, query: part(`${file}.graphql`) }));
  // What its types do not know goes to GraphiQL all the same.
  const options: Parameters<typeof renderGraphiQL>[0] & Record<string, unknown> = {
    title: 'Backup MX',
    favicon: FAVICON,
    endpoint: '/graphql',
    // Subscriptions as well.
    method: 'POST',
    // Only where the browser keeps no tabs of an earlier visit.
    defaultTabs: examples.map(({ query }) => ({ query })),
    defaultQuery: '',
    // The token has its own field, and no other header is needed.
    isHeadersEditorEnabled: false,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
    defaultEditorToolsVisibility: false,
    // Otherwise each keystroke goes into the page's address, and addresses of mail into the browser's history.
    onEditQuery: null,
  };
  const links = examples.map(
    ({ title, query }) => `<li><a href="?query=${encodeURIComponent(query)}">${title}</a></li>`,
  );
  const tokenScript = part('token.js');
  const bare = withoutStacks(renderGraphiQL(options));
  const bundle = bare.slice(bare.indexOf('<script>') + '<script>'.length, bare.lastIndexOf('</script>'));
  const html = [
    ['</head>', `<meta name="viewport" content="width=device-width" /><style>${part('page.css')}</style></head>`],
    [
      '<div id="root"></div>',
      `${part('bar.html').replace('{{EXAMPLES}}', links.join(''))}<div id="root"></div><script>${tokenScript}</script>`,
    ],
  ].reduce((html, [anchor = '', text = '']) => replaceFirst(html, anchor, text), bare);
  // A copy with an ArrayBuffer of its own, as a response's body takes it.
  const bytes = new Uint8Array(Buffer.from(html));
  return {
    plain: bytes,
    gzipped: new Uint8Array(await promisify(gzip)(bytes)),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policyOf([tokenScript, bundle]),
      'Cache-Control': 'no-cache',
      Vary: 'Accept',
    },
  };
}

function part(file: string): string {
  return readFileSync(new URL(`graphiql-page/${file}`, import.meta.url), 'utf8');
}

/** Mistakes in a query are shown with their place, not with that of GraphiQL's own code. Throws as replaceFirst. */
function withoutStacks(html: string): string {
  const [found, name] = /\{message:([a-zA-Z$]+)\.message,stack:\1\.stack\}/.exec(html) ?? [];
  return replaceFirst(html, found ?? 'formatting of errors', `{message:${name}.message}`);
}

/** Throws when the page is not as it was when this was written. */
function replaceFirst(html: string, anchor: string, text: string): string {
  const at = html.indexOf(anchor);
  if (at < 0) throw new Error(`GraphiQL's page has no ${anchor}`);
  return html.slice(0, at) + text + html.slice(at + anchor.length);
}

function policyOf(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    // The editor writes style elements as it goes.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
