/**
 * GraphQL over the requests that request-body.ts let through: scopes, bills, execution, and how errors are told.
 *
 * The only file that knows graphql-yoga, which gets neither body nor text: documents come from the gate, parsed and validated.
 * A fault becomes a masked error with a request id that the log has too; a database that is away is UNAVAILABLE, and no fault.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type ExecutionResult,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import { createBoundedMap } from '../bounded-map.ts';
import type { Sql } from '../db/client.ts';
import { gatedSql } from '../db/gated-sql.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import type { ApiOperation } from '../telemetry/metrics.ts';
import type { AnswerRoom } from './admission/answer-room.ts';
import { auditMutations } from './audit.ts';
import type { Account } from './admission/billing.ts';
import { type Context, createContext, createLoad, type Load, type ServiceParts } from './context.ts';
import { createDocumentGate, type DocumentGate } from './admission/document-gate.ts';
import { boundSuggestions, maskedError, rateLimited, toldError, unavailableError } from './admission/refusals.ts';
import { type Asked, billOf } from './admission/limits.ts';
import { billItems, itemTold } from './subscriptions/item-bill.ts';
import { billLists } from './admission/list-bill.ts';
import { createRotation, ITEMS, type Rotation, STATEMENTS } from './admission/rotation.ts';
import type { Body } from './admission/request-body.ts';
import { findForbidden, guardMutations } from './required-scopes.ts';
import { resolvers } from './resolvers.ts';
import type { Session } from './subscriptions/outbox.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

/** Tenants whose subscriptions ask together. */
const MOST_SHARED_LOADS = 1000;
/** Mistakes in variables are told a few times, each time with the value. */
const MAX_VARIABLE_ERRORS = 3;
/** The cost of finding out that a request asks for too much. */
const COUNTING_COST = 20_000;
/** The cost of a subscription until its first item: its cursor is looked up, and what was missed is read. */
const SUBSCRIBE_COST = 200;
/** Until a database that is away may be there again. */
const RETRY_SECONDS = 2;

/** For the metrics: what a request asks for, and the code of its first error. */
export interface AskedOf {
  operation: ApiOperation;
  code: string;
}

export interface RequestScope {
  readonly session: Session;
  readonly account: Account;
  readonly requestId: string;
  readonly asked: AskedOf;
  readonly body: Extract<Body, { readonly kind: 'READ' }>;
}

export interface GraphqlServer {
  readonly gate: DocumentGate;
  /** `request`: its headers are read, its body is not. */
  readonly answer: (request: Request, scope: RequestScope) => Promise<Response>;
}

export function createGraphqlServer(
  parts: ServiceParts,
  sdl: string,
  live: { readonly subscriptions: Subscriptions; readonly answers: AnswerRoom },
): GraphqlServer {
  // maskError is told nothing about its request.
  const scopes = new AsyncLocalStorage<RequestScope>();
  const statements = createRotation(STATEMENTS);
  const schema = createSchema<RequestScope & Context>({ typeDefs: sdl, resolvers });
  guardMutations(schema);
  auditMutations(schema);
  boundSuggestions(schema);
  billLists(schema);
  billItems(schema, createRotation(ITEMS));
  const yoga = createYoga<RequestScope, Context>({
    schema,
    context: ({ session }: RequestScope) =>
      createContext(parts, { ...live, session }, statements.lineOf(session.caller.viewer.tenantId)),
    graphqlEndpoint: '/graphql',
    plugins: [admitting, noting, scopeGuard, billing, coercing, sharing(parts.sql, statements), items, telling(schema)],
    // All of it is done before.
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    maskedErrors: {
      maskError(error) {
        if (error instanceof GraphQLError && (error.originalError ?? undefined) === undefined) return error;
        if (error instanceof GraphQLError && error.originalError instanceof GraphQLError) return error;
        const requestId = scopes.getStore()?.requestId ?? randomUUID();
        const isAway = isDatabaseAway(error instanceof GraphQLError ? error.originalError : error);
        if (!isAway) parts.events.fault({ where: 'control', error, requestId });
        const { message, extensions } = isAway ? unavailableError(requestId) : maskedError(requestId);
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
  return {
    gate: createDocumentGate(schema),
    answer: async (request, scope) => scopes.run(scope, () => yoga.fetch(request, scope)),
  };
}

/** Hands over what has been read, parsed and validated. */
const admitting: Plugin<RequestScope, RequestScope> = {
  onRequestParse({ serverContext, setRequestParser }) {
    setRequestParser(() => ({ ...serverContext.body.params }));
  },
  onParse({ context, setParseFn, setParsedDocument }) {
    const { admitted } = (context as RequestScope).body;
    if (admitted.kind !== 'REFUSED') setParsedDocument(admitted.document);
    else
      setParseFn(() => {
        throw admitted.error;
      });
  },
  onValidate({ context, setResult }) {
    const { admitted } = (context as unknown as RequestScope).body;
    setResult(admitted.kind === 'INVALID' ? admitted.errors : []);
  },
};

interface Begun {
  readonly args: Asked & { readonly contextValue: Context & RequestScope };
  readonly setResultAndStopExecution: (result: ExecutionResult) => void;
}

/**
 * graphql-yoga would tell fifty mistakes, each with the whole value: so variables that do not fit are found before.
 * What fits is coerced again by the execution.
 */
const coerce = ({ args, setResultAndStopExecution }: Begun): void => {
  const { schema, document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  if (operation == null) return;
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, {
    maxErrors: MAX_VARIABLE_ERRORS,
  });
  if (errors === undefined) return;
  const http = { status: 400 };
  setResultAndStopExecution({
    errors: errors.map(
      ({ message, nodes }) => new GraphQLError(message, { nodes: nodes ?? null, extensions: { http } }),
    ),
  });
};
const coercing: Plugin<Context & RequestScope> = { onExecute: coerce, onSubscribe: coerce };

/** Its items are paid for as they come (subscriptions/item-bill.ts). */
function isSubscription({ document, operationName }: Asked): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
}

/** After the scopes: what is forbidden costs nothing. */
const bill = ({ args, setResultAndStopExecution }: Begun): void => {
  const { account } = args.contextValue;
  const seconds = account.waitForOthers();
  if (seconds > 0) {
    setResultAndStopExecution({ errors: [rateLimited(seconds)] });
    return;
  }
  const due = billOf(args);
  if (due.kind === 'TOO_MUCH') account.charge(COUNTING_COST);
  else account.charge(isSubscription(args) ? SUBSCRIBE_COST : due.cost);
  if (due.kind === 'TOO_MUCH') setResultAndStopExecution({ errors: [due.error] });
};
const billing: Plugin<Context & RequestScope> = { onExecute: bill, onSubscribe: bill };

/** The turn of an item is over when it is resolved, however long its reader takes for it. */
const items: Plugin<Context & RequestScope> = {
  onSubscribe: ({ args: { contextValue } }) => ({
    onSubscribeResult: () => ({ onNext: () => itemTold(contextValue) }),
  }),
};

/** Many subscribers of a tenant ask for the same after an event: it is asked for once. */
function sharing(sql: Sql, statements: Rotation): Plugin<Context> {
  const shared = createBoundedMap<Load>(MOST_SHARED_LOADS);
  return {
    onSubscribe({ args: { contextValue } }) {
      const { viewer } = contextValue;
      const key = viewer.isOperator ? '' : viewer.tenantId;
      const load = shared.get(key) ?? createLoad(gatedSql(sql, statements.lineOf(viewer.tenantId)), viewer);
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

/** Errors in their form; an answer of nothing but a database that is away has the status 503. */
function telling(schema: GraphQLSchema): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (!('errors' in result) || result.errors === undefined) return;
      const errors = result.errors.map((error) => toldError(error, schema));
      const isAway =
        (result.data ?? null) === null && errors.some(({ extensions }) => extensions['code'] === 'UNAVAILABLE');
      const http = { status: 503, headers: { 'Retry-After': `${RETRY_SECONDS}` } };
      setResult({ ...result, errors, ...(isAway ? { extensions: { http } } : {}) });
    },
  };
}

/** Not a validation rule: the results of those are remembered for whoever sends the same text. */
const guard = ({ args: { schema, document, contextValue }, setResultAndStopExecution }: Begun): void => {
  const { caller, service } = contextValue;
  const errors = findForbidden(schema, document, { scopes: caller.scopes, publicUrl: service.publicUrl });
  if (errors.length > 0) setResultAndStopExecution({ errors });
};
// Items of a subscription are not announced to onExecute.
const scopeGuard: Plugin<Context & RequestScope> = { onExecute: guard, onSubscribe: guard };
