/**
 * Where a round's messages come from: what is due, batch after batch, or the one message that tries a destination in trouble.
 */
import type { DrainSettings } from '../outage/clock.ts';
import { claimDue, claimProbe, FIRST_KEY, type Holder, type QueueSql, readContents } from '../queue/claim.ts';
import type { ByteBudget } from './budget.ts';
import type { Cap } from './ramp-cap.ts';
import { createSource, type Source } from './source.ts';

interface Claims {
  readonly destinationId: string;
  readonly holder: Holder;
  readonly budget: ByteBudget;
}

interface DueClaims extends Claims {
  readonly flushNumber: number | null;
  readonly cap: Cap;
  /** As they were read: when they are others nothing more comes. Without a cap as many as the primary bears. */
  readonly settings: DrainSettings;
}

/** What is due, and after a flush what was not tried since; no more than the cap allows now. */
export function dueSource(sql: QueueSql, input: DueClaims): Source {
  const { cap } = input;
  const { drainPerMinute: perMinute } = input.settings;
  let after = FIRST_KEY;
  return createSource({
    claim: async (limit) => {
      const { messages, lastKey } = await claimDue(sql, { ...input, after, limit });
      after = lastKey;
      return messages;
    },
    readContents: (ids) => readContents(sql, ids),
    budget: input.budget,
    cap: perMinute === null ? null : { take: (most) => cap.take(perMinute, most), giveBack: cap.giveBack },
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
