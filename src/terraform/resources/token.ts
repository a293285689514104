/** `backupmx_token`: what speaks for a tenant. Any change makes a new one. */
import type { Api } from '../api.ts';
import type { Resource } from '../sdk/resource.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { findId } from './listed.ts';
import { checkSecretPlace, placeSecret, SECRET_ATTRIBUTES } from './secret.ts';
import { TENANT_ID } from './words.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly prefix: string;
  readonly expiresAt: string | null;
  readonly tenant: { readonly id: string };
}

const FIELDS = 'id name scopes prefix expiresAt tenant { id }';

function valuesOf({ id, name, scopes, prefix, expiresAt, tenant }: Token): State {
  return { id, name, scopes, prefix, expires_at: expiresAt, tenant_id: tenant.id };
}

function checkInstant(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const isInstant =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
  return isInstant ? null : `${JSON.stringify(value)} is no instant. Expected one such as "2027-01-31T00:00:00Z".`;
}

function isSameInstant(one: Value, other: Value): boolean {
  return typeof one === 'string' && typeof other === 'string' && Date.parse(one) === Date.parse(other);
}

export const tokenResource: Resource<Api> = {
  importing: 'its name, or its id: `terraform import backupmx_token.example monitoring`. Its secret is not told again.',
  description:
    'A token, which speaks for a tenant with the scopes it has. Its secret is told once, when it is made; removing the resource revokes it. Any change makes a new one.',
  example: `resource "backupmx_token" "example" {
  name        = "monitoring"
  scopes      = ["DOMAIN_READ", "QUEUE_READ"]
  expires_at  = "2030-01-31T00:00:00Z"
  secret_file = "\${path.module}/monitoring.token"
}`,
  attributes: {
    name: { type: 'string', use: 'REQUIRED', replaces: true, description: 'Its name, for people.' },
    scopes: {
      type: ['set', 'string'],
      use: 'REQUIRED',
      replaces: true,
      description: 'What it may do: `DOMAIN_WRITE`, `QUEUE_READ` and so on; none that your own token lacks.',
    },
    expires_at: {
      type: 'string',
      use: 'OPTIONAL',
      replaces: true,
      check: checkInstant,
      means: isSameInstant,
      description: 'When it ends by itself: `2030-01-31T00:00:00Z`. Without it, never.',
    },
    tenant_id: TENANT_ID,
    ...SECRET_ATTRIBUTES,
    id: { type: 'string', use: 'COMPUTED', description: 'UUID.' },
    prefix: { type: 'string', use: 'COMPUTED', description: 'The beginning of its secret, to know it by.' },
  },
  title: ({ name }) => `token ${textOf(name) ?? ''}`,
  check: checkSecretPlace,
  async read({ ask }, { id }) {
    const { token } = await ask<{ token: Token | null }>(`query ($id: ID!) { token(id: $id) { ${FIELDS} } }`, { id });
    return token && { values: valuesOf(token), revision: null };
  },
  async create(api, planned) {
    const tenantId = textOf(planned['tenant_id']);
    const input = { name: planned['name'], scopes: planned['scopes'], tenantId, expiresAt: planned['expires_at'] };
    type Payload = { readonly token: Token | null; readonly secret: string | null };
    const answer = await api.mutate<Payload>('tokenCreate', input, `token { ${FIELDS} } secret`);
    if (answer.kind === 'REFUSED') return answer;
    const { token, secret } = answer.payload;
    return placeSecret(planned, token === null ? {} : valuesOf(token), secret);
  },
  async remove(api, { id }) {
    const answer = await api.mutate('tokenRevoke', { id }, '');
    return answer.kind === 'REFUSED' ? answer.errors : [];
  },
  identify: (api, id) => findId(api, 'tokens', ['name', id]),
};
