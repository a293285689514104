/** `Domain.doctor`, and the mutation that has it look now. */
import type { DomainResolvers, MutationResolvers } from '../generated.ts';

export const doctorOfDomain = {
  doctor: ({ id }, _args, { load }) => load.doctor(id),
} satisfies DomainResolvers;

export const doctorMutations: MutationResolvers = {
  // Not once per key: a fresh report is given again anyhow.
  domainCheck: async (_parent, { input }, { deps, viewer, once }) => {
    once.hasRun = true;
    const change = await deps.doctor.check(viewer, input.name);
    return { domain: change.domain, userErrors: change.kind === 'DONE' ? [] : change.errors };
  },
};
