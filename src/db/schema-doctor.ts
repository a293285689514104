/**
 * The tables of the doctor as drizzle sees them: its last report of each domain, fire drills, and the MX records that it has added.
 */
import { boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bmxNow, instant } from './schema.ts';

/** One step of the way, as it was met. */
export interface DrillStep {
  readonly name: 'CONNECT' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT' | 'DELIVERY';
  /** Milliseconds from the beginning of the drill to its end. */
  readonly afterMs: number;
  /** Milliseconds it took; of a delivery from the command to the verdict. */
  readonly latencyMs: number;
  /** Verbatim, lines separated by LF, or in brackets what happened instead. */
  readonly reply: string;
  /** The host of a delivery; else null. */
  readonly host: string | null;
  readonly isPassed: boolean;
}

export interface DrillFinding {
  readonly code:
    | 'STATUS'
    | 'MX'
    | 'ACCEPTANCE'
    | 'USER_LIST'
    | 'SPACE'
    | 'DELIVERY'
    | 'GREYLISTING'
    | 'TLS'
    | 'OUTAGE'
    | 'PAUSE'
    | 'BREAKER'
    | 'RETRIES'
    | 'OUTLOOK';
  readonly verdict: 'OK' | 'WARNING' | 'PROBLEM';
  readonly message: string;
}

export const drills = pgTable('drills', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  domainName: text('domain_name').notNull(),
  recipient: text('recipient').notNull(),
  holdMinutes: integer('hold_minutes').notNull(),
  isScheduled: boolean('is_scheduled').notNull(),
  envelopeId: text('envelope_id').notNull(),
  state: text('state', { enum: ['REQUESTED', 'ENTERING', 'HELD', 'RELEASED', 'FINISHED'] })
    .notNull()
    .default('REQUESTED'),
  result: text('result', {
    enum: ['DELIVERED', 'NOT_ACCEPTED', 'NOT_DELIVERED', 'NOT_ATTEMPTED', 'CANCELLED', 'INTERRUPTED'],
  }),
  messageId: uuid('message_id'),
  requestedAt: instant('requested_at').notNull().default(bmxNow),
  enteredAt: instant('entered_at'),
  deliverAt: instant('deliver_at'),
  releasedAt: instant('released_at'),
  endedAt: instant('finished_at'),
  steps: jsonb('steps').$type<DrillStep[]>().notNull().default([]),
  findings: jsonb('findings').$type<DrillFinding[]>().notNull().default([]),
});

export const drillSchedules = pgTable('drill_schedules', {
  domainId: uuid('domain_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  everyDays: integer('every_days').notNull(),
  nextAt: instant('next_at').notNull(),
});

export const mxRecords = pgTable('mx_records', {
  domainId: uuid('domain_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  preference: integer('preference').notNull(),
  host: text('host').notNull(),
  addedAt: instant('added_at').notNull().default(bmxNow),
});

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
