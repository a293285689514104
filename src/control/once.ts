/**
 * Mutations that are done once per key: who repeats one with the same key gets the first answer.
 */
import type { IdempotentAnswer } from '../settings/idempotency.ts';
import type { Context } from './context.ts';

export interface Call<I> {
  readonly mutation: string;
  readonly input: I & { readonly idempotencyKey?: string | null };
}

/** Runs the work with the input less its key. */
export function once<I, T>(
  { deps, viewer, once: progress }: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<T>,
): Promise<IdempotentAnswer<T>> {
  const { idempotencyKey: key, ...input } = call.input;
  return deps.idempotency.run(viewer, { key, mutation: call.mutation, input }, () => {
    progress.hasRun = true;
    return work(input);
  });
}
