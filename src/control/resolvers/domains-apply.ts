/** `domainsApply`: many domains as they should be, all or none. */
import type { AuditPart } from '../../events/audit.ts';
import type { DomainDifference } from '../../domains/apply.ts';
import type { DomainsApplyInput } from '../../domains/plan.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { domainState } from '../audit-subject.ts';
import type { Context } from '../context.ts';
import { type Call, once } from '../once.ts';

/** Each domain has its own entry in the audit log, with whose it is: an operator may have applied a tenant's. */
function partOf({ action, changes, before, after }: DomainDifference): AuditPart[] {
  const domain = after ?? before;
  if (domain === null) return [];
  const { id, name, tenantId } = domain;
  const subject = { kind: 'DOMAIN', id, name, tenantId } as const;
  const stateOf = (state: RelayDomain | null) => (state === null ? null : domainState(state));
  return [{ input: { name, action, changes }, subject, before: stateOf(before), after: stateOf(after) }];
}

type Input = DomainsApplyInput & { readonly dryRun?: boolean | null | undefined };

export async function applyDomains(context: Context, call: Call<Input>) {
  const { deps, viewer, caller } = context;
  const { dryRun, idempotencyKey: _key, ...wanted } = call.input;
  const mutation = { actor: caller.actor, mutation: call.mutation };
  const apply = () =>
    deps.domains.applyDomains(viewer, wanted, dryRun === true, (transaction, differences) =>
      deps.audit.addParts(transaction, mutation, differences.flatMap(partOf)),
    );
  const answer = await once(context, call, apply);
  if (answer.kind === 'REFUSED') return { plan: null, userErrors: [answer.error] };
  const applied = answer.value;
  return applied.kind === 'DONE'
    ? { plan: applied.domains, userErrors: [] }
    : { plan: null, userErrors: applied.errors };
}
