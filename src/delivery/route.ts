/**
 * The route of a destination's mail: what the DNS says about it, and what TLS towards each of its hosts must be.
 *
 * - A failed look-up, a missing domain or a wrong rank never fails the mail of a domain that we back up: it is kept and tried again
 *   until expiry (deviates: RFC 5321 §5.1 would return it when we stand first – the owner can mend the MX). Only the domain's own
 *   word that it takes no mail fails (RFC 7505). Reports go to strangers: what cannot be found is failed.
 * - tlsPolicy NONE is the operator's word: no policy is looked up. Under `deliverTo` the setting alone decides, since what the
 *   domain publishes speaks of its MX hosts.
 * - Otherwise DANE (RFC 7672) goes before MTA-STS (RFC 8461 §2), and either before a setting that asks for less. A host whose TLSA
 *   records cannot be looked up, or that an enforced policy does not name, is not dialled: the mail is kept.
 * - What a domain publishes can be waived by the sender of a message (RFC 8689 §5), the setting cannot.
 *
 * Dials nothing.
 */
import { monotonicMs } from '../clock.ts';
import type { NextHops } from '../dns/next-hop.ts';
import type { Routing } from '../dns/routing.ts';
import type { HostTrouble } from '../mail/outcome.ts';
import type { Reply } from '../mail/reply.ts';
import type { DestinationState } from '../outage/clock.ts';
import type { DaneAnswer } from '../tls/dane.ts';
import { kindOfDemand, type TlsDemand, type TlsSearch, type TlsSources } from '../tls/demand.ts';
import { allowsHost, type StsPolicy } from '../tls/mta-sts.ts';

/** A host to try, with its usable addresses in order. */
export interface RouteHost {
  readonly host: string;
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** The TLS that is demanded. */
  readonly tls: TlsDemand;
  /** Set where this host must not be dialled; the reply is ours, in brackets. */
  readonly refusal?: { readonly trouble: HostTrouble; readonly reply: string };
  /** The TLS demanded of a message that waives what the domain publishes (RFC 8689 §5); absent where nothing is published. */
  readonly waivedTls?: TlsDemand;
}

export type Route =
  | { readonly kind: 'HOSTS'; readonly hosts: readonly RouteHost[] }
  /** Nothing to dial now; the destination is in trouble. */
  | { readonly kind: 'TROUBLE'; readonly trouble: HostTrouble; readonly reply: string }
  /** Nothing to dial ever. */
  | { readonly kind: 'FAILED'; readonly reply: Reply };

export function routeOf(found: NextHops, kind: 'RELAY' | 'INTERNAL'): Route {
  switch (found.kind) {
    case 'HOSTS':
      return {
        kind: 'HOSTS',
        hosts: found.hosts.map(({ host, port, addresses }) => ({
          host,
          addresses: addresses.map((address) => ({ address, port })),
          tls: 'OPPORTUNISTIC',
        })),
      };
    case 'TROUBLE':
      return { kind: 'TROUBLE', trouble: 'DNS', reply: `[DNS: ${found.reason}]` };
    case 'NULL_MX':
      return failed(556, '5.1.10', 'the domain says that it takes no mail (null MX)');
    case 'NXDOMAIN':
      if (kind === 'INTERNAL') return failed(550, '5.1.2', 'no such domain');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: '[DNS: the domain does not exist]' };
    case 'NO_ADDRESS':
      if (kind === 'INTERNAL') return failed(550, '5.4.4', 'the domain has no mail server with a usable address');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: '[DNS: no mail server with a usable address]' };
    case 'NOTHING_BETTER':
      if (kind === 'INTERNAL') return failed(550, '5.4.6', 'mail for the domain would come back to this server');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: NOTHING_BETTER[found.cause] };
    default:
      return found satisfies never;
  }
}

const NOTHING_BETTER = {
  MOST_PREFERRED: '[MX: this server is the most preferred one; list the primary before it]',
  EQUAL_PREFERENCE: '[MX: this server has the same preference as the primary; list the primary before it]',
  LOOP: '[MX: deliverTo leads back to this server]',
} as const;

function failed(code: number, enhancedCode: string, text: string): Route {
  return { kind: 'FAILED', reply: { code, enhancedCode, text } };
}

/** Finds routes. All that the DNS is asked for one are look-ups of the destination's tenant, or of strangers. */
export function createRouteSearch(
  { findHops, lookUpsFor }: Pick<Routing, 'findHops' | 'lookUpsFor'>,
  tls: TlsSearch,
): (destination: DestinationState & { readonly dialTurn?: number }) => Promise<Route> {
  return async (destination) => {
    const route = routeOf(await findHops(destination), destination.kind);
    return demandTls(route, destination, tls.askedWith(lookUpsFor(destination)));
  };
}

/** How long a route is used again: a drain must not pay for it with each message. */
const REUSED_MS = 1000;

/** Finds the route of one batch. One of a single host is used again for a second; several are put in a new order each time. */
export function reusedRoute(find: () => Promise<Route>): () => Promise<Route> {
  let last: { readonly route: Route; readonly untilMs: number } | null = null;
  return async () => {
    if (last !== null && monotonicMs() < last.untilMs) return last.route;
    const route = await find();
    const isReused = route.kind === 'HOSTS' && route.hosts.length === 1;
    last = isReused ? { route, untilMs: monotonicMs() + REUSED_MS } : null;
    return route;
  };
}

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
