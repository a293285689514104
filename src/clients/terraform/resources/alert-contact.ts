/** `backupmx_alert_contact`: an address that receives alerts once its owner has given a code back. */
import type { AlertContact } from '../../../control/generated.ts';
import { parsePath } from '../../../mail/address.ts';
import { readObject, type Selected } from '../../api/requests.ts';
import { type Api, errorsOf, findId, findListed, outcomeOf } from '../api.ts';
import type { Outcome, Resource } from '../sdk/resource.ts';
import { computed, optional, required } from '../sdk/schema.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { ADOPT, checkDomainName, TENANT_ID } from './words.ts';

const FIELDS = 'id address domains status ignoredDomains tenant { id }';

function valuesOf({ tenant, ignoredDomains, ...values }: Selected<AlertContact, typeof FIELDS>): State {
  return { ...values, ignored_domains: ignoredDomains, tenant_id: tenant.id };
}

/** In the form that the service keeps. */
function checkAddress(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const parsed = parsePath(`<${text}>`, { allowNull: false, smtpUtf8: true });
  if (parsed.kind !== 'PATH') return `${JSON.stringify(value)} is not a mail address, such as "admin@example.net".`;
  return parsed.path.address === text ? null : `Write it as "${parsed.path.address}".`;
}

async function update(api: Api, planned: State, id: Value): Promise<Outcome> {
  const input = { id, domains: planned['domains'] ?? null };
  const answer = await api.mutate('alertContactUpdate', input, `alertContact { ${FIELDS} }`);
  return outcomeOf(answer, 'alertContact', valuesOf);
}

export const alertContactResource: Resource<Api> = {
  importing: 'its address, or its id: `terraform import backupmx_alert_contact.example admin@example.net`.',
  description:
    'A mail address that receives alerts. It gets one mail with a code, and nothing else until the code is given back with `npx backup-mx contact confirm`; until then `status` is `UNCONFIRMED`. Needs a token with `WEBHOOK_WRITE`.',
  example: `resource "backupmx_alert_contact" "example" {
  address = "admin@example.net"
  domains = ["example.org"]
}`,
  attributes: {
    address: required('string', 'The address, outside the domains that it watches: `admin@example.net`.', {
      replaces: true,
      check: checkAddress,
    }),
    domains: optional(
      ['set', 'string'],
      'The names of the domains whose alerts it receives; at least one. Without them those of all your domains.',
      { check: checkDomainName },
    ),
    tenant_id: { ...TENANT_ID, replaces: true },
    adopt: ADOPT,
    id: computed('string', 'UUID.'),
    status: computed('string', '`UNCONFIRMED` or `CONFIRMED`, as last read.'),
    ignored_domains: computed(
      ['set', 'string'],
      'Domains that it would watch but that contain its address: it receives no alerts about them.',
      { isVolatile: ['domains'] },
    ),
  },
  title: ({ address }) => `alert contact ${textOf(address) ?? ''}`,
  async read(api, { id }) {
    const contact = await readObject(api, 'alertContact', id, FIELDS);
    return contact && { values: valuesOf(contact), revision: null };
  },
  /** Looked for first: the service would mail another code to an address that is not confirmed. Upper and lower case are equal. */
  async create(api, planned) {
    const { address, domains = null } = planned;
    const tenantId = textOf(planned['tenant_id']);
    const wanted = textOf(address)?.toLowerCase();
    const owner = tenantId ?? (await ownTenant(api));
    const [found] = await findListed(
      api,
      'alertContacts',
      FIELDS,
      (each) => each.address.toLowerCase() === wanted && each.tenant.id === owner,
    );
    if (found !== undefined && planned['adopt'] === true) return update(api, planned, found.id);
    if (found !== undefined) {
      const message = `There is such an alert contact; it is ${found.status}.`;
      return { kind: 'REFUSED', errors: [{ path: ['address'], message, code: 'ALREADY_EXISTS' }] };
    }
    const answer = await api.mutate('alertContactCreate', { tenantId, address, domains }, `alertContact { ${FIELDS} }`);
    return outcomeOf(answer, 'alertContact', valuesOf);
  },
  update: (api, planned, { values: { id = null } }) => update(api, planned, id),
  remove: (api, { id }) => errorsOf(api, 'alertContactDelete', { id }),
  identify: (api, id) => findId(api, 'alertContacts', 'address', id),
};

async function ownTenant({ ask }: Api): Promise<string> {
  type Answer = { readonly viewer: { readonly tenant: { readonly id: string } } };
  return (await ask<Answer>('{ viewer { tenant { id } } }')).viewer.tenant.id;
}
