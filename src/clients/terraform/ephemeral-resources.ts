/**
 * The ephemeral resources: a token that lives as long as Terraform's plan or apply, for another provider block or a provisioner, and
 * a new random secret for a token, made here without asking the service.
 *
 * The token always has an end of its own, so that a Terraform that is killed leaves nothing that lasts. It cannot be renewed: a
 * token's end never moves, and a rotation would give another secret.
 */
import { randomBytes } from 'node:crypto';
import type { UserError } from '../api/requests.ts';
import type { Api } from './api.ts';
import {
  createToken,
  revokeToken,
  TOKEN_ID,
  TOKEN_NAME,
  TOKEN_PREFIX,
  TOKEN_SCOPES,
  tokenTitle,
  valuesOf,
} from './resources/token.ts';
import { TENANT_ID, wholeNumber } from './resources/words.ts';
import type { EphemeralResource, Opened } from './sdk/resource.ts';
import { computed, optional } from './sdk/schema.ts';

const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 60;
/** A day: longer than any apply. */
const MOST_MINUTES = 1440;

/** Its end is worked out of `lifetime_minutes`. */
function ofLifetime(error: UserError): UserError {
  return error.field[0] === 'expiresAt' ? { ...error, field: ['lifetimeMinutes'] } : error;
}

export const ephemeralToken: EphemeralResource<Api> = {
  description:
    'A token for the time that Terraform plans or applies. It is created each time, revoked at the end, and in no plan and no state. Use it for a provider block or a provisioner. ' +
    'For a lasting token use the resource `backupmx_token`. Needs Terraform 1.10.',
  example: `ephemeral "backupmx_token" "example" {
  name             = "terraform, for a tenant"
  scopes           = ["DOMAIN_WRITE"]
  lifetime_minutes = 30
}

provider "backupmx" {
  alias = "narrow"
  token = ephemeral.backupmx_token.example.secret
}`,
  attributes: {
    name: TOKEN_NAME,
    scopes: TOKEN_SCOPES,
    tenant_id: TENANT_ID,
    lifetime_minutes: optional(
      'number',
      `Minutes until it expires if Terraform does not revoke it: 1 to ${MOST_MINUTES}, a day. Make it longer than the apply takes. Default ${DEFAULT_MINUTES}.`,
      { default: DEFAULT_MINUTES, check: wholeNumber(1, MOST_MINUTES) },
    ),
    secret: computed('string', 'The secret to send after `Bearer`.', { isSensitive: true }),
    id: TOKEN_ID,
    prefix: TOKEN_PREFIX,
    expires_at: computed('string', 'The time when it expires.'),
  },
  title: tokenTitle,
  async open(api, config): Promise<Opened> {
    const endsAt = new Date(api.now().getTime() + Number(config['lifetime_minutes']) * MINUTE_MS);
    const answer = await createToken(api, config, endsAt.toISOString());
    if (answer.kind === 'REFUSED') return { kind: 'REFUSED', errors: answer.errors.map(ofLifetime) };
    const { token, secret } = answer.payload;
    const { id = null, ...values } = token === null ? {} : valuesOf(token);
    if (secret !== null)
      return { kind: 'OPEN', values: { ...values, id, secret }, held: { id, name: config['name'] ?? null } };
    await revokeToken(api, { id });
    const message = 'The answer with the secret was lost on its way; what was made is revoked. Try again.';
    return { kind: 'REFUSED', errors: [{ field: [], message, code: 'SECRET_LOST' }] };
  },
  closing: { close: revokeToken, leftOpen: 'It ends by itself when its lifetime_minutes are over.' },
};

export const ephemeralTokenSecret: EphemeralResource<Api> = {
  description:
    'A new random secret, for `secret_wo` of the resource [`backupmx_token`](resource-token.md) and for the write-only argument of a secret store, with one version for both. Each run makes a new secret, ' +
    'and only a run in which the version changes uses it. It is in no plan and no state. If the run fails and only one of the two has accepted it, raise the version again. ' +
    'It makes no request. Needs Terraform 1.10, and `secret_wo` 1.11.',
  example: `ephemeral "backupmx_token_secret" "example" {}

resource "backupmx_token" "stored" {
  name              = "report"
  scopes            = ["QUEUE_READ"]
  secret_wo         = ephemeral.backupmx_token_secret.example.secret
  secret_wo_version = 1
}`,
  attributes: {
    secret: computed('string', 'The secret: `bmx_` and 256 random bits.', { isSensitive: true }),
  },
  title: () => 'token secret',
  open: async () => {
    const secret = `bmx_${randomBytes(32).toString('base64url')}`;
    return { kind: 'OPEN', values: { secret }, held: {} };
  },
};
