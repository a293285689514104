/** The breaker of a domain, and the two verbs beside it: release it, or end what it suspects. */
import { CLOSED_BREAKER } from '../../outage/breaker-inspect.ts';
import { noSuchDomain } from '../../domains/change.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { onDomain } from '../on-domain.ts';
import { once } from '../once.ts';
import type { Context } from '../context.ts';
import { checkReason } from '../reason.ts';
import { tooManyOperations } from './operation.ts';

export const breakerOfDomain: Pick<DomainResolvers, 'breaker'> = {
  breaker: async ({ destinationId }, _args, { load }) => (await load.breaker(destinationId)) ?? CLOSED_BREAKER,
};

interface Begun {
  readonly kind: 'DONE' | 'REFUSED';
  readonly domain: RelayDomain | null;
  readonly operationId: string | null;
  readonly recipientCount: number;
  readonly userErrors: readonly UserError[];
}

function refused(error: UserError, domain: RelayDomain | null = null): Begun {
  return { kind: 'REFUSED', domain, operationId: null, recipientCount: 0, userErrors: [error] };
}

async function bounceHeld(
  { deps, viewer }: Context,
  {
    name,
    reason,
    expectedCount,
  }: { readonly name: string; readonly reason: string; readonly expectedCount: number | null },
): Promise<Begun> {
  const domain = await deps.domains.findDomain(viewer, name);
  if (domain === null) {
    const unknown = noSuchDomain(name);
    return {
      kind: 'REFUSED',
      domain: null,
      operationId: null,
      recipientCount: 0,
      userErrors: unknown.kind === 'DONE' ? [] : unknown.errors,
    };
  }
  const result = await deps.bounceSuspected(viewer, domain, { reason, expectedCount });
  switch (result.kind) {
    case 'DONE':
      return {
        kind: 'DONE',
        domain,
        operationId: result.operationId,
        recipientCount: result.recipientCount,
        userErrors: [],
      };
    case 'CONFLICT': {
      const message = `Held and suspected are ${result.recipientCount} recipients; nothing was changed.`;
      return refused({ field: ['expectedCount'], message, code: 'CONFLICT' }, domain);
    }
    case 'TOO_MANY':
      return refused(tooManyOperations(['name']), domain);
    default:
      return result satisfies never;
  }
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
    const { reason: given, expectedCount = null } = input;
    const checked = checkReason(given, 'refused by the primary');
    if (checked.kind === 'BAD') return { ...refused(checked.error), operation: null };
    if (expectedCount !== null && expectedCount < 0) {
      return { ...refused(invalid(['expectedCount'], 'A count is 0 or more.')), operation: null };
    }
    const answer = await once(context, { mutation: 'domainBounceHeld', input }, ({ name }) =>
      bounceHeld(context, { name, reason: checked.reason, expectedCount }),
    );
    const { kind: _kind, operationId, ...begun } = answer.kind === 'REFUSED' ? refused(answer.error) : answer.value;
    const { deps, viewer } = context;
    return {
      ...begun,
      operation: operationId === null ? null : await deps.operations.findOperation(viewer, operationId),
    };
  },
};
