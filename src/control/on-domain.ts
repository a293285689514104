/** Mutations of one domain: the work once per key, its result as the payload. */
import type { DomainChange } from '../domains/change.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { UserError } from '../input/user-error.ts';
import type { Context } from './context.ts';
import { type Call, once } from './once.ts';

export interface DomainPayload {
  readonly domain: RelayDomain | null;
  readonly userErrors: readonly UserError[];
}

export async function onDomain<I>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<DomainChange>,
): Promise<DomainPayload> {
  const answer = await once(context, call, work);
  if (answer.kind === 'REFUSED') return { domain: null, userErrors: [answer.error] };
  const change = answer.value;
  return { domain: change.domain, userErrors: change.kind === 'DONE' ? [] : change.errors };
}
