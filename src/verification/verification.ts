/**
 * The knowledge of a node about mailboxes and primaries, from callouts and from deliveries, and how this is kept up to date.
 */
import { type Every, monotonicMs } from '../clock.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import { type Answers, createAnswers, parseForgetNotice, type RecipientKey } from './answers.ts';
import { createLearned, type Learned } from './learned.ts';
import { createPrimaries, type Primaries } from './primary.ts';
import { createRecipientStatuses, type RecipientStatuses } from './recipient-status.ts';
import type { Sql } from '../db/client.ts';

const STORE_EVERY_MS = 1000;

type Forget = (recipient: RecipientKey) => void;

export interface Verification {
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly learned: Learned;
  readonly statuses: RecipientStatuses;
  /** Adds another memory of this node that has to forget what is forgotten here. */
  onForgotten(forget: Forget): void;
  /** Handles a notice of the settings channel; false when it is about something else. */
  onNotice(payload: string): boolean;
  /** Notices may have been missed. */
  onReset(): void;
  /** Stores what was noted last. */
  close(): Promise<void>;
}

export function openVerification(options: {
  readonly sql: Sql;
  readonly queueSql: Sql;
  readonly isListed: IsListed;
  readonly every: Every;
}): Verification {
  const { sql, queueSql, isListed, every } = options;
  const answers = createAnswers({ sql: queueSql, monotonicMs });
  const primaries = createPrimaries({ sql: queueSql, monotonicMs });
  const memories: Forget[] = [answers.drop, ({ destinationId }) => primaries.drop(destinationId)];
  const forget: Forget = (recipient) => {
    for (const drop of memories) drop(recipient);
  };
  const learned = createLearned({ sql: queueSql, monotonicMs, onLearned: answers.drop });
  const store = async (): Promise<void> => {
    await learned.flush();
    await primaries.flush();
  };
  every(STORE_EVERY_MS, 'recipients', store);
  return {
    answers,
    primaries,
    learned,
    statuses: createRecipientStatuses({ sql, isListed, onForgotten: forget }),
    onForgotten: (drop) => {
      memories.push(drop);
    },
    onNotice: (payload) => {
      const recipient = parseForgetNotice(payload);
      if (recipient !== null) forget(recipient);
      return recipient !== null;
    },
    onReset: () => {
      answers.dropAll();
      primaries.dropAll();
    },
    close: store,
  };
}

const BATCH = 5000;
/** A batch that is full is followed by another, up to so many in a round. */
const MOST_BATCHES = 20;

/**
 * Deletes, in batches, what is past its day: answers long expired, budgets long full again.
 *
 * What was known of a destination when its outage began counts until that ends: it is put off by a day at a time. Resolves with
 * how many rows went.
 */
export async function pruneAnswers(sql: Sql): Promise<number> {
  await sql`delete from probe_budgets where refilled_at < bmx_now() - interval '1 hour'`;
  let count = 0;
  for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
    const [row] = await sql<{ seen: number; gone: number }[]>`
      with old as materialized (
        select destination_id, local_part,
          exists (select from outages o where o.destination_id = r.destination_id and o.ended_at is null) as is_needed
        from recipient_answers r
        where forget_at <= bmx_now()
        order by forget_at
        limit ${BATCH}
        for update skip locked
      ), kept as (
        update recipient_answers r set forget_at = bmx_now() + interval '1 day'
        from old where old.is_needed and r.destination_id = old.destination_id and r.local_part = old.local_part
      ), gone as (
        delete from recipient_answers r
        using old where not old.is_needed and r.destination_id = old.destination_id and r.local_part = old.local_part
        returning r.local_part
      )
      select (select count(*) from old)::int as seen, (select count(*) from gone)::int as gone`;
    count += row?.gone ?? 0;
    if ((row?.seen ?? 0) < BATCH) break;
  }
  return count;
}
