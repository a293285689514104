/** What is known of one mailbox, and its forgetting. */
import type { MutationResolvers, QueryResolvers } from '../generated.ts';
import { once } from '../once.ts';

export const standingQueries: QueryResolvers = {
  recipientStanding: (_parent, { address }, { deps, viewer }) => deps.standings.findStanding(viewer, address),
};

export const standingMutations: MutationResolvers = {
  recipientForget: async (_parent, { input }, context) => {
    const { deps, viewer } = context;
    const answer = await once(context, { mutation: 'recipientForget', input }, ({ address }) =>
      deps.standings.forgetRecipient(viewer, address),
    );
    if (answer.kind === 'REFUSED') return { recipientStanding: null, userErrors: [answer.error] };
    if (answer.value.kind !== 'DONE') return { recipientStanding: null, userErrors: answer.value.errors };
    return { recipientStanding: await deps.standings.findStanding(viewer, input.address), userErrors: [] };
  },
};
