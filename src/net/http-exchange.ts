/**
 * One HTTP request to a host that a stranger named: the guard against requests into our own network.
 *
 * Promises: the name is resolved here, once, by our resolver, and the connection goes to the very address that was judged
 * (address-class.ts), so that no second answer of the DNS can lead elsewhere; with TLS the certificate is valid for the name
 * (RFC 9525); no redirect is followed; bytes and time are bounded, look-up included; a failure is a value. http-connection.ts
 * makes the request. Does not judge statuses.
 */
import { monotonicMs, within } from '../clock.ts';
import { isUsableServerAddress } from './address-class.ts';
import { normalizeAddress } from './addresses.ts';
import { type ConnectionOptions, type Exchange, failed, type HttpRequest, requestOnce } from './http-connection.ts';
import type { Resolver } from './resolver.ts';

export interface ExchangeOptions extends Omit<ConnectionOptions, 'address'> {
  readonly resolver: Pick<Resolver, 'resolveAddresses'>;
  /** ALLOW_PRIVATE_NEXT_HOPS: loopback and private addresses may be asked, and in clear. */
  readonly allowPrivate: boolean;
  /** For everything, look-up included. */
  readonly timeoutMs: number;
}

/** A host with many addresses must not make us try for long. */
const MAX_ADDRESSES = 4;

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
    result = await requestOnce(asked, { ...options, address, timeoutMs });
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
