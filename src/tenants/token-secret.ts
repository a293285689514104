/**
 * The secret of a token: how one is made, recognised, and kept as a hash.
 *
 * 256 random bits need no slow hash: no one can try them all. Its first letters say whose it is when it is found in a log or a
 * repository, and the prefix which token it is. Its maker may choose the secret, to put it elsewhere without reading it from us:
 * Terraform gives one value to a secret store and to us, and keeps it in no state. A custom secret has the form of ours. Whether
 * it is random cannot be seen; what plainly is not is refused.
 */
import { createHash, randomBytes } from 'node:crypto';
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import type { SqlExecutor } from '../db/client.ts';
import { bad, type Checked, invalid } from '../input/checked.ts';

const MARK = 'bmx_';
const SECRET = /^bmx_[A-Za-z0-9_-]{43}$/;
/** The length within the mark and 43 letters; 8 letters more than the mark tell one token from another and leave 210 bits unknown. */
const PREFIX_LENGTH = MARK.length + 8;

/** Different ones among the 43 letters: one in 10²¹ random secrets has fewer. */
const LEAST_LETTERS = 12;

export interface NewSecret {
  /** The secret for the owner, once; null: he has it. */
  readonly told: string | null;
  /** Its beginning, which may be shown. */
  readonly prefix: string;
  readonly hash: Uint8Array;
}

/** Makes a secret, or checks the custom one. Runs in the transaction that stores it, so that no one else takes the same at once. */
export async function checkSecret(sql: SqlExecutor, custom: string | null): Promise<Checked<NewSecret>> {
  if (custom === null) return { kind: 'OK', value: secretOf(MARK + randomBytes(32).toString('base64url')) };
  if (!isSecretLike(custom) || new Set(custom).size < LEAST_LETTERS) {
    const message =
      'A secret is "bmx_" and 43 letters, digits, "-" or "_" from a cryptographic random generator. Leave it out to have one made.';
    return bad(invalid(['secret'], message, 'INVALID'));
  }
  const secret = secretOf(custom);
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.TOKEN_SECRET})`;
  const taken =
    await sql`select from tokens where secret_hash = ${secret.hash} or previous_hash = ${secret.hash} limit 1`;
  if (taken.length === 0) return { kind: 'OK', value: { ...secret, told: null } };
  const message =
    'This secret is the one of a token already, or was before its last rotation. Give each token its own.';
  return bad(invalid(['secret'], message, 'DUPLICATE'));
}

function secretOf(secret: string): NewSecret {
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
