/**
 * How long is told what became of a message: itself and its attempts for 90 days.
 *
 * Mail is held 60 days at the most (outage/hold.ts), so what is held, or has ended within a month, has all its attempts. A
 * message that was held for longer, by a pause say, is told of for 30 days after its end; of its attempts those of 90 days.
 */
import type { Sql } from '../db/client.ts';
import { dropOldDays } from '../db/old-days.ts';

/** From acceptance of the message, and from the attempt itself: the two go together. */
const KEPT_DAYS = 90;
/** After the end of a message that was held for long. */
const KEPT_DAYS_AFTER_END = 30;

/** Drops partitions of attempts and of ended messages that are past their time. Returns their names. Any number of nodes may call it. */
export async function dropOldRecords(sql: Sql): Promise<string[]> {
  const attempts = await dropOldDays(sql, { parent: 'attempts', keptDays: KEPT_DAYS });
  const youngest = { column: 'ended_at', keptDays: KEPT_DAYS_AFTER_END };
  return [...attempts, ...(await dropOldDays(sql, { parent: 'history', keptDays: KEPT_DAYS, youngest }))];
}
