/**
 * Reads a request's body within the room there is, and hands out what its document asks for; or says why not.
 *
 * A body of up to 1 MiB, with 50,000 values, is anybody's. What is larger has to be one of the mutations that take lists, with
 * the scope that they need; a body whose document comes first is refused before the rest is read. Nothing is parsed but the
 * document, and the variables that its operation declares.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';
import { type DocumentNode, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';
import { grants, type Scope } from '../settings/scopes.ts';
import type { Account } from './billing.ts';
import type { Admitted, DocumentGate } from './document-gate.ts';
import { createJsonScan, type JsonScan, NO_JSON, type ScanFault, type Span } from './json-scan.ts';
import { type Refused, refuse, refuseForDebt } from './refusals.ts';
import type { RequestRooms, Room, Shortage, Turns } from './request-room.ts';

const MIB = 1024 * 1024;
const SMALL = { octets: MIB, values: 50_000, containers: 20_000 };
/** A list of a million entries fits, and a thousand domains with all they can have. */
const LARGE = { octets: 64 * MIB, values: 1_250_000, containers: 100_000 };
/** Their scope, and those that take a list of recipients. */
const LARGE_SCOPE: Scope = 'DOMAIN_WRITE';
const LARGE_MUTATIONS = new Set([
  'recipientsAdd',
  'recipientsRemove',
  'recipientsReplace',
  'domainCreate',
  'domainsApply',
]);
const COST_PER_OCTET = 1 / 300;
/** In memory, once it is parsed. */
const BYTES_PER_VALUE = 64;
/** A body comes at this pace at least, or is given up. */
const PACE = { octets: 64 * 1024, ms: 20_000 };
/** For the turn of a large request. */
const MOST_WAIT_MS = 60_000;
const PARAMETERS = ['query', 'variables', 'operationName', 'extensions'];
/** Until there may be room again; what is under way ends in about this time. */
const RETRY_SECONDS = 5;

export interface BodyDeps {
  readonly gate: DocumentGate;
  readonly rooms: RequestRooms;
}

export interface Sender {
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly account: Account;
}

export interface BodyRequest {
  readonly incoming: IncomingMessage;
  readonly sender: Sender;
  readonly signal: AbortSignal;
}

export interface RequestParams {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type Body =
  | {
      readonly kind: 'READ';
      readonly params: RequestParams;
      readonly admitted: Exclude<Admitted, { readonly kind: 'OWED' }>;
      /** Called once, when the request is over. */
      readonly release: () => void;
    }
  | Refused;

const TOO_LARGE = refuse(413, 'REQUEST_ENTITY_TOO_LARGE', 'The request has more than 64 MiB. Send it in parts.');
const NOT_FOR_LISTS = refuse(
  413,
  'REQUEST_ENTITY_TOO_LARGE',
  `Only lists may have more than 1 MiB or ${SMALL.values.toLocaleString('en')} values: ${[...LARGE_MUTATIONS].join(', ')}, with a token that has the scope ${LARGE_SCOPE}.`,
);
const TOO_MANY_VALUES = refuse(
  413,
  'REQUEST_ENTITY_TOO_LARGE',
  `The request has more than ${LARGE.values.toLocaleString('en')} values, or ${LARGE.containers.toLocaleString('en')} lists and objects. Send it in parts.`,
);
const TOO_SLOW = refuse(
  408,
  'REQUEST_TIMEOUT',
  `The request came too slowly: less than ${PACE.octets / 1024} KiB in ${PACE.ms / 1000} s.`,
);
const NO_QUERY = refuse(400, 'BAD_REQUEST', 'The request has no text. Send an object with `query`, a string.');
const GONE = refuse(400, 'BAD_REQUEST', 'The request ended before its body was whole.');

function noRoom(shortage: Shortage): Refused {
  const message =
    shortage === 'FULL'
      ? 'The service has as many request bodies in memory as it takes at once. Send this one again in a moment.'
      : "The requests that this token's tenant has under way are as large as they may be together. Send this one when one of them is answered.";
  return shortage === 'FULL'
    ? refuse(503, 'UNAVAILABLE', message, RETRY_SECONDS)
    : refuse(429, 'RATE_LIMITED', message, RETRY_SECONDS);
}

type Hold = ReturnType<typeof createHold>;
type Reading = ReturnType<typeof createReading>;

/** What one request holds of the rooms, given back all at once. */
function createHold({ small, large }: RequestRooms, tenantId: string) {
  let givingBack: (() => void)[] = [];
  const takeOf = (room: Room, bytes: number): Shortage | null => {
    const shortage = room.take(tenantId, bytes);
    if (shortage === null) givingBack.push(() => room.giveBack(tenantId, bytes));
    return shortage;
  };
  return {
    takeSmall: (bytes: number) => takeOf(small, bytes),
    takeLarge: (bytes: number) => takeOf(large, bytes),
    /** A turn that was entered is left with the rest. */
    takeTurn: (turns: Turns) => void givingBack.push(() => turns.leave()),
    release(): void {
      for (const giveBack of givingBack) giveBack();
      givingBack = [];
    },
  };
}

/** Reads, bounds and bills the body of a request. `signal` fires when its client has gone. */
export async function readBody(deps: BodyDeps, request: BodyRequest): Promise<Body> {
  const { tenantId, scopes, account } = request.sender;
  const announced = Number(request.incoming.headers['content-length'] ?? 0);
  if (announced > LARGE.octets) return TOO_LARGE;
  if (announced > SMALL.octets && !grants(scopes, LARGE_SCOPE)) return NOT_FOR_LISTS;
  const room = announced > SMALL.octets ? deps.rooms.large : deps.rooms.small;
  const shortage = room.shortageOf(tenantId, announced);
  if (shortage !== null) return noRoom(shortage);

  const hold = createHold(deps.rooms, tenantId);
  const reading = createReading(deps.gate, request.sender, hold);
  const refused = await receiveOctets(request, reading.take);
  account.charge(reading.octets() * COST_PER_OCTET);
  const body = refused ?? (await finish(deps.rooms, { request, hold, reading }));
  if (body.kind === 'REFUSED') hold.release();
  return body;
}

/** What has come of one body, and its document as soon as that is there. */
function createReading(gate: DocumentGate, { scopes, account }: Sender, hold: Hold) {
  const scan = createJsonScan();
  const chunks: Buffer[] = [];
  const text = (span: Span): string => textOf(chunks, span);
  let query: string | null = null;
  let admitted: Admitted | null = null;
  let isLarge = false;

  /** Null: the document has not come yet. */
  function admit(): Admitted | null {
    query ??= stringAt(scan, 'query', text);
    if (query === null) return null;
    admitted ??= gate.admit(query, (cost) => {
      account.charge(cost);
      return account.waitOf() === 0;
    });
    return admitted;
  }

  /** Of a body that is no longer small. */
  function judgeLarge(): Refused | null {
    if (!grants(scopes, LARGE_SCOPE)) return NOT_FOR_LISTS;
    const document = admit();
    return document?.kind === 'VALID' && !takesLists(document.document) ? NOT_FOR_LISTS : null;
  }

  return {
    scan,
    text,
    admit,
    octets: () => scan.counts().octets,
    isLarge: () => isLarge,
    query: () => query,
    forget: () => void chunks.splice(0),
    /** ENOUGH: whatever else may come, the answer is known. */
    take(chunk: Buffer): Refused | 'ENOUGH' | null {
      const fault = scan.push(chunk);
      if (fault !== null) return faulty(fault);
      const { octets, values, containers } = scan.counts();
      if (octets > LARGE.octets) return TOO_LARGE;
      if (values > LARGE.values || containers > LARGE.containers) return TOO_MANY_VALUES;
      isLarge ||= octets > SMALL.octets || values > SMALL.values || containers > SMALL.containers;
      const shortage = isLarge ? hold.takeLarge(chunk.length) : hold.takeSmall(chunk.length);
      if (shortage !== null) return noRoom(shortage);
      chunks.push(chunk);
      const refused = isLarge ? judgeLarge() : null;
      return refused ?? (isLarge && admitted !== null && admitted.kind !== 'VALID' ? 'ENOUGH' : null);
    },
  };
}

async function finish(
  rooms: RequestRooms,
  { request, hold, reading }: { readonly request: BodyRequest; readonly hold: Hold; readonly reading: Reading },
): Promise<Body> {
  const { scan, text } = reading;
  const { tenantId, account } = request.sender;
  const admitted = reading.admit();
  const query = reading.query();
  const isWhole = admitted === null || admitted.kind === 'VALID' || !reading.isLarge();
  const fault = isWhole ? (scan.end() ?? unexpectedMember(scan, text)) : null;
  if (fault !== null) return faulty(fault);
  if (admitted === null || query === null) return NO_QUERY;
  if (admitted.kind === 'OWED') return refuseForDebt(Math.max(account.waitOf(), 1));
  const release = (): void => hold.release();
  if (admitted.kind !== 'VALID') return { kind: 'READ', params: { query, variables: {} }, admitted, release };

  if (!reading.isLarge()) {
    const shortage = hold.takeSmall(scan.counts().values * BYTES_PER_VALUE);
    if (shortage !== null) return noRoom(shortage);
  } else if (!(await rooms.turns.enter(tenantId, AbortSignal.any([request.signal, AbortSignal.timeout(MOST_WAIT_MS)]))))
    return noRoom('FULL');
  else hold.takeTurn(rooms.turns);
  const operationName = stringAt(scan, 'operationName', text);
  const variables = variablesOf(admitted.document, { operationName, scan, text });
  if (variables.kind === 'REFUSED') return variables;
  reading.forget();
  const params = { query, ...(operationName === null ? {} : { operationName }), variables: variables.values };
  return { kind: 'READ', params, admitted, release };
}

/** Whether an operation of the document is one of those that take lists. */
function takesLists({ definitions }: DocumentNode): boolean {
  return definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.selectionSet.selections.some(
        (field) => field.kind === Kind.FIELD && LARGE_MUTATIONS.has(field.name.value),
      ),
  );
}

/** Those that the operation declares; the rest is not parsed. A name that no operation declares is a mistake. */
function variablesOf(
  document: DocumentNode,
  {
    operationName,
    scan,
    text,
  }: { readonly operationName: string | null; readonly scan: JsonScan; readonly text: (span: Span) => string },
): { readonly kind: 'VALUES'; readonly values: Readonly<Record<string, unknown>> } | Refused {
  const given = scan.variables();
  if (given === null) return { kind: 'VALUES', values: {} };
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const declaredBy = (operation: OperationDefinitionNode | null | undefined): readonly string[] =>
    (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const known = new Set(operations.flatMap(declaredBy));
  for (const name of given.keys()) {
    if (known.has(name)) continue;
    const message = `The request gives a variable that its text does not declare: ${JSON.stringify(name)}. Declare it, or leave it out.`;
    return refuse(400, 'BAD_USER_INPUT', message);
  }
  const entries: [string, unknown][] = [];
  for (const name of declaredBy(getOperationAST(document, operationName))) {
    const span = given.get(name);
    if (span === undefined) continue;
    const value = parsed(text(span));
    if (value === undefined) return faulty(NO_JSON);
    entries.push([name, value.value]);
  }
  return { kind: 'VALUES', values: Object.fromEntries(entries) };
}

/** A member that no GraphQL request has, or one of another kind than it must be. */
function unexpectedMember(scan: JsonScan, text: (span: Span) => string): ScanFault | null {
  const isNull = (name: string): boolean => {
    const span = scan.member(name);
    return span === null || (span.end - span.start === 4 && text(span) === 'null');
  };
  const other = scan.memberNames().find((name) => !PARAMETERS.includes(name) && !isNull(name));
  const malformed = (message: string): ScanFault => ({ message });
  if (other !== undefined) return malformed(`The request has a member that is not known: ${JSON.stringify(other)}.`);
  if (scan.variables() === null && !isNull('variables'))
    return malformed('The variables of the request are no object.');
  if (stringAt(scan, 'operationName', text) === null && !isNull('operationName'))
    return malformed('The operationName of the request is no string.');
  return null;
}

/** Null when it is not there, or is no string. */
function stringAt(scan: JsonScan, name: string, text: (span: Span) => string): string | null {
  const span = scan.member(name);
  const value = span === null ? undefined : parsed(text(span))?.value;
  return typeof value === 'string' ? value : null;
}

/** Undefined: it is no JSON. */
function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

function textOf(chunks: readonly Buffer[], { start, end }: Span): string {
  const parts: Buffer[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    if (offset + chunk.length > start && offset < end)
      parts.push(chunk.subarray(Math.max(start - offset, 0), end - offset));
    offset += chunk.length;
  }
  return Buffer.concat(parts).toString();
}

function faulty({ message }: ScanFault): Refused {
  return refuse(400, 'BAD_REQUEST', message);
}

/** Hands each chunk to `take` until that refuses or has enough. Null: it was let through. */
function receiveOctets(
  { incoming, signal }: BodyRequest,
  take: (chunk: Buffer) => Refused | 'ENOUGH' | null,
): Promise<Refused | null> {
  return new Promise((resolve, reject) => {
    let lately = 0;
    const done = (outcome: Refused | null): void => {
      clearInterval(pace);
      incoming.pause();
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      signal.removeEventListener('abort', onGone);
      resolve(outcome);
    };
    const onEnd = (): void => done(null);
    const onGone = (): void => done(GONE);
    const onData = (chunk: Buffer): void => {
      lately += chunk.length;
      try {
        const outcome = take(chunk);
        if (outcome !== null) done(outcome === 'ENOUGH' ? null : outcome);
      } catch (error) {
        done(GONE);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const pace = setInterval(() => {
      if (lately < PACE.octets) done(TOO_SLOW);
      lately = 0;
    }, PACE.ms);
    signal.addEventListener('abort', onGone);
    incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}
