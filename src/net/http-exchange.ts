/**
 * One HTTP request to a host that a stranger named: the guard against requests into our own network.
 *
 * Promises: the name is resolved here, once, by our resolver, and the connection goes to the very address that was judged
 * (address-class.ts), so that no second answer of the DNS can lead elsewhere; with TLS the certificate is valid for the name
 * (RFC 9525); no redirect is followed; bytes and time are bounded, look-up included; a failure is a value. No proxy, no cookie,
 * no compression, no kept connection. Does not judge statuses.
 */
import { Buffer } from 'node:buffer';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestInClear } from 'node:http';
import { request as requestWithTls } from 'node:https';
import { monotonicMs, within } from '../clock.ts';
import { sanitizeText } from '../mail/reply.ts';
import { isUsableServerAddress } from './address-class.ts';
import { normalizeAddress } from './addresses.ts';
import type { Resolver } from './resolver.ts';

export interface ExchangeOptions {
  readonly resolver: Pick<Resolver, 'resolveAddresses'>;
  /** ALLOW_PRIVATE_NEXT_HOPS: loopback and private addresses may be asked, and in clear. */
  readonly allowPrivate: boolean;
  /** Of the answer's body; what is longer is cut. */
  readonly maxBytes: number;
  /** For everything, look-up included. */
  readonly timeoutMs: number;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
  /** Gives up at once. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpRequest {
  readonly isTls: boolean;
  /** A lower-case A-label, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Exchange =
  | {
      readonly kind: 'ANSWERED';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Uint8Array;
      /** Null: the body is whole; else why it is not, fit for a log. */
      readonly lack: string | null;
    }
  /** Nobody answered. `reason` can stand in a log. */
  | { readonly kind: 'FAILED'; readonly reason: string };

/** A host with many addresses must not make us try for long. */
const MAX_ADDRESSES = 4;
const MAX_REASON_LENGTH = 150;

/** Never throws. */
export async function exchange(asked: HttpRequest, options: ExchangeOptions): Promise<Exchange> {
  const untilMs = monotonicMs() + options.timeoutMs;
  const usable = await usableAddresses(asked.host, options);
  if (typeof usable === 'string') return failed(usable);
  // What is in clear can be read and changed on its way through the internet.
  if (!asked.isTls && !options.allowPrivate) return failed('nothing is sent in clear: https:// is needed');
  let result: Exchange = failed(`no answer within ${options.timeoutMs} ms`);
  for (const address of usable.slice(0, MAX_ADDRESSES)) {
    const timeoutMs = untilMs - monotonicMs();
    if (timeoutMs <= 0) return result;
    result = await exchangeAt(address, asked, { ...options, timeoutMs });
    // Whoever answered is heard; the next address is for one that cannot be reached.
    if (result.kind === 'ANSWERED') return result;
  }
  return result;
}

/** Where the host is, or why nobody there may be asked. */
async function usableAddresses(host: string, options: ExchangeOptions): Promise<readonly string[] | string> {
  const { allowPrivate, resolver, timeoutMs } = options;
  const literal = normalizeAddress(host);
  if (literal !== null) {
    return isUsableServerAddress(literal, allowPrivate) ? [literal] : `${host} is an address that may not be used`;
  }
  const found = await within(timeoutMs, resolver.resolveAddresses(host), () => null);
  if (found === null) return `no address of ${host} within ${timeoutMs} ms`;
  if (found.kind !== 'FOUND') return `no address of ${host}: ${found.kind}`;
  const usable = found.records.filter((address) => isUsableServerAddress(address, allowPrivate));
  return usable.length === 0 ? `${host} has no address that may be used` : usable;
}

function exchangeAt(address: string, asked: HttpRequest, options: ExchangeOptions): Promise<Exchange> {
  const { isTls, host, port, path, method, body = '' } = asked;
  const { timeoutMs, authorities, signal } = options;
  return new Promise((resolve) => {
    const isLiteral = normalizeAddress(host) !== null;
    const name = isLiteral && host.includes(':') ? `[${host}]` : host;
    const isOwnPort = port === (isTls ? 443 : 80);
    const sent = (isTls ? requestWithTls : requestInClear)({
      host: address,
      port,
      path,
      method,
      agent: false,
      setHost: false,
      headers: {
        host: isOwnPort ? name : `${name}:${port}`,
        connection: 'close',
        'user-agent': 'backup-mx',
        ...(method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
        ...asked.headers,
      },
      // An address is no server name (RFC 6066 §3); the certificate must then be the address's.
      ...(isTls ? { servername: isLiteral ? '' : host, rejectUnauthorized: true } : {}),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    });
    const answer: { response: IncomingMessage | null; blocks: Buffer[] } = { response: null, blocks: [] };
    const finish = (lack: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      // The error listeners stay: a late error must not be an uncaught one.
      sent.destroy();
      resolve(resultOf(answer, lack));
    };
    const abort = (): void => finish('given up');
    const timer = setTimeout(() => finish(`no answer of ${address} within ${Math.ceil(timeoutMs)} ms`), timeoutMs);
    signal?.addEventListener('abort', abort);
    sent.on('error', (error) => finish(reasonOf(error)));
    sent.on('response', (response) => {
      answer.response = response;
      readBody(response, { blocks: answer.blocks, maxBytes: options.maxBytes, finish });
    });
    if (signal?.aborted === true) abort();
    else sent.end(body);
  });
}

function readBody(
  response: IncomingMessage,
  taking: { blocks: Buffer[]; readonly maxBytes: number; readonly finish: (lack: string | null) => void },
): void {
  const { blocks, maxBytes, finish } = taking;
  let size = 0;
  response.on('error', (error) => finish(reasonOf(error)));
  response.on('close', () => finish('the connection was lost'));
  response.on('data', (block: Buffer) => {
    blocks.push(block.subarray(0, Math.max(0, maxBytes - size)));
    size += block.length;
    if (size > maxBytes) finish(`more than ${maxBytes} bytes`);
  });
  response.on('end', () => finish(response.complete ? null : 'the connection was lost'));
}

function resultOf(
  { response, blocks }: { readonly response: IncomingMessage | null; readonly blocks: readonly Buffer[] },
  lack: string | null,
): Exchange {
  if (response === null) return failed(lack ?? 'no answer');
  const { statusCode: status = 0, headers } = response;
  return { kind: 'ANSWERED', status, headers, body: Buffer.concat(blocks), lack };
}

function failed(reason: string): Exchange {
  return { kind: 'FAILED', reason };
}

function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return sanitizeText(`${code}${error.message}`, MAX_REASON_LENGTH);
}
