/** The breaker of a domain, and the two verbs beside it: release it, or end what it suspects. */
import { CLOSED_BREAKER } from '../../outage/breaker-inspect.ts';
import { noSuchDomain } from '../../settings/domain-change.ts';
import type { RelayDomain } from '../../settings/relay-domain.ts';
import { invalid, type UserError } from '../../settings/user-error.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { onDomain } from '../on-domain.ts';
import { once } from '../once.ts';
import { checkReason } from '../reason.ts';

export const breakerOfDomain: Pick<DomainResolvers, 'breaker'> = {
  breaker: async ({ destinationId }, _args, { load }) => (await load.breaker(destinationId)) ?? CLOSED_BREAKER,
};

interface Ended {
  readonly domain: RelayDomain | null;
  readonly recipientCount: number;
  readonly userErrors: readonly UserError[];
}

export const breakerMutations: MutationResolvers = {
  domainReleaseBreaker: (_parent, { input }, context) =>
    onDomain(context, { mutation: 'domainReleaseBreaker', input }, async ({ name }) => {
      const { deps, viewer } = context;
      const domain = await deps.domains.findDomain(viewer, name);
      if (domain === null) return noSuchDomain(name);
      await deps.releaseBreaker(viewer, domain);
      return { kind: 'DONE', domain };
    }),
  domainBounceHeld: async (_parent, { input }, context) => {
    const { deps, viewer } = context;
    const checked = checkReason(input.reason, 'refused by the primary');
    if (checked.kind === 'BAD') return { domain: null, recipientCount: 0, userErrors: [checked.error] };
    const expectedCount = input.expectedCount ?? null;
    if (expectedCount !== null && expectedCount < 0) {
      const error = invalid(['expectedCount'], 'A count is 0 or more.');
      return { domain: null, recipientCount: 0, userErrors: [error] };
    }
    const answer = await once(context, { mutation: 'domainBounceHeld', input }, async ({ name }): Promise<Ended> => {
      const domain = await deps.domains.findDomain(viewer, name);
      if (domain === null) {
        const unknown = noSuchDomain(name);
        return { domain: null, recipientCount: 0, userErrors: unknown.kind === 'DONE' ? [] : unknown.errors };
      }
      const result = await deps.bounceSuspected(viewer, domain, { reason: checked.reason, expectedCount });
      const { recipientCount } = result;
      if (result.kind === 'DONE') return { domain, recipientCount, userErrors: [] };
      const message = `Held and suspected are ${recipientCount} recipients; nothing was changed.`;
      return { domain, recipientCount: 0, userErrors: [{ field: ['expectedCount'], message, code: 'CONFLICT' }] };
    });
    if (answer.kind === 'REFUSED') return { domain: null, recipientCount: 0, userErrors: [answer.error] };
    return answer.value;
  },
};
