/** Verbs on many held messages: how they are asked for, and what is shown of them. */
import { checkOperationFilter, type OperationFilterInput } from '../../queue/verbs/operation-filter.ts';
import type { OperationStart, OperationVerb } from '../../queue/verbs/operations.ts';
import { noSuchDomain } from '../../domains/change.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import { connectionOfRows, idOfCursor, isUuid, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers, QueryResolvers } from '../generated.ts';
import { type Call, once } from '../once.ts';
import { checkReason } from '../reason.ts';

export const operationQueries: QueryResolvers = {
  operation: (_parent, { id }, { deps, viewer }) => {
    const normal = id.toLowerCase();
    return isUuid(normal) ? deps.operations.findOperation(viewer, normal) : null;
  },
  operations: async (_parent, { first, after }, { deps, viewer }) => {
    const page = { limit: pageSize(first) + 1, beforeId: idOfCursor(after) };
    return connectionOfRows(await deps.operations.listOperations(viewer, page), { first, after });
  },
};

interface ManyInput {
  readonly filter: OperationFilterInput;
  readonly reason?: string | null | undefined;
  readonly dryRun?: boolean | null | undefined;
  readonly expectedCount?: number | null | undefined;
}

async function onMany(context: Context, call: Call<ManyInput>, verb: OperationVerb) {
  const { deps, viewer } = context;
  const { dryRun, expectedCount, ...input } = call.input;
  const refused = (error: UserError) => ({ operation: null, matchedCount: null, userErrors: [error] });
  const reason = checkReason(input.reason, verb === 'BOUNCE' ? 'returned by the operator' : 'by the operator');
  if (reason.kind === 'BAD') return refused(reason.error);
  const checked = checkOperationFilter(input.filter);
  if (checked.kind === 'BAD') return refused(checked.error);
  const answer = await once(context, call, async () => {
    const begun = await deps.startOperation(viewer, {
      verb,
      filter: checked.filter,
      reason: reason.reason,
      isDryRun: dryRun === true,
      expectedCount: expectedCount ?? null,
    });
    return { kind: begun.kind === 'STARTED' ? ('DONE' as const) : ('NOT_BEGUN' as const), start: begun };
  });
  if (answer.kind === 'REFUSED') return refused(answer.error);
  const { start } = answer.value;
  return {
    operation: start.kind === 'STARTED' ? await deps.operations.findOperation(viewer, start.id) : null,
    matchedCount: 'count' in start ? start.count : null,
    userErrors: describeStart(start, call.input),
  };
}

export function tooManyOperations(field: readonly string[]): UserError {
  const message =
    'Too many operations on this domain are at work. Wait until some have ended; the query "operations" shows them.';
  return { field, message, code: 'TOO_MANY' };
}

function describeStart(start: OperationStart, { filter, expectedCount }: ManyInput): readonly UserError[] {
  switch (start.kind) {
    case 'STARTED':
    case 'COUNTED':
      return [];
    case 'NO_DOMAIN': {
      const change = noSuchDomain(filter.domain);
      const errors = change.kind === 'REFUSED' ? change.errors : [];
      return errors.map((error) => ({ ...error, field: ['filter', 'domain'] }));
    }
    case 'NOTHING_MEANT':
      return [invalid(['filter'], 'No held message matches the filter; the query "messages" shows what is held.')];
    case 'OTHER_COUNT': {
      const message = `${start.count} messages match, not ${expectedCount}: look again, and repeat with the new number.`;
      return [{ field: ['expectedCount'], message, code: 'CONFLICT' }];
    }
    case 'TOO_MANY':
      return [tooManyOperations(['filter', 'domain'])];
    default:
      return start satisfies never;
  }
}

export const operationMutations: MutationResolvers = {
  messagesRetry: (_parent, { input }, context) => onMany(context, { mutation: 'messagesRetry', input }, 'RETRY'),
  messagesCancel: (_parent, { input }, context) => onMany(context, { mutation: 'messagesCancel', input }, 'CANCEL'),
  messagesBounce: (_parent, { input }, context) => onMany(context, { mutation: 'messagesBounce', input }, 'BOUNCE'),
};
