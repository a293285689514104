/**
 * Errors of a request as such, said as GraphQL says it: a sentence and a stable code, whatever the HTTP status.
 */
import { GraphQLError, type GraphQLSchema, isEnumType, Kind } from 'graphql';

/** graphql echoes what it was given, which may have megabytes. */
const MOST_MESSAGE = 500;

export interface RequestErrors {
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

export function refusal(code: string, message: string, more: Readonly<Record<string, unknown>> = {}): RequestErrors {
  return { errors: [{ message, extensions: { code, ...more } }] };
}

/** A request that is answered before GraphQL sees it. */
export interface Refused {
  readonly kind: 'REFUSED';
  readonly status: 400 | 406 | 408 | 413 | 415 | 429 | 503;
  readonly errors: RequestErrors;
  /** For the header Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** @param seconds when it may be sent again; absent: as it is, never */
export function refuse(status: Refused['status'], code: string, message: string, seconds?: number): Refused {
  if (seconds === undefined) return { kind: 'REFUSED', status, errors: refusal(code, message) };
  const errors = refusal(code, message, { retryAfterSeconds: seconds });
  return { kind: 'REFUSED', status, errors, retryAfterSeconds: seconds };
}

export function refuseForDebt(seconds: number): Refused {
  return refuse(429, 'RATE_LIMITED', askedForTooMuch(seconds), seconds);
}

/** The same, of a request that had begun. */
export function rateLimited(seconds: number): GraphQLError {
  const http = { status: 429, headers: { 'Retry-After': `${seconds}` } };
  return new GraphQLError(askedForTooMuch(seconds), {
    extensions: { code: 'RATE_LIMITED', retryAfterSeconds: seconds, http },
  });
}

function askedForTooMuch(seconds: number): string {
  return `This token has asked for more than it may in this time. Ask again in ${seconds} s, or for less at once.`;
}

/** The refusal of a query whose answer finds no room. */
export const ANSWERS_FULL = refuse(
  429,
  'RATE_LIMITED',
  'The answers that are on their way take all the room there is. Read them, then send this one again, or ask for smaller pages.',
  5,
);

/** The refusal of a tenant that has as many connections as it may have. */
export const CONNECTIONS_FULL = refuse(
  429,
  'RATE_LIMITED',
  "This token's tenant has as many requests under way as it may have connections. Send this one when some are answered.",
  5,
);

/** For a client whose Accept, Content-Type or Content-Encoding does not fit; null when all do. */
export function refuseMediaType({
  accept,
  contentType,
  contentEncoding,
}: {
  readonly accept: string | null;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
}): Refused | null {
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== 'identity') {
    return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as it is, without a Content-Encoding.');
  }
  // What a browser sends from another page without asking first is not one of these.
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    const message = 'Send the request as JSON, with the header Content-Type: application/json.';
    return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', message);
  }
  const accepted = (accept ?? '*/*').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  if (accepted.some((part) => ANSWERS.has(part))) return null;
  const message =
    'Accept application/json, or application/graphql-response+json; for a subscription text/event-stream.';
  return refuse(406, 'NOT_ACCEPTABLE', message);
}

const ANSWERS = new Set([
  '',
  '*/*',
  'application/*',
  'application/json',
  'application/graphql-response+json',
  'text/*',
  'text/event-stream',
]);

export const POST_ONLY = refusal('METHOD_NOT_ALLOWED', 'GraphQL is asked by POST, with the request as JSON.');

/** A fault of ours, without a word of it. */
export function maskedError(requestId: string) {
  return {
    message: 'Something failed on our side; it is in our log under this request id. Try again in a moment.',
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

/** The error of a database that is away for now, as in a failover. */
export function unavailableError(requestId: string) {
  return {
    message:
      'The database cannot be reached at the moment. Try again in a moment; whether a mutation was done is not known until then.',
    extensions: { code: 'UNAVAILABLE', requestId },
  };
}

/** As it is told: never without a code, and with an end. What comes without one are variables that do not fit their types. */
export function toldError(error: GraphQLError, schema: GraphQLSchema): GraphQLError {
  const { nodes, source, positions, path, originalError, extensions } = error;
  const message = withChoices(error.message, schema);
  if (message === error.message && message.length <= MOST_MESSAGE && extensions['code'] !== undefined) return error;
  return new GraphQLError(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)} …` : message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    originalError: originalError ?? null,
    extensions: { code: 'BAD_USER_INPUT', ...extensions },
  });
}

/** The error about a mistyped value of an enum names all values. */
function withChoices(message: string, schema: GraphQLSchema): string {
  const type = schema.getType(/ does not exist in "(\w+)" enum\./.exec(message)?.[1] ?? '');
  if (!isEnumType(type)) return message;
  const names = type.getValues().map(({ name }) => name);
  return `${message} There are: ${names.join(', ')}.`;
}

/** Longer than any value of ours, and than anything somebody mistyped for one. */
const MAX_NAME = 100;

/** Changes the enums of the schema: a long text is refused before graphql looks for similar names, which takes long. */
export function boundSuggestions(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isEnumType(type)) continue;
    const refuse = (): never => {
      throw new GraphQLError(`A text of more than ${MAX_NAME} characters does not exist in "${type.name}" enum.`);
    };
    const parseValue = type.parseValue.bind(type);
    type.parseValue = (value, ...rest) =>
      typeof value === 'string' && value.length > MAX_NAME ? refuse() : parseValue(value, ...rest);
    const parseLiteral = type.parseLiteral.bind(type);
    type.parseLiteral = (node, ...rest) =>
      node.kind === Kind.STRING && node.value.length > MAX_NAME ? refuse() : parseLiteral(node, ...rest);
  }
}
