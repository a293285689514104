/**
 * The HTTP side of the service: GraphQL and GraphiQL, health, metrics, and the pages that explain our refusals.
 *
 * Only this file and public-pages.ts know hono. Catches everything: a fault becomes a masked error with a request id that the log has too.
 * A request is refused as early as it can be: by its token, its debts, its headers, its octets. GraphQL needs the bearer token and nothing else, so no page of another site can use a browser's.
 * Does not judge input beyond its form: settings and queue do.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { monotonicMs } from '../clock.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { type Authentication, createAuthentication, UNAUTHENTICATED } from './admission/auth.ts';
import { type Billing, createBilling } from './admission/billing.ts';
import { type AnswerRoom, createAnswerRoom } from './admission/answer-room.ts';
import { type ConnectionBounds, createConnectionBounds, SERVER_TIMES } from './admission/connection-bounds.ts';
import { createExecutions } from './admission/executions.ts';
import type { ServiceParts } from './context.ts';
import { createAdmission } from './admission/document-turns.ts';
import { type AskedOf, createGraphqlServer, type RequestScope } from './graphql-server.ts';
import {
  createIntrospectionAnswers,
  type IntrospectionAnswers,
  introspectionKey,
} from './admission/introspection-cost.ts';
import {
  ANSWERS_FULL,
  CONNECTIONS_FULL,
  maskedError,
  type Refused,
  refuseForDebt,
  refuseMediaType,
  unavailableError,
} from './admission/refusals.ts';
import { readBody } from './admission/request-body.ts';
import { inOrder, isLeftUnread } from './admission/request-order.ts';
import { createRequestRooms } from './admission/request-room.ts';
import { inTurns } from './admission/strangers.ts';
import { listenOn, type ListenResult } from './listen.ts';
import { createPublicPages } from './public-pages.ts';
import type { Session } from './subscriptions/outbox.ts';
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
  const authenticate = createAuthentication(parts.operatorToken, parts.tokens);
  const billing = createBilling(monotonicMs);
  const app = createApp(parts, { subscriptions, connections, authenticate, billing });
  // What is left of a refused body is left unread (request-order.ts).
  const answer = getRequestListener(app.fetch, { autoCleanupIncoming: false });
  const isPaidFor = async ({ method, url = '', headers, socket }: IncomingMessage): Promise<boolean> => {
    const credential = headers.authorization ?? '';
    if (method !== 'POST' || url.split('?')[0] !== '/graphql' || !authenticate.isKnown(credential)) return false;
    const caller = await authenticate.find(credential, socket.remoteAddress ?? null);
    return caller !== null && billing.accountOf(caller).waitOf() === 0;
  };
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

interface AppTypes {
  Bindings: HttpBindings;
  Variables: { requestId: string; asked: AskedOf };
}

interface AppDeps {
  readonly subscriptions: Subscriptions;
  readonly connections: ConnectionBounds;
  readonly authenticate: Authentication;
  readonly billing: Billing;
}

function createApp(parts: ControlParts, deps: AppDeps): Hono<AppTypes> {
  const app = new Hono<AppTypes>();
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
  if (parts.isControl) addGraphql(app, parts, deps);
  app.route('/', createPublicPages(parts, { billing: deps.billing, sdl: SDL }));
  return app;
}

function addGraphql(
  app: Hono<AppTypes>,
  parts: ControlParts,
  { subscriptions, connections, authenticate, billing }: AppDeps,
): void {
  const rooms = createRequestRooms(OPERATOR_TENANT_ID);
  const executions = createExecutions();
  const kept = createIntrospectionAnswers();
  const answers = createAnswerRoom(OPERATOR_TENANT_ID);
  const { gate, answer } = createGraphqlServer(parts, SDL, { subscriptions, answers });
  const admission = createAdmission(gate, parts.cpuMs, OPERATOR_TENANT_ID);

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
  app.post('/graphql', async (c) => {
    const { incoming, outgoing } = c.env;
    const asked = c.get('asked');
    const header = (name: string): string | null => c.req.header(name) ?? null;
    const refused = ({ status, errors, retryAfterSeconds }: Refused): Response => {
      asked.code = String(errors.errors[0]?.extensions['code']);
      return c.json(errors, status, retryAfterSeconds === undefined ? {} : { 'Retry-After': `${retryAfterSeconds}` });
    };
    const credential = header('Authorization') ?? '';
    const clientAddress = incoming.socket.remoteAddress ?? null;
    const strangerWaits = billing.waitOfStranger(clientAddress);
    const isOwed = strangerWaits > 0 && !authenticate.isOperator(credential);
    const authenticateAgain = () => authenticate.find(credential, clientAddress);
    const caller = isOwed ? null : await authenticateAgain();
    if (caller === null && connections.isStranger(incoming.socket)) outgoing.setHeader('Connection', 'close');
    if (isOwed) return refused(refuseForDebt(strangerWaits));
    if (caller === null) {
      billing.chargeStranger(clientAddress);
      asked.code = 'UNAUTHENTICATED';
      return c.json(UNAUTHENTICATED, 401, { 'WWW-Authenticate': 'Bearer' });
    }
    const hasRoom = connections.prove(incoming.socket, caller.actor.token === null ? null : caller.viewer.tenantId);
    if (!hasRoom) {
      outgoing.setHeader('Connection', 'close');
      return refused(CONNECTIONS_FULL);
    }
    const account = billing.accountOf(caller);
    const seconds = account.begin();
    if (seconds > 0) return refused(refuseForDebt(seconds));
    const wrongType = refuseMediaType({
      accept: header('Accept'),
      contentType: header('Content-Type'),
      contentEncoding: header('Content-Encoding'),
    });
    if (wrongType !== null) return refused(wrongType);

    const gone = new AbortController();
    const done = closed(outgoing);
    void done.then(() => gone.abort());
    const sender = { tenantId: caller.viewer.tenantId, scopes: caller.scopes, account };
    const body = await readBody({ admission, rooms }, { incoming, sender, signal: gone.signal });
    if (body.kind === 'REFUSED') return refused(body);
    // Whoever has the turn of a large request is not kept from ending it, and the operator from nothing.
    const tokenId = body.isLarge ? null : (caller.actor.token?.id ?? null);
    const execution =
      tokenId === null ? null : await executions.begin({ tenantId: sender.tenantId, tokenId, signal: gone.signal });
    if (execution?.kind === 'REFUSED') {
      body.release();
      return refused(execution);
    }
    try {
      const session: Session = {
        caller,
        credential,
        isTokenGood: async () => {
          const again = await authenticateAgain();
          return again !== null && caller.scopes.every((scope) => again.scopes.includes(scope));
        },
        done,
        hangUp: () => {
          if (!outgoing.writableFinished) outgoing.destroy();
        },
      };
      const scope: RequestScope = { session, account, requestId: c.get('requestId'), asked, body };
      const accept = header('Accept') ?? '';
      const response = await answerFromMemory(kept, scope, { accept, answer: () => answer(c.req.raw, scope) });
      return (await boundAnswer(answers, response, scope)) ?? refused(ANSWERS_FULL);
    } finally {
      execution?.end();
      body.release();
    }
  });
}

/** Encoding and writing it take some 2 µs of the processor. */
const COST_PER_KIB = 1;

/** The answer with its octets counted; null: there is no room for it. What comes bit by bit has bounds of its own. */
async function boundAnswer(
  room: AnswerRoom,
  response: Response,
  { session, asked, account }: RequestScope,
): Promise<Response | null> {
  const { headers, status } = response;
  if (!(headers.get('Content-Type') ?? '').includes('json')) return response;
  const body = await response.arrayBuffer();
  const { done, caller } = session;
  const octets = body.byteLength;
  account.charge((octets / 1024) * COST_PER_KIB);
  const mustBeTold = asked.operation === 'mutation';
  if (room.holdAnswer({ tenantId: caller.viewer.tenantId, octets, done, mustBeTold }) !== null) return null;
  // graphql-yoga has headers of its own kind on Node.
  return new Response(new Uint8Array(body), { headers: [...headers], status });
}

/** An answer about the schema that was given before is given again; `answer` is asked for all else. */
async function answerFromMemory(
  kept: IntrospectionAnswers,
  { account, asked, body }: RequestScope,
  { accept, answer }: { readonly accept: string; readonly answer: () => Promise<Response> },
): Promise<Response> {
  const { admitted, params } = body;
  const key =
    admitted.kind === 'VALID'
      ? introspectionKey({
          document: admitted.document,
          accept,
          query: params.query,
          operationName: params.operationName,
        })
      : null;
  if (key === null) return answer();
  const known = kept.find(key);
  // Who is in debt is told so by `answer`.
  if (known !== null && account.waitForOthers() === 0) {
    account.charge(known.cost);
    asked.operation = 'query';
    return new Response(known.body, { headers: { 'Content-Type': known.contentType } });
  }
  const fresh = await answer();
  const contentType = fresh.headers.get('Content-Type') ?? '';
  if (fresh.status !== 200 || asked.code !== 'OK' || !contentType.includes('json')) return fresh;
  const bytes = new Uint8Array(await fresh.arrayBuffer());
  kept.keep(key, { contentType, body: bytes });
  return new Response(bytes, { headers: { 'Content-Type': contentType } });
}

/** Resolves when a response is over, whether it was taken or not. */
function closed(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => outgoing.once('close', () => resolve()));
}
