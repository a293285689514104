/** `backupmx_webhook`: an address that receives events. */
import { type Webhook, WebhookEventKind } from '../../../control/generated.ts';
import { readObject, type Selected } from '../../api/requests.ts';
import { type Api, errorsOf, findId, outcomeOf } from '../api.ts';
import type { Resource } from '../sdk/resource.ts';
import { type State, textOf, type Value } from '../sdk/value.ts';
import { checkSecretPlace, placeSecret, SECRET_ATTRIBUTES } from './secret.ts';
import { checkDomainName, oneOf, TENANT_ID } from './words.ts';
import { computed, optional, required } from '../sdk/schema.ts';

const FIELDS = 'id url description events domains status revision tenant { id }';

function valuesOf({ tenant, ...values }: Selected<Webhook, typeof FIELDS>): State {
  return { ...values, tenant_id: tenant.id };
}

function inputOf({ url, description, events, domains }: State): Record<string, unknown> {
  return { url, description, events, domains: domains ?? null };
}

/** In the form that the service keeps. */
function checkUrl(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const form = /^https?:/.test(text) && URL.canParse(text) ? new URL(text).href : null;
  if (form === null)
    return `${JSON.stringify(value)} is not a URL. Expected one such as "https://hooks.example.org/backup-mx".`;
  return form === text ? null : `Write it as "${form}".`;
}

export const webhookResource: Resource<Api> = {
  importing:
    'its address, or its id: `terraform import backupmx_webhook.example https://hooks.example.org/backup-mx`. Its secret is not shown again.',
  description:
    'An address that receives events by signed POST requests (Standard Webhooks). The secret that signs them is shown once, when the webhook is created.',
  example: `resource "backupmx_webhook" "example" {
  url         = "https://hooks.example.org/backup-mx"
  events      = ["OUTAGE_OPENED", "OUTAGE_CLOSED"]
  secret_file = "\${path.module}/webhook.secret"
}`,
  attributes: {
    url: required('string', 'The address to send to: `https://hooks.example.org/backup-mx`.', { check: checkUrl }),
    description: optional('string', 'The purpose.', { default: '' }),
    events: required(
      ['set', 'string'],
      'The kinds of events to send: `OUTAGE_OPENED`, `OUTAGE_CLOSED` and so on; at least one.',
      { check: oneOf(Object.values(WebhookEventKind)) },
    ),
    domains: optional(
      ['set', 'string'],
      'The names of the domains whose events to send. Without them all events, including those without a domain.',
      { check: checkDomainName },
    ),
    tenant_id: { ...TENANT_ID, replaces: true },
    ...SECRET_ATTRIBUTES,
    id: computed('string', 'UUID.'),
    status: computed('string', '`ENABLED` or `DISABLED`, as last read.', { isVolatile: true }),
  },
  title: ({ url }) => `webhook ${textOf(url) ?? ''}`,
  check: checkSecretPlace,
  async read(api, { id }) {
    const webhook = await readObject(api, 'webhook', id, FIELDS);
    return webhook && { values: valuesOf(webhook), revision: webhook.revision };
  },
  async create(api, planned) {
    const input = { ...inputOf(planned), tenantId: textOf(planned['tenant_id']) };
    const answer = await api.mutate('webhookCreate', input, `webhook { ${FIELDS} } secret`);
    if (answer.kind === 'REFUSED') return answer;
    const { webhook, secret } = answer.payload;
    return placeSecret(planned, webhook === null ? {} : valuesOf(webhook), secret);
  },
  async update(api, planned, { values: { id }, revision }) {
    const input = { id, ...inputOf(planned), expectedRevision: revision };
    const answer = await api.mutate('webhookUpdate', input, `webhook { ${FIELDS} }`);
    return outcomeOf(answer, 'webhook', valuesOf);
  },
  remove: (api, { id }) => errorsOf(api, 'webhookDelete', { id }),
  identify: (api, id) => findId(api, 'webhooks', 'url', id),
};
