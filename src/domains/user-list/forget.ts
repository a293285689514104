/**
 * What is known of recipients is forgotten: of some, when a person says so; of all and of their primary, when another takes
 * over.
 *
 * The latter is part of the transaction that changes the route or makes the domain anew. Nodes drop what they have in memory when they see
 * the domain as it is then (policy/checks/route-watch.ts).
 */
import type { SqlExecutor } from '../../db/client.ts';

/**
 * REFUSALS: the mailboxes that the primary of before did not know, and its limits; what it knew goes on to count, which is the
 * safe side. ALL: a domain that is added anew, perhaps by somebody else, begins with nothing.
 */
export type Forgotten = 'REFUSALS' | 'ALL';

/** What callouts have shown of these recipients; what was delivered stays. */
export async function clearAnswers(
  sql: SqlExecutor,
  destinationId: string,
  localParts: readonly string[],
): Promise<void> {
  await sql`
    update recipient_answers
    set answer = null, answered_at = null, refresh_at = null, expires_at = null, reply = null, suspected_at = null
    where destination_id = ${destinationId} and local_part = any(${[...localParts]}::text[])`;
}

export async function forgetAnswers(
  sql: SqlExecutor,
  destinationIds: readonly string[],
  what: Forgotten,
): Promise<void> {
  const ids = sql`${[...destinationIds]}::uuid[]`;
  await sql`
    with old as materialized (
      select destination_id, local_part, delivered_at is null and answer is distinct from 'POSITIVE' or ${what === 'ALL'} as is_all
      from recipient_answers
      where destination_id = any(${ids})
        and (${what === 'ALL'} or answer = 'NEGATIVE' or suspected_at is not null)
      order by destination_id, local_part
      for update
    ), kept as (
      update recipient_answers r
      set suspected_at = null, answer = nullif(r.answer, 'NEGATIVE'), reply = case when r.answer = 'POSITIVE' then r.reply end,
          answered_at = case when r.answer = 'POSITIVE' then r.answered_at end,
          refresh_at = case when r.answer = 'POSITIVE' then r.refresh_at end,
          expires_at = case when r.answer = 'POSITIVE' then r.expires_at end
      from old where not old.is_all and r.destination_id = old.destination_id and r.local_part = old.local_part
    )
    delete from recipient_answers r
    using old where old.is_all and r.destination_id = old.destination_id and r.local_part = old.local_part`;
  await sql`delete from primaries where destination_id = any(${ids})`;
}
