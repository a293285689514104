/**
 * Expiry of what a destination holds, after a failed attempt at host level.
 *
 * One attempt speaks for all: messages whose lifetime had passed when it began end as EXPIRED, oldest first, in bounded
 * batches. Never by a sweep alone, never while claimed. RFC 5321 §4.5.4.1 (give up after some days).
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import { finalizeRecipients, type RecipientResult } from './finalize.ts';

const BATCH = 200;

/**
 * Ends what has expired at a destination. `begunAt` is the database instant at which the failed attempt began; `reply` what
 * it met. Calls `onResults` for each batch. O(expired + one batch).
 */
export async function expireHeld(
  sql: Sql,
  input: {
    destinationId: string;
    begunAt: string;
    reply: string;
    onResults: (results: readonly RecipientResult[]) => void;
  },
): Promise<void> {
  const { destinationId, begunAt, reply } = input;
  for (;;) {
    // Ids follow acceptance closely: the head of the queue by id holds the oldest, a few out of order do not matter.
    const held = await sql<{ messageId: string; number: number }[]>`
      with head as (
        select id, accepted_at, claimed_by from messages
        where (destination_id, id) >= (${destinationId}, ${FIRST_ID}) and (destination_id, id) <= (${destinationId}, ${LAST_ID})
        order by destination_id, id limit ${BATCH}
      )
      select r.message_id as "messageId", r.number
      from head h cross join queue_limits q join destinations d on d.id = ${destinationId}
        join recipients r on r.message_id = h.id
      where r.state = 'HELD' and h.claimed_by is null
        and h.accepted_at + q.lifetime + d.hold_extension <= ${begunAt}::text::timestamptz`;
    if (held.length === 0) return;
    const results = await finalizeRecipients(sql, {
      destinationId,
      routeGeneration: null,
      by: { kind: 'EXPIRY', begunAt },
      messages: [...new Set(held.map((recipient) => recipient.messageId))].map((messageId) => ({
        messageId,
        isHostLevel: true,
      })),
      verdicts: held.map((recipient) => ({ ...recipient, outcome: 'DEFERRED' as const, reply })),
      attempts: [],
    });
    input.onResults(results.filter(({ state }) => state !== 'HELD'));
    // The first round after a long absence ends nothing, and so does a batch that others took: no second look then.
    if (!results.some(({ state }) => state !== 'HELD')) return;
  }
}
