/** `domainsApply`: many domains as they should be, all or none. */
import type { DomainsApplyInput } from '../../settings/domains-plan.ts';
import type { Context } from '../context.ts';
import { type Call, once } from '../once.ts';

type Input = DomainsApplyInput & { readonly dryRun?: boolean | null | undefined };

export async function applyDomains(context: Context, call: Call<Input>) {
  const { deps, viewer } = context;
  const { dryRun, idempotencyKey: _key, ...wanted } = call.input;
  const apply = () => deps.domains.applyDomains(viewer, wanted, dryRun === true);
  // A dry run is asked anew each time: what it says is about now.
  const answer = dryRun === true ? { kind: 'ANSWER' as const, value: await apply() } : await once(context, call, apply);
  if (answer.kind === 'REFUSED') return { plan: null, userErrors: [answer.error] };
  const applied = answer.value;
  return applied.kind === 'DONE'
    ? { plan: applied.domains, userErrors: [] }
    : { plan: null, userErrors: applied.errors };
}
