/**
 * The HTTP side of the service: GraphQL and GraphiQL, health, metrics, and the pages that explain our refusals.
 *
 * Only this file, graphql-route.ts and the pages know hono. Catches everything: a fault becomes a masked error with a request id that the log has too.
 * A request is refused as early as it can be: by its token, its debts, its headers, its octets. No page of another site can use a browser's session (console-cookie.ts).
 * Does not judge input beyond its form: settings and queue do.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { monotonicMs } from '../clock.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { type Authentication, createAuthentication } from './admission/auth.ts';
import { type Billing, createBilling } from './admission/billing.ts';
import { type ConnectionBounds, createConnectionBounds, SERVER_TIMES } from './admission/connection-bounds.ts';
import { createPaying } from './admission/paying.ts';
import { maskedError, unavailableError } from './admission/refusals.ts';
import { inOrder, isLeftUnread } from './admission/request-order.ts';
import { inTurns } from './admission/strangers.ts';
import { createConsoleRoutes } from './console-routes.ts';
import type { ServiceParts } from './context.ts';
import { createGraphqlRoute, type GraphqlRoute, type RouteTypes } from './graphql-route.ts';
import type { AskedOf } from './graphql-server.ts';
import { listenOn, type ListenResult } from './listen.ts';
import { createPublicPages } from './public-pages.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/subscriptions.ts';

const SDL = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export interface ControlParts extends ServiceParts {
  readonly listen: { readonly host: string; readonly port: number };
  /** False: only health and metrics are served, as in a process without the role `control`. */
  readonly isControl: boolean;
  readonly operatorToken: string;
  /** Milliseconds of the processor that this process has used. */
  readonly cpuMs: () => number;
  /** The text that stands for the client at an address wherever connections are counted; null for a trusted one (TRUSTED_CLIENTS). */
  readonly strangerNetwork: (address: string) => string | null;
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

export type ControlResult =
  | Extract<ListenResult, { kind: 'FAILED' }>
  | (Exclude<ListenResult, { kind: 'FAILED' }> & { readonly subscriptionCount: () => number });

/** Starts listening. FAILED, with one line for the operator, when the address cannot be had. */
export async function createControl(parts: ControlParts): Promise<ControlResult> {
  const subscriptions = createSubscriptions(parts.sql, parts.events);
  const connections = createConnectionBounds(parts.strangerNetwork);
  const authenticate = createAuthentication(parts.operatorToken, parts.tokens, parts.consoleSessions);
  const billing = createBilling(monotonicMs);
  const app = createApp(parts, { subscriptions, connections, authenticate, billing });
  // What is left of a refused body is left unread (request-order.ts).
  const answer = getRequestListener(app.fetch, { autoCleanupIncoming: false });
  const isPaidFor = createPaying({ authenticate, billing, publicUrl: parts.service.publicUrl });
  const { strangerNetwork: networkOf, cpuMs } = parts;
  const listener = inTurns(answer, { isPaidFor, networkOf, cpuMs, onBegun: connections.begin });
  const server = createServer(SERVER_TIMES, inOrder(listener, connections.isStranger));
  connections.watch(server);
  const listening = await listenOn(server, parts.listen);
  if (listening.kind === 'FAILED') return listening;
  return {
    ...listening,
    subscriptionCount: subscriptions.count,
    async close() {
      await subscriptions.close();
      await listening.close();
    },
  };
}

interface AppDeps {
  readonly subscriptions: Subscriptions;
  readonly connections: ConnectionBounds;
  readonly authenticate: Authentication;
  readonly billing: Billing;
}

function createApp(parts: ControlParts, deps: AppDeps): Hono<RouteTypes> {
  const app = new Hono<RouteTypes>();
  app.use(async (c, next) => {
    const { incoming, outgoing } = c.env;
    const requestId = randomUUID();
    c.set('requestId', requestId);
    // hono would copy the body to add them.
    outgoing.setHeader('X-Request-Id', requestId);
    outgoing.setHeader('X-Content-Type-Options', 'nosniff');
    outgoing.setHeader('Referrer-Policy', 'no-referrer');
    await next();
    // A client that keeps the connection would lose its next request with it.
    if (isLeftUnread(incoming)) outgoing.setHeader('Connection', 'close');
  });
  app.onError((error, c) => {
    const requestId = c.get('requestId');
    const isAway = isDatabaseAway(error);
    const told = isAway ? unavailableError(requestId) : maskedError(requestId);
    const asked: AskedOf | undefined = c.get('asked');
    if (asked !== undefined) asked.code = told.extensions.code;
    if (!isAway) parts.events.fault({ where: 'control', error, requestId });
    return c.json({ errors: [told] }, isAway ? 503 : 500);
  });
  if (parts.isControl) {
    const route = createGraphqlRoute(parts, { ...deps, sdl: SDL, cpuMs: parts.cpuMs });
    addGraphql(app, parts, route);
    app.route('/', createConsoleRoutes(parts, { ...deps, route }));
  }
  app.route('/', createPublicPages(parts, { billing: deps.billing, sdl: SDL }));
  return app;
}

function addGraphql(app: Hono<RouteTypes>, parts: ControlParts, route: GraphqlRoute): void {
  app.use('/graphql', async (c, next) => {
    const asked: AskedOf = { operation: 'other', code: 'OK' };
    c.set('asked', asked);
    const startedAt = monotonicMs();
    await next();
    if (c.req.method === 'POST') {
      const traceparent = c.req.header('traceparent') ?? null;
      parts.events.requested({ ...asked, latencyMs: monotonicMs() - startedAt, traceparent });
    }
  });
  app.post('/graphql', (c) => route.post(c));
}
