/** The data sources that list: domains, tenants, outages. */
import {
  BreakerState,
  DoctorVerdict,
  type Domain,
  DomainStatus,
  type Outage,
  Situation,
  type Tenant,
} from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import { listAll, type ListName, type ListNode, type Selected } from '../api/requests.ts';
import type { Api } from './api.ts';
import { checkDomainName, oneOf, TENANT_ID } from './resources/words.ts';
import type { DataSource } from './sdk/resource.ts';
import { type Attribute, computed, optional } from './sdk/schema.ts';
import { isRecord, type State, type Type, type Value } from './sdk/value.ts';

const MOST_LISTED = 10_000;

/** The objects that a filter finds. Throws ClientError if there are more than a state should hold. */
async function found<List extends ListName, const Fields extends string>(
  api: Api,
  list: List,
  fields: Fields,
  filter: { readonly type: string; readonly values: Readonly<Record<string, unknown>> } | null,
): Promise<readonly Selected<ListNode<List>, Fields>[]> {
  const conditions = Object.entries(filter?.values ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const listing = {
    most: MOST_LISTED + 1,
    ...(filter && { filter: Object.fromEntries(conditions), filterType: filter.type }),
  };
  const objects = await listAll(api, list, fields, listing);
  if (objects.length <= MOST_LISTED) return objects;
  throw new ClientError(`more than ${MOST_LISTED} ${list} are found: narrow the filter`);
}

/** A computed list of objects. `fields`: name → type and description. */
function objects(what: string, fields: Readonly<Record<string, readonly [type: Type, says: string]>>): Attribute {
  const types = Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type]));
  const lines = Object.entries(fields).map(([name, [, says]]) => `\`${name}\`: ${says}`);
  return computed(['list', ['object', types]], `${what} Each has ${lines.join('; ')}.`);
}

function choice(words: readonly string[], what: string): Attribute {
  const list = words.map((word) => `\`${word}\``).join(', ');
  return optional(['set', 'string'], `${what}: any of ${list}.`, { check: oneOf(words) });
}

function labelsOf(labels: Value): readonly { key: string; value: Value }[] | null {
  return isRecord(labels) ? Object.entries(labels).map(([key, value]) => ({ key, value })) : null;
}

const DOMAIN_FIELDS =
  'id name status situation tenant { id } labels { key value } queue { heldCount } recipientList { entryCount }';

export const domainsSource: DataSource<Api> = {
  description: `Relay domains, by name; a domain must meet all conditions. More than ${MOST_LISTED} are an error.`,
  example: `data "backupmx_domains" "urgent" {
  labels     = { customer = "17" }
  situations = ["OUTAGE", "EXPIRING"]
}

output "urgent" {
  value = data.backupmx_domains.urgent.names
}`,
  attributes: {
    name_prefix: optional('string', 'The beginning of the name; upper and lower case are equal.'),
    labels: optional(['map', 'string'], 'Labels that it carries, all of them.'),
    statuses: choice(Object.values(DomainStatus), 'Status'),
    situations: choice(Object.values(Situation), 'Situation'),
    tenant_id: { ...optional('string', 'The id of the owner.'), ...checkOf(TENANT_ID) },
    has_open_outage: optional('bool', 'True for domains with an open outage, false for those without.'),
    is_holding: optional('bool', 'True for domains for which mail is held, false for those without.'),
    breaker: choice(Object.values(BreakerState), 'State of the breaker'),
    doctor: choice(Object.values(DoctorVerdict), "Verdict of the doctor's last report"),
    names: computed(['list', 'string'], 'The names of the domains.'),
    domains: objects('The domains.', {
      id: ['string', 'UUID'],
      name: ['string', 'the name'],
      status: ['string', 'the status'],
      situation: ['string', 'its situation in a word'],
      tenant_id: ['string', 'the id of the owner'],
      labels: [['map', 'string'], 'its labels'],
      held_count: ['number', 'the number of messages held for it'],
      recipient_count: ['number', 'the number of entries of its User List, 0 if that is off'],
    }),
  },
  async read(api, config) {
    const values = {
      namePrefix: config['name_prefix'],
      labels: labelsOf(config['labels'] ?? null),
      statuses: config['statuses'],
      situations: config['situations'],
      tenantId: config['tenant_id'],
      hasOpenOutage: config['has_open_outage'],
      isHolding: config['is_holding'],
      breaker: config['breaker'],
      doctor: config['doctor'],
    };
    const domains = await found(api, 'domains', DOMAIN_FIELDS, { type: 'DomainFilter', values });
    const sorted = domains.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    return { names: sorted.map(({ name }) => name), domains: sorted.map(domainOf) };
  },
};

function domainOf(domain: Selected<Domain, typeof DOMAIN_FIELDS>): State {
  const { id, name, status, situation, tenant, labels, queue, recipientList } = domain;
  return {
    id,
    name,
    status,
    situation,
    tenant_id: tenant.id,
    labels: Object.fromEntries(labels.map(({ key, value }) => [key, value])),
    held_count: queue.heldCount,
    recipient_count: recipientList.entryCount,
  };
}

/** The check of another attribute. */
function checkOf({ check }: Attribute): Pick<Attribute, 'check'> {
  return check === undefined ? {} : { check };
}

const TENANT_FIELDS = 'id name suspension { reason } quotas { domains recipientEntries tokens webhooks alertContacts }';

export const tenantsSource: DataSource<Api> = {
  description: `The tenants, by name; without the right to change tenants only your own. More than ${MOST_LISTED} are an error.`,
  example: `data "backupmx_tenants" "all" {}

locals {
  tenant_ids = { for tenant in data.backupmx_tenants.all.tenants : tenant.name => tenant.id }
}`,
  attributes: {
    tenants: objects('The tenants. A limit of null means unlimited.', {
      id: ['string', 'UUID'],
      name: ['string', 'the name'],
      is_suspended: ['bool', 'true while an operator has taken it out of service'],
      most_domains: ['number', 'the limit on its domains'],
      most_recipient_entries: ['number', 'on the entries of its User Lists'],
      most_tokens: ['number', 'on its tokens'],
      most_webhooks: ['number', 'on its webhooks'],
      most_alert_contacts: ['number', 'on its alert contacts'],
    }),
  },
  async read(api) {
    const tenants = await found(api, 'tenants', TENANT_FIELDS, null);
    return { tenants: tenants.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(tenantOf) };
  },
};

function tenantOf({ id, name, suspension, quotas }: Selected<Tenant, typeof TENANT_FIELDS>): State {
  return {
    id,
    name,
    is_suspended: suspension !== null,
    most_domains: quotas.domains,
    most_recipient_entries: quotas.recipientEntries,
    most_tokens: quotas.tokens,
    most_webhooks: quotas.webhooks,
    most_alert_contacts: quotas.alertContacts,
  };
}

const OUTAGE_FIELDS = 'id domainName kind startedAt endedAt heldCount lastReply nextAttemptAt failedCount expiredCount';

export const outagesSource: DataSource<Api> = {
  description: `Outages in the order of the API; an outage must meet all conditions. More than ${MOST_LISTED} are an error.`,
  example: `data "backupmx_outages" "open" {
  is_open = true
}

check "no_outage" {
  assert {
    condition     = length(data.backupmx_outages.open.outages) == 0
    error_message = join(", ", data.backupmx_outages.open.outages[*].domain)
  }
}`,
  attributes: {
    domain: optional('string', 'The name of the domain.', { check: checkDomainName }),
    is_open: optional('bool', 'True for open outages, false for those that are over.'),
    outages: objects('The outages. What is not known is null.', {
      id: ['string', 'UUID'],
      domain: ['string', 'the name of the domain'],
      kind: ['string', 'the kind of the failure'],
      started_at: ['string', 'the time of the first failure, RFC 3339'],
      ended_at: ['string', 'the time of the first success after it'],
      held_count: ['number', 'the number of messages held now'],
      last_reply: ['string', 'the last reply of the primary'],
      next_attempt_at: ['string', 'the time of the next attempt'],
      failed_count: ['number', 'the number of messages that failed in it'],
      expired_count: ['number', 'the number of messages that expired in it'],
    }),
  },
  async read(api, { domain, is_open: isOpen }) {
    const outages = await found(api, 'outages', OUTAGE_FIELDS, { type: 'OutageFilter', values: { domain, isOpen } });
    return { outages: outages.map(outageOf) };
  },
};

function outageOf(outage: Selected<Outage, typeof OUTAGE_FIELDS>): State {
  return {
    id: outage.id,
    domain: outage.domainName,
    kind: outage.kind,
    started_at: outage.startedAt,
    ended_at: outage.endedAt,
    held_count: outage.heldCount,
    last_reply: outage.lastReply,
    next_attempt_at: outage.nextAttemptAt,
    failed_count: outage.failedCount,
    expired_count: outage.expiredCount,
  };
}
