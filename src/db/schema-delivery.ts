/**
 * The tables of verbs on many messages, of deliveries that are only marked, and of bounded counts, as drizzle sees them.
 */
import { sql } from 'drizzle-orm';
import { boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bmxNow, count, instant } from './schema.ts';

export const operations = pgTable('operations', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  verb: text('verb', { enum: ['RETRY', 'CANCEL', 'BOUNCE'] }).notNull(),
  filter: jsonb('filter').$type<Record<string, unknown>>().notNull(),
  reason: text('reason').notNull(),
  state: text('state', { enum: ['RUNNING', 'DONE', 'STOPPED'] })
    .notNull()
    .default('RUNNING'),
  totalCount: count('total_count').notNull(),
  doneCount: count('done_count').notNull().default(0),
  position: uuid('position'),
  createdAt: instant('created_at').notNull().default(bmxNow),
  endedAt: instant('ended_at'),
  untilId: uuid('until_id'),
  actor: jsonb('actor').$type<{ readonly by: string; readonly token: string | null }>(),
});

/** Used by programs of the schemas before only. */
export const drainShares = pgTable('drain_shares', {
  destinationId: uuid('destination_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  node: integer('node').notNull(),
  epoch: count('epoch').notNull(),
  ownerEpoch: count('owner_epoch').notNull(),
  sessions: integer('sessions').notNull(),
  heldSessions: integer('held_sessions').notNull(),
  refusalCount: integer('refusal_count').notNull().default(0),
  judgedCount: integer('judged_count').notNull().default(0),
  isTaken: boolean('is_taken').notNull().default(false),
  isDeclined: boolean('is_declined').notNull().default(false),
  grantedAt: instant('granted_at').notNull().default(sql`clock_timestamp()`),
  expiresAt: instant('expires_at').notNull(),
});

export const deliveryMarks = pgTable('delivery_marks', {
  epoch: count('epoch').notNull(),
  destinationId: uuid('destination_id').notNull(),
  id: uuid('id').notNull(),
  node: integer('node').notNull(),
  deliveries: text('deliveries').notNull(),
});

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

export const domainTransfers = pgTable('domain_transfers', {
  destinationId: uuid('destination_id').notNull(),
  fromTenantId: uuid('from_tenant_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  at: instant('at').notNull().default(bmxNow),
});
