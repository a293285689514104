/** Mutations of a domain's settings, its User List and its service: create, update, delete, apply, verify, suspend, check. */
import { checkMxInput, type MxInput, type MxRecordChange, type MxRequest } from '../../doctor/set-mx.ts';
import { applyDomains, type DomainDifference } from '../../domains/apply.ts';
import { createDomain } from '../../domains/create.ts';
import { deleteDomain } from '../../domains/delete.ts';
import { allowRejected, findRejection } from '../../domains/allow.ts';
import { findDomain } from '../../domains/domains.ts';
import type { DomainsApplyInput } from '../../domains/plan.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { type DomainUpdateInput, previewUpdate, suspendDomain, updateDomain } from '../../domains/update.ts';
import { changeList, type ListInput } from '../../domains/user-list/change.ts';
import { writeEntry } from '../../domains/user-list/input.ts';
import type { ListVerb } from '../../domains/user-list/store.ts';
import { addAuditParts, type AuditPart } from '../../events/audit.ts';
import { refused, type UserError } from '../../input/checked.ts';
import { readQueues } from '../../queue/read/queues.ts';
import { cancelHeld } from '../../queue/verbs/commands.ts';
import { transferDomain } from '../../queue/verbs/transfer.ts';
import { domainState } from '../audit.ts';
import type { Context } from '../context.ts';
import {
  type DomainPlanDifferenceResolvers,
  type DomainPlanResolvers,
  DomainSetting,
  type MutationResolvers,
} from '../generated.ts';
import { checkReason, domainPayload, errorsOf, findServed, type Given, once, onDelivery, onDomain } from '../mutate.ts';
import { storedValue } from '../stored-values.ts';

export const DomainPlan: DomainPlanResolvers = {
  changes: ({ changes }) => changes.map((setting) => storedValue(DomainSetting, setting)),
};

export const DomainPlanDifference: DomainPlanDifferenceResolvers = {
  field: ({ field }) => storedValue(DomainSetting, field),
};

export const domainMutations: MutationResolvers = {
  domainCreate: (_parent, { input }, context) =>
    onDomain(context, input, (given) => createDomain(context.domains, context.viewer, given)),
  domainUpdate: async (_parent, { input: { dryRun, ...input } }, context) => {
    if (dryRun === true) return preview(context, input);
    const payload = await onDelivery(context, input, async (given) => {
      const change = await updateDomain(context.domains, context.viewer, given);
      if (change.kind === 'DONE' && change.isAsked === true) context.poke(change.domain.destinationId);
      return change;
    });
    return { ...payload, preview: null };
  },
  domainDelete: (_parent, { input }, context) =>
    onDomain(context, input, async (given) => {
      const change = await deleteDomain(context.domains, context.viewer, given);
      if (change.kind === 'DONE' && given.held === 'CANCEL') await cancelHeldOf(context, [change.domain]);
      return change;
    }),
  domainsApply: (_parent, { input }, context) => apply(context, input),

  // Not once per key: each look is a new one, and a fresh report is given again anyhow.
  domainVerify: async (_parent, { input: { name } }, { ownership, viewer, mutation }) => {
    mutation.hasRun = true;
    return domainPayload(await ownership.verify(viewer, name));
  },
  domainCheck: async (_parent, { input: { name } }, { doctor, viewer, mutation }) => {
    mutation.hasRun = true;
    return domainPayload(await doctor.check(viewer, name));
  },
  domainSuspend: (_parent, { input }, context) => setStatus(context, input, 'SUSPENDED'),
  domainUnsuspend: (_parent, { input }, context) => setStatus(context, input, 'ACTIVE'),

  domainTransfer: (_parent, { input }, context) =>
    onDomain(context, input, (given) => transferDomain(context.domains, context.viewer, given)),

  recipientListAdd: (_parent, { input }, context) => onList(context, 'ADD', input),
  recipientListRemove: (_parent, { input }, context) => onList(context, 'REMOVE', input),
  recipientListReplace: (_parent, { input }, context) => onList(context, 'REPLACE', input),
  rejectionAllow: async (_parent, { input }, context) => {
    const { domains, viewer } = context;
    const result = await once(context, input, async ({ id }) =>
      allowRejected(domains, viewer, await findRejection(domains, viewer, id), id),
    );
    const { action, value } = result.kind === 'DONE' ? result : { action: null, value: null };
    return { domain: result.kind === 'DONE' ? result.domain : null, action, value, userErrors: errorsOf(result) };
  },
  recipientForget: async (_parent, { input }, context) => {
    const { statuses, viewer } = context;
    const result = await once(context, input, ({ address }) => statuses.forgetRecipient(viewer, address));
    if (result.kind !== 'DONE') return { recipientStanding: null, userErrors: result.errors };
    return { recipientStanding: await statuses.findStatus(viewer, input.address), userErrors: [] };
  },
};

async function preview({ domains, viewer, load }: Context, input: DomainUpdateInput) {
  const update = await previewUpdate(domains, viewer, input);
  const requestedAttempt = null;
  if (update.kind === 'REFUSED') {
    return { domain: update.domain, preview: null, requestedAttempt, userErrors: update.errors };
  }
  const { hosts, domain } = update;
  const { heldCount = 0, heldSize = 0 } = (await load.byId(readQueues, domain.destinationId)) ?? {};
  return { domain, preview: { hosts, heldCount, heldSize }, requestedAttempt, userErrors: [] };
}

/**
 * After the domains are gone, so that nothing is accepted meanwhile. A node that dies in the middle of it leaves the rest held,
 * and it is delivered: the safe side.
 */
async function cancelHeldOf({ queueSql, viewer, events }: Context, removed: readonly RelayDomain[]): Promise<void> {
  for (const { name, status, destinationId } of removed) {
    if (status === 'PENDING') continue;
    await cancelHeld(queueSql, viewer, {
      destinationId,
      reason: `domain ${name} deleted`,
      onResults: (results) => events.settled(name, results),
    });
  }
}

async function apply(context: Context, input: Given<DomainsApplyInput & { readonly dryRun?: boolean | null }>) {
  const { domains, viewer, caller, mutation } = context;
  const applied = await once(context, input, async ({ dryRun, ...wanted }) => {
    const entry = { actor: caller.actor, mutation: mutation.name };
    const result = await applyDomains(domains, viewer, wanted, {
      isDryRun: dryRun === true,
      record: (transaction, differences) => addAuditParts(transaction, entry, differences.flatMap(partOf)),
    });
    if (result.kind === 'REFUSED') return result;
    const { removed, ...plan } = result;
    if (wanted.held === 'CANCEL') await cancelHeldOf(context, removed);
    return plan;
  });
  return { plan: applied.kind === 'DONE' ? applied.domains : null, userErrors: errorsOf(applied) };
}

/** Each domain has its own entry in the audit log, with its owner: an operator may have applied a tenant's. */
function partOf({ action, changes, before, after }: DomainDifference): AuditPart[] {
  const domain = after ?? before;
  if (domain === null) return [];
  const { id, name, tenantId } = domain;
  const subject = { kind: 'DOMAIN', id, name, tenantId } as const;
  const stateOf = (state: RelayDomain | null) => (state === null ? null : domainState(state));
  return [{ input: { name, action, changes }, subject, before: stateOf(before), after: stateOf(after) }];
}

async function setStatus(
  context: Context,
  input: Given<{ readonly name: string; readonly reason?: string | null }>,
  status: 'SUSPENDED' | 'ACTIVE',
) {
  const checked = checkReason(input.reason, 'by the operator');
  if (checked.kind === 'BAD') return { domain: null, userErrors: [checked.error] };
  return onDomain(context, input, ({ name }) =>
    suspendDomain(context.domains, context.viewer, status, { name, reason: checked.reason }),
  );
}

async function onList(context: Context, verb: ListVerb, input: Given<ListInput>) {
  const change = await once(context, input, (given) => changeList(context.domains, context.viewer, verb, given));
  if (change.kind === 'REFUSED') return { ...domainPayload(change), change: null };
  const { added, removed, ...counts } = change.difference;
  const difference = { ...counts, added: added.map(writeEntry), removed: removed.map(writeEntry) };
  return { domain: change.domain, change: difference, userErrors: [] };
}

export const setMxMutations: MutationResolvers = {
  domainSetMx: (_parent, { input }, context) => {
    const wish = { preference: input.preference ?? null, isSandwich: input.sandwich ?? null };
    return changeZone(context, input, wish);
  },
  domainUnsetMx: (_parent, { input }, context) => changeZone(context, input, null),
};

interface ZoneInput extends MxInput {
  readonly name: string;
  readonly idempotencyKey?: string | null;
}

interface MxPayload {
  readonly domain: RelayDomain | null;
  readonly zone: string | null;
  readonly records: readonly MxRecordChange[];
  readonly userErrors: readonly UserError[];
}

/** The secret of the key is part of nothing that is kept: the repetition of a request is known by the rest of it. */
async function changeZone(context: Context, input: ZoneInput, wish: MxRequest['wish']): Promise<MxPayload> {
  const { sql, viewer } = context;
  const nothing = { domain: null, zone: null, records: [] };
  const checked = checkMxInput(input);
  if (checked.kind === 'BAD') return { ...nothing, userErrors: [checked.error] };
  const { name, dnsServer, dryRun, idempotencyKey = null } = input;
  const told = { name, dnsServer, dryRun, wish, keyName: input.tsig?.keyName, idempotencyKey };
  const result = await once(context, told, async () => {
    const domain = await findServed(context, name);
    if ('errors' in domain) return domain;
    const change = await context.setMx(viewer, domain, { ...checked.request, wish });
    return change.kind === 'DONE' ? change : refused(change.error);
  });
  if (result.kind === 'REFUSED') return { ...nothing, userErrors: result.errors };
  const { zone, records } = result;
  return { domain: await findDomain(sql, viewer, name), zone, records, userErrors: [] };
}
