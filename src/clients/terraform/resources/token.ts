/** `backupmx_token`: a credential of a tenant, as a resource and as ephemeral resources. Any change makes a new one. */
import { randomBytes } from 'node:crypto';
import { readObject, type Selected, type UserError } from '../../api/requests.ts';
import { Scope, type Token } from '../../../control/generated.ts';
import { type Api, errorsOf, findId, outcomeOf } from '../api.ts';
import type { EphemeralResource, Opened, Resource } from '../sdk/resource.ts';
import { type Attribute, computed, optional, required } from '../sdk/schema.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { checkSecret, CHOSEN_SECRET, ofChosen, placeSecret, SECRET_ATTRIBUTES, SECRET_KEPT } from './secret.ts';
import { checkInstant, checkTitle, isSameInstant, oneOf, TENANT_ID, wholeNumber } from './words.ts';

const TOKEN_FIELDS = 'id name scopes prefix expiresAt tenant { id }';

function valuesOf({ id, name, scopes, prefix, expiresAt, tenant }: Selected<Token, typeof TOKEN_FIELDS>): State {
  return { id, name, scopes, prefix, expires_at: expiresAt, tenant_id: tenant.id };
}

const TOKEN_NAME: Attribute = required('string', 'The name, for people.', { check: checkTitle });
const TOKEN_SCOPES: Attribute = required(
  ['set', 'string'],
  'The scopes: `DOMAIN_WRITE`, `QUEUE_READ` and so on; your own token must have all of them.',
  { check: oneOf(Object.values(Scope)) },
);
const TOKEN_ID: Attribute = computed('string', 'UUID.');
const TOKEN_PREFIX: Attribute = computed('string', 'The beginning of its secret, to recognise it.');

/** `secret_wo` of what is wanted is its secret; otherwise the service makes one, which is null when its answer was lost. */
function createToken(api: Api, wanted: State, expiresAt: Value) {
  const { name = null, scopes = null, tenant_id: tenantId, secret_wo: secret = null } = wanted;
  const input = { name, scopes, tenantId: textOf(tenantId), expiresAt, secret };
  return api.mutate('tokenCreate', input, `token { ${TOKEN_FIELDS} } secret`);
}

function revokeToken(api: Api, { id }: State): Promise<readonly UserError[]> {
  return errorsOf(api, 'tokenDelete', { id });
}

const tokenTitle = ({ name }: State): string => `token ${textOf(name) ?? ''}`;

export const tokenResource: Resource<Api> = {
  importing:
    'its name, or its id: `terraform import backupmx_token.example monitoring`. Its secret is not shown again.',
  description:
    'A token, a credential of a tenant with scopes. Its secret is shown once, when it is created, or you supply it. Removing the resource revokes the token. Any change except of its secret replaces the token.',
  example: `resource "backupmx_token" "example" {
  name        = "monitoring"
  scopes      = ["DOMAIN_READ", "QUEUE_READ"]
  expires_at  = "2030-01-31T00:00:00Z"
  secret_file = "\${path.module}/monitoring.token"
}`,
  attributes: {
    name: { ...TOKEN_NAME, replaces: true },
    scopes: { ...TOKEN_SCOPES, replaces: true },
    expires_at: optional('string', 'The time when it expires: `2030-01-31T00:00:00Z`. Without it, never.', {
      replaces: true,
      check: checkInstant,
      means: isSameInstant,
    }),
    tenant_id: { ...TENANT_ID, replaces: true },
    ...SECRET_ATTRIBUTES,
    ...CHOSEN_SECRET,
    secret: { ...SECRET_KEPT, isVolatile: ['secret_wo_version'] },
    id: TOKEN_ID,
    prefix: { ...TOKEN_PREFIX, isVolatile: ['secret_wo_version'] },
  },
  title: tokenTitle,
  check: checkSecret,
  async read(api, { id }) {
    const token = await readObject(api, 'token', id, TOKEN_FIELDS);
    return token && { values: valuesOf(token), revision: null };
  },
  async create(api, planned) {
    const answer = await createToken(api, planned, planned['expires_at'] ?? null);
    if (answer.kind === 'REFUSED') return { kind: 'REFUSED', errors: answer.errors.map(ofChosen) };
    const { token, secret } = answer.payload;
    const values = token === null ? {} : valuesOf(token);
    return textOf(planned['secret_wo']) === null ? placeSecret(planned, values, secret) : { kind: 'DONE', values };
  },
  async update(api, planned, { values }) {
    const secret = textOf(planned['secret_wo']);
    // Without one the service would make a secret that no one gets: the token keeps the one it has.
    if (secret === null) return { kind: 'DONE', values };
    const input = { id: values['id'], secret };
    const answer = await api.mutate('tokenRotate', input, `token { ${TOKEN_FIELDS} }`);
    if (answer.kind === 'REFUSED') return { kind: 'REFUSED', errors: answer.errors.map(ofChosen) };
    return outcomeOf(answer, 'token', valuesOf);
  },
  remove: revokeToken,
  identify: (api, id) => findId(api, 'tokens', 'name', id),
};

const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 60;
/** A day: longer than any apply. */
const MOST_MINUTES = 1440;

/** Its end is computed from `lifetime_minutes`. */
function ofLifetime(error: UserError): UserError {
  return error.path[0] === 'expiresAt' ? { ...error, path: ['lifetimeMinutes'] } : error;
}

/**
 * A token that lives as long as Terraform's plan or apply, for another provider block or a provisioner.
 *
 * It always has an end of its own, so that a killed Terraform leaves nothing that lasts. It cannot be renewed: a token's end never
 * moves, and a rotation would give another secret.
 */
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
    return { kind: 'REFUSED', errors: [{ path: [], message, code: 'SECRET_LOST' }] };
  },
  closing: { close: revokeToken, leftOpen: 'It ends by itself when its lifetime_minutes are over.' },
};

/** A new random secret for a token, made here without a request. */
export const ephemeralTokenSecret: EphemeralResource<Api> = {
  description:
    'A new random secret, for `secret_wo` of the resource [`backupmx_token`](../resources/token.md) and for the write-only argument of a secret store, with one version for both. Each run makes a new secret, ' +
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
