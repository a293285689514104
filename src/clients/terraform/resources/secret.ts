/**
 * Where a secret goes that the service tells once: into a file that only its owner reads, or into the state where the user asks
 * for that. A secret that is put nowhere would be lost, so one of the two must be said.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import type { Outcome } from '../sdk/resource.ts';
import type { Attribute, Attributes } from '../sdk/schema.ts';
import { isKnown, type State, textOf } from '../sdk/value.ts';

export const SECRET_KEPT: Attribute = {
  type: 'string',
  use: 'COMPUTED',
  isSensitive: true,
  description: 'The secret, with `secret_in_state`; otherwise null.',
};

export const SECRET_ATTRIBUTES: Attributes = {
  secret_file: {
    type: 'string',
    use: 'OPTIONAL',
    isLocal: true,
    description:
      'File that receives the new secret, readable by you alone. It is not removed. A later change has no effect.',
  },
  secret_in_state: {
    type: 'bool',
    use: 'OPTIONAL',
    isLocal: true,
    description:
      'Keep the secret in the state, where every reader of the state can read it. It takes effect at creation. One of `secret_file` and this must be set.',
  },
  secret: SECRET_KEPT,
};

export function checkSecretPlace({
  secret_file: file = null,
  secret_in_state: inState = null,
}: State): readonly Diagnostic[] {
  if (!isKnown(file) || !isKnown(inState) || file !== null || inState === true) return [];
  const detail = 'The secret is told once. Say where it goes: secret_file = "PATH", or secret_in_state = true.';
  return [{ severity: 'ERROR', summary: 'The secret would be lost', detail, path: ['secret_file'] }];
}

/** What was made, with its secret put where it belongs. */
export async function placeSecret(planned: State, values: State, secret: string | null): Promise<Outcome> {
  const file = textOf(planned['secret_file']);
  const kept = { ...values, secret: planned['secret_in_state'] === true ? secret : null };
  const reason = secret === null ? 'the answer with the secret was lost on its way' : await writeTo(file, secret);
  if (reason === null) return { kind: 'DONE', values: kept };
  const message = `${reason}; the next apply makes another one`;
  return { kind: 'REFUSED', errors: [{ field: ['secretFile'], message, code: 'SECRET_LOST' }], values: kept };
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
