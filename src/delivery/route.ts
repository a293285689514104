/**
 * From what DNS says of a destination to what that means for its mail.
 *
 * Promises: a failed look-up, a missing domain or a wrong rank never fails the mail of a domain that we back up: it is kept
 * and tried again until expiry (deviates: RFC 5321 §5.1 would return it when we stand first – the owner can mend the MX).
 * Only the domain's own word that it takes no mail fails (RFC 7505). Reports go to strangers: what cannot be found is failed.
 */
import type { HostTrouble } from '../mail/outcome.ts';
import type { Reply } from '../mail/reply.ts';
import type { NextHops } from '../dns/next-hop.ts';
import type { TlsDemand } from '../tls/demand.ts';

/** A host to try, with its usable addresses in order. */
export interface RouteHost {
  readonly host: string;
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** What TLS must be (route-tls.ts). */
  readonly tls: TlsDemand;
  /** Set where this host must not be dialled; the reply is ours, in brackets. */
  readonly refusal?: { readonly trouble: HostTrouble; readonly reply: string };
  /** What TLS must be for a message that waives what the domain publishes (RFC 8689 §5); absent where nothing is published. */
  readonly waivedTls?: TlsDemand;
}

export type Route =
  | { readonly kind: 'HOSTS'; readonly hosts: readonly RouteHost[] }
  /** Nothing to dial now; the destination is in trouble. */
  | { readonly kind: 'TROUBLE'; readonly trouble: HostTrouble; readonly reply: string }
  /** Nothing to dial ever. */
  | { readonly kind: 'FAILED'; readonly reply: Reply };

export function routeOf(found: NextHops, kind: 'RELAY' | 'INTERNAL'): Route {
  switch (found.kind) {
    case 'HOSTS':
      return {
        kind: 'HOSTS',
        hosts: found.hosts.map(({ host, port, addresses }) => ({
          host,
          addresses: addresses.map((address) => ({ address, port })),
          tls: 'OPPORTUNISTIC',
        })),
      };
    case 'TROUBLE':
      return { kind: 'TROUBLE', trouble: 'DNS', reply: `[DNS: ${found.reason}]` };
    case 'NULL_MX':
      return failed(556, '5.1.10', 'the domain says that it takes no mail (null MX)');
    case 'NXDOMAIN':
      if (kind === 'INTERNAL') return failed(550, '5.1.2', 'no such domain');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: '[DNS: the domain does not exist]' };
    case 'NO_ADDRESS':
      if (kind === 'INTERNAL') return failed(550, '5.4.4', 'the domain has no mail server with a usable address');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: '[DNS: no mail server with a usable address]' };
    case 'NOTHING_BETTER':
      if (kind === 'INTERNAL') return failed(550, '5.4.6', 'mail for the domain would come back to this server');
      return { kind: 'TROUBLE', trouble: 'NO_MX', reply: NOTHING_BETTER[found.cause] };
    default:
      return found satisfies never;
  }
}

const NOTHING_BETTER = {
  MOST_PREFERRED: '[MX: this server is the most preferred one; list the primary before it]',
  EQUAL_PREFERENCE: '[MX: this server has the same preference as the primary; list the primary before it]',
  LOOP: '[MX: deliverTo leads back to this server]',
} as const;

function failed(code: number, enhancedCode: string, text: string): Route {
  return { kind: 'FAILED', reply: { code, enhancedCode, text } };
}
