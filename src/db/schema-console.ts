/**
 * The tables of sign-ins to the console as drizzle sees them; what schema.ts says of the others holds for these.
 */
import { inet, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bmxNow, bytea, instant } from './schema.ts';

export const consoleLinks = pgTable('console_links', {
  codeHash: bytea('code_hash').primaryKey(),
  tokenId: uuid('token_id'),
  operatorKey: bytea('operator_key'),
  scopes: text('scopes').array().notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const consoleSessions = pgTable('console_sessions', {
  id: uuid('id').primaryKey(),
  secretHash: bytea('secret_hash').notNull(),
  tokenId: uuid('token_id'),
  operatorKey: bytea('operator_key'),
  scopes: text('scopes').array().notNull(),
  timeZone: text('time_zone').notNull(),
  clientAddress: inet('client_address'),
  startedAt: instant('started_at').notNull().default(bmxNow),
  lastUsedAt: instant('last_used_at').notNull().default(bmxNow),
  expiresAt: instant('expires_at').notNull(),
});
