/**
 * The tables of webhooks and alert contacts as drizzle sees them; what schema.ts says of the others holds for these.
 */
import { boolean, integer, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bmxNow, bytea, instant } from './schema.ts';

export const webhooks = pgTable('webhooks', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  url: text('url').notNull(),
  description: text('description').notNull(),
  kinds: text('kinds').array().notNull(),
  domains: text('domains').array(),
  isEnabled: boolean('is_enabled').notNull().default(true),
  disabledReason: text('disabled_reason', { enum: ['GONE', 'FAILING'] }),
  disabledAt: instant('disabled_at'),
  failingSince: instant('failing_since'),
  revision: integer('revision').notNull().default(1),
  rotatedAt: instant('rotated_at'),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const webhookSecrets = pgTable('webhook_secrets', {
  webhookId: uuid('webhook_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  secret: bytea('secret').notNull(),
  previousSecret: bytea('previous_secret'),
  previousUntil: instant('previous_until'),
});

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: uuid('id').primaryKey(),
  webhookId: uuid('webhook_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  eventId: uuid('event_id'),
  kind: text('kind').notNull(),
  body: text('body').notNull(),
  state: text('state', { enum: ['PENDING', 'DELIVERED', 'FAILED'] })
    .notNull()
    .default('PENDING'),
  attemptCount: integer('attempt_count').notNull().default(0),
  nextAttemptAt: instant('next_attempt_at').default(bmxNow),
  lastAttemptAt: instant('last_attempt_at'),
  responseStatus: integer('response_status'),
  responseText: text('response_text'),
  begunAt: instant('begun_at').notNull().default(bmxNow),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const eventOutbox = pgTable('event_outbox', {
  eventId: uuid('event_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id'),
});

export const mailCounts = pgTable('mail_counts', {
  destinationId: uuid('destination_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  kind: text('kind', { enum: ['FAILED', 'EXPIRED', 'REPORT_SUPPRESSED'] }).notNull(),
  count: integer('count').notNull(),
  at: instant('at').notNull().default(bmxNow),
});

export const alertContacts = pgTable('alert_contacts', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  address: text('address').notNull(),
  addressDomain: text('address_domain').notNull(),
  domains: text('domains').array(),
  codeHash: bytea('code_hash'),
  codeUntil: instant('code_until'),
  codeTries: smallint('code_tries').notNull().default(0),
  confirmedAt: instant('confirmed_at'),
  mailedAt: instant('mailed_at'),
  hourBeganAt: instant('hour_began_at'),
  hourCount: integer('hour_count').notNull().default(0),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const alertNotices = pgTable('alert_notices', {
  contactId: uuid('contact_id').notNull(),
  outageId: uuid('outage_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  toldClass: text('told_class').notNull(),
  toldHours: integer('told_hours'),
  toldAt: instant('told_at').notNull().default(bmxNow),
  closedAt: instant('closed_at'),
});

export const alertItems = pgTable('alert_items', {
  contactId: uuid('contact_id').notNull(),
  eventId: uuid('event_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  createdAt: instant('created_at').notNull().default(bmxNow),
});
