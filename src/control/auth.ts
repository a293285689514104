/**
 * Who speaks: the bearer token of a request (RFC 6750 §2.1) becomes a viewer, or nobody.
 *
 * Tokens are compared by their hashes in constant time, so neither a token nor its length shows in how long an answer takes.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { OPERATOR_VIEWER, type Viewer } from '../mail/viewer.ts';

/** Makes the function that reads an Authorization header; it answers null for none and for a wrong one. */
export function createAuthentication(operatorToken: string): (header: string | null) => Viewer | null {
  const operatorHash = hashOf(operatorToken);
  return (header) => {
    const token = /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
    if (token === undefined) return null;
    return timingSafeEqual(hashOf(token), operatorHash) ? OPERATOR_VIEWER : null;
  };
}

/** What a request without a valid token gets, with status 401. */
export const UNAUTHENTICATED = {
  errors: [
    {
      message:
        'No valid token. Send the header "Authorization: Bearer TOKEN"; the service says at its start where the operator token is.',
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ],
};

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
