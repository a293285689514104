/**
 * Fetches a small text over HTTPS from a host that a stranger named: the guard against requests into our own network.
 *
 * Promises: the name is resolved here, once, by our resolver, and the connection goes to the very address that was judged
 * (address-class.ts), so that no second answer of the DNS can lead elsewhere; the certificate is valid for the name (RFC 9525);
 * no redirect is followed; nothing but status 200 is a text; bytes and time are bounded; a failure is a value. No proxy, no
 * cookie, no compression, no kept connection.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { monotonicMs } from '../clock.ts';
import { sanitizeText } from '../mail/reply.ts';
import { isUsableNextHopAddress } from './address-class.ts';
import type { Resolver } from './resolver.ts';

export interface FetchOptions {
  readonly resolver: Pick<Resolver, 'resolveAddresses'>;
  /** ALLOW_PRIVATE_NEXT_HOPS. */
  readonly allowPrivate: boolean;
  /** Of the body. */
  readonly maxBytes: number;
  /** For everything, look-up included. */
  readonly timeoutMs: number;
  /** Default 443. */
  readonly port?: number;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
}

export type FetchResult =
  | {
      readonly kind: 'FETCHED';
      readonly text: string /** Lower case, without parameters. */;
      readonly mediaType: string;
    }
  /** `reason` can stand in a log. */
  | { readonly kind: 'FAILED'; readonly reason: string };

/** A host with many addresses must not make us try for long. */
const MAX_ADDRESSES = 4;
const MAX_REASON_LENGTH = 150;

/** GET of `path` at `host`, a lower-case A-label. Never throws. */
export async function fetchText(host: string, path: string, options: FetchOptions): Promise<FetchResult> {
  const untilMs = monotonicMs() + options.timeoutMs;
  const found = await options.resolver.resolveAddresses(host);
  if (found.kind !== 'FOUND') return failed(`no address of ${host}: ${found.kind}`);
  const usable = found.records.filter((address) => isUsableNextHopAddress(address, options.allowPrivate));
  if (usable.length === 0) return failed(`${host} has no address that may be used`);
  let result = failed(`no answer within ${options.timeoutMs} ms`);
  for (const address of usable.slice(0, MAX_ADDRESSES)) {
    const leftMs = untilMs - monotonicMs();
    if (leftMs <= 0) return result;
    const tried = await fetchFrom(address, { ...options, host, path, timeoutMs: leftMs });
    // Whoever answered is heard; the next address is for one that cannot be reached.
    if (tried.isHeard) return tried.result;
    result = tried.result;
  }
  return result;
}

interface Target extends FetchOptions {
  readonly host: string;
  readonly path: string;
}

interface Tried {
  readonly result: FetchResult;
  readonly isHeard: boolean;
}

function fetchFrom(address: string, { host, path, port = 443, ...options }: Target): Promise<Tried> {
  const { maxBytes, timeoutMs, authorities } = options;
  return new Promise((resolve) => {
    const get = request({
      host: address,
      port,
      path,
      servername: host,
      agent: false,
      setHost: false,
      headers: { host, connection: 'close', accept: 'text/plain', 'user-agent': 'backup-mx' },
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
      rejectUnauthorized: true,
    });
    let isHeard = false;
    const finish = (result: FetchResult): void => {
      clearTimeout(timer);
      // The error listeners stay: a late error must not be an uncaught one.
      get.destroy();
      resolve({ result, isHeard });
    };
    const timer = setTimeout(
      () => finish(failed(`no answer of ${address} within ${Math.ceil(timeoutMs)} ms`)),
      timeoutMs,
    );
    get.on('error', (error) => finish(failed(reasonOf(error))));
    get.on('response', (response) => {
      isHeard = true;
      readBody(response, maxBytes, finish);
    });
    get.end();
  });
}

function readBody(response: IncomingMessage, maxBytes: number, finish: (result: FetchResult) => void): void {
  response.on('error', (error) => finish(failed(reasonOf(error))));
  response.on('close', () => finish(failed('the connection was lost')));
  if (response.statusCode !== 200) return finish(failed(`status ${response.statusCode ?? 0}`));
  if (response.headers['content-encoding'] !== undefined) return finish(failed('the answer is compressed'));
  const mediaType = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const blocks: Buffer[] = [];
  let size = 0;
  response.on('data', (block: Buffer) => {
    size += block.length;
    blocks.push(block);
    if (size > maxBytes) finish(failed(`more than ${maxBytes} bytes`));
  });
  response.on('end', () => {
    if (!response.complete) return finish(failed('the connection was lost'));
    finish({ kind: 'FETCHED', text: Buffer.concat(blocks).toString('utf8'), mediaType });
  });
}

function failed(reason: string): FetchResult {
  return { kind: 'FAILED', reason };
}

function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return sanitizeText(`${code}${error.message}`, MAX_REASON_LENGTH);
}
