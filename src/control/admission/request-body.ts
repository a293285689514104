/**
 * Reads a request's body within the room there is, and hands out what its document asks for; or says why not.
 *
 * A body of up to 1 MiB, with 50,000 values, is anybody's. What is larger has to be one of the mutations that take lists, with
 * the scope that they need; a body whose document comes first is refused before the rest is read. Nothing is parsed but the
 * document, and the variables that its operation declares.
 */
import type { IncomingMessage } from 'node:http';
import { grants, type Scope } from '../../tenants/token-cache.ts';
import type { Account } from './billing.ts';
import type { Admitted } from './document-gate.ts';
import type { Admission } from './document-turns.ts';
import { createJsonScan, type ScanFault } from './json-scan.ts';
import { type Refused, refuse, refuseForDebt } from './refusals.ts';
import { createOctets, receiveOctets } from './request-octets.ts';
import {
  asksFor,
  LARGE_MUTATIONS,
  OBJECT_MUTATIONS,
  stringAt,
  unexpectedMember,
  variablesOf,
} from './request-params.ts';
import type { RequestRooms, Shortage } from './request-room.ts';

const MIB = 1024 * 1024;
const SMALL = { octets: MIB, values: 50_000, containers: 20_000 };
/** A list of a million entries fits, and a thousand domains with all they can have. */
const LARGE = { octets: 64 * MIB, values: 1_250_000, containers: 100_000 };
/** The scope of the mutations that take lists. */
const LARGE_SCOPE: Scope = 'DOMAIN_WRITE';
const COST_PER_OCTET = 1 / 300;
/** A client may send each octet in a chunk of its own, and each is an event of some microseconds. */
const COST_PER_CHUNK = 0.5;
const CHUNKS = { most: 1_000, octetsEach: 64 };
/** For each value of a small one, which is looked at more than once; and of a large one: a million take two seconds of the processor. */
const COST_PER_VALUE = { small: 0.05, large: 0.5 };
/** In memory, once it is parsed. */
const BYTES_PER_VALUE = 64;
/** For the turn of a large request. */
const MOST_WAIT_MS = 60_000;
/** Until there may be room again; what is under way ends in about this time. */
const RETRY_SECONDS = 5;

export interface BodyDeps {
  readonly admission: Admission;
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
      /** It has the turn of a large request. */
      readonly isLarge: boolean;
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
const TOO_MANY_OBJECTS = refuse(
  413,
  'REQUEST_ENTITY_TOO_LARGE',
  `The request has more than ${SMALL.containers.toLocaleString('en')} lists and objects, where a list of texts is expected.`,
);
const TOO_MANY_CHUNKS = refuse(
  400,
  'BAD_REQUEST',
  `The request comes in chunks of less than ${CHUNKS.octetsEach} octets. Send larger ones.`,
);
const NO_QUERY = refuse(400, 'BAD_REQUEST', 'The request has no text. Send an object with `query`, a string.');

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

/** The memory that one request holds of the rooms, given back all at once. */
function createHold({ small, large, turns }: RequestRooms, tenantId: string) {
  let [smallBytes, largeBytes, hasTurn] = [0, 0, false];
  return {
    takeSmall(bytes: number): Shortage | null {
      const shortage = small.take(tenantId, bytes);
      if (shortage === null) smallBytes += bytes;
      return shortage;
    },
    takeLarge(bytes: number): Shortage | null {
      const shortage = large.take(tenantId, bytes);
      if (shortage === null) largeBytes += bytes;
      return shortage;
    },
    /** Waits for the turn of a large request; false: not had. */
    async takeTurn(signal: AbortSignal): Promise<boolean> {
      hasTurn = await turns.enter(tenantId, signal);
      return hasTurn;
    },
    release(): void {
      small.giveBack(tenantId, smallBytes);
      large.giveBack(tenantId, largeBytes);
      if (hasTurn) turns.leave();
      [smallBytes, largeBytes, hasTurn] = [0, 0, false];
    },
  };
}

/** Reads, bounds and bills the body of a request. `signal` fires when its client has gone. */
export async function readBody(deps: BodyDeps, request: BodyRequest): Promise<Body> {
  const { tenantId, scopes, account } = request.sender;
  const announced = Number(request.incoming.headers['content-length'] ?? 0);
  const tooLarge =
    announced > LARGE.octets
      ? TOO_LARGE
      : announced > SMALL.octets && !grants(scopes, LARGE_SCOPE)
        ? NOT_FOR_LISTS
        : null;
  const hold = createHold(deps.rooms, tenantId);
  const reading = createReading(deps, request, hold);
  const body =
    tooLarge ??
    (await read().catch((error: unknown) => {
      hold.release();
      throw error;
    }));
  // What was announced is on its way, even if it is not read.
  account.charge(Math.min(Math.max(announced, reading.length()), LARGE.octets) * COST_PER_OCTET + reading.extraCost());
  if (body.kind === 'REFUSED') hold.release();
  return body;

  async function read(): Promise<Body> {
    const room = announced > SMALL.octets ? deps.rooms.large : deps.rooms.small;
    const shortage = room.shortageOf(tenantId, announced);
    if (shortage !== null) return noRoom(shortage);
    let outcome = await receiveOctets(request, reading.take);
    if (outcome === 'DOCUMENT')
      outcome = (await reading.admit()) ?? reading.judgeLarge() ?? (await receiveOctets(request, reading.take));
    return outcome === null || typeof outcome === 'string' ? finish({ request, hold, reading }) : outcome;
  }
}

/** The part of one body that has come, and its document as soon as that is there. */
function createReading(deps: BodyDeps, request: BodyRequest, hold: Hold) {
  const scan = createJsonScan();
  const octets = createOctets();
  const { text } = octets;
  /** Undefined: it has not come yet. Null: it is no string. */
  let query: string | null | undefined;
  let admitted: Admitted | null = null;
  let isLarge = false;
  let chunkCount = 0;

  function findQuery(): string | null {
    if (query === undefined && scan.member('query') !== null) query = stringAt(scan, 'query', text);
    return query ?? null;
  }

  /** Admits the document, if it has come. */
  async function admit(): Promise<Refused | null> {
    const found = findQuery();
    if (found === null || admitted !== null) return null;
    // A large one is in a room of its own.
    const heldBytes = isLarge ? 0 : scan.counts().octets;
    const document = await deps.admission.admit(found, { ...request, heldBytes });
    if (document.kind === 'NO_TURN') return document.refused;
    admitted = document;
    return null;
  }

  /** Judges a body that is no longer small. DOCUMENT: first it must be admitted. ENOUGH: whatever else may come, the answer is known. */
  function judgeLarge(): Refused | 'DOCUMENT' | 'ENOUGH' | null {
    if (!grants(request.sender.scopes, LARGE_SCOPE)) return NOT_FOR_LISTS;
    if (admitted === null) {
      if (findQuery() !== null) return 'DOCUMENT';
      return query === null ? NO_QUERY : null;
    }
    if (admitted.kind !== 'VALID') return 'ENOUGH';
    if (!asksFor(admitted.document, LARGE_MUTATIONS)) return NOT_FOR_LISTS;
    const hasObjects = scan.counts().containers > SMALL.containers;
    return hasObjects && !asksFor(admitted.document, OBJECT_MUTATIONS) ? TOO_MANY_OBJECTS : null;
  }

  return {
    scan,
    text,
    admit,
    judgeLarge,
    admitted: () => admitted,
    length: () => scan.counts().octets,
    extraCost: () =>
      chunkCount * COST_PER_CHUNK + scan.counts().values * (isLarge ? COST_PER_VALUE.large : COST_PER_VALUE.small),
    isLarge: () => isLarge,
    query: () => query ?? null,
    forget: () => octets.clear(),
    take(chunk: Buffer): ReturnType<typeof judgeLarge> {
      chunkCount += 1;
      if (chunkCount > CHUNKS.most + scan.counts().octets / CHUNKS.octetsEach) return TOO_MANY_CHUNKS;
      const fault = scan.push(chunk);
      if (fault !== null) return faulty(fault);
      const { octets: length, values, containers } = scan.counts();
      if (length > LARGE.octets) return TOO_LARGE;
      if (values > LARGE.values || containers > LARGE.containers) return TOO_MANY_VALUES;
      isLarge ||= length > SMALL.octets || values > SMALL.values || containers > SMALL.containers;
      const shortage = isLarge ? hold.takeLarge(chunk.length) : hold.takeSmall(chunk.length);
      if (shortage !== null) return noRoom(shortage);
      octets.append(chunk);
      return isLarge ? judgeLarge() : null;
    },
  };
}

async function finish({
  request,
  hold,
  reading,
}: {
  readonly request: BodyRequest;
  readonly hold: Hold;
  readonly reading: Reading;
}): Promise<Body> {
  const { scan, text } = reading;
  const refused = await reading.admit();
  if (refused !== null) return refused;
  const admitted = reading.admitted();
  const query = reading.query();
  const isWhole = admitted === null || admitted.kind === 'VALID' || !reading.isLarge();
  const fault = isWhole ? (scan.end() ?? unexpectedMember(scan, text)) : null;
  if (fault !== null) return faulty(fault);
  if (admitted === null || query === null) return NO_QUERY;
  if (admitted.kind === 'OWED') return refuseForDebt(Math.max(request.sender.account.waitOf(), 1));
  const release = (): void => hold.release();
  if (admitted.kind !== 'VALID')
    return { kind: 'READ', params: { query, variables: {} }, admitted, isLarge: false, release };

  if (!reading.isLarge()) {
    const shortage = hold.takeSmall(scan.counts().values * BYTES_PER_VALUE);
    if (shortage !== null) return noRoom(shortage);
  } else if (!(await hold.takeTurn(AbortSignal.any([request.signal, AbortSignal.timeout(MOST_WAIT_MS)]))))
    return noRoom('FULL');
  const operationName = stringAt(scan, 'operationName', text);
  const variables = variablesOf(admitted.document, { operationName, scan, text });
  if (variables.kind === 'REFUSED') return variables;
  reading.forget();
  const params = { query, ...(operationName === null ? {} : { operationName }), variables: variables.values };
  return { kind: 'READ', params, admitted, isLarge: reading.isLarge(), release };
}

function faulty({ message }: ScanFault): Refused {
  return refuse(400, 'BAD_REQUEST', message);
}
