/**
 * The MX set of a domain as it stands in the DNS, with the addresses of its hosts, which of them are ourselves, and the verdict
 * on our place in it.
 *
 * Promises: a host is ours by its name, by the name its aliases end at, or by any of its addresses; trouble with a
 * look-up is kept apart from "none exists". For an attempt (`onlyUseful`) at most ten hosts are looked up, those whose turn it is.
 *
 * One attempt dials at most five hosts and ten addresses, the others in later turns. The most preferred host has a place in
 * every turn; the other places rotate over all the others, and the places of a host over its addresses. So successive turns
 * dial every host and address. What fits is never left out. next-hop.ts decides which hosts may be dialled at all.
 * RFC 5321 §5.1 (which allows a limit on alternatives), RFC 7505.
 */
import { normalizeAddress } from '../mail/ip.ts';
import type { MxHost, MxVerdict } from '../mail/mx.ts';
import type { DnsAnswer, DnsTrouble, MxRecord } from './answer.ts';
import { isOwnEndpoint, isOwnName, type OwnIdentity } from './own-identity.ts';
import type { Resolver } from './resolver.ts';

export interface ObservedMx extends MxHost {
  /** Every address found, usable or not; empty when there is none, or it was not asked for. */
  readonly addresses: readonly string[];
  /** Why the addresses could not be found out; null when that went well. */
  readonly trouble: DnsTrouble | null;
}

/** SET: at least one host, in ascending preference; implicit when there is no MX and the domain itself stands in. */
export type ObservedMxSet =
  | {
      readonly kind: 'SET';
      readonly hosts: readonly ObservedMx[];
      readonly isImplicit: boolean;
      /** In an attempt: names in the order of its turn, and whether some of them were not looked up. */
      readonly turn?: TakenTurn<string> & { readonly isPartial: boolean };
    }
  | { readonly kind: 'NULL_MX' | 'NO_ADDRESS' | 'NXDOMAIN' }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export interface MxObservationOptions {
  readonly resolver: Pick<Resolver, 'resolveMx' | 'resolveAddresses'>;
  readonly self: OwnIdentity;
  /** The port next hops listen on. */
  readonly deliveryPort: number;
  /**
   * True leaves hosts below our own name without addresses: they cannot be used, and no one should have to wait for
   * their look-up. Of a long set a part is looked up, by `turn`.
   */
  readonly onlyUseful?: boolean;
  /** Counts failed attempts at the domain; default 0. */
  readonly turn?: number;
  /** Without it long sets are not walked. */
  readonly walk?: MxWalk | undefined;
}

/** An observation of a whole set has the most preferred ones, the rest is left out; a real set has fewer than ten. */
export const MAX_HOSTS = 50;
/** An attempt looks up so many of these, in at most two goes. */
const MOST_CONSIDERED = 100;
const MOST_LOOKED_UP = 10;

/** Looks the set up. Never throws for a DNS outcome. */
export async function observeMxSet(domain: string, options: MxObservationOptions): Promise<ObservedMxSet> {
  const answer = await options.resolver.resolveMx(domain);
  if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: answer.reason };
  if (answer.kind === 'NXDOMAIN') return { kind: 'NXDOMAIN' };
  return answer.kind === 'FOUND' ? observeHosts(answer.records, options) : observeImplicit(domain, options);
}

async function observeHosts(records: readonly MxRecord[], options: MxObservationOptions): Promise<ObservedMxSet> {
  const [only] = records;
  if (records.length === 1 && only?.exchange === '.' && only.preference === 0) return { kind: 'NULL_MX' };
  const targets = records
    .filter(({ exchange }) => exchange !== '.')
    .toSorted((a, b) => a.preference - b.preference)
    .slice(0, options.onlyUseful === true ? MOST_CONSIDERED : MAX_HOSTS);
  if (targets.length === 0) return { kind: 'NO_ADDRESS' };
  if (options.onlyUseful === true) return observeUseful(targets, options);
  const hosts = targets.map(async (target) => observe(target, options));
  return { kind: 'SET', hosts: await Promise.all(hosts), isImplicit: false };
}

/** Those before our own name; of many those whose turn it is. */
async function observeUseful(targets: readonly MxRecord[], options: MxObservationOptions): Promise<ObservedMxSet> {
  const { self, walk, turn = 0 } = options;
  const isOurs = ({ exchange }: MxRecord): boolean => isOwnName(self, exchange);
  const own = targets.find(isOurs);
  const useful = targets
    .filter(({ preference }) => own === undefined || preference < own.preference)
    .toSorted((a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1));
  const names = [...new Set(useful.map(({ exchange }) => exchange))];
  const isLong = names.length > MOST_LOOKED_UP;
  // Beyond the first that may be ours no turn begins: no host below us may be dialled.
  const unknown = names.slice(1).findIndex((name) => walk?.recall(name) !== false);
  const reach = isLong && (own === undefined || walk === undefined) && unknown !== -1 ? unknown : names.length;
  const taken = takeTurn(names, isLong && walk === undefined ? 0 : turn, reach);
  const found = new Map<string, DnsAnswer<string>>();
  const goes = isLong ? [taken.order.slice(0, MOST_HOSTS), taken.order.slice(MOST_HOSTS, MOST_LOOKED_UP)] : [names];
  for (const go of goes) {
    if ([...found.values()].filter(({ kind }) => kind === 'FOUND').length >= MOST_HOSTS) break;
    await Promise.all(go.map(async (name) => found.set(name, await lookUp(name, options))));
  }
  const hosts = targets.map((target): ObservedMx => {
    const answer = found.get(target.exchange);
    if (answer === undefined) {
      const isSelf = isOurs(target) || (isLong && walk?.recall(target.exchange) === true);
      return { ...withoutAddresses(target, self), isSelf };
    }
    const observed = toObserved(target, answer, options);
    if (isLong && observed.trouble === null) walk?.note(target.exchange, observed.isSelf);
    return observed;
  });
  const isPartial = found.size < names.length;
  return { kind: 'SET', hosts, isImplicit: false, turn: { ...taken, isPartial } };
}

/** Without MX records the domain is its own host at preference 0 (RFC 5321 §5.1). */
async function observeImplicit(domain: string, options: MxObservationOptions): Promise<ObservedMxSet> {
  const answer = await options.resolver.resolveAddresses(domain);
  if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: answer.reason };
  if (answer.kind === 'NO_DATA') return { kind: 'NO_ADDRESS' };
  if (answer.kind === 'NXDOMAIN') return { kind: 'NXDOMAIN' };
  return { kind: 'SET', hosts: [toObserved({ preference: 0, exchange: domain }, answer, options)], isImplicit: true };
}

async function observe(target: MxRecord, options: MxObservationOptions): Promise<ObservedMx> {
  return toObserved(target, await lookUp(target.exchange, options), options);
}

async function lookUp(name: string, { resolver }: MxObservationOptions): Promise<DnsAnswer<string>> {
  const literal = literalAddress(name);
  if (literal === null) return resolver.resolveAddresses(name);
  return { kind: 'FOUND', records: [literal], canonicalName: name, ttlSeconds: 0, isAuthenticated: false };
}

function toObserved(target: MxRecord, answer: DnsAnswer<string>, options: MxObservationOptions): ObservedMx {
  const { self, deliveryPort } = options;
  const addresses = answer.kind === 'FOUND' ? answer.records : [];
  const isSelf =
    isOwnName(self, target.exchange) ||
    (answer.kind === 'FOUND' && isOwnName(self, answer.canonicalName)) ||
    addresses.some((address) => isOwnEndpoint(self, { address, port: deliveryPort }, deliveryPort));
  const trouble = answer.kind === 'TROUBLE' ? answer.reason : null;
  return { host: target.exchange, preference: target.preference, addresses, isSelf, trouble };
}

function withoutAddresses({ exchange, preference }: MxRecord, self: OwnIdentity): ObservedMx {
  return { host: exchange, preference, addresses: [], isSelf: isOwnName(self, exchange), trouble: null };
}

/** The address that stands where a name should: `192.0.2.1` or `[192.0.2.1]`; null for a name. */
export function literalAddress(host: string): string | null {
  return normalizeAddress(host.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
}

/**
 * Which hosts of long MX sets are ourselves, as far as earlier attempts have looked them up.
 *
 * An attempt looks up a part of a long set only. A host is not dialled while one before it may still be ours (RFC 5321 §5.1):
 * what is known of those before is kept here. In memory only, and bounded: a node that knows nothing walks the set anew.
 */
interface MxWalk {
  /** Null: not known, or no longer. */
  recall(host: string): boolean | null;
  note(host: string, isSelf: boolean): void;
}

/** A set is walked in two days by the retry schedule. */
const KEPT_MS = 3 * 86_400_000;
const MOST_REMEMBERED = 10_000;

export function createMxWalk(nowMs: () => number): MxWalk {
  const known = new Map<string, { readonly isSelf: boolean; readonly untilMs: number }>();
  return {
    recall(host) {
      const found = known.get(host);
      return found === undefined || found.untilMs < nowMs() ? null : found.isSelf;
    },
    note(host, isSelf) {
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(host, { isSelf, untilMs: nowMs() + KEPT_MS });
    },
  };
}

/**
 * Judges a set that was observed in full (without `onlyUseful`).
 *
 * OK: a better host than us exists. SANDWICH: besides, that host stands below us again, by name or by address.
 * NOT_LISTED: mail finds its host, but not us. EQUAL_PREFERENCE: no host is better, another is as good.
 * UNRESOLVABLE: no better host has an address, or it could not be found out.
 */
export function mxVerdict(set: ObservedMxSet): MxVerdict {
  if (set.kind === 'NULL_MX') return 'NULL_MX';
  if (set.kind !== 'SET') return 'UNRESOLVABLE';
  const rank = ownPreference(set.hosts);
  if (rank === null) return set.hosts.some(isResolved) ? 'NOT_LISTED' : 'UNRESOLVABLE';
  const better = set.hosts.filter(({ preference }) => preference < rank);
  if (better.length === 0) {
    const isShared = set.hosts.some(({ preference, isSelf }) => preference === rank && !isSelf);
    return isShared ? 'EQUAL_PREFERENCE' : 'MOST_PREFERRED';
  }
  if (!better.some(isResolved)) return 'UNRESOLVABLE';
  const below = set.hosts.filter(({ preference, isSelf }) => preference > rank && !isSelf);
  return below.some((host) => better.some((other) => isSameHost(host, other))) ? 'SANDWICH' : 'OK';
}

/** The most preferred of our own entries, or null when none is ours. */
export function ownPreference(hosts: readonly Pick<ObservedMx, 'preference' | 'isSelf'>[]): number | null {
  const own = hosts.filter(({ isSelf }) => isSelf).map(({ preference }) => preference);
  return own.length === 0 ? null : Math.min(...own);
}

/**
 * The names that are missing in the set. None where we are listed by a name of the customer's own: which
 * of ours that stands for is not known.
 */
export function unlistedNames(
  hosts: readonly Pick<MxHost, 'host' | 'isSelf'>[],
  names: readonly string[],
): readonly string[] {
  const own = hosts.filter(({ isSelf }) => isSelf).map(({ host }) => host);
  return own.every((host) => names.includes(host)) ? names.filter((name) => !own.includes(name)) : [];
}

function isResolved({ addresses }: ObservedMx): boolean {
  return addresses.length > 0;
}

function isSameHost(one: ObservedMx, other: ObservedMx): boolean {
  return one.host === other.host || one.addresses.some((address) => other.addresses.includes(address));
}

/** Hosts of one attempt. */
export const MOST_HOSTS = 5;
/** Addresses of one attempt, all hosts together. */
const MOST_ADDRESSES = 10;

export interface TakenTurn<T> {
  /** All of them, those whose turn it is first. */
  readonly order: readonly T[];
  /** Which turn it is for the addresses of one of them. */
  readonly turnOf: (one: T) => number;
}

/**
 * @param ranked the most preferred first, otherwise the same for the same hosts
 * @param turn counts failed attempts
 * @param reach no turn begins after this one of the others, unless to learn of it
 */
export function takeTurn<T>(ranked: readonly T[], turn: number, reach = ranked.length): TakenTurn<T> {
  if (ranked.length <= MOST_HOSTS) return { order: ranked, turnOf: () => turn };
  const [first, ...others] = ranked;
  const step = MOST_HOSTS - 1;
  const wanted = (turn * step) % others.length;
  const within = turn % 2 === 0 ? reach : wanted % (reach + 1);
  const start = wanted <= reach ? wanted : within;
  const turned = [...others.slice(start), ...others.slice(0, start)];
  // How often each has had its turn: those after the end of the list begin another round of it.
  const rounds = new Map(turned.map((one, index) => [one, Math.floor((turn * step + index) / others.length)]));
  return {
    order: [...ranked.slice(0, 1), ...turned],
    turnOf: (one) => (one === first ? turn : (rounds.get(one) ?? turn)),
  };
}

interface Choosable {
  readonly addresses: readonly string[];
}

/** The hosts that are dialled, of those in the order of a turn, each with the addresses that are. */
export function chooseDials<T extends Choosable>(inOrder: readonly T[], turnOf: (one: T) => number): T[] {
  const chosen = inOrder.slice(0, MOST_HOSTS);
  const share = Math.floor(MOST_ADDRESSES / Math.max(1, chosen.length));
  let left = MOST_ADDRESSES - chosen.reduce((sum, { addresses }) => sum + Math.min(share, addresses.length), 0);
  return chosen.map((one) => {
    const { addresses } = one;
    const more = Math.min(left, Math.max(0, addresses.length - share));
    left -= more;
    const count = Math.min(share, addresses.length) + more;
    if (count === addresses.length) return one;
    // The DNS may name them in another order each time.
    const sorted = byFamilyInTurn(addresses.toSorted());
    const start = (turnOf(one) * share) % sorted.length;
    return { ...one, addresses: [...sorted.slice(start), ...sorted.slice(0, start)].slice(0, count) };
  });
}

/** IPv4 and IPv6 in turn, each as it comes, so that the first two tries differ where they can. */
export function byFamilyInTurn(addresses: readonly string[]): string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  const v6 = addresses.filter((address) => address.includes(':'));
  const turns = Array.from({ length: Math.max(v4.length, v6.length) }, (_, index) => [v4[index], v6[index]]);
  return turns.flat().filter((address) => address !== undefined);
}
