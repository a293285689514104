/**
 * What TLS towards each host of a route must be: by the domain's setting, and by what its owner publishes.
 *
 * - NONE is the operator's word and ends it: nothing is looked up.
 * - Under `deliverTo` the setting alone decides: what the domain publishes speaks of its MX hosts.
 * - Else DANE (RFC 7672) goes before MTA-STS (RFC 8461 §2), and either before a setting that asks for less. A host whose TLSA
 *   records cannot be looked up, or that an enforced policy does not name, is not dialled: the mail is kept.
 * - What a domain publishes can be waived by the sender of a message (RFC 8689 §5), the setting cannot.
 *
 * Dials nothing.
 */
import type { DestinationState } from '../outage/clock.ts';
import type { DaneAnswer } from '../tls/dane.ts';
import { allowsHost, type StsPolicy } from '../tls/mta-sts-policy.ts';
import { kindOfDemand, type TlsDemand } from '../tls/demand.ts';
import type { TlsSources } from '../tls/sources.ts';
import type { Route, RouteHost } from './route.ts';

/** The route with the demand, or the refusal, of each of its hosts. */
export async function demandTls(
  route: Route,
  { name, deliverTo, tlsPolicy }: Pick<DestinationState, 'name' | 'deliverTo' | 'tlsPolicy'>,
  sources: TlsSources,
): Promise<Route> {
  if (route.kind !== 'HOSTS') return route;
  const own = demandOfSetting(tlsPolicy);
  // RFC 5321 §4.1.3: a literal names the host itself, and publishes nothing.
  if (own === 'NONE' || deliverTo.length > 0 || name.startsWith('[')) {
    return { ...route, hosts: route.hosts.map((host) => ({ ...host, tls: own })) };
  }
  const policy = await sources.findStsPolicy(name);
  const hosts = route.hosts.map(async (host) => {
    const demanded = await demandOf(host, { domain: name, own, policy }, sources);
    return isPublished(demanded, own) ? { ...demanded, waivedTls: own } : demanded;
  });
  return { ...route, hosts: await Promise.all(hosts) };
}

function isPublished({ tls, refusal }: RouteHost, own: TlsDemand): boolean {
  return refusal !== undefined || kindOfDemand(tls) !== kindOfDemand(own);
}

interface Wishes {
  readonly domain: string;
  /** By the setting. */
  readonly own: TlsDemand;
  readonly policy: Pick<StsPolicy, 'mode' | 'mx'> | null;
}

async function demandOf(host: RouteHost, { domain, own, policy }: Wishes, sources: TlsSources): Promise<RouteHost> {
  const dane = await findDane(host, domain, sources);
  if (dane.kind === 'TROUBLE') {
    const reply = `[DANE: the TLSA records of ${host.host} cannot be looked up: ${dane.reason}]`;
    return { ...host, refusal: { trouble: 'DNS', reply } };
  }
  if (dane.kind === 'RECORDS') {
    const { records, baseDomain } = dane;
    const names = [...new Set([baseDomain, host.host, domain])];
    return { ...host, tls: { kind: 'DANE', records, baseDomain, names } };
  }
  if (policy?.mode === 'enforce') {
    if (allowsHost(policy, host.host)) return { ...host, tls: { kind: 'VERIFIED', by: 'MTA-STS' } };
    return {
      ...host,
      refusal: { trouble: 'TLS', reply: `[MTA-STS: the policy of ${domain} does not name ${host.host}]` },
    };
  }
  if (own !== 'OPPORTUNISTIC') return { ...host, tls: own };
  if (dane.kind === 'UNUSABLE') return { ...host, tls: 'REQUIRED' };
  if (policy?.mode !== 'testing') return { ...host, tls: own };
  if (allowsHost(policy, host.host)) return { ...host, tls: { kind: 'TESTING' } };
  sources.onTestingFault(host.host, `the policy of ${domain} does not name it`);
  return { ...host, tls: own };
}

async function findDane({ host, addresses }: RouteHost, domain: string, { findTlsa }: TlsSources): Promise<DaneAnswer> {
  const port = addresses[0]?.port;
  return findTlsa === null || port === undefined ? { kind: 'NONE' } : findTlsa({ domain, host, port });
}

function demandOfSetting(tlsPolicy: DestinationState['tlsPolicy']): TlsDemand {
  return tlsPolicy === 'VERIFIED' ? { kind: 'VERIFIED', by: 'tlsPolicy' } : tlsPolicy;
}
