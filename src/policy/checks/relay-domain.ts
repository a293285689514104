/**
 * First check: is the forward-path's domain one that we back up, and is it served now? (RFC 5321 §3.6.2: no open relay.)
 *
 * A domain that is not served is the same to a stranger as one whose ownership is not proven. A suspended domain is deferred,
 * so that nothing is lost while it is being put in order. Does not look at the local part.
 */
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { type AcceptedRecipient, PASS, type ReplyLine, type Verdict } from '../decision.ts';

export const NOT_SERVED: ReplyLine = {
  code: 550,
  enhancedCode: '5.7.1',
  text: 'relaying denied: this backup server does not serve the domain',
  rejection: 'BMX-RELAY',
};

const SUSPENDED: ReplyLine = {
  code: 450,
  enhancedCode: '4.2.1',
  text: 'mail for the domain is suspended for now; try again later',
  rejection: 'BMX-SUSPENDED',
};

/** PASS leaves a served domain to the later checks. Who only claims a domain is not told what is sent to it. */
export function checkRelayDomain(domain: RelayDomain): Verdict {
  if (domain.status === 'PENDING') return { kind: 'REFUSE', reply: NOT_SERVED };
  if (domain.status === 'SUSPENDED') return { kind: 'REFUSE', reply: SUSPENDED, destination: recipientOf(domain) };
  return PASS;
}

/** Where mail for a served domain belongs. */
export function recipientOf(domain: RelayDomain): AcceptedRecipient {
  return { domain: domain.name, destinationId: domain.destinationId, tenantId: domain.tenantId };
}
