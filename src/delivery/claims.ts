/**
 * Where a round's messages come from: what is due, batch after batch, or the one message that tries a destination in trouble.
 */
import { claimDue, claimProbe, FIRST_KEY, type Holder, type QueueSql, readContents } from '../queue/claim.ts';
import type { ByteBudget } from './budget.ts';
import { createSource, type Source } from './source.ts';

interface Claims {
  readonly destinationId: string;
  readonly holder: Holder;
  readonly budget: ByteBudget;
}

/** What is due, and after a flush what was not tried since. */
export function dueSource(sql: QueueSql, input: Claims & { readonly flushedAt: Date | null }): Source {
  let after = FIRST_KEY;
  return createSource({
    claim: async (limit) => {
      const { messages, lastKey } = await claimDue(sql, { ...input, after, limit });
      after = lastKey;
      return messages;
    },
    readContents: (ids) => readContents(sql, ids),
    budget: input.budget,
  });
}

/** One message, claimed only when it is asked for. */
export function probeSource(sql: QueueSql, input: Claims & { readonly isFlush: boolean }): Source {
  let isTaken = false;
  return createSource({
    claim: async () => {
      if (isTaken) return [];
      isTaken = true;
      const message = await claimProbe(sql, input);
      return message === null ? [] : [message];
    },
    readContents: (ids) => readContents(sql, ids),
    budget: input.budget,
  });
}
