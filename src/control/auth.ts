/**
 * Who speaks: the bearer token of a request (RFC 6750 §2.1) becomes a caller, or nobody.
 *
 * The operator token is compared by its hash in constant time; others are found by their hash. So neither a token nor its
 * length shows in how long an answer takes.
 */
import { timingSafeEqual } from 'node:crypto';
import type { TokenCache } from '../tenants/token-cache.ts';
import { hashOfSecret } from '../tenants/token-secret.ts';
import { type Caller, callerOf } from './caller.ts';

export interface Authentication {
  /** Reads an Authorization header; null for none and for a wrong one. Rejects when the database must be asked in vain. */
  find(header: string, clientAddress: string | null): Promise<Caller | null>;
  /** Whether it is the operator token, which is known without the database. */
  isOperator(header: string): boolean;
}

export function createAuthentication(operatorToken: string, findToken: TokenCache['find']): Authentication {
  const operatorHash = hashOfSecret(operatorToken);
  const isOperatorSecret = (secret: string): boolean => timingSafeEqual(hashOfSecret(secret), operatorHash);
  return {
    isOperator(header) {
      const secret = secretOf(header);
      return secret !== null && isOperatorSecret(secret);
    },
    async find(header, clientAddress) {
      const secret = secretOf(header);
      if (secret === null) return null;
      if (isOperatorSecret(secret)) return callerOf(null, clientAddress);
      const token = await findToken(secret);
      return token === null ? null : callerOf(token, clientAddress);
    },
  };
}

function secretOf(header: string): string | null {
  return /^Bearer +([^\s]+) *$/i.exec(header)?.[1] ?? null;
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
