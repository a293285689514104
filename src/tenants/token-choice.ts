/**
 * The secret of a token that its maker has chosen, so that he can put it elsewhere without reading it from us: Terraform gives one value to a
 * secret store and to us, and keeps it in no state.
 *
 * It has the form of ours. Whether it is random nobody can see; what plainly is not is refused.
 */
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import type { SqlExecutor } from '../db/client.ts';
import type { Checked } from '../input/checked.ts';
import { isSecretLike, makeSecret, type NewSecret, secretOf } from './token-secret.ts';
import { invalid } from '../input/user-error.ts';

/** Different ones among the 43 letters: one in 10²¹ random secrets has fewer. */
const LEAST_LETTERS = 12;

/** Null: one is made. Runs in the transaction that stores it, so that nobody else takes the same at once. */
export async function checkSecret(sql: SqlExecutor, chosen: string | null): Promise<Checked<NewSecret>> {
  if (chosen === null) return { kind: 'OK', value: makeSecret() };
  if (!isSecretLike(chosen) || new Set(chosen).size < LEAST_LETTERS) {
    return bad(
      'A secret is "bmx_" and 43 letters, digits, "-" or "_" from a cryptographic random generator. Leave it out to have one made.',
    );
  }
  const secret = secretOf(chosen);
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.TOKEN_SECRET})`;
  const taken =
    await sql`select from tokens where secret_hash = ${secret.hash} or previous_hash = ${secret.hash} limit 1`;
  return taken.length > 0
    ? bad('This secret is the one of a token already, or was before its last rotation. Give each token its own.')
    : { kind: 'OK', value: { ...secret, told: null } };
}

function bad(message: string): Checked<never> {
  return { kind: 'BAD', errors: [invalid(['secret'], message)] };
}
