/**
 * The hosts of an MX set as checks look at them: what is no set is another check's finding. Pure.
 */
import type { ObservedMx } from '../dns/mx-set.ts';
import { ownPreference } from '../dns/mx-verdict.ts';
import { type Judgement, ok, unknown, whenKnown } from './check.ts';
import { type Facts, mxEvidence } from './facts.ts';

/** Judges the hosts of a set of MX records; without one all is well here, or it could not be found out. */
export function whenListed(facts: Facts, judge: (hosts: readonly ObservedMx[]) => Judgement): Judgement {
  return whenKnown(facts.mx, (set) => {
    const evidence = mxEvidence(facts.domain.name, set);
    if (set.kind === 'TROUBLE') return unknown(evidence);
    return set.kind === 'SET' && !set.isImplicit ? judge(set.hosts) : ok(evidence);
  });
}

/** The others: those before us where we are listed, all where we are not. */
export function betterHosts(hosts: readonly ObservedMx[]): readonly ObservedMx[] {
  const rank = ownPreference(hosts) ?? Number.POSITIVE_INFINITY;
  return hosts.filter(({ preference, isSelf }) => preference < rank && !isSelf);
}
