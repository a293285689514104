/**
 * The verdict on our place in a domain's MX set. Pure.
 */
import type { MxHost, MxVerdict } from '../mail/mx.ts';
import type { ObservedMx, ObservedMxSet } from './mx-set.ts';

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
 * of ours that stands for cannot be told.
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
