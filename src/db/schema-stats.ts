/**
 * The tables of statistics, as drizzle sees them: counters in steps of time (stats/slots.ts).
 */
import { boolean, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { count, instant } from './schema.ts';

const step = {
  subjectId: uuid('subject_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  stepMinutes: smallint('step_minutes').notNull(),
  beganAt: instant('began_at').notNull(),
};

export const flowSlots = pgTable('flow_slots', {
  ...step,
  acceptedCount: count('accepted_count').notNull(),
  acceptedBytes: count('accepted_bytes').notNull(),
  endedCount: count('ended_count').notNull(),
  endedBytes: count('ended_bytes').notNull(),
  deliveredCount: count('delivered_count').notNull(),
  failedCount: count('failed_count').notNull(),
  expiredCount: count('expired_count').notNull(),
  cancelledCount: count('cancelled_count').notNull(),
  attemptCount: count('attempt_count').notNull(),
  deferralCount: count('deferral_count').notNull(),
});

export const rejectionSlots = pgTable('rejection_slots', {
  ...step,
  code: text('code').notNull(),
  zone: text('zone').notNull(),
  isDryRun: boolean('is_dry_run').notNull(),
  rejectionCount: count('rejection_count').notNull(),
});
