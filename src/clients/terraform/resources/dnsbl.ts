/** `backupmx_dnsbl`: one DNS block list that a domain's senders are looked up in. */
import { DnsblMode, type Domain } from '../../../control/generated.ts';
import type { Selected, UserError } from '../../api/requests.ts';
import { normalizeDomain } from '../../../mail/domain.ts';
import type { Api } from '../api.ts';
import type { Outcome, Resource } from '../sdk/resource.ts';
import { optional, required } from '../sdk/schema.ts';
import { type State, textOf, textsOf } from '../sdk/value.ts';
import { ADOPT, checkDomainName, checkNetwork, OF_DOMAIN, oneOf, wholeNumber } from './words.ts';

const LISTS = 'revision dnsblZones { zone mode weight codes }';
type Zone = Pick<Selected<Domain, typeof LISTS>['dnsblZones'][number], 'zone' | 'weight' | 'codes'> & {
  readonly mode: string;
};
/** Terraform changes ten things at a time, and each change of a domain puts off the others. */
const MOST_TRIES = 30;

/** Changes the lists of a domain, one change of it after the other. */
async function changeZones(
  api: Api,
  name: string | null,
  change: (zones: readonly Zone[]) => readonly Zone[] | readonly UserError[],
): Promise<readonly UserError[]> {
  for (let tries = 1; ; tries += 1) {
    const lists = await api.readDomain(name ?? '', LISTS);
    if (lists === null) {
      return [{ path: ['domain'], message: `You have no domain "${name}".`, code: 'NOT_FOUND' }];
    }
    const dnsblZones = change(lists.dnsblZones);
    if (dnsblZones.some((each) => 'code' in each)) return dnsblZones as readonly UserError[];
    const input = { name, dnsblZones, expectedRevision: lists.revision };
    const answer = await api.mutate('domainUpdate', input, '');
    if (answer.kind === 'DONE') return [];
    const isConflict = answer.errors.some(({ code }) => code === 'CONFLICT');
    if (!isConflict || tries === MOST_TRIES) return answer.errors.map((error) => ofZone(error));
  }
}

/** `["dnsblZones", "2", "codes", "0"]` is about the codes of this one. */
function ofZone(error: UserError): UserError {
  const [first, , part = 'zone', ...rest] = error.path;
  return first === 'dnsblZones' ? { ...error, path: [part, ...rest] } : error;
}

async function put(api: Api, planned: State, mayBeThere: boolean): Promise<Outcome> {
  const zone: Zone = {
    zone: textOf(planned['zone']) ?? '',
    mode: textOf(planned['mode']) ?? '',
    weight: Number(planned['weight']),
    codes: textsOf(planned['codes']),
  };
  const errors = await changeZones(api, textOf(planned['domain']), (zones) => {
    const index = zones.findIndex((each) => each.zone === zone.zone);
    if (index === -1) return [...zones, zone];
    if (mayBeThere) return zones.with(index, zone);
    return [{ path: ['zone'], message: 'The domain asks this list already.', code: 'ALREADY_EXISTS' }];
  });
  return errors.length > 0 ? { kind: 'REFUSED', errors } : { kind: 'DONE', values: planned };
}

export const dnsblResource: Resource<Api> = {
  importing: 'domain and list: `terraform import backupmx_dnsbl.example example.org/bl.example.net`.',
  description: 'A DNS block list (RFC 5782) in which the senders of a domain are looked up.',
  example: `resource "backupmx_dnsbl" "example" {
  domain = "example.org"
  zone   = "bl.example.net"
  mode   = "DRY_RUN"
}`,
  attributes: {
    domain: OF_DOMAIN,
    zone: required('string', 'Name of the list, in lower case: `bl.example.net`.', {
      replaces: true,
      check: checkDomainName,
    }),
    mode: optional(
      'string',
      '`REJECT` refuses senders that it lists; `DRY_RUN` (default) counts and records what that would refuse.',
      { default: 'DRY_RUN', check: oneOf(Object.values(DnsblMode)) },
    ),
    weight: optional('number', 'Weight of a listing, 1 to 100; see `dnsbl_threshold` of the domain. Default 1.', {
      default: 1,
      check: wholeNumber(1, 100),
    }),
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
  },
  title: ({ domain, zone }) => `DNS block list ${textOf(zone) ?? ''} of ${textOf(domain) ?? ''}`,
  async read(api, { domain = null, zone = null }) {
    const lists = await api.readDomain(textOf(domain) ?? '', LISTS);
    const found = lists?.dnsblZones.find((each) => each.zone === zone);
    return found === undefined ? null : { values: { domain, ...found }, revision: null };
  },
  create: (api, planned) => put(api, planned, planned['adopt'] === true),
  update: (api, planned) => put(api, planned, true),
  remove: (api, { domain = null, zone = null }) =>
    changeZones(api, textOf(domain), (zones) => zones.filter((each) => each.zone !== zone)),
  identify: async (_api, id) => {
    const [domain, zone, ...rest] = id.split('/');
    if (domain === undefined || zone === undefined || rest.length > 0) return null;
    return { domain: normalizeDomain(domain), zone: normalizeDomain(zone) };
  },
};
