/** Mutations that make a secret, which is told once and remembered nowhere. */
import type { Change } from '../input/change.ts';
import type { Context } from './context.ts';
import { type Changed, onObject } from './on-object.ts';
import type { Call } from './once.ts';

/** The secret goes past the memory of answers, which is a table: a repetition gets none. */
export async function onSecret<I, T>(
  context: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<Change<T> & { readonly secret?: string | null }>,
): Promise<Changed<T> & { readonly secret: string | null }> {
  let secret: string | null = null;
  const changed = await onObject(context, call, async (input) => {
    const { secret: made = null, ...change } = await work(input);
    secret = made;
    return change;
  });
  return { ...changed, secret };
}
