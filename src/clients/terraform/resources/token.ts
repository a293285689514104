/** `backupmx_token`: what speaks for a tenant. Any change makes a new one. */
import { readObject, type Selected, type UserError } from '../../api/requests.ts';
import type { Scope, Token } from '../../../control/generated.ts';
import { type Api, errorsOf, findId, outcomeOf } from '../api.ts';
import type { Resource } from '../sdk/resource.ts';
import { type Attribute, computed, optional, required } from '../sdk/schema.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { checkSecret, CHOSEN_SECRET, ofChosen, placeSecret, SECRET_ATTRIBUTES, SECRET_KEPT } from './secret.ts';
import { checkTitle, oneOf, TENANT_ID } from './words.ts';

const TOKEN_FIELDS = 'id name scopes prefix expiresAt tenant { id }';

export function valuesOf({ id, name, scopes, prefix, expiresAt, tenant }: Selected<Token, typeof TOKEN_FIELDS>): State {
  return { id, name, scopes, prefix, expires_at: expiresAt, tenant_id: tenant.id };
}

/** Each of them: a type that lacks one is an error. */
const SCOPES: Readonly<Record<Scope, true>> = {
  AUDIT_READ: true,
  DOMAIN_READ: true,
  DOMAIN_WRITE: true,
  MESSAGE_CONTENT: true,
  QUEUE_READ: true,
  QUEUE_WRITE: true,
  TENANT_WRITE: true,
  TOKEN_WRITE: true,
  WEBHOOK_WRITE: true,
};

export const TOKEN_NAME: Attribute = required('string', 'The name, for people.', { check: checkTitle });
export const TOKEN_SCOPES: Attribute = required(
  ['set', 'string'],
  'The scopes: `DOMAIN_WRITE`, `QUEUE_READ` and so on; your own token must have all of them.',
  { check: oneOf(Object.keys(SCOPES)) },
);
export const TOKEN_ID: Attribute = computed('string', 'UUID.');
export const TOKEN_PREFIX: Attribute = computed('string', 'The beginning of its secret, to recognise it.');

function checkInstant(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const isInstant =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
  return isInstant ? null : `${JSON.stringify(value)} is not a time. Expected one such as "2027-01-31T00:00:00Z".`;
}

function isSameInstant(one: Value, other: Value): boolean {
  return typeof one === 'string' && typeof other === 'string' && Date.parse(one) === Date.parse(other);
}

/** `secret_wo` of what is wanted is its secret; otherwise the service makes one, which is null when its answer was lost. */
export function createToken(api: Api, wanted: State, expiresAt: Value) {
  const { name = null, scopes = null, tenant_id: tenantId, secret_wo: secret = null } = wanted;
  const input = { name, scopes, tenantId: textOf(tenantId), expiresAt, secret };
  return api.mutate('tokenCreate', input, `token { ${TOKEN_FIELDS} } secret`);
}

export function revokeToken(api: Api, { id }: State): Promise<readonly UserError[]> {
  return errorsOf(api, 'tokenRevoke', { id });
}

export const tokenTitle = ({ name }: State): string => `token ${textOf(name) ?? ''}`;

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
