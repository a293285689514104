/**
 * One HTTP request to a host that a stranger named: the guard against requests into our own network.
 *
 * Promises: the name is resolved here, once, by our resolver, and the connection goes to the very address that was judged
 * (mail/ip-class.ts), so that no second answer of the DNS can lead elsewhere; with TLS the certificate is valid for the name
 * (RFC 9525); no redirect is followed; bytes and time are bounded, look-up included; a failure is a value. connection.ts
 * makes the request. Does not judge statuses.
 */
import { monotonicMs, within } from '../clock.ts';
import { isUsableServerAddress } from '../mail/ip-class.ts';
import { type Endpoint, normalizeAddress } from '../mail/ip.ts';
import type { DnsAnswer } from '../dns/answer.ts';
import {
  type ConnectionOptions,
  type Exchange,
  failed,
  type HttpEndpoint,
  type HttpRequest,
  requestOnce,
} from './connection.ts';
import type { Resolver } from '../dns/resolver.ts';
import { Buffer } from 'node:buffer';

/** Whether a host with these names, at this address and port, is this service itself, on this node or another. */
type IsOwnServer = (names: readonly string[], endpoint: Endpoint) => boolean;

interface ExchangeOptions extends Omit<ConnectionOptions, 'address'> {
  readonly resolver: Pick<Resolver, 'resolveAddresses'>;
  /** ALLOW_PRIVATE_NEXT_HOPS: loopback and private addresses may be asked, and in clear. */
  readonly allowPrivate: boolean;
  /** For everything, look-up included. */
  readonly timeoutMs: number;
  /** Such servers are not asked; absent, all may be. */
  readonly isOwn?: IsOwnServer;
}

/** A host with many addresses must not make us try for long. */
const MAX_ADDRESSES = 4;

/** Never throws. */
export async function exchange(asked: HttpRequest, options: ExchangeOptions): Promise<Exchange> {
  const untilMs = monotonicMs() + options.timeoutMs;
  const usable = await usableAddresses(asked, options);
  if (typeof usable === 'string') return failed(usable);
  // What is in clear can be read and changed on its way through the internet.
  if (!asked.isTls && !options.allowPrivate) return failed('nothing is sent in clear: https:// is needed');
  let result: Exchange = failed(`no answer within ${options.timeoutMs} ms`);
  for (const address of usable.slice(0, MAX_ADDRESSES)) {
    const timeoutMs = untilMs - monotonicMs();
    if (timeoutMs <= 0) return result;
    result = await requestOnce(asked, { ...options, address, timeoutMs });
    // An answer counts; the next address is tried only if one cannot be reached.
    if (result.kind === 'ANSWERED') return result;
  }
  return result;
}

/** Whether all that the DNS says of a host now is this service itself; false when it does not say in time. Never throws. */
export async function leadsToUs(
  { host, port }: Pick<HttpEndpoint, 'host' | 'port'>,
  { resolver, isOwn, timeoutMs }: Required<Pick<ExchangeOptions, 'resolver' | 'isOwn' | 'timeoutMs'>>,
): Promise<boolean> {
  const found = await look(host, { resolver, timeoutMs });
  if (found?.kind !== 'FOUND') return false;
  return found.records.every((address) => isOwn([host, found.canonicalName], { address, port }));
}

type Lookup = Pick<ExchangeOptions, 'resolver' | 'timeoutMs'>;

/** Null: no answer in time. */
async function look(host: string, { resolver, timeoutMs }: Lookup): Promise<DnsAnswer<string> | null> {
  const literal = normalizeAddress(host);
  if (literal === null) return within(timeoutMs, resolver.resolveAddresses(host), () => null);
  return { kind: 'FOUND', records: [literal], canonicalName: host, ttlSeconds: 0, isAuthenticated: false };
}

/** The addresses of the host, or why it may not be asked. */
async function usableAddresses(
  { host, port }: HttpRequest,
  options: ExchangeOptions,
): Promise<readonly string[] | string> {
  const { allowPrivate, timeoutMs, isOwn = () => false } = options;
  const found = await look(host, options);
  if (found === null) return `no address of ${host} within ${timeoutMs} ms`;
  if (found.kind !== 'FOUND') return `no address of ${host}: ${found.kind}`;
  const usable = found.records.filter((address) => isUsableServerAddress(address, allowPrivate));
  if (usable.length === 0 && normalizeAddress(host) !== null) return `${host} is an address that may not be used`;
  if (usable.length === 0) return `${host} has no address that may be used`;
  // Judged with each request: the DNS may lead to us only after the host was named.
  const others = usable.filter((address) => !isOwn([host, found.canonicalName], { address, port }));
  return others.length === 0 ? `${host}, port ${port}, is this service itself` : others;
}

export interface FetchOptions extends ExchangeOptions {
  /** Default 443. */
  readonly port?: number;
}

export type FetchResult =
  | {
      readonly kind: 'FETCHED';
      readonly text: string;
      /** Lower case, without parameters. */
      readonly mediaType: string;
    }
  /** `reason` can stand in a log. */
  | { readonly kind: 'FAILED'; readonly reason: string };

/**
 * GET of `path` over HTTPS at `host`, a lower-case A-label. Never throws.
 *
 * Only a whole, uncompressed body of status 200 is a text.
 */
export async function fetchText(host: string, path: string, options: FetchOptions): Promise<FetchResult> {
  const { port = 443 } = options;
  const headers = { accept: 'text/plain' };
  const answer = await exchange({ isTls: true, host, port, path, method: 'GET', headers }, options);
  if (answer.kind === 'FAILED') return answer;
  const { status, body, lack } = answer;
  if (status !== 200) return failed(`status ${status}`);
  if (answer.headers.has('content-encoding')) return failed('the answer is compressed');
  if (lack !== null) return failed(lack);
  const mediaType = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return { kind: 'FETCHED', text: Buffer.from(body).toString('utf8'), mediaType };
}
