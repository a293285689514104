/**
 * Clients that no DNS list is asked about: not out on the internet, ourselves, or the servers of the very domain.
 *
 * The domain's hosts come from the resolver's memory and are kept for a minute, so that a recipient costs no look-up. When
 * they cannot be found out the client is none of them.
 */
import { within } from '../../clock.ts';
import { classifyAddress } from '../../mail/ip-class.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';

/** Whether the client at this address, in canonical form, is looked up nowhere for this domain. */
export type IsExempt = (address: string, domain: RelayDomain) => boolean | Promise<boolean>;

export interface ExemptOptions {
  /** Addresses of this service, in canonical form. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Addresses of the hosts its mail is handed to; empty when DNS does not say. */
  readonly findHostAddresses: (domain: RelayDomain) => Promise<readonly string[]>;
  readonly monotonicMs: () => number;
}

const KEPT_MS = 60_000;
const MAX_DOMAINS = 10_000;
/** The check of the own rank has just asked for the same; it is warm unless DNS is in trouble. */
const MOST_WAIT_MS = 1000;

interface Hosts {
  readonly revision: number;
  readonly addresses: ReadonlySet<string>;
  readonly expiresAtMs: number;
}

export function createIsExempt({ ownAddresses, findHostAddresses, monotonicMs }: ExemptOptions): IsExempt {
  const known = new Map<string, Hosts>();

  function keep({ id, revision }: RelayDomain, found: readonly string[]): ReadonlySet<string> {
    const addresses = new Set(found);
    if (known.size >= MAX_DOMAINS) known.clear();
    known.set(id, { revision, addresses, expiresAtMs: monotonicMs() + KEPT_MS });
    return addresses;
  }

  /** An answer that comes late is for those who come later. */
  function find(domain: RelayDomain): Promise<ReadonlySet<string>> {
    const finding = findHostAddresses(domain).then((addresses) => keep(domain, addresses));
    return within(MOST_WAIT_MS, finding, () => keep(domain, []));
  }

  return (address, domain) => {
    if (!isOutside(address) || ownAddresses.has(address)) return true;
    const hosts = known.get(domain.id);
    if (hosts !== undefined && hosts.revision === domain.revision && hosts.expiresAtMs > monotonicMs()) {
      return hosts.addresses.has(address);
    }
    return find(domain).then((addresses) => addresses.has(address));
  };
}

/** Addresses of documentation are in no network of ours, so lists are asked about them. */
function isOutside(address: string): boolean {
  const kind = classifyAddress(address);
  return kind === 'PUBLIC' || kind === 'DOCUMENTATION';
}
