/**
 * The HTTP side of the service: GraphQL and GraphiQL, health, metrics, and the pages that explain our refusals.
 *
 * The only file that knows hono and graphql-yoga. Catches everything: a fault becomes a masked error with a request id that
 * the log has too. GraphQL needs the bearer token and nothing else, so no page of another site can use a browser's.
 * Does not judge input beyond its form: settings and queue do.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type ExecutionResult, getOperationAST, GraphQLError, type GraphQLSchema } from 'graphql';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import { type Context as HttpContext, Hono } from 'hono';
import { monotonicMs } from '../clock.ts';
import { createBoundedMap } from '../settings/bounded-map.ts';
import { auditMutations } from './audit.ts';
import { createAuthentication, UNAUTHENTICATED } from './auth.ts';
import { type Context, createContext, createLoaders, type Loaders } from './context.ts';
import { type ConnectionBounds, createConnectionBounds, SERVER_TIMES } from './connection-bounds.ts';
import type { ControlDependencies } from './dependencies.ts';
import { loadGraphiql } from './graphiql.ts';
import { type Asked, billOf, MAX_TOKENS } from './limits.ts';
import { listenOn, type ListenResult } from './listen.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { POST_ONLY, rateLimited, toldError, WORDLESS } from './refusals.ts';
import { boundRequests } from './request-bounds.ts';
import { findForbidden, guardMutations } from './required-scopes.ts';
import { rejectPage } from './reject-pages.ts';
import { resolvers } from './resolvers.ts';
import type { Session } from './subscriptions/session.ts';
import type { ApiOperation } from '../telemetry/metrics.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/subscriptions.ts';

export type { ControlDependencies } from './dependencies.ts';

/** A whole user list of a large domain fits. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Tenants whose subscriptions ask together. */
const MOST_SHARED_LOADERS = 1000;
/** For pages of ours that hold no script. */
const PLAIN_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SDL = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export type ControlResult =
  | Extract<ListenResult, { kind: 'FAILED' }>
  | (Exclude<ListenResult, { kind: 'FAILED' }> & { readonly subscriptionCount: () => number });

/** Starts listening. FAILED, with one line for the operator, when the address cannot be had. */
export async function createControl(deps: ControlDependencies): Promise<ControlResult> {
  const subscriptions = createSubscriptions(deps);
  const connections = createConnectionBounds(deps.strangerNetwork);
  const app = createApp(deps, subscriptions, connections);
  const answer = getRequestListener(app.fetch);
  const server = createServer(
    SERVER_TIMES,
    boundRequests((request, response) => void answer(request, response)),
  );
  connections.watch(server);
  const listening = await listenOn(server, deps.listen);
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

/** For the metrics: what a request asks for, and the code of its first error. */
interface AskedOf {
  operation: ApiOperation;
  code: string;
}

interface AppTypes {
  Bindings: HttpBindings;
  Variables: { requestId: string; asked: AskedOf };
}

function createApp(
  deps: ControlDependencies,
  subscriptions: Subscriptions,
  connections: ConnectionBounds,
): Hono<AppTypes> {
  const app = new Hono<AppTypes>();
  app.use(async (c, next) => {
    c.set('requestId', randomUUID());
    await next();
    c.header('X-Request-Id', c.get('requestId'));
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
  });
  app.onError((error, c) => {
    const requestId = c.get('requestId');
    deps.log.fault({ where: 'control', error, requestId });
    return c.json({ errors: [maskedError(requestId)] }, 500);
  });
  addHealth(app, deps);
  if (deps.isControl) addPublicPages(app, deps);
  if (deps.isControl) addGraphql(app, deps, { subscriptions, connections });
  return app;
}

function addHealth(app: Hono<AppTypes>, deps: ControlDependencies): void {
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', async (c) => {
    const reasons = await deps.readiness();
    return c.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    const { contentType, body } = await deps.renderMetrics();
    return c.body(body, 200, { 'Content-Type': contentType });
  });
}

function addPublicPages(app: Hono<AppTypes>, deps: ControlDependencies): void {
  app.get('/schema.graphql', (c) => c.text(SDL));
  app.get('/egress.txt', (c) => c.text(deps.service.egressAddresses.map((address) => `${address}\n`).join('')));
  app.get('/reject/:code?', (c) => {
    const page = rejectPage(c.req.param('code') ?? '');
    return c.html(page.html, page.status, { 'Content-Security-Policy': PLAIN_POLICY });
  });
}

function addGraphql(
  app: Hono<AppTypes>,
  deps: ControlDependencies,
  { subscriptions, connections }: { readonly subscriptions: Subscriptions; readonly connections: ConnectionBounds },
): void {
  const authenticate = createAuthentication(deps.operatorToken, deps.findToken);
  const rateLimit = createRateLimit(monotonicMs);
  const handle = createGraphqlHandler(deps, { subscriptions, rateLimit });

  app.use('/graphql', async (c, next) => {
    const asked: AskedOf = { operation: 'other', code: 'OK' };
    c.set('asked', asked);
    const startedAt = monotonicMs();
    await next();
    if (c.req.method === 'POST') {
      const traceparent = c.req.header('traceparent') ?? null;
      deps.onRequest({ ...asked, latencyMs: monotonicMs() - startedAt, traceparent });
    }
  });
  app.post('/graphql', async (c) => {
    const { incoming, outgoing } = c.env;
    const asked = c.get('asked');
    const credential = c.req.header('Authorization') ?? '';
    const authenticateAgain = () => authenticate(credential, incoming.socket.remoteAddress ?? null);
    const caller = await authenticateAgain();
    if (caller === null) asked.code = 'UNAUTHENTICATED';
    if (caller === null) return c.json(UNAUTHENTICATED, 401, { 'WWW-Authenticate': 'Bearer' });
    connections.prove(incoming.socket);
    const limitedFor = caller.viewer.isOperator ? 0 : rateLimit.begin(caller.actor.token?.id ?? '');
    if (limitedFor > 0) asked.code = 'RATE_LIMITED';
    if (limitedFor > 0) return c.json(rateLimited(limitedFor), 429, { 'Retry-After': `${limitedFor}` });
    const session: Session = {
      caller,
      credential,
      isTokenGood: async () => (await authenticateAgain()) !== null,
      done: new Promise((resolve) => outgoing.once('close', resolve)),
      hangUp: () => {
        if (!outgoing.writableFinished) outgoing.destroy();
      },
    };
    const answer = await handle(c.req.raw, { session, requestId: c.get('requestId'), asked });
    const words = WORDLESS.get(answer.status);
    if (words !== undefined) asked.code = `${answer.status}`;
    return words === undefined ? answer : Response.json(words, { status: answer.status });
  });
  app.all('/graphql', async (c) =>
    c.req.method === 'GET' && wantsHtml(c) ? graphiql(c) : c.json(POST_ONLY, 405, { Allow: 'POST' }),
  );
  app.get('/', async (c) => (wantsHtml(c) ? graphiql(c) : c.text('Backup MX: POST /graphql, GET /schema.graphql\n')));
}

interface RequestScope {
  readonly session: Session;
  readonly requestId: string;
  readonly asked: AskedOf;
}

function createGraphqlHandler(
  deps: ControlDependencies,
  { subscriptions, rateLimit }: { readonly subscriptions: Subscriptions; readonly rateLimit: RateLimit },
): (request: Request, scope: RequestScope) => Promise<Response> {
  // maskError is told nothing about its request.
  const scopes = new AsyncLocalStorage<RequestScope>();
  const schema = createSchema<RequestScope & Context>({ typeDefs: SDL, resolvers });
  guardMutations(schema);
  auditMutations(schema);
  const yoga = createYoga<RequestScope, Context>({
    schema,
    context: ({ session }: RequestScope) => createContext(deps, { subscriptions, session }),
    graphqlEndpoint: '/graphql',
    plugins: [noting, limits, scopeGuard, billing(rateLimit), sharing(deps), telling(schema)],
    maxRequestBodySize: MAX_BODY_BYTES,
    maskedErrors: {
      maskError(error) {
        if (error instanceof GraphQLError && (error.originalError ?? undefined) === undefined) return error;
        if (error instanceof GraphQLError && error.originalError instanceof GraphQLError) return error;
        const requestId = scopes.getStore()?.requestId ?? randomUUID();
        deps.log.fault({ where: 'control', error, requestId });
        const { message, extensions } = maskedError(requestId);
        return new GraphQLError(message, {
          extensions,
          ...(error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {}),
        });
      },
    },
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    logging: false,
  });
  return async (request, scope) => scopes.run(scope, () => yoga.fetch(request, scope));
}

function maskedError(requestId: string) {
  return {
    message: 'Something failed on our side; it is in our log under this request id. Try again in a moment.',
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

const limits: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => {
      try {
        return parseFn(source, { ...options, maxTokens: MAX_TOKENS });
      } catch (error) {
        if (!(error instanceof GraphQLError && error.message.includes(`${MAX_TOKENS} tokens`))) throw error;
        throw new GraphQLError(TOO_MANY_TOKENS, {
          extensions: { code: 'LIMIT_EXCEEDED', limit: 'TOKENS', max: MAX_TOKENS },
        });
      }
    });
  },
};

const TOO_MANY_TOKENS = `The request's text has more than ${MAX_TOKENS} tokens. Give lists as variables.`;

/** Behind the scopes: what is forbidden costs nothing. */
function billing(rateLimit: RateLimit): Plugin<Context> {
  interface Begun {
    readonly args: Asked & { readonly contextValue: Context };
    readonly setResultAndStopExecution: (result: ExecutionResult) => void;
  }
  const bill = ({ args, setResultAndStopExecution }: Begun): void => {
    const { viewer, actor } = args.contextValue.caller;
    const due = billOf(args);
    if (due.kind === 'TOO_MUCH') setResultAndStopExecution({ errors: [due.error] });
    else if (!viewer.isOperator) rateLimit.charge(actor.token?.id ?? '', due.cost);
  };
  return { onExecute: bill, onSubscribe: bill };
}

/** What one event makes many subscribers of a tenant ask for is asked for once. */
function sharing(deps: ControlDependencies): Plugin<Context> {
  const shared = createBoundedMap<Loaders>(MOST_SHARED_LOADERS);
  return {
    onSubscribe({ args: { contextValue } }) {
      const { viewer } = contextValue;
      const key = viewer.isOperator ? '' : viewer.tenantId;
      const load = shared.get(key) ?? createLoaders(deps, viewer);
      shared.set(key, load);
      Object.assign(contextValue, { load });
    },
  };
}

/** Before all others: what they refuse is noted too. */
const noting: Plugin<RequestScope, RequestScope> = {
  onExecute({ args: { document, operationName, contextValue } }) {
    contextValue.asked.operation = getOperationAST(document, operationName)?.operation ?? 'other';
  },
  onSubscribe({ args: { contextValue } }) {
    contextValue.asked.operation = 'subscription';
  },
  onResultProcess({ result, serverContext }) {
    if (!('errors' in result) || result.errors?.[0] === undefined) return;
    const code = result.errors[0].extensions?.['code'];
    serverContext.asked.code = typeof code === 'string' ? code : 'INVALID';
  },
};

function telling(schema: GraphQLSchema): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (!('errors' in result) || result.errors === undefined) return;
      setResult({ ...result, errors: result.errors.map((error) => toldError(error, schema)) });
    },
  };
}

/** Not a validation rule: the results of those are remembered for whoever sends the same text. */
const scopeGuard: Plugin<Context> = {
  onExecute({ args: { schema, document, contextValue }, setResultAndStopExecution }) {
    const errors = findForbidden(schema, document, contextValue.caller.scopes);
    if (errors.length > 0) setResultAndStopExecution({ errors });
  },
  // Its items are not announced to onExecute.
  onSubscribe({ args: { schema, document, contextValue }, setResultAndStopExecution }) {
    const errors = findForbidden(schema, document, contextValue.caller.scopes);
    if (errors.length > 0) setResultAndStopExecution({ errors });
  },
};

function wantsHtml(c: HttpContext): boolean {
  return c.req.header('Accept')?.includes('text/html') ?? false;
}

async function graphiql(c: HttpContext): Promise<Response> {
  const { html, gzipped, contentSecurityPolicy } = await loadGraphiql();
  const isGzip = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '');
  return c.body(isGzip ? gzipped : html, 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentSecurityPolicy,
    'Cache-Control': 'no-cache',
    Vary: 'Accept, Accept-Encoding',
    ...(isGzip ? { 'Content-Encoding': 'gzip' } : {}),
  });
}
