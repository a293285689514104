/** `backupmx_dnsbl` and `backupmx_dnswl`: one DNS list that a domain's senders are looked up in. */
import { DnsblMode } from '../../../control/generated.ts';
import type { UserError } from '../../api/requests.ts';
import { normalizeDomain } from '../../../mail/domain.ts';
import type { Api } from '../api.ts';
import type { Outcome, Resource } from '../sdk/resource.ts';
import { type Attributes, optional, required } from '../sdk/schema.ts';
import { type State, textOf, textsOf, type Value } from '../sdk/value.ts';
import { ADOPT, checkDomainName, checkNetwork, OF_DOMAIN, oneOf, wholeNumber } from './words.ts';

/** Fields of the domain. */
type Kind = 'dnsblZones' | 'dnswlZones';

const LISTS = 'revision dnsblZones { zone mode weight codes } dnswlZones { zone codes }';
interface Zone {
  readonly zone: string;
  readonly mode?: Value;
  readonly weight?: Value;
  readonly codes: readonly string[];
}
/** Terraform changes ten things at a time, and each change of a domain puts off the others. */
const MOST_TRIES = 30;

interface ZoneChange {
  readonly kind: Kind;
  readonly name: string | null;
  readonly change: (zones: readonly Zone[]) => readonly Zone[] | readonly UserError[];
}

/** Changes the lists of a domain, one change of it after the other. */
async function changeZones(api: Api, { kind, name, change }: ZoneChange): Promise<readonly UserError[]> {
  for (let tries = 1; ; tries += 1) {
    const lists = await api.readDomain(name ?? '', LISTS);
    if (lists === null) {
      return [{ path: ['domain'], message: `You have no domain "${name}".`, code: 'NOT_FOUND' }];
    }
    const zones = change(lists[kind]);
    if (zones.some((each) => 'code' in each)) return zones as readonly UserError[];
    const input = { name, [kind]: zones, expectedRevision: lists.revision };
    const answer = await api.mutate('domainUpdate', input, '');
    if (answer.kind === 'DONE') return [];
    const isConflict = answer.errors.some(({ code }) => code === 'CONFLICT');
    if (!isConflict || tries === MOST_TRIES) return answer.errors.map((error) => ofZone(error, kind));
  }
}

/** `["dnsblZones", "2", "codes", "0"]` is about the codes of this one. */
function ofZone(error: UserError, kind: Kind): UserError {
  const [first, , part = 'zone', ...rest] = error.path;
  return first === kind ? { ...error, path: [part, ...rest] } : error;
}

async function put(api: Api, kind: Kind, planned: State, mayBeThere: boolean): Promise<Outcome> {
  const zone: Zone = {
    zone: textOf(planned['zone']) ?? '',
    ...(kind === 'dnsblZones' ? { mode: planned['mode'] ?? null, weight: planned['weight'] ?? null } : {}),
    codes: textsOf(planned['codes']),
  };
  const change: ZoneChange['change'] = (zones) => {
    const index = zones.findIndex((each) => each.zone === zone.zone);
    if (index === -1) return [...zones, zone];
    if (mayBeThere) return zones.with(index, zone);
    return [{ path: ['zone'], message: 'The domain asks this list already.', code: 'ALREADY_EXISTS' }];
  };
  const errors = await changeZones(api, { kind, name: textOf(planned['domain']), change });
  return errors.length > 0 ? { kind: 'REFUSED', errors } : { kind: 'DONE', values: planned };
}

const NAMED: Attributes = {
  domain: OF_DOMAIN,
  zone: required('string', 'Name of the list, in lower case: `list.example.net`.', {
    replaces: true,
    check: checkDomainName,
  }),
};

const CODED: Attributes = {
  codes: optional(
    ['set', 'string'],
    'Answers that count as listed: `127.0.0.2`, `127.0.0.0/29`. Without them every answer counts that is not an error.',
    {
      check: (value) =>
        checkNetwork(value) === null && typeof value === 'string' && value.startsWith('127.')
          ? null
          : `${JSON.stringify(value)} is not an answer of a DNS list. Expected one such as "127.0.0.2" or "127.0.0.0/28".`,
    },
  ),
  adopt: ADOPT,
};

/** The part that both resources have in common. */
function zonesOf(
  kind: Kind,
  title: string,
): Omit<Resource<Api>, 'importing' | 'description' | 'example' | 'attributes'> {
  return {
    title: ({ domain, zone }) => `${title} ${textOf(zone) ?? ''} of ${textOf(domain) ?? ''}`,
    async read(api, { domain = null, zone = null }) {
      const lists = await api.readDomain(textOf(domain) ?? '', LISTS);
      const zones: readonly Zone[] = lists?.[kind] ?? [];
      const found = zones.find((each) => each.zone === zone);
      return found === undefined ? null : { values: { domain, ...found }, revision: null };
    },
    create: (api, planned) => put(api, kind, planned, planned['adopt'] === true),
    update: (api, planned) => put(api, kind, planned, true),
    remove: (api, { domain = null, zone = null }) =>
      changeZones(api, { kind, name: textOf(domain), change: (zones) => zones.filter((each) => each.zone !== zone) }),
    identify: async (_api, id) => {
      const [domain, zone, ...rest] = id.split('/');
      if (domain === undefined || zone === undefined || rest.length > 0) return null;
      return { domain: normalizeDomain(domain), zone: normalizeDomain(zone) };
    },
  };
}

export const dnsblResource: Resource<Api> = {
  ...zonesOf('dnsblZones', 'DNS block list'),
  importing: 'domain and list: `terraform import backupmx_dnsbl.example example.org/bl.example.net`.',
  description: 'A DNS block list (RFC 5782) in which the senders of a domain are looked up.',
  example: `resource "backupmx_dnsbl" "example" {
  domain = "example.org"
  zone   = "bl.example.net"
  mode   = "DRY_RUN"
}`,
  attributes: {
    ...NAMED,
    mode: optional(
      'string',
      '`REJECT` refuses senders that it lists; `DRY_RUN` (default) counts and records what that would refuse.',
      { default: 'DRY_RUN', check: oneOf(Object.values(DnsblMode)) },
    ),
    weight: optional('number', 'Weight of a listing, 1 to 100; see `dnsbl_threshold` of the domain. Default 1.', {
      default: 1,
      check: wholeNumber(1, 100),
    }),
    ...CODED,
  },
};

export const dnswlResource: Resource<Api> = {
  ...zonesOf('dnswlZones', 'DNS list of good senders'),
  importing: 'domain and list: `terraform import backupmx_dnswl.example example.org/wl.example.net`.',
  description:
    'A DNS list of known good senders (DNSWL): a sender that it lists is not refused because of a DNS block list.',
  example: `resource "backupmx_dnswl" "example" {
  domain = "example.org"
  zone   = "wl.example.net"
}`,
  attributes: { ...NAMED, ...CODED },
};
