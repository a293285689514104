/**
 * The web console over HTTP: its addresses, headers, sign-in and sign-out. What the pages show is src/console/.
 *
 * A page is shown to a session, which comes in a cookie (console-cookie.ts). GET changes nothing. A form is taken from a page of ours
 * only: the cookie is not sent along by other sites, and what has come from one is refused. Whoever is not signed in is a stranger, who
 * pays for each try as for a wrong token of the API.
 */
import { type Context as HttpContext, Hono } from 'hono';
import { wallClock } from '../clock.ts';
import { type Ask, askedOf, type PageAnswer, type Visitor } from '../console/ask.ts';
import { findAsset } from '../console/assets.ts';
import { showPage, submitForm } from '../console/console.ts';
import { visitorQuery } from '../console/operations/generated.ts';
import { enterPage, signInPage, unsafePage } from '../console/views/sign-in.ts';
import { grants, SCOPES, type Scope } from '../tenants/token-cache.ts';
import type { Authentication, Caller } from './admission/auth.ts';
import type { Billing } from './admission/billing.ts';
import { encoded } from './constant-page.ts';
import { clearCookie, cookieCredential, cookieKindOf, isFromOurPage, setCookie } from './console-cookie.ts';
import type { ServiceParts } from './context.ts';
import type { GraphqlRoute, RouteTypes } from './graphql-route.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // With no-referrer a browser would send `Origin: null` with our own forms.
  'Referrer-Policy': 'same-origin',
};
/** Octets of a form; a User List of a million mailboxes is sent by the command or as a file of the API. */
const MOST_FORM = 1024 * 1024;
/** A wrong token costs what it costs at the API; ten failures in a moment wait. */
const FAILURE_COST = 2_000;

export interface ConsoleDeps {
  readonly authenticate: Authentication;
  readonly billing: Billing;
  readonly route: GraphqlRoute;
}

type PageContext = HttpContext<RouteTypes>;

interface SignedIn {
  readonly caller: Caller;
  readonly credential: string;
}

export function createConsoleRoutes(
  { consoleSessions, service }: Pick<ServiceParts, 'consoleSessions' | 'service'>,
  { authenticate, billing, route }: ConsoleDeps,
): Hono<RouteTypes> {
  const app = new Hono<RouteTypes>();
  const { publicUrl } = service;

  const addressOf = (c: PageContext): string | null => c.env.incoming.socket.remoteAddress ?? null;
  const kindOf = (c: PageContext) => cookieKindOf(c.req.header('Host') ?? '', publicUrl);
  const page = (c: PageContext, text: string, status: 200 | 401 | 403 | 404 | 422 | 429 | 503 = 200): Response =>
    c.body(text, status, PAGE_HEADERS);
  const away = (c: PageContext, to: string): Response => c.body(null, 303, { ...PAGE_HEADERS, Location: to });

  async function signedIn(c: PageContext): Promise<SignedIn | null> {
    const credential = cookieCredential(c.env.incoming.headers, publicUrl);
    const caller = credential === '' ? null : await authenticate.find(credential, addressOf(c));
    return caller === null ? null : { caller, credential };
  }

  function askOf(c: PageContext, { caller, credential }: SignedIn): Ask {
    const { incoming, outgoing } = c.env;
    const account = billing.accountOf(caller);
    const admittance = { caller, credential, account, incoming, outgoing, requestId: c.get('requestId') };
    return async (operation, variables) =>
      askedOf(operation, await route.ask(admittance, { query: operation.text, variables }));
  }

  async function visitorOf(ask: Ask, { scopes, session }: Caller): Promise<Visitor> {
    const asked = await ask(visitorQuery, {});
    const { isOperator = false, tenant = null } = asked.kind === 'DATA' ? asked.data.viewer : {};
    const name = isOperator ? 'Operator' : (tenant?.name ?? 'You');
    return { name, isOperator, scopes, timeZone: session?.timeZone ?? 'UTC' };
  }

  function answerWith(c: PageContext, answer: PageAnswer): Response {
    return answer.kind === 'REDIRECT' ? away(c, answer.to) : page(c, answer.html, answer.status);
  }

  async function openSession(c: PageContext, secret: string, next: string): Promise<Response> {
    const kind = kindOf(c);
    if (kind === null) return page(c, await unsafePage(wallClock(), publicUrl), 403);
    c.env.outgoing.setHeader('Set-Cookie', setCookie(kind, secret));
    return away(c, next);
  }

  app.get('/console/assets/:hash/:name', (c) => {
    const asset = findAsset(c.req.param('hash'), c.req.param('name'));
    if (asset === null) return c.text('There is no such file.\n', 404);
    const { body, headers } = encoded(asset, c.req.header('Accept-Encoding') ?? '');
    return c.body(body, 200, headers);
  });

  app.use('/console/*', async (c, next) => {
    if (kindOf(c) === null) return page(c, await unsafePage(wallClock(), publicUrl), 403);
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    if (c.req.method !== 'POST') return c.text('GET or POST.\n', 405, { Allow: 'GET, POST' });
    if (!isFromOurPage(c.env.incoming.headers, publicUrl))
      return c.text('Only pages of this console send forms.\n', 403);
    return next();
  });
  app.get('/console/sign-in', async (c) => {
    const next = ownPath(c.req.query('next'));
    return page(c, await signInPage({ now: wallClock(), error: null, next }));
  });
  app.post('/console/sign-in', async (c) => {
    const fields = await readForm(c);
    if (fields === null) return tooLarge(c);
    const next = ownPath(fields.get('next'));
    const again = async (error: string, status: 422 | 429) =>
      page(c, await signInPage({ now: wallClock(), error, next }), status);
    const seconds = billing.waitOfStranger(addressOf(c));
    if (seconds > 0) return again(`Too many tries from your network. Try again in ${seconds} s.`, 429);
    const caller = await authenticate.find(`Bearer ${(fields.get('token') ?? '').trim()}`, addressOf(c));
    if (caller === null) {
      billing.chargeStranger(addressOf(c), FAILURE_COST);
      return again('This token is unknown here, or it has ended.', 422);
    }
    const scopes = fields.get('isReadOnly') === 'true' ? readingOf(caller.scopes) : caller.scopes;
    const secret = await consoleSessions.open({
      parent: authenticate.parentOf(caller),
      scopes,
      timeZone: timeZoneOf(fields),
      clientAddress: addressOf(c),
    });
    return openSession(c, secret, next);
  });
  app.get('/console/enter', async (c) => page(c, await enterPage(wallClock(), null)));
  app.post('/console/enter', async (c) => {
    const fields = await readForm(c);
    if (fields === null) return tooLarge(c);
    const seconds = billing.waitOfStranger(addressOf(c));
    const from = { timeZone: timeZoneOf(fields), clientAddress: addressOf(c) };
    const secret = seconds > 0 ? null : await consoleSessions.enter(fields.get('code') ?? '', from);
    if (secret !== null) return openSession(c, secret, '/console');
    billing.chargeStranger(addressOf(c), FAILURE_COST);
    const error = 'It was opened before, or its time is over.';
    return page(c, await enterPage(wallClock(), error), seconds > 0 ? 429 : 422);
  });
  app.post('/console/sign-out', async (c) => {
    const who = await signedIn(c);
    if (who?.caller.session != null)
      await consoleSessions.end(authenticate.parentOf(who.caller), who.caller.session.id);
    const kind = kindOf(c);
    if (kind !== null) c.env.outgoing.setHeader('Set-Cookie', clearCookie(kind));
    c.env.outgoing.setHeader('Clear-Site-Data', '"cache"');
    return away(c, '/console/sign-in');
  });

  const pages = async (c: PageContext): Promise<Response> => {
    const who = await signedIn(c);
    const url = new URL(c.req.url);
    if (who === null) {
      billing.chargeStranger(addressOf(c));
      return away(c, `/console/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
    }
    const ask = askOf(c, who);
    const visitor = await visitorOf(ask, who.caller);
    const path = url.pathname.slice('/console'.length);
    const request = { path, query: url.searchParams, now: wallClock(), visitor, ask };
    if (c.req.method !== 'POST') return answerWith(c, await showPage({ ...request, submitted: null }));
    const fields = await readForm(c);
    return fields === null ? tooLarge(c) : answerWith(c, await submitForm(request, fields));
  };
  app.on(['GET', 'POST'], ['/console', '/console/*'], pages);
  return app;
}

function tooLarge(c: PageContext): Response {
  return c.text('The form has more than 1 MiB. Use the command, which sends large lists.\n', 413);
}

/** A path of the console; anything else leads to the overview. */
function ownPath(text: string | null | undefined): string {
  return text != null && /^\/console(?:[/?][^\\]*)?$/.test(text) ? text : '/console';
}

/** As the browser named it; UTC if it is not one. */
function timeZoneOf(fields: URLSearchParams): string {
  const timeZone = fields.get('timeZone') ?? '';
  try {
    return timeZone === '' || timeZone.length > 64
      ? 'UTC'
      : new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** The scopes among these, or held by them, that only read. */
function readingOf(scopes: readonly Scope[]): readonly Scope[] {
  return SCOPES.filter((scope) => scope.endsWith('_READ') && grants(scopes, scope));
}

/** The fields of a form; null if they are too many octets, or come in chunks without end. */
async function readForm(c: PageContext): Promise<URLSearchParams | null> {
  const announced = Number(c.req.header('Content-Length') ?? Infinity);
  return announced <= MOST_FORM ? new URLSearchParams(await c.req.text()) : null;
}
