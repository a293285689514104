/** The operator's verbs on held messages: on one, and on all that a filter matches. */
import { noSuchDomain } from '../../domains/change.ts';
import { invalid, shown, type UserError } from '../../input/checked.ts';
import { findMessage } from '../../queue/read/inspect.ts';
import type { MessageFilter } from '../../queue/read/search-input.ts';
import { bounceMessage, cancelMessage, retryMessage, type VerbResult } from '../../queue/verbs/commands.ts';
import { checkOperationFilter, type OperationFilter } from '../../queue/verbs/operation-filter.ts';
import {
  findOperation,
  type OperationStart,
  type OperationVerb,
  startOperation,
  stopOperation,
} from '../../queue/verbs/operations.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers } from '../generated.ts';
import { checkReason, type Given, once, onObject } from '../mutate.ts';

const VERBS = { RETRY: retryMessage, CANCEL: cancelMessage, BOUNCE: bounceMessage };

/** The text of the record if the caller gives no reason. */
const reasonFor = (verb: OperationVerb) => (verb === 'BOUNCE' ? 'returned by the operator' : 'by the operator');

export const messageMutations: MutationResolvers = {
  messageRetry: (_parent, { input }, context) => onMessage(context, input, 'RETRY'),
  messageCancel: (_parent, { input }, context) => onMessage(context, input, 'CANCEL'),
  messageBounce: (_parent, { input }, context) => onMessage(context, input, 'BOUNCE'),
  messagesRetry: (_parent, { input }, context) => onMany(context, input, 'RETRY'),
  messagesCancel: (_parent, { input }, context) => onMany(context, input, 'CANCEL'),
  messagesBounce: (_parent, { input }, context) => onMany(context, input, 'BOUNCE'),
  operationStop: (_parent, { input }, context) =>
    onObject(context, 'operation', input, (given) => stopOperation(context.sql, context.viewer, given)),
};

interface MessageInput {
  readonly id: string;
  readonly reason?: string | null;
}

async function onMessage(context: Context, input: Given<MessageInput>, verb: OperationVerb) {
  const { sql, viewer } = context;
  const checked = checkReason(input.reason, reasonFor(verb));
  if (checked.kind === 'BAD') return { message: null, userErrors: [checked.error] };
  const id = input.id.toLowerCase();
  const before = await findMessage(sql, viewer, id);
  if (before === null) return { message: null, userErrors: complaintsOf('NOT_FOUND', id) };

  const answer = await once(context, input, async () => {
    const result = await VERBS[verb](sql, viewer, id, checked.reason);
    if (result.kind === 'DONE') {
      context.poke(result.destinationId);
      context.events.settled(result.domain, result.results);
    }
    return { kind: result.kind };
  });
  const userErrors = answer.kind === 'REFUSED' ? answer.errors : complaintsOf(answer.kind, id);
  return { message: await findMessage(sql, viewer, id), userErrors };
}

function complaintsOf(kind: VerbResult['kind'], id: string): UserError[] {
  switch (kind) {
    case 'DONE':
      return [];
    case 'NOT_FOUND': {
      const message = `You have no message "${shown(id)}". The query "messages" lists those you have.`;
      return [{ path: ['id'], message, code: 'NOT_FOUND' }];
    }
    case 'IN_DELIVERY': {
      const message =
        'The message is being handed over at this moment. Look at it again in a minute, and repeat if need be.';
      return [{ path: ['id'], message, code: 'IN_DELIVERY' }];
    }
    case 'ENDED':
      return [invalid(['id'], 'The message has ended already; its recipients say how.', 'ENDED')];
    default:
      return kind satisfies never;
  }
}

interface ManyInput {
  readonly filter: MessageFilter;
  readonly reason?: string | null | undefined;
  readonly dryRun?: boolean | null | undefined;
  readonly expectedCount?: number | null | undefined;
}

async function onMany(context: Context, input: Given<ManyInput>, verb: OperationVerb) {
  const { sql, viewer } = context;
  const refused = (errors: readonly UserError[]) => ({ operation: null, matchedCount: null, userErrors: errors });
  const reason = checkReason(input.reason, reasonFor(verb));
  if (reason.kind === 'BAD') return refused([reason.error]);
  const checked = checkOperationFilter(input.filter);
  if (checked.kind === 'BAD') return refused([checked.error]);
  const expectedCount = input.expectedCount ?? null;
  const answer = await once(context, input, async ({ dryRun }) => {
    const start = await startOperation(sql, viewer, {
      verb,
      filter: checked.filter,
      reason: reason.reason,
      isDryRun: dryRun === true,
      expectedCount,
    });
    return { kind: start.kind === 'STARTED' ? ('DONE' as const) : ('NOT_BEGUN' as const), start };
  });
  if (answer.kind === 'REFUSED') return refused(answer.errors);
  const { start } = answer;
  return {
    operation: start.kind === 'STARTED' ? await findOperation(sql, viewer, start.id) : null,
    matchedCount: 'count' in start ? start.count : null,
    userErrors: describeStart(start, checked.filter, expectedCount),
  };
}

export function tooManyOperations(path: readonly string[]): UserError {
  const message =
    'Too many operations on this domain are at work. Wait until some have ended; the query "operations" shows them.';
  return { path, message, code: 'TOO_MANY' };
}

function describeStart(
  start: OperationStart,
  filter: OperationFilter,
  expectedCount: number | null,
): readonly UserError[] {
  switch (start.kind) {
    case 'STARTED':
    case 'COUNTED':
      return [];
    case 'NO_DOMAIN':
      return noSuchDomain(filter.domain).errors.map((error) => ({ ...error, path: ['filter', 'domain'] }));
    case 'NOTHING_MEANT':
      return [
        invalid(['filter'], 'No held message matches the filter; the query "messages" shows what is held.', 'NO_MATCH'),
      ];
    case 'OTHER_COUNT': {
      const message = `${start.count} messages match, not ${expectedCount}: look again, and repeat with the new number.`;
      return [{ path: ['expectedCount'], message, code: 'CONFLICT' }];
    }
    case 'TOO_MANY':
      return [tooManyOperations(['filter', 'domain'])];
    default:
      return start satisfies never;
  }
}
