/** Mutations of one thing: the work once per key, and what became of the thing. */
import type { Change } from '../input/change.ts';
import type { UserError } from '../input/user-error.ts';
import type { Context } from './context.ts';
import { type Call, once } from './once.ts';

export interface Changed<T> {
  readonly object: T | null;
  readonly userErrors: readonly UserError[];
}

export async function onObject<I, T>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<Change<T>>,
): Promise<Changed<T>> {
  const answer = await once(context, call, work);
  if (answer.kind === 'REFUSED') return { object: null, userErrors: [answer.error] };
  const { value } = answer;
  return { object: value.object, userErrors: value.kind === 'DONE' ? [] : value.errors };
}
