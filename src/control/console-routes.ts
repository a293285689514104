/**
 * The web console over HTTP: its addresses, headers, sign-in and sign-out. What the pages show is src/console/.
 *
 * A page is shown to a session, which comes in a cookie (console-cookie.ts). GET changes nothing. A form is taken from a page of ours
 * only: the cookie is not sent along by other sites, and what has come from one is refused. Whoever is not signed in is a stranger, who
 * pays for each try as for a wrong token of the API.
 */
import { Buffer } from 'node:buffer';
import { type Context as HttpContext, Hono } from 'hono';
import { wallClock } from '../clock.ts';
import { type Ask, askedOf, type PageAnswer, type Visitor } from '../console/ask.ts';
import { findAsset } from '../console/assets.ts';
import { showPage, submitForm } from '../console/console.ts';
import { visitorQuery } from '../console/operations/generated.ts';
import { enterPage, signInPage, unsafePage } from '../console/views/sign-in.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { grants, readingScopes, SCOPES } from '../tenants/token-cache.ts';
import type { Authentication, Caller } from './admission/auth.ts';
import type { Billing } from './admission/billing.ts';
import type { ConnectionBounds } from './admission/connection-bounds.ts';
import { CONNECTIONS_FULL, type Refused } from './admission/refusals.ts';
import { encoded } from './constant-page.ts';
import { clearCookie, cookieCredential, cookieKindOf, isFromOurPage, setCookie } from './console-cookie.ts';
import { createFormReader, type ReadForm } from './console-form.ts';
import type { ServiceParts } from './context.ts';
import { type Admittance, closed, type GraphqlRoute, type RouteTypes } from './graphql-route.ts';

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
/** A wrong token costs what it costs at the API; ten failures in a moment wait. */
const FAILURE_COST = 2_000;
/** A session is written to the database, and another one may end for it. */
const SIGN_IN_COST = 1_000;

export interface ConsoleDeps {
  readonly authenticate: Authentication;
  readonly billing: Billing;
  readonly connections: Pick<ConnectionBounds, 'prove'>;
  readonly route: GraphqlRoute;
}

type PageContext = HttpContext<RouteTypes>;

interface SignedIn {
  readonly caller: Caller;
  readonly credential: string;
}

export function createConsoleRoutes(
  { consoleSessions, service }: Pick<ServiceParts, 'consoleSessions' | 'service'>,
  { authenticate, billing, connections, route }: ConsoleDeps,
): Hono<RouteTypes> {
  const app = new Hono<RouteTypes>();
  const { publicUrl } = service;
  const readForm = createFormReader(OPERATOR_TENANT_ID);

  const addressOf = (c: PageContext): string | null => c.env.incoming.socket.remoteAddress ?? null;
  const kindOf = (c: PageContext) => cookieKindOf(c.req.header('Host') ?? '', publicUrl);
  const page = (c: PageContext, text: string, status: 200 | 401 | 403 | 404 | 422 | 429 | 503 = 200): Response =>
    c.body(text, status, PAGE_HEADERS);
  const away = (c: PageContext, to: string): Response => c.body(null, 303, { ...PAGE_HEADERS, Location: to });

  async function signedIn(c: PageContext): Promise<SignedIn | null> {
    const credential = cookieCredential(c.env.incoming.headers, publicUrl);
    // Whoever tries cookies at random is not looked up in the database for each.
    if (!authenticate.isKnown(credential) && billing.waitOfStranger(addressOf(c)) > 0) return null;
    const caller = credential === '' ? null : await authenticate.find(credential, addressOf(c));
    return caller === null ? null : { caller, credential };
  }

  function admittanceOf(c: PageContext, { caller, credential }: SignedIn): Admittance {
    const { incoming, outgoing } = c.env;
    const account = billing.accountOf(caller);
    const done = closed(outgoing);
    return { caller, credential, account, incoming, outgoing, done, requestId: c.get('requestId') };
  }

  const askFor =
    (admittance: Admittance): Ask =>
    async (operation, variables) =>
      askedOf(operation, await route.ask(admittance, { query: operation.text, variables }));

  async function formOf(c: PageContext, tenantId: string | null): Promise<ReadForm> {
    const gone = new AbortController();
    void closed(c.env.outgoing).then(() => gone.abort());
    return readForm({ incoming: c.env.incoming, tenantId, signal: gone.signal });
  }

  async function visitorOf(ask: Ask, { scopes, session }: Caller): Promise<Visitor> {
    const asked = await ask(visitorQuery, {});
    const { isOperator = false, tenant = null } = asked.kind === 'DATA' ? asked.data.viewer : {};
    const name = isOperator ? 'Operator' : (tenant?.name ?? 'You');
    const granted = SCOPES.filter((scope) => grants(scopes, scope));
    return { name, isOperator, scopes: granted, timeZone: session?.timeZone ?? 'UTC' };
  }

  /** The result of a form is told, whether there is room or not. */
  function answerWith(c: PageContext, admittance: Admittance, answer: PageAnswer): Response {
    if (answer.kind === 'REDIRECT') return away(c, answer.to);
    const held = { octets: Buffer.byteLength(answer.html), mustBeTold: c.req.method === 'POST' };
    const refused = route.hold(admittance, held);
    return refused === null ? page(c, answer.html, answer.status) : tellRefused(c, refused);
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
    const form = await formOf(c, null);
    if (form.kind === 'REFUSED') return tellRefused(c, form);
    const { fields } = form;
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
    const account = billing.accountOf(caller);
    const owedSeconds = account.begin();
    if (owedSeconds > 0)
      return again(`This token has asked for as much as it may. Try again in ${owedSeconds} s.`, 429);
    account.charge(SIGN_IN_COST);
    const scopes = fields.get('isReadOnly') === 'true' ? readingScopes(caller.scopes) : caller.scopes;
    const secret = await consoleSessions.open({
      parent: authenticate.parentOf(caller),
      scopes,
      timeZone: timeZoneOf(fields),
      clientAddress: addressOf(c),
    });
    return openSession(c, secret, next);
  });
  app.get('/console/enter', async (c) =>
    page(c, await enterPage({ now: wallClock(), error: null, next: ownPath(c.req.query('next')) })),
  );
  app.post('/console/enter', async (c) => {
    const form = await formOf(c, null);
    if (form.kind === 'REFUSED') return tellRefused(c, form);
    const { fields } = form;
    const seconds = billing.waitOfStranger(addressOf(c));
    const from = { timeZone: timeZoneOf(fields), clientAddress: addressOf(c) };
    const secret = seconds > 0 ? null : await consoleSessions.enter(fields.get('code') ?? '', from);
    const next = ownPath(fields.get('next'));
    if (secret !== null) return openSession(c, secret, next);
    billing.chargeStranger(addressOf(c), FAILURE_COST);
    const error = 'It was opened before, or its time is over.';
    return page(c, await enterPage({ now: wallClock(), error, next }), seconds > 0 ? 429 : 422);
  });
  // Asked before a form is sent, so that what was typed is not lost with the session.
  app.get('/console/here', async (c) => c.body(null, (await signedIn(c)) === null ? 401 : 204, PAGE_HEADERS));
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
    const { actor, viewer } = who.caller;
    const hasRoom = connections.prove(c.env.incoming.socket, actor.token === null ? null : viewer.tenantId);
    if (!hasRoom) {
      c.env.outgoing.setHeader('Connection', 'close');
      return tellRefused(c, CONNECTIONS_FULL);
    }
    const admittance = admittanceOf(c, who);
    const ask = askFor(admittance);
    const visitor = await visitorOf(ask, who.caller);
    const path = url.pathname.slice('/console'.length);
    const request = { path, query: url.searchParams, now: wallClock(), visitor, ask };
    if (c.req.method !== 'POST') return answerWith(c, admittance, await showPage({ ...request, submitted: null }));
    const form = await formOf(c, viewer.tenantId);
    if (form.kind === 'REFUSED') return tellRefused(c, form);
    return answerWith(c, admittance, await submitForm(request, form.fields));
  };
  app.on(['GET', 'POST'], ['/console', '/console/*'], pages);
  return app;
}

function tellRefused(c: PageContext, { status, errors, retryAfterSeconds }: Refused): Response {
  const text = errors.errors.map(({ message }) => `${message}\n`).join('');
  return c.text(text, status, retryAfterSeconds === undefined ? {} : { 'Retry-After': `${retryAfterSeconds}` });
}

/** A path of the console, as a header can carry it; anything else leads to the overview. */
function ownPath(text: string | null | undefined): string {
  return text != null && /^\/console(?:[/?][!-[\]-~]*)?$/.test(text) ? text : '/console';
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
