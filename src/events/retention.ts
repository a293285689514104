/**
 * How long the record is kept: events for 400 days, refusals for 14.
 */
import type { Sql } from '../db/client.ts';
import { dropOldDays } from '../db/old-days.ts';

/** A year, and a month to look back at it: who changed what, which outages there were. A few rows a day. */
const EVENT_DAYS = 400;
/** Long enough for a complaint to arrive; a flood brings millions. */
const REJECTION_DAYS = 14;

/** Drops what is past its time. Returns the names of the partitions dropped. Any number of nodes may call it. */
export function dropOldEvents(sql: Sql): Promise<string[]> {
  return dropOldDays(sql, { parent: 'events', keptDays: EVENT_DAYS });
}

/** Likewise for refusals. */
export function dropOldRejections(sql: Sql): Promise<string[]> {
  return dropOldDays(sql, { parent: 'rejections', keptDays: REJECTION_DAYS });
}
