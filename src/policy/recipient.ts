/**
 * Every check that a recipient meets before RCPT is answered, in order.
 *
 *  1. postmaster of this server – no relay domain, and must always be reachable
 *  2. relay domain – cheap, and nothing may be asked on behalf of a domain that is not ours
 *  3. own rank – mail that nobody better can take must not be taken by us
 *
 * A new check is one file and one line here. The first refusal is the answer. An error is for the caller to turn into 451:
 * unknown trouble is never 5xx.
 */
import { normalizeDomain } from '../mail/address.ts';
import type { RelayDomain } from '../settings/relay-domain.ts';
import type { Decision, ForwardPath } from './decision.ts';
import type { OwnRankCheck } from './own-rank.ts';
import { checkPostmaster, type PostmasterMailbox } from './postmaster.ts';
import { checkRelayDomain } from './relay-domain.ts';

export interface RecipientPolicy {
  readonly findRelayDomain: (name: string) => Promise<RelayDomain | null>;
  readonly checkOwnRank: OwnRankCheck;
  readonly postmaster: PostmasterMailbox;
}

/** The verdict on one forward-path. */
export async function decideRecipient(policy: RecipientPolicy, path: ForwardPath): Promise<Decision> {
  const own = checkPostmaster(policy.postmaster, path);
  if (own !== null || path.kind === 'POSTMASTER') return own ?? checkRelayDomain(null);
  const name = normalizeDomain(path.path.domain);
  const domain = name === null ? null : await policy.findRelayDomain(name);
  const decision = checkRelayDomain(domain);
  if (decision.kind === 'REFUSE' || domain === null || domain.deliverTo.length > 0) return decision;
  const refusal = await policy.checkOwnRank(domain.name);
  return refusal === null ? decision : { kind: 'REFUSE', reply: refusal };
}
