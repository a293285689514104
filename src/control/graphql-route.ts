/**
 * The way of a GraphQL request: from its headers to its answer, each step refused as early as it can be.
 *
 * The console's operations go the second half of it, from inside the process: what a page shows, who may see it, and who pays for it
 * is the same as for a script.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context as HttpContext } from 'hono';
import type { Answer } from '../console/ask.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { type AnswerRoom, createAnswerRoom } from './admission/answer-room.ts';
import { type Authentication, type Caller, UNAUTHENTICATED } from './admission/auth.ts';
import type { Account, Billing } from './admission/billing.ts';
import type { ConnectionBounds } from './admission/connection-bounds.ts';
import type { Admitted } from './admission/document-gate.ts';
import { createAdmission } from './admission/document-turns.ts';
import { createExecutions } from './admission/executions.ts';
import {
  createIntrospectionAnswers,
  type IntrospectionAnswers,
  introspectionKey,
} from './admission/introspection-cost.ts';
import { ANSWERS_FULL, CONNECTIONS_FULL, type Refused, refuseForDebt, refuseMediaType } from './admission/refusals.ts';
import { type Body, readBody, type RequestParams } from './admission/request-body.ts';
import { createRequestRooms } from './admission/request-room.ts';
import { apiCredential } from './console-cookie.ts';
import type { ServiceParts } from './context.ts';
import { type AskedOf, createGraphqlServer, type RequestScope } from './graphql-server.ts';
import type { Session } from './subscriptions/outbox.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

export interface RouteTypes {
  Bindings: HttpBindings;
  Variables: { requestId: string; asked: AskedOf };
}

export interface RouteDeps {
  readonly sdl: string;
  readonly cpuMs: () => number;
  readonly subscriptions: Subscriptions;
  readonly connections: ConnectionBounds;
  readonly authenticate: Authentication;
  readonly billing: Billing;
}

/** A request that is let in. */
export interface Admittance {
  readonly caller: Caller;
  readonly credential: string;
  readonly account: Account;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  /** Resolves when the response is over, whether it was taken or not. */
  readonly done: Promise<void>;
}

export interface GraphqlRoute {
  /** Answers `POST /graphql`. */
  post(c: HttpContext<RouteTypes>): Promise<Response>;
  /** Carries out an operation of ours on behalf of whoever asked for the page. */
  ask(admittance: Admittance, params: RequestParams): Promise<Answer>;
  /** Counts the octets of a page until it is taken, as those of an answer; refused: there is no room for it. */
  hold(admittance: Admittance, page: { readonly octets: number; readonly mustBeTold: boolean }): Refused | null;
}

export function createGraphqlRoute(parts: ServiceParts, deps: RouteDeps): GraphqlRoute {
  const { subscriptions, connections, authenticate, billing } = deps;
  const rooms = createRequestRooms(OPERATOR_TENANT_ID);
  const executions = createExecutions();
  const kept = createIntrospectionAnswers();
  const answers = createAnswerRoom(OPERATOR_TENANT_ID);
  const { gate, answer } = createGraphqlServer(parts, deps.sdl, { subscriptions, answers });
  const admission = createAdmission(gate, deps.cpuMs, OPERATOR_TENANT_ID);
  const { publicUrl } = parts.service;
  /** The operations of the console, which are few. */
  const own = new Map<string, Exclude<Admitted, { readonly kind: 'OWED' }>>();

  function sessionOf({ caller, credential, incoming, outgoing, done }: Admittance): Session {
    return {
      caller,
      credential,
      parent: authenticate.parentOf(caller),
      isTokenGood: async () => {
        const again = await authenticate.find(credential, incoming.socket.remoteAddress ?? null);
        return again !== null && caller.scopes.every((scope) => again.scopes.includes(scope));
      },
      done,
      hangUp: () => {
        if (!outgoing.writableFinished) outgoing.destroy();
      },
    };
  }

  /** Whoever has the turn of a large request is not kept from ending it, and the operator from nothing. */
  function begin({ caller: { actor, viewer } }: Admittance, isLarge: boolean, signal: AbortSignal) {
    const tokenId = isLarge ? null : (actor.token?.id ?? null);
    return tokenId === null ? null : executions.begin({ tenantId: viewer.tenantId, tokenId, signal });
  }

  function admitOwn(text: string): Exclude<Admitted, { readonly kind: 'OWED' }> {
    const known = own.get(text);
    if (known !== undefined) return known;
    const admitted = gate.admit(text, { tenantId: OPERATOR_TENANT_ID, charge: () => true });
    if (admitted.kind !== 'VALID') throw new Error('an operation of the console is not of this schema');
    own.set(text, admitted);
    return admitted;
  }

  return {
    async post(c) {
      const { incoming, outgoing } = c.env;
      const asked = c.get('asked');
      const header = (name: string): string | null => c.req.header(name) ?? null;
      const refused = ({ status, errors, retryAfterSeconds }: Refused): Response => {
        asked.code = String(errors.errors[0]?.extensions['code']);
        return c.json(errors, status, retryAfterSeconds === undefined ? {} : { 'Retry-After': `${retryAfterSeconds}` });
      };
      const credential = apiCredential(incoming.headers, publicUrl);
      const clientAddress = incoming.socket.remoteAddress ?? null;
      const strangerWaits = billing.waitOfStranger(clientAddress);
      const isOwed = strangerWaits > 0 && !authenticate.isOperator(credential);
      const caller = isOwed ? null : await authenticate.find(credential, clientAddress);
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
      const admittance = { caller, credential, account, incoming, outgoing, done, requestId: c.get('requestId') };
      const sender = { tenantId: caller.viewer.tenantId, scopes: caller.scopes, account };
      const body = await readBody({ admission, rooms }, { incoming, sender, signal: gone.signal });
      if (body.kind === 'REFUSED') return refused(body);
      const execution = await begin(admittance, body.isLarge, gone.signal);
      if (execution?.kind === 'REFUSED') {
        body.release();
        return refused(execution);
      }
      try {
        const session = sessionOf(admittance);
        const scope: RequestScope = { session, account, requestId: admittance.requestId, asked, body };
        const accept = header('Accept') ?? '';
        const response = await answerFromMemory(kept, scope, { accept, answer: () => answer(c.req.raw, scope) });
        return (await boundAnswer(answers, response, scope)) ?? refused(ANSWERS_FULL);
      } finally {
        execution?.end();
        body.release();
      }
    },

    async ask(admittance, params) {
      const { account, done, requestId } = admittance;
      const seconds = account.begin();
      if (seconds > 0) return refuseForDebt(seconds).errors;
      const gone = new AbortController();
      void done.then(() => gone.abort());
      const execution = await begin(admittance, false, gone.signal);
      if (execution?.kind === 'REFUSED') return execution.errors;
      try {
        const asked: AskedOf = { operation: 'other', code: 'OK' };
        const body: Extract<Body, { kind: 'READ' }> = {
          kind: 'READ',
          params,
          admitted: admitOwn(params.query),
          isLarge: false,
          release: () => {},
        };
        const scope = { session: sessionOf(admittance), account, requestId, asked, body };
        const response = await answer(OWN_REQUEST(), scope);
        return (await response.json()) as Answer;
      } finally {
        execution?.end();
      }
    },

    hold({ account, caller, done }, page) {
      account.charge((page.octets / 1024) * COST_PER_KIB);
      const shortage = answers.holdAnswer({ ...page, tenantId: caller.viewer.tenantId, done });
      return shortage === null ? null : ANSWERS_FULL;
    },
  };
}

/** graphql-yoga reads its headers only. */
const OWN_REQUEST = (): Request =>
  new Request('http://console.invalid/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: '{}',
  });

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
export function closed(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => outgoing.once('close', () => resolve()));
}
