/**
 * What is wrong with a request as such, said as GraphQL says it: a sentence and a stable code, whatever the HTTP status.
 */
import { GraphQLError, type GraphQLSchema, isEnumType } from 'graphql';

/** graphql echoes what it was given, which may have megabytes. */
const MOST_MESSAGE = 500;

export interface RequestErrors {
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

export function refusal(code: string, message: string, more: Readonly<Record<string, unknown>> = {}): RequestErrors {
  return { errors: [{ message, extensions: { code, ...more } }] };
}

/** By status: what the GraphQL server answers without a word. */
export const WORDLESS: ReadonlyMap<number, RequestErrors> = new Map([
  [
    406,
    refusal(
      'NOT_ACCEPTABLE',
      'Accept application/json, or application/graphql-response+json; for a subscription text/event-stream.',
    ),
  ],
  [413, refusal('REQUEST_ENTITY_TOO_LARGE', 'The request has more than 64 MiB. Send it in parts.')],
  [415, refusal('UNSUPPORTED_MEDIA_TYPE', 'Send the request as JSON, with the header Content-Type: application/json.')],
]);

export const POST_ONLY = refusal('METHOD_NOT_ALLOWED', 'GraphQL is asked by POST, with the request as JSON.');

export function rateLimited(seconds: number): RequestErrors {
  const message = `This token has asked for more than it may in this time. Ask again in ${seconds} s, or for less at once.`;
  return refusal('RATE_LIMITED', message, { retryAfterSeconds: seconds });
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

/** Who mistyped a value of an enum is told those there are. */
function withChoices(message: string, schema: GraphQLSchema): string {
  const type = schema.getType(/ does not exist in "(\w+)" enum\./.exec(message)?.[1] ?? '');
  if (!isEnumType(type)) return message;
  const names = type.getValues().map(({ name }) => name);
  return `${message} There are: ${names.join(', ')}.`;
}
