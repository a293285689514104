/**
 * The secret of a token: how one is made, recognised, and kept as a hash.
 *
 * 256 random bits need no slow hash: nobody can try them all. Its first letters say whose it is when it is found in a log or a
 * repository, and the prefix which token it is.
 */
import { createHash, randomBytes } from 'node:crypto';

const MARK = 'bmx_';
const SECRET = /^bmx_[A-Za-z0-9_-]{43}$/;
/** Of the mark and 43 letters; 8 letters more than the mark tell one token from another and leave 210 bits unknown. */
const PREFIX_LENGTH = MARK.length + 8;

export interface NewSecret {
  /** What the owner gets, once; null: he has it. */
  readonly told: string | null;
  /** Its beginning, which may be shown. */
  readonly prefix: string;
  readonly hash: Uint8Array;
}

export function makeSecret(): NewSecret {
  return secretOf(MARK + randomBytes(32).toString('base64url'));
}

export function secretOf(secret: string): NewSecret {
  return { told: secret, prefix: secret.slice(0, PREFIX_LENGTH), hash: hashOfSecret(secret) };
}

/** Whether it could be one of ours; what could not is asked nowhere. */
export function isSecretLike(text: string): boolean {
  return SECRET.test(text);
}

/** SHA-256. */
export function hashOfSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
