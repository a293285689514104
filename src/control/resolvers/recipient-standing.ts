/** What is known of one mailbox, and its forgetting. */
import type { MutationResolvers, QueryResolvers } from '../generated.ts';
import { once } from '../once.ts';

export const standingQueries: QueryResolvers = {
  recipientStanding: (_parent, { address }, { deps, viewer }) => deps.standings.findStanding(viewer, address),
};

export const standingMutations: MutationResolvers = {
  recipientForget: async (_parent, { input }, context) => {
    const { deps, viewer } = context;
    const answer = await once(context, { mutation: 'recipientForget', input }, async ({ address }) => {
      const result = await deps.standings.forgetRecipient(viewer, address);
      return result.kind === 'DONE' ? [] : result.errors;
    });
    const userErrors = answer.kind === 'REFUSED' ? [answer.error] : answer.value;
    const isDone = userErrors.length === 0;
    return { recipientStanding: isDone ? await deps.standings.findStanding(viewer, input.address) : null, userErrors };
  },
};
