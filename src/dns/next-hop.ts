/**
 * Which hosts a domain's mail may be handed to, in which order (RFC 5321 §5.1).
 *
 * - Ascending preference; equal ones in random order, anew for each call.
 * - Every host at or below our own preference is cut: never hand mail to a host whose preference is not better.
 *   When none is known to be ours but a host could not be looked up, that host may be ours: the cut is there.
 * - A failed look-up is TROUBLE, which is temporary; other hosts are used meanwhile.
 * - MX records whose hosts have no address do not bring the domain's own address back.
 * - Addresses that must not be dialled (mail/ip-class.ts) are left out, and hosts that have none left.
 * - `deliverTo` replaces all of this by the given hosts, in their order; only the loop test stays, by (address, port).
 * - Of many hosts and addresses a few come out, others with each `turn` (mx-set.ts).
 *
 * Dials nothing, remembers nothing beyond the resolver's cache.
 */
import { isUsableNextHopAddress } from '../mail/ip-class.ts';
import {
  byFamilyInTurn,
  chooseDials,
  takeTurn,
  literalAddress,
  observeMxSet,
  type MxObservationOptions,
  type ObservedMx,
  type ObservedMxSet,
  ownPreference,
} from './mx-set.ts';
import type { DnsTrouble } from './answer.ts';
import { isOwnEndpoint, isOwnHost } from './own-identity.ts';

interface NextHop {
  /** The name of the MX, or what `deliverTo` says. */
  readonly host: string;
  readonly preference: number;
  readonly port: number;
  /** At least one, usable, in the order to try: IPv4 and IPv6 in turn. Ten of all hosts at most. */
  readonly addresses: readonly string[];
}

/** A host that the operator or tenant names in place of the MX records; `port` null is the delivery port. */
export interface DeliverTo {
  readonly host: string;
  readonly port: number | null;
}

/** `mx` is the set that was found, hosts below us and those of other turns unresolved; null where none was looked up. */
export type NextHops = { readonly mx: ObservedMxSet | null } & (
  | { readonly kind: 'HOSTS'; readonly hosts: readonly NextHop[] }
  /** We stand first, we stand first beside others, or `deliverTo` leads back to us. */
  | { readonly kind: 'NOTHING_BETTER'; readonly cause: 'MOST_PREFERRED' | 'EQUAL_PREFERENCE' | 'LOOP' }
  /** NO_ADDRESS: there is no usable address, though every look-up went well. */
  | { readonly kind: 'NULL_MX' | 'NO_ADDRESS' | 'NXDOMAIN' }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble }
);

export interface NextHopOptions extends Omit<MxObservationOptions, 'onlyUseful'> {
  /** Empty or absent: the MX records decide. */
  readonly deliverTo?: readonly DeliverTo[];
  /** ALLOW_PRIVATE_NEXT_HOPS. */
  readonly allowPrivate: boolean;
  /** From 0 up to 1; for the order of equal preferences. */
  readonly random?: () => number;
}

/** Addresses of one host that come to their turn at all. */
const MAX_ADDRESSES = 64;

/** Finds the hosts for a domain, a lower-case A-label or an address literal in brackets. */
export async function findNextHops(domain: string, options: NextHopOptions): Promise<NextHops> {
  const { deliverTo = [] } = options;
  if (deliverTo.length > 0) return findGivenHosts(deliverTo, options);
  // RFC 5321 §4.1.3: a literal names the host itself.
  if (domain.startsWith('[')) return findGivenHosts([{ host: domain, port: null }], options);
  const mx = await observeMxSet(domain, { ...options, onlyUseful: true });
  return mx.kind === 'SET' ? chooseHosts(mx, options) : { ...mx, mx };
}

function chooseHosts(mx: ObservedMxSet & { readonly kind: 'SET' }, options: NextHopOptions): NextHops {
  const rank = ownPreference(mx.hosts);
  const limit = rank ?? leastPreferenceInTrouble(mx.hosts) ?? Number.POSITIVE_INFINITY;
  const candidates = mx.hosts.filter(({ preference }) => preference < limit);
  if (rank !== null && candidates.length === 0) {
    const isShared = mx.hosts.some(({ preference, isSelf }) => preference === rank && !isSelf);
    return { kind: 'NOTHING_BETTER', cause: isShared ? 'EQUAL_PREFERENCE' : 'MOST_PREFERRED', mx };
  }
  const all = candidates.flatMap(({ host, preference, addresses }): NextHop[] => {
    if (!options.allowPrivate && !isPublicName(host)) return [];
    const usable = usableAddresses(addresses, options.allowPrivate);
    return usable.length === 0 ? [] : [{ host, preference, port: options.deliveryPort, addresses: usable }];
  });
  const hosts = whoseTurnItIs(all, mx.turn, options.turn);
  if (hosts.length > 0) return { kind: 'HOSTS', hosts: inRandomizedOrder(hosts, options.random ?? Math.random), mx };
  // A host below us that could not be looked up changes nothing.
  const inTrouble = mx.hosts.find(
    ({ preference, trouble }) => trouble !== null && (rank === null || preference < rank),
  );
  const reason = inTrouble?.trouble ?? (mx.turn?.isPartial === true ? 'NOT_YET_ASKED' : null);
  return reason === null ? { kind: 'NO_ADDRESS', mx } : { kind: 'TROUBLE', reason, mx };
}

function whoseTurnItIs(
  hosts: readonly NextHop[],
  taken: (ObservedMxSet & { readonly kind: 'SET' })['turn'],
  turn = 0,
): NextHop[] {
  if (taken === undefined) return chooseDials(hosts, () => turn);
  const inOrder = taken.order.flatMap((name) => hosts.find(({ host }) => host === name) ?? []);
  return chooseDials(inOrder, ({ host }) => taken.turnOf(host));
}

async function findGivenHosts(deliverTo: readonly DeliverTo[], options: NextHopOptions): Promise<NextHops> {
  const { self, deliveryPort, allowPrivate, resolver } = options;
  const hosts: NextHop[] = [];
  let trouble: DnsTrouble | null = null;
  let isLoop = false;
  const found = await Promise.all(
    deliverTo.map(async ({ host }) => {
      const literal = literalAddress(host);
      if (literal !== null) return { kind: 'FOUND', records: [literal], canonicalName: host } as const;
      return resolver.resolveAddresses(host);
    }),
  );
  for (const [index, { host, port: givenPort }] of deliverTo.entries()) {
    const answer = found[index];
    const port = givenPort ?? deliveryPort;
    if (answer?.kind === 'TROUBLE') trouble = answer.reason;
    if (answer?.kind !== 'FOUND') continue;
    const isOurs = isOwnHost(self, [host, answer.canonicalName], port);
    const others = isOurs
      ? []
      : answer.records.filter((address) => !isOwnEndpoint(self, { address, port }, deliveryPort));
    isLoop ||= others.length < answer.records.length;
    const addresses = usableAddresses(others, allowPrivate);
    if (addresses.length > 0) hosts.push({ host, preference: index, port, addresses });
  }
  if (hosts.length > 0) {
    const { order, turnOf } = takeTurn(hosts, options.turn ?? 0);
    const chosen = chooseDials(order, turnOf);
    return { kind: 'HOSTS', hosts: chosen.toSorted((a, b) => a.preference - b.preference), mx: null };
  }
  if (trouble !== null) return { kind: 'TROUBLE', reason: trouble, mx: null };
  return isLoop ? { kind: 'NOTHING_BETTER', cause: 'LOOP', mx: null } : { kind: 'NO_ADDRESS', mx: null };
}

function leastPreferenceInTrouble(hosts: readonly ObservedMx[]): number | null {
  return hosts.find(({ trouble }) => trouble !== null)?.preference ?? null;
}

/** An MX must be a name in the public DNS: an address literal is not one (RFC 5321 §5.1), and localhost is ourselves. */
function isPublicName(host: string): boolean {
  return literalAddress(host) === null && !/(^|\.)localhost(\.localdomain)?$/.test(host);
}

/** In the order of the DNS, IPv4 and IPv6 in turn. */
function usableAddresses(addresses: readonly string[], allowPrivate: boolean): string[] {
  const usable = [...new Set(addresses)].filter((address) => isUsableNextHopAddress(address, allowPrivate));
  return byFamilyInTurn(usable).slice(0, MAX_ADDRESSES);
}

/** Shuffles within each preference. */
function inRandomizedOrder(hosts: readonly NextHop[], random: () => number): NextHop[] {
  return hosts
    .map((hop) => ({ hop, lot: random() }))
    .toSorted((a, b) => a.hop.preference - b.hop.preference || a.lot - b.lot)
    .map(({ hop }) => hop);
}
