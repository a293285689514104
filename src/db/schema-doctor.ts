/**
 * The doctor's last report of each domain, as drizzle sees its table. The migrations make it.
 */
import { integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bmxNow, instant } from './schema.ts';

export const doctorReports = pgTable('doctor_reports', {
  domainId: uuid('domain_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  at: instant('at').notNull().default(bmxNow),
  status: text('status', { enum: ['OK', 'WARNING', 'PROBLEM', 'UNKNOWN'] }).notNull(),
  /** `Finding` of src/doctor/checks.ts. */
  findings: jsonb('findings').notNull(),
  /** By check code. */
  lastKnown: jsonb('last_known').$type<Record<string, string>>().notNull().default({}),
  silentCount: integer('silent_count').notNull().default(0),
});
