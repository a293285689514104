/** Whether a domain is in service: the proof of its ownership, and the operator's suspension. */
import type { Context } from '../context.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { onDomain } from '../on-domain.ts';
import type { Call } from '../once.ts';
import { checkReason } from '../reason.ts';

export const ownershipOfDomain = {
  proof: ({ id }, _args, { load }) => load.proof(id),
} satisfies DomainResolvers;

interface SuspendInput {
  readonly name: string;
  readonly reason?: string | null | undefined;
}

async function setStatus(context: Context, call: Call<SuspendInput>, status: 'SUSPENDED' | 'ACTIVE') {
  const checked = checkReason(call.input.reason, 'by the operator');
  if (checked.kind === 'BAD') return { domain: null, userErrors: [checked.error] };
  return onDomain(context, call, ({ name }) =>
    context.deps.domains.suspendDomain(context.viewer, status, { name, reason: checked.reason }),
  );
}

export const ownershipMutations: MutationResolvers = {
  // Not once per key: each look is a new one.
  domainVerify: async (_parent, { input }, { deps, viewer, once }) => {
    once.hasRun = true;
    const change = await deps.ownership.verify(viewer, input.name);
    return { domain: change.domain, userErrors: change.kind === 'DONE' ? [] : change.errors };
  },
  domainSuspend: (_parent, { input }, context) => setStatus(context, { mutation: 'domainSuspend', input }, 'SUSPENDED'),
  domainUnsuspend: (_parent, { input }, context) =>
    setStatus(context, { mutation: 'domainUnsuspend', input }, 'ACTIVE'),
};
