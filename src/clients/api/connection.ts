/**
 * The clients' way to the service (the command's and Terraform's): GraphQL over HTTP, and nothing else.
 *
 * `BACKUP_MX_URL` is the address (default the service of this machine), `BACKUP_MX_TOKEN` or `BACKUP_MX_TOKEN_FILE` has the token.
 * Each failure is one line that says what to do.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { endpointOf, requestOnce } from '../../http/connection.ts';

/** The reason why a request of the user cannot be carried out: one line, shown to the user where it is caught. */
export class ClientError extends Error {}

/** No answer came: it is not known whether a mutation was done. */
export class Unreachable extends ClientError {}

export interface Connection {
  /** The data of the answer. Throws ClientError with one line if there is no data. */
  ask<T>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<T>;
}

/** A setting, and what the user calls it. */
interface Given {
  readonly value: string;
  readonly name: string;
}

export interface Account {
  readonly url: Given;
  readonly token: Given;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://127.0.0.1:8025';
/** A thousand domains at once take seconds on a slow machine. */
const TIMEOUT_MS = 120_000;
/** A whole page of the largest messages is less. */
const MOST_ANSWER_BYTES = 268_435_456;

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** The service and the token that the environment names; what is given by other means goes first. Throws ClientError. */
export function accountOf(env: Environment, given: Partial<Account> = {}): Account {
  return {
    url: given.url ?? { value: env['BACKUP_MX_URL'] ?? DEFAULT_URL, name: 'BACKUP_MX_URL' },
    token: given.token ?? tokenOf(env),
  };
}

/** Makes no request yet. Requests end when `interruption` is aborted. Throws ClientError when the address is invalid. */
export function connect(account: Account, interruption: AbortSignal): Connection {
  const url = addressOf(account.url);
  return {
    async ask<T>(query: string, variables: Readonly<Record<string, unknown>> = {}) {
      return dataOf(await post(url, account, { query, variables }, interruption)) as T;
    },
  };
}

/** The data of an answer. Throws ClientError with its first error. */
export function dataOf({ data, errors }: Answer): unknown {
  const [error] = errors ?? [];
  if (error !== undefined) throw new ClientError(lineOf(error));
  return data;
}

/** Never an argument: every account of the machine can read those. */
function tokenOf(env: Environment): Given {
  const file = env['BACKUP_MX_TOKEN_FILE'] ?? '';
  let name = 'BACKUP_MX_TOKEN';
  let token = env[name] ?? '';
  try {
    if (token === '' && file !== '') {
      name = 'BACKUP_MX_TOKEN_FILE';
      token = readFileSync(file, 'utf8');
    }
  } catch (error) {
    throw new ClientError(
      `BACKUP_MX_TOKEN_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  token = token.trim();
  if (token === '') {
    throw new ClientError(
      'BACKUP_MX_TOKEN is not set: put a token into it, or the name of its file into BACKUP_MX_TOKEN_FILE. The service says at its start where the operator token is',
    );
  }
  return { value: token, name };
}

/** The given value is not repeated: errors end up in logs, and it may hold a password or be the token. */
export function addressOf({ value, name }: Given): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ClientError(`${name} is not the address of a service: expected one such as ${DEFAULT_URL}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ClientError(
      `${name} holds a user name or password, which is never sent: use ${url.protocol}//${url.host}, and put a token into BACKUP_MX_TOKEN`,
    );
  }
  return new URL('/graphql', url);
}

async function post(url: URL, account: Account, body: unknown, interruption: AbortSignal): Promise<Answer> {
  const answered = await requestOnce(
    {
      ...endpointOf(url),
      method: 'POST',
      headers: { authorization: `Bearer ${account.token.value}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
    { maxBytes: MOST_ANSWER_BYTES, timeoutMs: TIMEOUT_MS, signal: interruption },
  );
  if (answered.kind === 'FAILED' || answered.lack !== null) {
    if (interruption.aborted) throw new ClientError('interrupted');
    const reason = answered.kind === 'FAILED' ? answered.reason : answered.lack;
    throw new Unreachable(
      `${url.origin} cannot be reached: ${plainReason(reason ?? '')}. ${account.url.name} says where the service is`,
    );
  }
  const { status } = answered;
  const answer = parseAnswer(Buffer.from(answered.body).toString('utf8'));
  if (answer === null)
    throw new ClientError(`${url.origin} is not a Backup MX: it answered ${status} to a GraphQL request`);
  if (status === 401) throw new ClientError(`${account.token.name} is not a valid token of this service`);
  return answer;
}

/** Null: it is no answer to a GraphQL request. */
export function parseAnswer(text: string): Answer | null {
  try {
    const value: unknown = JSON.parse(text);
    const isAnswer = typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
    return isAnswer ? (value as Answer) : null;
  } catch {
    return null;
  }
}

function lineOf({ message, extensions }: NonNullable<Answer['errors']>[number]): string {
  const requestId = extensions?.['requestId'];
  return typeof requestId === 'string' ? `${message} (request ${requestId})` : sayPlainly(message);
}

/** `Variable "$input" got invalid value "SOON" at "input.until"; A sentence.`: people know the field, not the variable. */
function sayPlainly(message: string): string {
  const parts = /^Variable "\$\w+" got invalid value (.*) at "\w+\.([^"]+)"; (.*)$/s.exec(message);
  return parts === null ? message : `${parts[2]} is ${parts[1]}: ${parts[3]}`;
}

/** Codes of the system in words. */
function plainReason(reason: string): string {
  const code = /^E[A-Z]+/.exec(reason)?.[0] ?? '';
  return { ECONNREFUSED: 'connection refused', ENOTFOUND: 'host not found' }[code] ?? reason;
}
