/** The data sources: the service, a domain that is there already, and what the doctor says of one. */
import type { Service } from '../../control/generated.ts';
import type { Selected } from '../api/requests.ts';
import type { Api } from './api.ts';
import { checkDomainName } from './resources/words.ts';
import type { DataSource } from './sdk/resource.ts';
import { textOf } from './sdk/value.ts';
import { computed, required } from './sdk/schema.ts';

const SERVICE_FIELDS = 'version mxNames egressAddresses messageSizeLimit';

export const serviceSource: DataSource<Api> = {
  description: 'The service itself: the names to put into MX records, and the addresses to let in.',
  example: `data "backupmx_service" "this" {}

output "backup_mx_records" {
  value = [for name in data.backupmx_service.this.mx_names : "20 \${name}"]
}`,
  attributes: {
    mx_names: computed(
      ['list', 'string'],
      'The names of the service for your MX records: add each of them, all at one preference.',
    ),
    egress_addresses: computed(
      ['list', 'string'],
      'The addresses it connects from. Let them through firewalls, greylisting and rate limits.',
    ),
    message_size_limit_bytes: computed('number', 'The largest message that is accepted.'),
    version: computed('string', 'The version of the program.'),
  },
  async read({ ask }) {
    type Answer = { readonly service: Selected<Service, typeof SERVICE_FIELDS> };
    const { service } = await ask<Answer>(`{ service { ${SERVICE_FIELDS} } }`);
    return {
      mx_names: service.mxNames,
      egress_addresses: service.egressAddresses,
      message_size_limit_bytes: service.messageSizeLimit,
      version: service.version,
    };
  },
};

const DOMAIN_FIELDS =
  'id status recipientList { entryCount } queue { heldCount } mx { verdict zoneFile recommended { host preference } observed { host preference } }';

export const domainSource: DataSource<Api> = {
  description:
    'An existing relay domain: its state, and its MX records as they are and should be. Reading it asks the DNS.',
  example: `data "backupmx_domain" "example" {
  name = "example.org"
}

# Field by field, for a DNS provider that needs fields; others accept the lines as they are.
output "mx_records" {
  value = [for line in data.backupmx_domain.example.mx_recommended : {
    name     = "example.org"
    type     = "MX"
    priority = tonumber(split(" ", line)[0])
    value    = split(" ", line)[1]
    ttl      = 3600
  }]
}`,
  attributes: {
    name: required('string', 'The name: `example.org`.', { check: checkDomainName }),
    id: computed('string', 'UUID.'),
    status: computed('string', '`ACTIVE`, `PENDING` or `SUSPENDED`.'),
    held_count: computed('number', 'The number of messages held for it.'),
    recipient_count: computed('number', 'The number of entries of its User List; 0 means that the list is off.'),
    mx_verdict: computed(
      'string',
      'The verdict on its MX records: `OK`, `SANDWICH`, `NOT_LISTED`, `MOST_PREFERRED`, `EQUAL_PREFERENCE`, `NULL_MX`, `UNRESOLVABLE`.',
    ),
    mx_recommended: computed(['list', 'string'], 'The MX records to publish: `10 mail.example.org`.'),
    mx_zone_file: computed(
      'string',
      'These records as lines of a zone file: `example.org. 3600 IN MX 10 mail.example.org.`',
    ),
    mx_observed: computed(['list', 'string'], 'The MX records in the DNS now.'),
  },
  async read(api, { name = null }) {
    const domain = await api.readDomain(textOf(name) ?? '', DOMAIN_FIELDS);
    if (domain === null) return null;
    const { mx } = domain;
    const recordsOf = (records: typeof mx.observed) => records.map(({ host, preference }) => `${preference} ${host}`);
    return {
      id: domain.id,
      status: domain.status,
      held_count: domain.queue.heldCount,
      recipient_count: domain.recipientList.entryCount,
      mx_verdict: mx.verdict,
      mx_recommended: recordsOf(mx.recommended),
      mx_zone_file: mx.zoneFile,
      mx_observed: recordsOf(mx.observed),
    };
  },
};

const DOCTOR_FIELDS = 'doctor { at verdict findings { code verdict advice } }';

export const doctorSource: DataSource<Api> = {
  description:
    'The last report of the MX doctor on a domain. The doctor runs once a day, and after `npx backup-mx doctor`. Reading it connects to no primary.',
  example: `data "backupmx_doctor" "example" {
  name = "example.org"
}

check "mx" {
  assert {
    condition     = length(data.backupmx_doctor.example.problems) == 0
    error_message = join(" ", [for code in data.backupmx_doctor.example.problems : data.backupmx_doctor.example.advice[code]])
  }
}`,
  attributes: {
    name: required('string', 'The name: `example.org`.', { check: checkDomainName }),
    at: computed(
      'string',
      'The time of the examination, RFC 3339. Null before the first; then `verdict` is null too, and the rest is empty.',
    ),
    verdict: computed('string', 'The worst verdict of its findings: `OK`, `UNKNOWN`, `WARNING` or `PROBLEM`.'),
    problems: computed(['list', 'string'], 'Codes of the checks that found a problem; docs/doctor.md explains each.'),
    verdicts: computed(['map', 'string'], 'The verdict of each check, by its code.'),
    advice: computed(['map', 'string'], 'The advice, by the code of the check, if there is something to do.'),
  },
  async read(api, { name = null }) {
    const domain = await api.readDomain(textOf(name) ?? '', DOCTOR_FIELDS);
    if (domain === null) return null;
    // Empty and not null, which length() and values() would refuse: a domain that was just made must not fail the apply.
    const { at, verdict, findings } = domain.doctor ?? { at: null, verdict: null, findings: [] };
    return {
      at,
      verdict,
      problems: findings.filter(({ verdict }) => verdict === 'PROBLEM').map(({ code }) => code),
      verdicts: Object.fromEntries(findings.map(({ code, verdict }) => [code, verdict])),
      advice: Object.fromEntries(findings.flatMap(({ code, advice }) => (advice === null ? [] : [[code, advice]]))),
    };
  },
};
