/**
 * Our identity, for the preference and loop tests: handing mail to ourselves would make it go round (RFC 5321 §6.3).
 *
 * Pure. The lists come from config/config.ts and from the listeners as they are bound.
 */
import type { Endpoint } from '../mail/ip.ts';
import { classifyAddress } from '../mail/ip-class.ts';

export interface OwnIdentity {
  /** Every name of the service, of all nodes, as lower-case A-labels (MX_NAMES). */
  readonly names: readonly string[];
  /** The addresses that are ours at the port next hops listen on, NAT addresses included (config's selfAddresses). */
  readonly addresses: readonly string[];
  /** The addresses that our listeners, SMTP and HTTP, are bound to, wildcards as they are. */
  readonly listeners: readonly Endpoint[];
  /** The machine's addresses: what a wildcard listener stands for, beside loopback. */
  readonly interfaceAddresses: readonly string[];
  /** The API as it is reached from outside (PUBLIC_URL). */
  readonly web: { readonly host: string; readonly port: number };
}

/** Whether a host name is one of the service's. */
export function isOwnName(self: OwnIdentity, name: string): boolean {
  return self.names.includes(name);
}

/**
 * Whether a host, by one of its names (aliases resolved), is the service at this port: PUBLIC_URL's, or one of ours where we
 * listen. At other ports of our host names there may be other services.
 */
export function isOwnHost({ names, listeners, web }: OwnIdentity, hostNames: readonly string[], port: number): boolean {
  const isHere = listeners.some((listener) => listener.port === port);
  return hostNames.some((name) => (name === web.host && port === web.port) || (isHere && names.includes(name)));
}

/**
 * Whether a connection to this address and port would reach the service: a listener is there, or it is one of the
 * service's addresses at `deliveryPort` or at a port we listen on (another node, or ours behind NAT).
 */
export function isOwnEndpoint(self: OwnIdentity, { address, port }: Endpoint, deliveryPort: number): boolean {
  const here = self.listeners.filter((listener) => listener.port === port);
  if (self.addresses.includes(address) && (port === deliveryPort || here.length > 0)) return true;
  return here.some((listener) => listener.address === address || isCovered(self, listener.address, address));
}

/** Whether a listener on all addresses also answers at this one. `::` takes IPv4 too. */
function isCovered(self: OwnIdentity, wildcard: string, address: string): boolean {
  if (wildcard !== '::' && !(wildcard === '0.0.0.0' && !address.includes(':'))) return false;
  const kind = classifyAddress(address);
  return kind === 'LOOPBACK' || kind === 'UNSPECIFIED' || self.interfaceAddresses.includes(address);
}
