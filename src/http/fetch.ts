/**
 * Fetches a small text over HTTPS from a host that a stranger named (http-exchange.ts is the guard).
 *
 * Promises: nothing but a whole, uncompressed body of status 200 is a text.
 */
import { Buffer } from 'node:buffer';
import { exchange, type ExchangeOptions } from './exchange.ts';

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

/** GET of `path` at `host`, a lower-case A-label. Never throws. */
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

function failed(reason: string): FetchResult {
  return { kind: 'FAILED', reason };
}
