/**
 * The hosts that a callout may ask: the primary, and none that stands in for it.
 *
 * Only hosts of the best preference: a lower one may be somebody else's backup, which takes anything and would be asked in
 * vain, or asks us. Our own preference and everything below it has been cut before (next-hop.ts). `deliverTo` names the
 * primary's hosts itself.
 */
import { formatEndpoint } from '../mail/ip.ts';
import type { NextHops } from '../dns/next-hop.ts';

export interface CalloutTarget {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * The machine at this address, `192.0.2.1:25`: many names may lead to one, as with a hoster of many domains. The same in
   * whatever order the addresses come.
   */
  readonly key: string;
}

/** A sender waits meanwhile. */
const MOST_HOSTS = 2;

/** In the order to ask; empty if no host may be asked. */
export function calloutTargets(found: NextHops): CalloutTarget[] {
  if (found.kind !== 'HOSTS') return [];
  const [first] = found.hosts;
  const isGiven = found.mx === null;
  return found.hosts
    .filter(({ preference }) => isGiven || preference === first?.preference)
    .slice(0, MOST_HOSTS)
    .map(({ host, addresses, port }) => {
      const [address = host] = addresses.toSorted();
      return { host, addresses, port, key: formatEndpoint({ address, port }) };
    });
}
