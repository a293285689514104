/**
 * Every check that a recipient meets before RCPT is answered, in order.
 *
 *  1. postmaster of this server – no relay domain, and must always be reachable
 *  2. relay domain – cheap, and nothing may be asked on behalf of a domain that is not ours
 *  3. harvest guard – who tries names out is not told which there are, and costs nothing below; role addresses are exempt
 *  4. own rank – mail that nobody better can take must not be taken by us
 *  5. User List – the domain's own word, from memory or one look-up
 *  6. DNSBL – each domain's choice; asks others, but once for a client
 *  7. size known at the primary – what it would refuse anyway; before it is asked
 *  8. call-ahead – the dearest: a session with the primary
 *
 * Before the own rank, a check that refuses nothing sees that a domain has another route (route-watch.ts), so that none behind
 * it judges by the old primary.
 *
 * A new check is one file and one line in main. The first verdict that is not PASS is the answer; a recipient that passes
 * all is accepted. An error is for the caller to turn into 451: unknown trouble is never 5xx.
 */
import { normalizeDomain } from '../mail/address.ts';
import type { ClientInfo } from '../mail/envelope.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { Check, Decision, ForwardPath, MailInfo, ServedQuestion, Unasked } from './decision.ts';
import { checkPostmaster, isRole, type PostmasterMailbox } from './checks/postmaster.ts';
import { checkRelayDomain, NOT_SERVED, recipientOf } from './checks/relay-domain.ts';

export interface RecipientPolicy {
  readonly findRelayDomain: (name: string) => Promise<RelayDomain | null>;
  readonly postmaster: PostmasterMailbox;
  /** Behind the relay domain, in order. */
  readonly checks: readonly Check[];
  /** Hears every verdict of theirs, and may hold the answer back. */
  readonly note?: (question: ServedQuestion, decision: Decision) => Promise<void> | void;
}

/** The verdict on one forward-path. */
export async function decideRecipient(
  policy: RecipientPolicy,
  { client, mail, path }: { readonly client: ClientInfo; readonly mail: MailInfo; readonly path: ForwardPath },
): Promise<Decision> {
  mail.trail?.at('postmaster');
  const own = checkPostmaster(policy.postmaster, path);
  if (own.kind !== 'PASS') return own;
  if (path.kind === 'POSTMASTER') return { kind: 'REFUSE', reply: NOT_SERVED };
  mail.trail?.at('relay-domain');
  const { localPart } = path.path;
  const name = normalizeDomain(path.path.domain);
  const domain = name === null ? null : await policy.findRelayDomain(name);
  if (domain === null) return { kind: 'REFUSE', reply: NOT_SERVED };
  const served = checkRelayDomain(domain);
  if (served.kind !== 'PASS') return served;
  const question: ServedQuestion = { client, mail, localPart, domain, isRole: isRole(localPart) };
  const decision = await judge(policy.checks, question);
  await policy.note?.(question, decision);
  return decision;
}

async function judge(checks: readonly Check[], question: ServedQuestion): Promise<Decision> {
  const recipient = recipientOf(question.domain);
  let unasked: Unasked = {};
  for (const check of checks) {
    const answer = check(question);
    const verdict = answer instanceof Promise ? await answer : answer;
    if (verdict.kind === 'REFUSE') return { ...verdict, destination: recipient };
    if (verdict.kind === 'ACCEPT') return verdict;
    if (verdict.unknownShare !== undefined) unasked = { unknownShare: verdict.unknownShare };
  }
  return { kind: 'ACCEPT', recipient, ...unasked };
}
