/** Tables of bounded counts as drizzle sees them. See schema.ts. */
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { bmxNow, instant } from './schema.ts';

export const boundedCounts = pgTable('bounded_counts', {
  kind: text('kind').notNull(),
  subject: text('subject').notNull(),
  windowEndsAt: instant('window_ends_at').notNull(),
  count: integer('count').notNull().default(0),
  lastCause: text('last_cause'),
});

/** Written by programs before bounded_counts only. */
export const reportCounts = pgTable('report_counts', {
  address: text('address').primaryKey(),
  windowBeganAt: instant('window_began_at').notNull().default(bmxNow),
  reportCount: integer('report_count').notNull().default(0),
});

/** Written by programs before bounded_counts only. */
export const confirmationCounts = pgTable('confirmation_counts', {
  address: text('address').primaryKey(),
  windowBeganAt: instant('window_began_at').notNull().default(bmxNow),
  mailCount: integer('mail_count').notNull().default(0),
});
