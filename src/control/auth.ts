/**
 * Who speaks: the bearer token of a request (RFC 6750 §2.1) becomes a caller, or nobody.
 *
 * The operator token is compared by its hash in constant time; others are found by their hash. So neither a token nor its
 * length shows in how long an answer takes.
 */
import { timingSafeEqual } from 'node:crypto';
import type { TokenBook } from '../settings/token-book.ts';
import { hashOfSecret } from '../settings/token-secret.ts';
import { type Caller, callerOf } from './caller.ts';

/** Reads an Authorization header; null for none and for a wrong one. Rejects when the database must be asked in vain. */
export type Authenticate = (header: string | null, clientAddress: string | null) => Promise<Caller | null>;

export function createAuthentication(operatorToken: string, findToken: TokenBook['find']): Authenticate {
  const operatorHash = hashOfSecret(operatorToken);
  return async (header, clientAddress) => {
    const secret = /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
    if (secret === undefined) return null;
    if (timingSafeEqual(hashOfSecret(secret), operatorHash)) return callerOf(null, clientAddress);
    const token = await findToken(secret);
    return token === null ? null : callerOf(token, clientAddress);
  };
}

/** What a request without a valid token gets, with status 401. */
export const UNAUTHENTICATED = {
  errors: [
    {
      message:
        'No valid token. Send the header "Authorization: Bearer TOKEN" with a token from tokenCreate that has not ended, or with the operator token; the service says at its start where that is.',
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ],
};
