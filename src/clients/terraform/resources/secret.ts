/**
 * The secrets of tokens and webhooks. One that the service makes is shown once: it goes into a file that only its owner reads, or into
 * the state where the user asks for that, and one of the two must be said.
 *
 * One that the user chooses, `secret_wo` (Terraform 1.11), stands in no plan and no state: it is taken when the token is made and
 * whenever `secret_wo_version` has another number. The same value goes to a secret store by a write-only argument there.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { UserError } from '../../api/requests.ts';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import type { Outcome } from '../sdk/resource.ts';
import { type Attribute, type Attributes, computed, optional } from '../sdk/schema.ts';
import { isKnown, type State, textOf, type Value } from '../sdk/value.ts';
import { wholeNumber } from './words.ts';

export const SECRET_KEPT: Attribute = computed('string', 'The secret, with `secret_in_state`; otherwise null.', {
  isSensitive: true,
});

export const SECRET_ATTRIBUTES: Attributes = {
  secret_file: optional(
    'string',
    'File that receives the new secret, readable by you alone. It is not removed. A later change has no effect.',
    { isLocal: true },
  ),
  secret_in_state: optional(
    'bool',
    'Keep the secret in the state, where every reader of the state can read it. It takes effect at creation. One of `secret_file` and this must be set.',
    { isLocal: true },
  ),
  secret: SECRET_KEPT,
};

export function checkSecretPlace({
  secret_file: file = null,
  secret_in_state: inState = null,
}: State): readonly Diagnostic[] {
  if (!isKnown(file) || !isKnown(inState) || file !== null || inState === true) return [];
  const detail = 'The secret is shown once. Say where it goes: secret_file = "PATH", or secret_in_state = true.';
  return [{ severity: 'ERROR', summary: 'The secret would be lost', detail, path: ['secret_file'] }];
}

/** Puts the secret of a new object where it belongs. */
export async function placeSecret(planned: State, values: State, secret: string | null): Promise<Outcome> {
  const file = textOf(planned['secret_file']);
  const kept = { ...values, secret: planned['secret_in_state'] === true ? secret : null };
  const reason = secret === null ? 'the answer with the secret was lost on its way' : await writeTo(file, secret);
  if (reason === null) return { kind: 'DONE', values: kept };
  const message = `${reason}; the next apply makes another one`;
  return { kind: 'REFUSED', errors: [{ path: ['secretFile'], message, code: 'SECRET_LOST' }], values: kept };
}

async function writeTo(file: string | null, secret: string): Promise<string | null> {
  if (file === null) return null;
  const fresh = `${file}.${randomUUID()}`;
  try {
    // Under another name first: one that was there may be open to others, and would stay so.
    await writeFile(fresh, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    await rename(fresh, file);
    return null;
  } catch (error) {
    await rm(fresh, { force: true });
    return `"${file}" cannot be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const MOST_VERSIONS = 1_000_000_000;

/** Never with the value: it would stand in Terraform's output. */
function checkSecretForm(value: Value): string | null {
  return typeof value === 'string' && /^bmx_[A-Za-z0-9_-]{43}$/.test(value)
    ? null
    : 'Expected "bmx_" and 43 random letters, digits, "-" or "_", as ephemeral "backupmx_token_secret" makes them.';
}

export const CHOSEN_SECRET: Attributes = {
  secret_wo: optional(
    'string',
    'Instead of `secret_file` and `secret_in_state`, with Terraform 1.11: a secret of your own, from [`ephemeral "backupmx_token_secret"`](ephemeral-token-secret.md). Give it to your secret store as well. It is in no plan and no state.',
    { isSensitive: true, isWriteOnly: true, check: checkSecretForm },
  ),
  secret_wo_version: optional(
    'number',
    'The version of `secret_wo`: another number gives the token the present secret there. The previous secret stays valid for one more day.',
    { isLocal: true, isActedOn: true, check: wholeNumber(1, MOST_VERSIONS) },
  ),
};

export function checkSecret(config: State): readonly Diagnostic[] {
  const { secret_wo: secret = null, secret_wo_version: version = null, secret_file: file = null } = config;
  if (secret === null && version === null) return checkSecretPlace(config);
  const mistake = (name: string, detail: string): readonly Diagnostic[] => [
    { severity: 'ERROR', summary: `${name} cannot be used`, detail, path: [name] },
  ];
  if (secret === null) {
    return mistake('secret_wo_version', 'It is the version of secret_wo, which is not set. Give both or neither.');
  }
  if (version === null) {
    return mistake('secret_wo', 'Write secret_wo_version = 1 beside it. To use another secret, change that number.');
  }
  const isPlaced = (isKnown(file) && file !== null) || config['secret_in_state'] === true;
  return isPlaced ? mistake('secret_wo', 'You keep this secret yourself: omit secret_file and secret_in_state.') : [];
}

/** An error about a secret that the user has chosen, at its attribute. */
export function ofChosen(error: UserError): UserError {
  return error.path[0] === 'secret' ? { ...error, path: ['secretWo'] } : error;
}
