/** `backupmx_domain`: a relay domain. Its DNS lists are resources of their own, and its User List may be one. */
import { formatDuration, parseDuration, UNIT_MS } from '../../../mail/duration.ts';
import { normalizeDomain } from '../../../mail/domain.ts';
import { type Domain, HeldMailChoice, TlsPolicy, UnknownWhileDownPolicy } from '../../../control/generated.ts';
import type { Selected } from '../../api/requests.ts';
import { type Api, errorsOf, findListed, outcomeOf } from '../api.ts';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import type { Found, Outcome, Resource } from '../sdk/resource.ts';
import { type Attributes, computed, optional, required } from '../sdk/schema.ts';
import { isRecord, type State, textOf, textsOf, type Value } from '../sdk/value.ts';
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
import { LIST_FIELDS } from './user-list.ts';
import {
  ADOPT,
  checkDomainName,
  checkHost,
  checkNetwork,
  formatHost,
  isUuid,
  meansSameHosts,
  oneOf,
  parseHost,
  wholeNumber,
} from './words.ts';

const DEFAULT_HOURS = 4;

const LABEL_KEY = /^(?=.{1,63}$)[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/;

const ATTRIBUTES: Attributes = {
  name: required('string', 'The part after the @: `example.org`, in lower case and as A-label.', {
    replaces: true,
    check: checkDomainName,
  }),
  deliver_to: optional(
    ['list', 'string'],
    'Hosts that get the mail, best first: `mail.example.org`, `192.0.2.1:2525`, `[2001:db8::1]:25`. Without them the MX records decide.',
    { check: checkHost, means: meansSameHosts },
  ),
  labels: optional(['map', 'string'], 'Labels of your choice.'),
  recipient_delimiter: optional(
    'string',
    'With `+`, a listed `alice` also matches `alice+anything`. Without it local parts are compared as a whole.',
    {
      check: (value) =>
        typeof value === 'string' && /^[!#$%&'*+/=?^_`{|}~-]$/.test(value)
          ? null
          : 'Expected one character that may stand in a local part, such as "+".',
    },
  ),
  call_aheads: optional(
    'bool',
    'True if the primary is asked about a recipient before mail is accepted. Default `true`.',
    { default: true },
  ),
  unknown_while_down: optional(
    'string',
    'Treatment of unknown recipients while the primary does not answer: `ACCEPT` (default), `DEFER_THEN_ACCEPT` or `DEFER`.',
    { default: 'ACCEPT', check: oneOf(Object.values(UnknownWhileDownPolicy)) },
  ),
  unknown_while_down_hours: optional(
    'number',
    'Hours of `DEFER_THEN_ACCEPT`, from the beginning of the outage, 1 to 240. Default 4.',
    { default: DEFAULT_HOURS, check: wholeNumber(1, 240) },
  ),
  dnsbl_threshold: optional(
    'number',
    'A sender is refused if the weights of the DNS block lists that list it reach this sum. Default 1.',
    { default: 1, check: wholeNumber(1, 1000) },
  ),
  dnsbl_allowed_clients: optional(
    ['set', 'string'],
    'Networks that are not looked up in DNS block lists: `192.0.2.0/24`.',
    { check: checkNetwork },
  ),
  tls_policy: optional(
    'string',
    'Requirement for TLS to the primary: `NONE`, `OPPORTUNISTIC` (default), `REQUIRED` or `VERIFIED`.',
    { default: 'OPPORTUNISTIC', check: oneOf(Object.values(TlsPolicy)) },
  ),
  drain_per_minute: optional(
    'number',
    'Maximum of messages a minute while held mail drains. Without it only the capacity of the primary limits the rate.',
    { check: wholeNumber(1, 1_000_000) },
  ),
  etrn_clients: optional(['set', 'string'], 'Networks whose hosts may request the mail by ETRN: `192.0.2.0/24`.', {
    check: checkNetwork,
  }),
  delay_reports: optional(
    'bool',
    'True if senders are notified of delays even if they did not request it. Default `false`.',
    { default: false },
  ),
  ...RECIPIENT_ATTRIBUTES,
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
  ),
  proof_value: computed('string', 'The value of that record.'),
};

const FIELDS =
  `id name status revision labels { key value } proof { name value } deliverTo { host port } recipientDelimiter hasCallAheads
  unknownWhileDown { policy duration } dnsblThreshold dnsblAllowedClients tlsPolicy drainPerMinute etrnClients hasDelayReports
  ${LIST_FIELDS}` as const;

function valuesOf(domain: Selected<Domain, typeof FIELDS>): State {
  return {
    name: domain.name,
    deliver_to: domain.deliverTo.map(formatHost),
    labels: Object.fromEntries(domain.labels.map(({ key, value }) => [key, value])),
    recipient_delimiter: domain.recipientDelimiter,
    call_aheads: domain.hasCallAheads,
    unknown_while_down: domain.unknownWhileDown.policy,
    unknown_while_down_hours: (parseDuration(domain.unknownWhileDown.duration) ?? 0) / UNIT_MS.h,
    dnsbl_threshold: domain.dnsblThreshold,
    dnsbl_allowed_clients: domain.dnsblAllowedClients,
    tls_policy: domain.tlsPolicy,
    drain_per_minute: domain.drainPerMinute,
    etrn_clients: domain.etrnClients,
    delay_reports: domain.hasDelayReports,
    id: domain.id,
    status: domain.status,
    proof_name: domain.proof?.name ?? null,
    proof_value: domain.proof?.value ?? null,
    recipient_count: domain.recipientList.entryCount,
    recipients_revision: domain.recipientList.revision,
  };
}

function inputOf(planned: State): Record<string, unknown> {
  return {
    name: planned['name'],
    deliverTo: textsOf(planned['deliver_to']).map(parseHost),
    labels: labelsOf(planned['labels'] ?? null),
    recipientDelimiter: planned['recipient_delimiter'] ?? null,
    hasCallAheads: planned['call_aheads'],
    unknownWhileDown: {
      policy: planned['unknown_while_down'],
      duration: formatDuration(Number(planned['unknown_while_down_hours'] ?? DEFAULT_HOURS) * UNIT_MS.h),
    },
    dnsblThreshold: planned['dnsbl_threshold'],
    dnsblAllowedClients: planned['dnsbl_allowed_clients'] ?? [],
    tlsPolicy: planned['tls_policy'],
    drainPerMinute: planned['drain_per_minute'] ?? null,
    etrnClients: planned['etrn_clients'] ?? [],
    hasDelayReports: planned['delay_reports'],
  };
}

function labelsOf(labels: Value): { key: string; value: Value }[] {
  return isRecord(labels) ? Object.entries(labels).map(([key, value]) => ({ key, value })) : [];
}

/** The settings first, and then what other mutations change: each of those only if it differs. */
async function update(api: Api, planned: State, { values, revision }: Found): Promise<Outcome> {
  const input = { ...inputOf(planned), expectedRevision: revision };
  const answer = await api.mutate('domainUpdate', input, `domain { ${FIELDS} }`);
  if (answer.kind === 'REFUSED') return answer;
  const listed = await putList(api, planned, values);
  if (listed.kind === 'REFUSED') return listed;
  const { domain } = answer.payload;
  return { kind: 'DONE', values: { ...(domain === null ? {} : valuesOf(domain)), ...listed.values } };
}

function checkLabels({ labels = null }: State): readonly Diagnostic[] {
  return (isRecord(labels) ? Object.keys(labels) : [])
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({
      severity: 'ERROR',
      summary: 'labels cannot be used',
      detail: `The key ${JSON.stringify(key)} is invalid. Expected 1 to 63 letters, digits, ".", "_", "-" or "/".`,
      path: ['labels', key],
    }));
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
    const input = { ...inputOf(planned), recipientList: entriesOf(planned), force: planned['force'] === true };
    const answer = await api.mutate('domainCreate', input, `domain { ${FIELDS} }`);
    const isThere = answer.kind === 'REFUSED' && answer.errors.some(({ code }) => code === 'ALREADY_EXISTS');
    const found = isThere && planned['adopt'] === true ? await this.read(api, planned) : null;
    if (found !== null) return update(api, planned, found);
    if (answer.kind === 'REFUSED') return { ...answer, errors: answer.errors.map((error) => ofList(error, planned)) };
    return outcomeOf(answer, 'domain', (domain) => ({
      ...valuesOf(domain),
      recipients: planned['recipients'] ?? null,
      ...deriveHash(planned),
    }));
  },
  remove: (api, { name, on_delete: held }) => errorsOf(api, 'domainDelete', { name, held: held ?? null }),
  async identify(api, id) {
    if (!isUuid(id)) return (await api.readDomain(id, 'name')) && { name: normalizeDomain(id) };
    const [domain] = await findListed(api, 'domains', 'id name', (each) => each.id === id.toLowerCase());
    return domain === undefined ? null : { name: domain.name };
  },
};
