/**
 * Routes of mail as the DNS has them now: next hops for delivery, observations of MX records, and of hosts that a person names.
 *
 * Relay domains and domains of strangers have a resolver each, for TLS policies as well: where strangers' name servers are slow, no
 * one else waits. In each, no tenant and no client may hold more than its share of the look-ups (shares.ts).
 */
import { monotonicMs } from '../clock.ts';
import { clientNetwork, type Endpoint } from '../mail/ip.ts';
import { isUsableNextHopAddress } from '../mail/ip-class.ts';
import type { MxObservation } from '../mail/mx.ts';
import { createMxWalk, literalAddress, observeMxSet, mxVerdict } from './mx-set.ts';
import { type DeliverTo, findNextHops, type NextHopOptions, type NextHops } from './next-hop.ts';
import { isOwnEndpoint, isOwnHost, isOwnName, type OwnIdentity } from './own-identity.ts';
import { createResolver, type LookUps, type Resolver } from './resolver.ts';

interface RoutingOptions {
  /** The DNS servers, as `address:port`. */
  readonly servers: readonly string[];
  /** Our identity as the listeners are bound now. */
  readonly self: () => OwnIdentity;
  /** Addresses of other nodes, which listen on the same ports as a rule. */
  readonly otherAddresses: readonly string[];
  readonly deliveryPort: number;
  readonly allowPrivate: boolean;
}

/** A destination, as far as it decides whose look-ups those about it are. */
interface Asking {
  /** Default `RELAY`. */
  readonly kind?: 'RELAY' | 'INTERNAL';
  /** The party of a relay domain's look-ups; without it the zones that are asked are the bound. */
  readonly tenantId?: string | null;
}

export interface Routing {
  readonly resolver: Resolver;
  /** For questions that strangers cause. */
  readonly strangersResolver: Resolver;
  readonly self: () => OwnIdentity;
  /** Whether a server with these names, at this address and port, is this service, on this node or another. */
  isOwnServer(names: readonly string[], endpoint: Endpoint): boolean;
  findHops(
    destination: Asking & {
      readonly name: string;
      readonly deliverTo: readonly DeliverTo[];
      /** Which of many hosts and addresses; default the first turn. */
      readonly dialTurn?: number;
    },
  ): Promise<NextHops>;
  /** Look-ups about a destination: those of its tenant, or of strangers where our own mail goes. */
  lookUpsFor(destination: Asking): LookUps;
  /** Look-ups that the client with this address causes. */
  forClient(address: string): LookUps;
  /** Asks the DNS anew. */
  observeMx(domainName: string): Promise<MxObservation>;
  /** The hosts of a route with what they lead to; without `deliverTo` those of the MX records. */
  checkRoute(name: string, deliverTo: readonly DeliverTo[]): Promise<readonly HostFinding[]>;
  /** Names of a domain's MX hosts; empty when it has none; UNKNOWN when the DNS does not say. */
  findMxHosts(domainName: string): Promise<readonly string[] | 'UNKNOWN'>;
  close(): void;
}

/** The party whose places the look-ups about a tenant's domains take. */
export function partyOfTenant(tenantId: string): string {
  return `tenant ${tenantId}`;
}

export function createRouting({ servers, self, otherAddresses, deliveryPort, allowPrivate }: RoutingOptions): Routing {
  const resolver = createResolver({ servers });
  const strangersResolver = createResolver({ servers });
  const walk = createMxWalk(monotonicMs);
  const everywhere = (): OwnIdentity => {
    const known = self();
    return { ...known, addresses: [...known.addresses, ...otherAddresses] };
  };
  const lookUpsFor = ({ kind = 'RELAY', tenantId = null }: Asking): LookUps => {
    if (kind === 'INTERNAL') return strangersResolver;
    return tenantId === null ? resolver : resolver.forParty(partyOfTenant(tenantId));
  };
  const options = (asked: LookUps = resolver) => ({ resolver: asked, walk, self: self(), deliveryPort, allowPrivate });
  return {
    resolver,
    strangersResolver,
    self,
    lookUpsFor,
    findHops: ({ name, deliverTo, dialTurn = 0, ...asking }) =>
      findNextHops(name, { ...options(lookUpsFor(asking)), deliverTo, turn: dialTurn }),
    forClient: (address) => strangersResolver.forParty(`client ${clientNetwork(address)}`),
    isOwnServer: (names, endpoint) =>
      isOwnHost(self(), names, endpoint.port) || isOwnEndpoint(everywhere(), endpoint, deliveryPort),
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

/** OWN: all its addresses are ours, or it is ours by its name. PRIVATE: none may be dialled, and not all are ours. */
export type HostVerdict = 'USABLE' | 'OWN' | 'PRIVATE' | 'UNRESOLVED';

interface HostFinding {
  readonly host: string;
  readonly port: number;
  /** As resolved; those that would be dialled when there is one. */
  readonly addresses: readonly string[];
  readonly verdict: HostVerdict;
}

/** Looks up what each named host leads to now. Dials nothing. A name that the DNS does not know now may be known later: no error. */
export function observeGivenHosts(
  deliverTo: readonly DeliverTo[],
  options: Pick<NextHopOptions, 'resolver' | 'self' | 'deliveryPort' | 'allowPrivate'>,
): Promise<readonly HostFinding[]> {
  const { resolver, self, deliveryPort, allowPrivate } = options;
  return Promise.all(
    deliverTo.map(async ({ host, port: givenPort }): Promise<HostFinding> => {
      const port = givenPort ?? deliveryPort;
      const literal = literalAddress(host);
      const answer = literal === null ? await resolver.resolveAddresses(host) : null;
      const all = literal !== null ? [literal] : answer?.kind === 'FOUND' ? answer.records : [];
      if (all.length === 0) return { host, port, addresses: [], verdict: isOwnName(self, host) ? 'OWN' : 'UNRESOLVED' };
      const names = answer?.kind === 'FOUND' ? [host, answer.canonicalName] : [host];
      if (isOwnHost(self, names, port)) return { host, port, addresses: all, verdict: 'OWN' };
      const others = all.filter((address) => !isOwnEndpoint(self, { address, port }, deliveryPort));
      if (others.length === 0) return { host, port, addresses: all, verdict: 'OWN' };
      const usable = others.filter((address) => isUsableNextHopAddress(address, allowPrivate));
      if (usable.length === 0) return { host, port, addresses: others, verdict: 'PRIVATE' };
      return { host, port, addresses: usable, verdict: 'USABLE' };
    }),
  );
}

/** Under way at once, of the 256 for strangers; beyond these a client has no name. */
const MOST_UNDER_WAY = 48;

/**
 * The reverse name of a client, or null: none exists, it could not be found out, or too many are looked up just now.
 *
 * The client chooses the name server of its address. Its slowness takes few of the look-ups that may be under way at once: reports and
 * authentication need the others.
 */
export function createClientNames({
  resolvePtr,
}: Pick<Resolver, 'resolvePtr'>): (address: string) => Promise<string | null> {
  let underWay = 0;
  return async (address) => {
    if (underWay >= MOST_UNDER_WAY) return null;
    underWay += 1;
    try {
      const answer = await resolvePtr(address);
      return answer.kind === 'FOUND' ? (answer.records[0] ?? null) : null;
    } finally {
      underWay -= 1;
    }
  };
}
