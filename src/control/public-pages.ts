/**
 * The pages that need no token: health, metrics, the schema, GraphiQL, and those that explain our refusals.
 *
 * Each answer has its place in a room until it is taken, so that clients that read nothing do not fill the memory.
 */
import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { type Context as HttpContext, Hono } from 'hono';
import { monotonicMs } from '../clock.ts';
import { createPublicRoom } from './admission/answer-room.ts';
import type { Billing } from './admission/billing.ts';
import { POST_ONLY } from './admission/refusals.ts';
import { constantPage, encoded, type Encoded } from './constant-page.ts';
import { errorPage } from './error-page.ts';
import { loadGraphiql } from './graphiql.ts';
import { rejectPage } from './reject-pages.ts';

/** For pages of ours that hold no script. */
const PLAIN_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HTML = { 'Content-Type': 'text/html; charset=UTF-8', 'Content-Security-Policy': PLAIN_POLICY };
const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=UTF-8' };
/** A page of some megabytes takes some 15 ms of the processor. */
const PAGE_COST = 6_000;
const RETRY_SECONDS = 2;

export interface PageParts {
  /** False: only health and metrics are served. */
  readonly isControl: boolean;
  readonly strangerNetwork: (address: string) => string | null;
  readonly readiness: () => Promise<readonly string[]>;
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly service: { readonly egressAddresses: readonly string[] };
}

export interface PublicDeps {
  readonly billing: Billing;
  readonly sdl: string;
}

type PageContext = HttpContext<{ Bindings: HttpBindings }>;

export function createPublicPages(parts: PageParts, { billing, sdl }: PublicDeps): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const room = createPublicRoom(parts.strangerNetwork);

  function tell(c: PageContext, { body, headers }: Encoded, status: 200 | 404 | 503 = 200): Response {
    const { incoming, outgoing } = c.env;
    const hasRoom = room.holdAnswer(incoming.socket.remoteAddress ?? '', body.length, over(outgoing));
    return hasRoom ? c.body(body, status, headers) : tellBusy(c, 503, RETRY_SECONDS);
  }

  app.get('/healthz', (c) => tell(c, { body: 'ok\n', headers: PLAIN_TEXT }));
  app.get('/readyz', async (c) => {
    const reasons = await parts.readiness();
    const body = JSON.stringify({ ready: reasons.length === 0, reasons });
    return tell(c, { body, headers: { 'Content-Type': 'application/json' } }, reasons.length === 0 ? 200 : 503);
  });
  const renderMetrics = onceASecond(parts.renderMetrics);
  app.get('/metrics', async (c) => {
    const { contentType, body } = await renderMetrics();
    return tell(c, { body, headers: { 'Content-Type': contentType } });
  });
  if (!parts.isControl) return app;

  const schema = constantPage(sdl, PLAIN_TEXT);
  const graphiql = async (c: PageContext): Promise<Response> => {
    const { incoming, outgoing } = c.env;
    const address = incoming.socket.remoteAddress ?? null;
    const seconds = billing.waitOfStranger(address);
    if (seconds > 0) return tellBusy(c, 429, seconds);
    billing.chargeStranger(address, PAGE_COST);
    if (!room.holdPage(address ?? '', over(outgoing))) return tellBusy(c, 503, RETRY_SECONDS);
    const { body, headers } = encoded(await loadGraphiql(), c.req.header('Accept-Encoding') ?? '');
    return c.body(body, 200, headers);
  };
  app.get('/schema.graphql', (c) => tell(c, encoded(schema, c.req.header('Accept-Encoding') ?? '')));
  app.get('/egress.txt', (c) => {
    const body = parts.service.egressAddresses.map((address) => `${address}\n`).join('');
    return tell(c, { body, headers: PLAIN_TEXT });
  });
  const errors = constantPage(errorPage(), HTML);
  app.get('/errors', (c) => tell(c, encoded(errors, c.req.header('Accept-Encoding') ?? '')));
  app.get('/reject/:code?', (c) => {
    const page = rejectPage(c.req.param('code') ?? '');
    return tell(c, { body: page.html, headers: HTML }, page.status);
  });
  app.all('/graphql', async (c) =>
    c.req.method === 'GET' && wantsHtml(c) ? graphiql(c) : c.json(POST_ONLY, 405, { Allow: 'POST' }),
  );
  app.get('/', async (c) =>
    wantsHtml(c)
      ? c.redirect('/console', 302)
      : tell(c, { body: 'Backup MX: POST /graphql, GET /schema.graphql, GET /console\n', headers: PLAIN_TEXT }),
  );
  return app;
}

/** The same for all who ask within a second; one that failed is asked for again. */
function onceASecond<T>(render: () => Promise<T>): () => Promise<T> {
  let latest: { readonly rendered: Promise<T>; readonly atMs: number } | null = null;
  return async () => {
    if (latest === null || monotonicMs() - latest.atMs >= 1000) latest = { rendered: render(), atMs: monotonicMs() };
    const { rendered } = latest;
    try {
      return await rendered;
    } catch (error) {
      if (latest?.rendered === rendered) latest = null;
      throw error;
    }
  };
}

function wantsHtml(c: HttpContext): boolean {
  return c.req.header('Accept')?.includes('text/html') ?? false;
}

function tellBusy(c: PageContext, status: 429 | 503, seconds: number): Response {
  c.env.outgoing.setHeader('Connection', 'close');
  const text = `As many pages are being sent as may be at once. Load this one again in ${seconds} s.\n`;
  return c.text(text, status, { 'Retry-After': `${seconds}` });
}

/** Resolves when a response is over, whether it was taken or not. */
function over(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => outgoing.once('close', () => resolve()));
}
