/** `Mutation`: each field checks its input's form, calls the room that does the work once per key, and maps the result. */
import type { MessageView } from '../../queue/read/inspect.ts';
import { shown } from '../../input/checked.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import type { Context } from '../context.ts';
import type { MessageVerb, VerbKind } from '../dependencies.ts';
import type { MutationResolvers } from '../generated.ts';
import { onDomain } from '../on-domain.ts';
import { type Call, once } from '../once.ts';
import { checkReason } from '../reason.ts';
import { alertContactMutations } from './alert-contact.ts';
import { doctorMutations } from './doctor.ts';
import { domainVerbMutations } from './domain-verbs.ts';
import { applyDomains } from './domains-apply.ts';
import { drillMutations } from './drill.ts';
import { operationMutations } from './operation.ts';
import { ownershipMutations } from './ownership.ts';
import { breakerMutations } from './breaker.ts';
import { listMutations } from './recipient-lists.ts';
import { standingMutations } from './recipient-standing.ts';
import { setMxMutations } from './set-mx.ts';
import { tenantMutations } from './tenant.ts';
import { tokenMutations } from './token.ts';
import { webhookMutations } from './webhook.ts';

interface MessagePayload {
  readonly message: MessageView | null;
  readonly userErrors: readonly UserError[];
}

interface MessageInput {
  readonly id: string;
  readonly reason?: string | null;
}

/** `reason`: what the record says when the caller gives none. */
async function onMessage(
  context: Context,
  call: Call<MessageInput>,
  { verb, reason }: { readonly verb: MessageVerb; readonly reason: string },
): Promise<MessagePayload> {
  const checked = checkReason(call.input.reason, reason);
  if (checked.kind === 'BAD') return { message: null, userErrors: [checked.error] };
  const id = call.input.id.toLowerCase();
  const before = await context.deps.messages.findMessage(context.viewer, id);
  if (before === null) return { message: null, userErrors: describeVerb('NOT_FOUND', id) };

  const answer = await once(context, call, async () => {
    const { kind } = await verb(context.viewer, { id, reason: checked.reason });
    return { kind };
  });
  const userErrors = answer.kind === 'REFUSED' ? [answer.error] : describeVerb(answer.value.kind, id);
  return { message: await context.deps.messages.findMessage(context.viewer, id), userErrors };
}

function describeVerb(kind: VerbKind, id: string): UserError[] {
  const errors: Readonly<Record<VerbKind, UserError[]>> = {
    DONE: [],
    NOT_FOUND: [
      {
        field: ['id'],
        message: `You have no message "${shown(id)}". The query "messages" lists those you have.`,
        code: 'NOT_FOUND',
      },
    ],
    IN_DELIVERY: [
      {
        field: ['id'],
        message:
          'The message is being handed over at this moment. Look at it again in a minute, and repeat if need be.',
        code: 'IN_DELIVERY',
      },
    ],
    ENDED: [invalid(['id'], 'The message has ended already; its recipients say how.')],
  };
  return errors[kind];
}

export const Mutation: MutationResolvers = {
  ...listMutations,
  ...standingMutations,
  ...breakerMutations,
  ...doctorMutations,
  ...domainVerbMutations,
  ...drillMutations,
  ...setMxMutations,
  ...operationMutations,
  ...ownershipMutations,
  ...tenantMutations,
  ...tokenMutations,
  ...webhookMutations,
  ...alertContactMutations,
  domainCreate: (_parent, { input }, context) =>
    onDomain(context, { mutation: 'domainCreate', input }, (given) =>
      context.deps.domains.createDomain(context.viewer, given),
    ),
  domainsApply: (_parent, { input }, context) => applyDomains(context, { mutation: 'domainsApply', input }),
  domainDelete: (_parent, { input }, context) =>
    onDomain(context, { mutation: 'domainDelete', input }, (given) =>
      context.deps.domains.deleteDomain(context.viewer, given),
    ),
  messageRetry: (_parent, { input }, context) =>
    onMessage(
      context,
      { mutation: 'messageRetry', input },
      { verb: context.deps.retryMessage, reason: 'by the operator' },
    ),
  messageCancel: (_parent, { input }, context) =>
    onMessage(
      context,
      { mutation: 'messageCancel', input },
      { verb: context.deps.cancelMessage, reason: 'by the operator' },
    ),
  messageBounce: (_parent, { input }, context) =>
    onMessage(
      context,
      { mutation: 'messageBounce', input },
      { verb: context.deps.bounceMessage, reason: 'returned by the operator' },
    ),
};
