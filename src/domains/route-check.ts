/**
 * Whether a new route can be meant: hosts that lead back to us, or into a private network without permission, are refused.
 *
 * The question to the DNS is that of dns/routing.ts; one that is not answered in time forbids nothing.
 */
import { within } from '../clock.ts';
import type { DeliverToHost } from './relay-domain.ts';
import { invalid, type UserError } from '../input/checked.ts';

export interface RouteHost {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly verdict: 'USABLE' | 'OWN' | 'PRIVATE' | 'UNRESOLVED';
}

/** The hosts of a domain's mail in the order in which they are tried; without `deliverTo` by its MX records. Asks the DNS. */
export type CheckRoute = (name: string, deliverTo: readonly DeliverToHost[]) => Promise<readonly RouteHost[]>;

/** Lower-case names of a domain's MX records; empty if it has none; UNKNOWN if the DNS does not say. */
export type FindMxHosts = (name: string) => Promise<readonly string[] | 'UNKNOWN'>;

/** A person waits for the answer. */
const DNS_TIMEOUT_MS = 2_000;

/** The verdict about each host; null when the DNS does not say in time. */
export function findRouteHosts(
  checkRoute: CheckRoute,
  name: string,
  deliverTo: readonly DeliverToHost[],
): Promise<readonly RouteHost[] | null> {
  return within(
    DNS_TIMEOUT_MS,
    checkRoute(name, deliverTo).catch(() => null),
    () => null,
  );
}

/** The complaints about a route; none about the MX records, and none while the DNS does not say. */
export async function checkRouteOf(
  checkRoute: CheckRoute,
  name: string,
  deliverTo: readonly DeliverToHost[],
): Promise<UserError[]> {
  return deliverTo.length === 0 ? [] : complaintsOf((await findRouteHosts(checkRoute, name, deliverTo)) ?? []);
}

/** One complaint for each host of `deliverTo` that cannot be meant. */
export function complaintsOf(hosts: readonly RouteHost[]): UserError[] {
  return hosts.flatMap(({ host, port, addresses, verdict }, index) => {
    const path = ['deliverTo', String(index), 'host'];
    if (verdict === 'OWN') {
      const message = `${host} port ${port} is this service itself: mail would go round. Enter the host that has the mailboxes.`;
      return [invalid(path, message, 'OWN_ADDRESS')];
    }
    if (verdict !== 'PRIVATE') return [];
    const message =
      `${host} has only addresses that are not dialled (${addresses.slice(0, 3).join(', ')}). Enter a host with a public ` +
      'address, or have the operator set ALLOW_PRIVATE_NEXT_HOPS.';
    return [invalid(path, message, 'PRIVATE_ADDRESS')];
  });
}
