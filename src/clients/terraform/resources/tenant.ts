/** `backupmx_tenant`: an owner of domains. For tokens of the operator's tenant. */
import type { Tenant } from '../../../control/generated.ts';
import type { Selected } from '../../api/requests.ts';
import { type Api, errorsOf, findId, findListed, outcomeOf } from '../api.ts';
import type { Found, Outcome, Resource } from '../sdk/resource.ts';
import { type Attribute, computed, optional, required } from '../sdk/schema.ts';
import { type State, textOf } from '../sdk/value.ts';
import { ADOPT, checkTitle, wholeNumber } from './words.ts';

/** Attribute → field. */
const QUOTAS = {
  most_domains: 'domains',
  most_recipient_entries: 'recipientEntries',
  most_tokens: 'tokens',
  most_webhooks: 'webhooks',
  most_alert_contacts: 'alertContacts',
} as const;

const FIELDS = 'id name revision quotas { domains recipientEntries tokens webhooks alertContacts }';

function quota(what: string): Attribute {
  return optional('number', `How many ${what} it may have. Without it the number is unlimited.`, {
    check: wholeNumber(0, 2_147_483_647),
  });
}

function quotasOf(planned: State): Record<string, unknown> {
  return Object.fromEntries(Object.entries(QUOTAS).map(([name, field]) => [field, planned[name] ?? null]));
}

function valuesOf({ id, name, quotas }: Selected<Tenant, typeof FIELDS>): State {
  const limits = Object.entries(QUOTAS).map(([attribute, field]) => [attribute, quotas[field]]);
  return { id, name, ...Object.fromEntries(limits) };
}

async function update(api: Api, planned: State, { values: { id }, revision }: Found): Promise<Outcome> {
  const input = { id, name: planned['name'], quotas: quotasOf(planned), expectedRevision: revision };
  return outcomeOf(await api.mutate('tenantUpdate', input, `tenant { ${FIELDS} }`), 'tenant', valuesOf);
}

export const tenantResource: Resource<Api> = {
  importing: "its name, or its id: `terraform import backupmx_tenant.example 'Example Ltd.'`.",
  description: 'An owner of domains, such as a customer. Needs a token with `TENANT_WRITE`.',
  example: `resource "backupmx_tenant" "example" {
  name         = "Example Ltd."
  most_domains = 10
}`,
  attributes: {
    name: required('string', 'The name, for people; it must be unique.', { check: checkTitle }),
    most_domains: quota('relay domains'),
    most_recipient_entries: quota('entries of all its User Lists together'),
    most_tokens: quota('tokens'),
    most_webhooks: quota('webhooks'),
    most_alert_contacts: quota('alert contacts'),
    adopt: ADOPT,
    id: computed('string', 'UUID.'),
  },
  title: ({ name }) => `tenant ${textOf(name) ?? ''}`,
  update,
  /** From the list: by its id a tenant is found for ever, also when it is deleted. */
  async read(api, { id }) {
    const [tenant] = await findListed(api, 'tenants', FIELDS, (each) => each.id === id);
    return tenant === undefined ? null : { values: valuesOf(tenant), revision: tenant.revision };
  },
  async create(api, planned) {
    const input = { name: planned['name'], quotas: quotasOf(planned) };
    const answer = await api.mutate('tenantCreate', input, `tenant { ${FIELDS} }`);
    const isThere = answer.kind === 'REFUSED' && answer.errors.some(({ code }) => code === 'ALREADY_EXISTS');
    if (!isThere || planned['adopt'] !== true) return outcomeOf(answer, 'tenant', valuesOf);
    const id = await findId(api, 'tenants', 'name', textOf(planned['name']) ?? '');
    const found = id && (await this.read(api, id));
    return found === null ? outcomeOf(answer, 'tenant', valuesOf) : update(api, planned, found);
  },
  remove: (api, { id }) => errorsOf(api, 'tenantDelete', { id }),
  identify: (api, id) => findId(api, 'tenants', 'name', id),
};
