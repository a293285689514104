/**
 * DNS as the service uses it: next hops, MX observations, names for the control plane; with one resolver and one identity.
 */
import type { AddressInfo } from 'node:net';
import { monotonicMs } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { MxObservation } from '../control/dependencies.ts';
import { endpointOf } from '../http/connection.ts';
import type { IsOwnServer } from '../http/exchange.ts';
import { observeMxSet } from '../dns/mx-set.ts';
import { isOwnEndpoint, isOwnHost, type OwnIdentity } from '../dns/own-identity.ts';
import { mxVerdict } from '../dns/mx-verdict.ts';
import { createMxWalk } from '../dns/mx-walk.ts';
import { findNextHops, type NextHops } from '../dns/next-hop.ts';
import { observeGivenHosts } from '../dns/given-hosts.ts';
import { createResolver, type Resolver } from '../dns/resolver.ts';
import type { CheckRoute } from '../domains/route-check.ts';

export interface Routing {
  readonly resolver: Resolver;
  /** For what strangers make us ask, with look-ups of its own: where their name servers are slow others do not wait. */
  readonly strangersResolver: Resolver;
  /** As the listeners are bound now. */
  readonly self: () => OwnIdentity;
  readonly isOwnServer: IsOwnServer;
  findHops(destination: {
    readonly name: string;
    readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
    /** Which of many hosts and addresses; default the first turn. */
    readonly dialTurn?: number;
    /** Default `RELAY`. */
    readonly kind?: 'RELAY' | 'INTERNAL';
  }): Promise<NextHops>;
  observeMx(domainName: string): Promise<MxObservation>;
  readonly checkRoute: CheckRoute;
  /** Names of a domain's MX hosts; empty when it has none; UNKNOWN when DNS does not say. */
  findMxHosts(domainName: string): Promise<readonly string[] | 'UNKNOWN'>;
  close(): void;
}

export function createRouting(
  config: Config,
  interfaceAddresses: readonly string[],
  listeners: () => readonly AddressInfo[],
): Routing {
  const resolver = createResolver({ servers: config.dnsServers });
  const strangersResolver = createResolver({ servers: config.dnsServers });
  const web = endpointOf(new URL(config.publicUrl));
  const self = (): OwnIdentity => ({
    names: config.mxNames,
    addresses: config.selfAddresses,
    listeners: [...listeners().map(({ address, port }) => ({ address, port })), config.httpListen],
    interfaceAddresses,
    web,
  });
  const walk = createMxWalk(monotonicMs);
  /** Beside SMTP every address that is known of any node: the others listen on the same ports as a rule. */
  const everywhere = (): OwnIdentity => {
    const known = self();
    return { ...known, addresses: [...known.addresses, ...config.mxAddresses, ...config.egressAddresses] };
  };
  const options = (asked: Resolver = resolver) => ({
    resolver: asked,
    walk,
    self: self(),
    deliveryPort: config.deliveryPort,
    allowPrivate: config.allowPrivateNextHops,
  });
  return {
    resolver,
    strangersResolver,
    self,
    findHops: ({ name, deliverTo, dialTurn = 0, kind = 'RELAY' }) =>
      findNextHops(name, {
        ...options(kind === 'INTERNAL' ? strangersResolver : resolver),
        deliverTo,
        turn: dialTurn,
      }),
    isOwnServer: (names, endpoint) =>
      isOwnHost(self(), names, endpoint.port) || isOwnEndpoint(everywhere(), endpoint, config.deliveryPort),
    checkRoute: async (name, deliverTo) => {
      if (deliverTo.length > 0) return observeGivenHosts(deliverTo, options());
      const found = await findNextHops(name, options());
      if (found.kind !== 'HOSTS') return [];
      return found.hosts.map(({ host, port, addresses }) => ({ host, port, addresses, verdict: 'USABLE' }));
    },
    observeMx: async (domainName) => {
      resolver.forget(domainName);
      const set = await observeMxSet(domainName, options());
      const hosts = set.kind === 'SET' && !set.isImplicit ? set.hosts : [];
      return {
        verdict: mxVerdict(set),
        hosts: hosts.map(({ host, preference, isSelf }) => ({ host, preference, isSelf })),
      };
    },
    findMxHosts: async (domainName) => {
      const answer = await resolver.resolveMx(domainName);
      if (answer.kind === 'TROUBLE') return 'UNKNOWN';
      return answer.kind === 'FOUND' ? answer.records.map(({ exchange }) => exchange) : [];
    },
    close: () => {
      resolver.close();
      strangersResolver.close();
    },
  };
}
