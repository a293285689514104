/**
 * One HTTP/1.1 request over a connection of its own, read from the socket by response.ts.
 *
 * Promises: time, octets and interim replies are bounded whatever the peer sends, and the exchange ends as soon as a bound is
 * passed; with TLS the certificate is valid for the name (RFC 9525) before anything is sent; a failure is a value. No proxy,
 * redirect, cookie, compression or kept connection. Does not judge addresses (exchange.ts does) or statuses.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectWithTls } from 'node:tls';
import { monotonicMs, within } from '../clock.ts';
import { type HandshakeTurn, handshakeTurns } from '../dns/handshake-turns.ts';
import { sanitizeText } from '../mail/reply.ts';
import { normalizeAddress } from '../mail/ip.ts';
import { createResponseReader, type Progress, type ResponseReader } from './response.ts';

export interface HttpEndpoint {
  readonly isTls: boolean;
  /** A lower-case A-label, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
}

export interface HttpRequest extends HttpEndpoint {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ConnectionOptions {
  /** The address to connect to in place of `host`; absent, the runtime looks the host up. */
  readonly address?: string;
  /** Limit of the answer's body; what is longer is cut. */
  readonly maxBytes: number;
  /** For the connection and the whole answer. */
  readonly timeoutMs: number;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
  /** Gives up at once. */
  readonly signal?: AbortSignal | undefined;
}

export type Exchange =
  | {
      readonly kind: 'ANSWERED';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: ReadonlyMap<string, string>;
      readonly body: Uint8Array;
      /** Null: the body is whole; else why it is not, fit for a log. */
      readonly lack: string | null;
    }
  /** No answer came. `reason` can stand in a log. */
  | { readonly kind: 'FAILED'; readonly reason: string };

const MAX_REASON_LENGTH = 150;
/** Limit for an answer whose status is all that matters. */
const MOST_STATUS_BYTES = 65_536;
/** Octets from the wire for a handshake, certificates included. */
const MOST_HANDSHAKE_BYTES = 262_144;
/**
 * Octets from the wire after a handshake, beside those that the answer accounts for. Above TLS nothing is seen of what TLS
 * answers by itself, as session tickets (an honest server sends a few) and new keys, and each costs far more than to send.
 */
const MOST_TLS_BYTES = 16_384;
/** Octets from the wire that one octet of the answer may take: it may come in small records. */
const WIRE_TIMES = 4;
const WIRE_CHECK_MS = 20;

/** The endpoint of an http or https URL. */
export function endpointOf({ protocol, hostname, port, pathname, search }: URL): HttpEndpoint {
  const isTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return { isTls, host, port: port === '' ? (isTls ? 443 : 80) : Number(port), path: pathname + search };
}

/** Posts JSON to an address that the operator has named; of the answer only the status is read. Never throws. */
export function jsonPoster({ url, headers }: { readonly url: string; readonly headers: HttpRequest['headers'] }) {
  const asked = { ...endpointOf(new URL(url)), headers: { ...headers, 'content-type': 'application/json' } };
  return async (
    body: string,
    bounds: Pick<ConnectionOptions, 'timeoutMs' | 'signal'>,
  ): Promise<{ readonly status: number } | { readonly reason: string }> => {
    const answer = await requestOnce({ ...asked, method: 'POST', body }, { ...bounds, maxBytes: MOST_STATUS_BYTES });
    return answer.kind === 'FAILED' ? answer : { status: answer.status };
  };
}

/** Hands over what resolves when the signal fires, and forgets it afterwards: the signal may be that of the node. */
async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  wait: (abort: Promise<null>) => Promise<T>,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const abort = (): void => resolve(null);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await wait(promise);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Never throws. */
export async function requestOnce(asked: HttpRequest, options: ConnectionOptions): Promise<Exchange> {
  const octets = octetsOf(asked);
  if (octets === null) return failed('the request has characters that HTTP forbids');
  if (!asked.isTls) return converse(asked, octets, { options, turn: null });
  const { timeoutMs, address = asked.host } = options;
  const untilMs = monotonicMs() + timeoutMs;
  const taking = handshakeTurns.take(address);
  const turn = await unlessAborted(options.signal, (abort) =>
    within(timeoutMs, Promise.race([taking, abort]), () => null),
  );
  if (turn === null) {
    void taking.then((late) => late.end(0));
    if (options.signal?.aborted === true) return failed('given up');
    return failed(`no turn for a TLS handshake within ${Math.ceil(timeoutMs)} ms`);
  }
  return converse(asked, octets, { options: { ...options, timeoutMs: untilMs - monotonicMs() }, turn });
}

interface Conversation {
  readonly options: ConnectionOptions;
  /** Null: in clear. */
  readonly turn: HandshakeTurn | null;
}

function converse(asked: HttpRequest, octets: Buffer, { options, turn }: Conversation): Promise<Exchange> {
  const { timeoutMs, signal, address = asked.host } = options;
  if (signal?.aborted === true) {
    turn?.end(0);
    return Promise.resolve(failed('given up'));
  }
  return new Promise((resolve) => {
    const reader = createResponseReader(options.maxBytes);
    const wire = connect({ host: address, port: asked.port, noDelay: true });
    const socket = asked.isTls ? secure(asked, wire, options) : wire;
    const finish = (lack: string | null): void => {
      turn?.end(wire.bytesRead);
      clearTimeout(timer);
      clearInterval(check);
      signal?.removeEventListener('abort', abort);
      // The error listeners stay: a late error must not be an uncaught one.
      socket.destroy();
      wire.destroy();
      resolve(resultOf(reader, lack));
    };
    const heed = (progress: Progress): void => {
      if (progress.kind !== 'MORE') finish(progress.kind === 'FAULT' ? progress.fault : null);
    };
    const abort = (): void => finish('given up');
    const timer = setTimeout(() => finish(`no answer of ${address} within ${Math.ceil(timeoutMs)} ms`), timeoutMs);
    // In clear every octet is seen, and bounded, by the reader.
    let mostFromWire = asked.isTls ? MOST_HANDSHAKE_BYTES : Number.POSITIVE_INFINITY;
    const check = setInterval(() => {
      if (wire.bytesRead > mostFromWire) finish(`more than ${mostFromWire} bytes from the wire`);
    }, WIRE_CHECK_MS);
    signal?.addEventListener('abort', abort);
    if (wire !== socket) wire.on('error', (error) => finish(reasonOf(error)));
    socket.once(asked.isTls ? 'secureConnect' : 'connect', () => {
      if (turn !== null) {
        turn.end(wire.bytesRead);
        mostFromWire = wire.bytesRead + MOST_TLS_BYTES;
      }
      socket.write(octets);
    });
    socket.on('data', (chunk: Buffer) => {
      mostFromWire += chunk.length * WIRE_TIMES;
      heed(reader.take(chunk));
    });
    socket.on('end', () => heed(reader.end()));
    socket.on('error', (error) => finish(reasonOf(error)));
    socket.on('close', () => finish('the connection was lost'));
  });
}

/** Over a connection of our own, whose octets can be counted. */
function secure({ host }: HttpRequest, wire: Socket, { authorities }: ConnectionOptions): Socket {
  return connectWithTls({
    socket: wire,
    // An address is no server name (RFC 6066 §3); the certificate must then be the address's.
    servername: normalizeAddress(host) === null ? host : '',
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
  });
}

/** Null: a part would break the head. */
function octetsOf({ isTls, host, port, path, method, headers, body = '' }: HttpRequest): Buffer | null {
  const name = normalizeAddress(host) !== null && host.includes(':') ? `[${host}]` : host;
  const isUsualPort = port === (isTls ? 443 : 80);
  const fields = Object.entries({
    host: isUsualPort ? name : `${name}:${port}`,
    connection: 'close',
    'user-agent': 'backup-mx',
    ...(method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    ...Object.fromEntries(Object.entries(headers).map(([field, value]) => [field.toLowerCase(), value])),
  });
  const isSound = fields.every(([field, value]) => /^[\w-]+$/.test(field) && /^[\t\x20-\x7e]*$/.test(value));
  if (!isSound || !/^\/[\x21-\x7e]*$/.test(path)) return null;
  const lines = [`${method} ${path} HTTP/1.1`, ...fields.map(([field, value]) => `${field}: ${value}`), '', body];
  return Buffer.from(lines.join('\r\n'));
}

function resultOf(reader: ResponseReader, lack: string | null): Exchange {
  const head = reader.head();
  return head === null ? failed(lack ?? 'no answer') : { kind: 'ANSWERED', ...head, body: reader.body(), lack };
}

export function failed(reason: string): Extract<Exchange, { readonly kind: 'FAILED' }> {
  return { kind: 'FAILED', reason };
}

function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return sanitizeText(`${code}${error.message}`, MAX_REASON_LENGTH);
}
