/**
 * What the hosts that a person names as next hops lead to, host by host: for the one who is about to change a route.
 *
 * Dials nothing. A name that the DNS does not know now may be known later: UNRESOLVED is no reproach.
 */
import { isUsableNextHopAddress } from '../mail/ip-class.ts';
import { literalAddress } from './mx-set.ts';
import type { DeliverTo, NextHopOptions } from './next-hop.ts';
import { isOwnEndpoint, isOwnHost, isOwnName } from './own-identity.ts';

/** OWN: all its addresses are ours, or it is ours by its name. PRIVATE: none may be dialled, and not all are ours. */
export type HostVerdict = 'USABLE' | 'OWN' | 'PRIVATE' | 'UNRESOLVED';

export interface HostFinding {
  readonly host: string;
  readonly port: number;
  /** As resolved; those that would be dialled when there is one. */
  readonly addresses: readonly string[];
  readonly verdict: HostVerdict;
}

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
