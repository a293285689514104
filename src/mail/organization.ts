/**
 * The organizational domain of a name: what one owner has registered, by the Public Suffix List (RFC 7489 §3.2).
 *
 * The list comes with the package and is asked without the network. Its private part counts: names below a hosting service
 * belong to different owners.
 */
import { getDomain } from 'tldts';

/** `a.b.example.co.uk` becomes `example.co.uk`. Takes A-labels; a public suffix or an address literal is returned unchanged. */
export function organizationOf(domain: string): string {
  return getDomain(domain, { allowIcannDomains: true, allowPrivateDomains: true }) ?? domain;
}
