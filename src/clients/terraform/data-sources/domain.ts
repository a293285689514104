/** `backupmx_domain` as a data source: a domain that is there already, and what the DNS says of it. */
import type { Api } from '../api.ts';
import { findDomain } from '../resources/domain.ts';
import { checkDomainName } from '../resources/words.ts';
import type { DataSource } from '../sdk/resource.ts';
import { textOf } from '../sdk/value.ts';

interface Domain {
  readonly id: string;
  readonly status: string;
  readonly recipientCount: number;
  readonly queue: { readonly heldCount: number };
  readonly mx: {
    readonly verdict: string;
    readonly zoneFile: string;
    readonly recommended: readonly Mx[];
    readonly observed: readonly Mx[];
  };
}

interface Mx {
  readonly host: string;
  readonly preference: number;
}

const FIELDS =
  'id status recipientCount queue { heldCount } mx { verdict zoneFile recommended { host preference } observed { host preference } }';

export const domainSource: DataSource<Api> = {
  description:
    'An existing relay domain: its state, and its MX records as they are and should be. Reading it asks the DNS.',
  example: `data "backupmx_domain" "example" {
  name = "example.org"
}

# Field by field, for a DNS provider that wants it so; others take the lines as they are.
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
    name: { type: 'string', use: 'REQUIRED', check: checkDomainName, description: 'The name: `example.org`.' },
    id: { type: 'string', use: 'COMPUTED', description: 'UUID.' },
    status: { type: 'string', use: 'COMPUTED', description: '`ACTIVE`, `PENDING` or `SUSPENDED`.' },
    held_count: { type: 'number', use: 'COMPUTED', description: 'The number of messages held for it.' },
    recipient_count: {
      type: 'number',
      use: 'COMPUTED',
      description: 'The number of entries of its User List; 0 means that the list is off.',
    },
    mx_verdict: {
      type: 'string',
      use: 'COMPUTED',
      description:
        'The verdict on its MX records: `OK`, `SANDWICH`, `NOT_LISTED`, `MOST_PREFERRED`, `EQUAL_PREFERENCE`, `NULL_MX`, `UNRESOLVABLE`.',
    },
    mx_recommended: {
      type: ['list', 'string'],
      use: 'COMPUTED',
      description: 'The MX records to publish: `10 mail.example.org`.',
    },
    mx_zone_file: {
      type: 'string',
      use: 'COMPUTED',
      description: 'These records as lines of a zone file: `example.org. 3600 IN MX 10 mail.example.org.`',
    },
    mx_observed: { type: ['list', 'string'], use: 'COMPUTED', description: 'The MX records in the DNS now.' },
  },
  async read(api, { name = null }) {
    const domain = await findDomain<Domain>(api, textOf(name) ?? '', FIELDS);
    if (domain === null) return null;
    const { mx } = domain;
    const recordsOf = (records: readonly Mx[]) => records.map(({ host, preference }) => `${preference} ${host}`);
    return {
      id: domain.id,
      status: domain.status,
      held_count: domain.queue.heldCount,
      recipient_count: domain.recipientCount,
      mx_verdict: mx.verdict,
      mx_recommended: recordsOf(mx.recommended),
      mx_zone_file: mx.zoneFile,
      mx_observed: recordsOf(mx.observed),
    };
  },
};
