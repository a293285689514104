/**
 * The address of a client as the listener is told it by a proxy, and as its limits go by: one spelling for each. Pure.
 */
import { fromBytes, normalizeAddress } from '../mail/ip.ts';

export { clientNetwork, widerNetworks } from '../mail/client-network.ts';

/** The canonical spelling of an address (RFC 5952), v4-mapped ones as IPv4; null when the text is no address. */
export function normalizeClientAddress(text: string): string | null {
  return normalizeAddress(text);
}

/** The canonical spelling of four or sixteen octets in network order. */
export function clientAddressOf(octets: Uint8Array): string {
  const { text } = fromBytes(octets);
  return normalizeAddress(text) ?? text;
}
