/**
 * Mutations that are done once per key: who repeats one that was done with the same key gets the same answer.
 */
import type { IdempotentAnswer, Outcome } from '../input/idempotency.ts';
import type { Context } from './context.ts';

export interface Call<I> {
  readonly mutation: string;
  readonly input: I & { readonly idempotencyKey?: string | null };
}

/** Runs the work with the input less its key. A dry run is asked anew each time: what it says is about now. */
export async function once<I, T extends Outcome>(
  { deps, viewer, once: progress }: Context,
  call: Call<I>,
  work: (input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<T>,
): Promise<IdempotentAnswer<T>> {
  const { idempotencyKey: key, ...input } = call.input;
  const run = (): Promise<T> => {
    progress.hasRun = true;
    return work(input);
  };
  if ('dryRun' in input && input.dryRun === true) return { kind: 'ANSWER', value: await run() };
  return deps.idempotency.run(viewer, { key, mutation: call.mutation, input }, run);
}
