/** `backupmx_domain`: a relay domain. Its DNS lists and its pause are resources of their own, and its User List may be one. */
import { type Domain, HeldMailChoice } from '../../../control/generated.ts';
import { normalizeDomain } from '../../../mail/domain.ts';
import { formatDuration, parseDuration, UNIT_MS } from '../../../mail/duration.ts';
import type { Selected } from '../../api/requests.ts';
import { type Api, errorsOf, findListed } from '../api.ts';
import type { Found, Outcome, Resource } from '../sdk/resource.ts';
import { type Attributes, computed, optional } from '../sdk/schema.ts';
import { type State, textOf } from '../sdk/value.ts';
import {
  checkRecipients,
  deriveHash,
  entriesOf,
  ofList,
  putList,
  readList,
  RECIPIENT_ATTRIBUTES,
  warnOfList,
} from './domain-recipients.ts';
import { checkLabels, SETTING_ATTRIBUTES, SETTING_FIELDS, settingsInput, settingsOf } from './domain-settings.ts';
import { LIST_FIELDS } from './user-list.ts';
import { ADOPT, isUuid, oneOf, TENANT_ID, wholeNumber } from './words.ts';

const ATTRIBUTES: Attributes = {
  ...SETTING_ATTRIBUTES,
  drill_interval_days: optional(
    'number',
    'Days from one automatic fire drill to the next, 1 to 366; the first is that far from the apply. Without it there are none.',
    { check: wholeNumber(1, 366) },
  ),
  ...RECIPIENT_ATTRIBUTES,
  tenant_id: {
    ...TENANT_ID,
    description: `${TENANT_ID.description} Another value transfers the domain, with its mail and history.`,
  },
  on_delete: optional(
    'string',
    'What happens to held mail when the domain is removed: `DELIVER_FIRST` continues to try it, `CANCEL` ends it without reports. Without it a domain that holds mail is not removed. It takes effect after it is applied.',
    { isLocal: true, check: oneOf(Object.values(HeldMailChoice)) },
  ),
  force: optional(
    'bool',
    'Add the domain although its name looks like the host name of a mail server, and let a User List of 100 or more entries shrink by more than half.',
    { isLocal: true },
  ),
  adopt: ADOPT,
  id: computed('string', 'The id, a UUID. It differs after the domain is removed and added again.'),
  status: computed(
    'string',
    "`ACTIVE`, `SUSPENDED`, or `PENDING` (a tenant's domain whose proof was not seen yet), as last read.",
  ),
  proof_name: computed(
    'string',
    "Name of the TXT record that proves that the domain is yours. Null for an operator's domain, which needs no proof.",
    { isVolatile: ['tenant_id'] },
  ),
  proof_value: computed('string', 'The value of that record.', { isVolatile: ['tenant_id'] }),
};

const FIELDS =
  `id name status revision proof { name value } tenant { id } drillSchedule { interval } ${SETTING_FIELDS} ${LIST_FIELDS}` as const;

function valuesOf(domain: Selected<Domain, typeof FIELDS>): State {
  const { drillSchedule: drills } = domain;
  return {
    name: domain.name,
    ...settingsOf(domain),
    drill_interval_days: drills && (parseDuration(drills.interval) ?? 0) / UNIT_MS.d,
    tenant_id: domain.tenant.id,
    id: domain.id,
    status: domain.status,
    proof_name: domain.proof?.name ?? null,
    proof_value: domain.proof?.value ?? null,
    recipient_count: domain.recipientList.entryCount,
    recipients_revision: domain.recipientList.revision,
  };
}

/** The owner and the settings first, and then what other mutations change: each of those only if it differs. */
async function update(api: Api, planned: State, found: Found): Promise<Outcome> {
  const moved = await transfer(api, planned, found);
  if (moved.kind === 'REFUSED') return moved;
  const input = { name: planned['name'], ...settingsInput(planned), expectedRevision: moved.revision };
  const answer = await api.mutate('domainUpdate', input, `domain { ${FIELDS} }`);
  if (answer.kind === 'REFUSED') return answer;
  const listed = await putList(api, planned, found.values);
  if (listed.kind === 'REFUSED') return listed;
  const drilled = await putDrills(api, planned, found.values);
  if (drilled.kind === 'REFUSED') return drilled;
  const { domain } = answer.payload;
  return {
    kind: 'DONE',
    values: { ...(domain === null ? {} : valuesOf(domain)), ...listed.values, ...drilled.values },
  };
}

type Moved =
  | { readonly kind: 'DONE'; readonly revision: number | null }
  | Extract<Outcome, { readonly kind: 'REFUSED' }>;

/** Gives the domain to another owner if one is named. */
async function transfer(api: Api, planned: State, { values, revision }: Found): Promise<Moved> {
  const tenantId = textOf(planned['tenant_id'])?.toLowerCase() ?? null;
  if (tenantId === null || tenantId === values['tenant_id']) return { kind: 'DONE', revision };
  const input = { name: planned['name'], tenantId, expectedRevision: revision };
  const answer = await api.mutate('domainTransfer', input, 'domain { revision }');
  if (answer.kind === 'REFUSED') return answer;
  return { kind: 'DONE', revision: answer.payload.domain?.revision ?? null };
}

async function putDrills(api: Api, planned: State, found: State): Promise<Outcome> {
  const days = planned['drill_interval_days'] ?? null;
  const values = { drill_interval_days: days };
  if (days === (found['drill_interval_days'] ?? null)) return { kind: 'DONE', values };
  const interval = days === null ? null : formatDuration(Number(days) * UNIT_MS.d);
  const answer = await api.mutate('domainDrillSchedule', { name: planned['name'], interval }, '');
  if (answer.kind === 'DONE') return { kind: 'DONE', values };
  const errors = answer.errors.map((error) => ({
    ...error,
    path: error.path[0] === 'interval' ? ['drillIntervalDays'] : error.path,
  }));
  return { kind: 'REFUSED', errors };
}

export const domainResource: Resource<Api> = {
  importing: 'its name, or its id: `terraform import backupmx_domain.example example.org`.',
  description: 'A relay domain: its mail is accepted, held and delivered while its own mail server is down.',
  example: `resource "backupmx_domain" "example" {
  name       = "example.org"
  deliver_to = ["mail.example.org"]
  labels     = { customer = "17" }
}`,
  attributes: ATTRIBUTES,
  title: ({ name }) => `domain ${textOf(name) ?? ''}`,
  check: (config) => [...checkLabels(config), ...checkRecipients(config)],
  derive: deriveHash,
  warn: warnOfList,
  update,
  async read(api, state) {
    const name = textOf(state['name']) ?? '';
    const domain = await api.readDomain(name, FIELDS);
    if (domain === null) return null;
    const list = await readList(api, name, state, domain.recipientList);
    return { values: { ...valuesOf(domain), ...list }, revision: domain.revision };
  },
  async create(api, planned) {
    const input = {
      tenantId: textOf(planned['tenant_id']),
      name: planned['name'],
      ...settingsInput(planned),
      recipientList: entriesOf(planned),
      force: planned['force'] === true,
    };
    const answer = await api.mutate('domainCreate', input, `domain { ${FIELDS} }`);
    const isThere = answer.kind === 'REFUSED' && answer.errors.some(({ code }) => code === 'ALREADY_EXISTS');
    const found = isThere && planned['adopt'] === true ? await this.read(api, planned) : null;
    if (found !== null) return update(api, planned, found);
    if (answer.kind === 'REFUSED') return { ...answer, errors: answer.errors.map((error) => ofList(error, planned)) };
    const { domain } = answer.payload;
    const values = {
      ...(domain === null ? {} : valuesOf(domain)),
      recipients: planned['recipients'] ?? null,
      ...deriveHash(planned),
    };
    const drilled = await putDrills(api, planned, values);
    return drilled.kind === 'REFUSED'
      ? { ...drilled, values }
      : { kind: 'DONE', values: { ...values, ...drilled.values } };
  },
  remove: (api, { name, on_delete: held }) => errorsOf(api, 'domainDelete', { name, held: held ?? null }),
  async identify(api, id) {
    if (!isUuid(id)) return (await api.readDomain(id, 'name')) && { name: normalizeDomain(id) };
    const [domain] = await findListed(api, 'domains', 'id name', (each) => each.id === id.toLowerCase());
    return domain === undefined ? null : { name: domain.name };
  },
};
