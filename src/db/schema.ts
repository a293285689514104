/**
 * The tables as drizzle sees them: names, types and nullability, and the defaults of settings.
 *
 * drizzle/*.sql is the truth (constraints, indexes, partitions, functions); a test compares both. Tokens, tenants, quotas and drills
 * are read and written through query.ts, with row types from here. Other statements are hand-written SQL through postgres.js.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  date,
  inet,
  integer,
  interval,
  jsonb,
  pgTable,
  real,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import type { OutageEvidence } from '../mail/outcome.ts';

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
export const count = (name: string) => bigint(name, { mode: 'number' });

/** `bmx_now()`: the one clock of stored instants. */
export const bmxNow = sql<Date>`bmx_now()`;

export interface DeliverToHost {
  readonly host: string;
  readonly port: number;
}

/** One DNSBL of a domain (RFC 5782). */
export interface DnsblZoneSetting {
  /** Lower-case A-label. */
  readonly zone: string;
  /** DRY_RUN: counted and recorded, refuses nothing. */
  readonly mode: 'REJECT' | 'DRY_RUN';
  /** A client is refused when the weights of the zones that list it reach the threshold. */
  readonly weight: number;
  /** Answers that count as listed: `127.0.0.2` or `127.0.0.0/30`. Empty: every one but errors. */
  readonly codes: readonly string[];
}

/** A domain's settings for DNS lists. */
export interface DnsblSettings {
  readonly zones: readonly DnsblZoneSetting[];
  /** Weight from which on a client is refused. */
  readonly threshold: number;
  /** Lists of known good clients (RFC 5782 §2.2), asked first. */
  readonly allowZones: readonly { readonly zone: string; readonly codes: readonly string[] }[];
  /** Networks that are never looked up: `192.0.2.0/24`. */
  readonly allowedClients: readonly string[];
}

export type TlsPolicy = 'NONE' | 'OPPORTUNISTIC' | 'REQUIRED' | 'VERIFIED';
export type BreakerState = 'CLOSED' | 'TRIAL' | 'OPEN';

const tlsPolicy = () =>
  text('tls_policy', { enum: ['NONE', 'OPPORTUNISTIC', 'REQUIRED', 'VERIFIED'] })
    .notNull()
    .default('OPPORTUNISTIC');

export const tenants = pgTable('tenants', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: instant('created_at').notNull().default(bmxNow),
  maxDomains: integer('max_domains'),
  maxRecipientEntries: integer('max_recipient_entries'),
  maxTokens: integer('max_tokens'),
  maxWebhooks: integer('max_webhooks'),
  maxAlertContacts: integer('max_alert_contacts'),
  revision: integer('revision').notNull().default(1),
  deletedAt: instant('deleted_at'),
  /** Both or neither. */
  suspendedAt: instant('suspended_at'),
  suspensionReason: text('suspension_reason'),
});

export const tokens = pgTable('tokens', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  scopes: text('scopes').array().notNull(),
  prefix: text('prefix').notNull(),
  secretHash: bytea('secret_hash').notNull(),
  previousPrefix: text('previous_prefix'),
  previousHash: bytea('previous_hash'),
  previousUntil: instant('previous_until'),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  rotatedAt: instant('rotated_at'),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const destinations = pgTable('destinations', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  kind: text('kind', { enum: ['RELAY', 'INTERNAL'] }).notNull(),
  deliverTo: jsonb('deliver_to').$type<DeliverToHost[]>().notNull().default([]),
  routeGeneration: integer('route_generation').notNull().default(1),
  isPaused: boolean('is_paused').notNull().default(false),
  flushRequestedAt: instant('flush_requested_at'),
  holdExtension: interval('hold_extension').notNull().default('0'),
  heldCount: count('held_count').notNull().default(0),
  heldBytes: count('held_bytes').notNull().default(0),
  firstFailureAt: instant('first_failure_at'),
  nextAttemptAt: instant('next_attempt_at'),
  lastAttemptAt: instant('last_attempt_at'),
  lastReply: text('last_reply'),
  outageId: uuid('outage_id'),
  probeCursor: uuid('probe_cursor'),
  dialTurn: integer('dial_turn').notNull().default(0),
  ownerNode: integer('owner_node'),
  ownerEpoch: count('owner_epoch'),
  checkedAt: instant('checked_at'),
  breaker: text('breaker', { enum: ['CLOSED', 'TRIAL', 'OPEN'] })
    .notNull()
    .default('CLOSED'),
  breakerSince: instant('breaker_since'),
  breakerReply: text('breaker_reply'),
  trialCount: integer('trial_count').notNull().default(0),
  pauseFrom: instant('pause_from'),
  pauseUntil: instant('pause_until'),
  pauseReason: text('pause_reason'),
  drainPerMinute: integer('drain_per_minute'),
  tlsPolicy: tlsPolicy(),
  greylistingAt: instant('greylisting_at'),
  tarpittingAt: instant('tarpitting_at'),
  drainRate: real('drain_rate'),
  drainMeasuredAt: instant('drain_measured_at'),
  flushNumber: integer('flush_number').notNull().default(0),
  askedAt: instant('asked_at'),
  askedBeganAt: instant('asked_began_at'),
  lastAttempt: jsonb('last_attempt').$type<Record<string, unknown>>(),
  createdAt: instant('created_at').notNull().default(bmxNow),
  oldestAcceptedAt: instant('oldest_accepted_at'),
});

/**
 * The columns of `domains` that a person sets. One that is added here is read, compared, planned, stored and told without another
 * line; domains/settings.ts checks those whose type does not say all.
 */
export const DOMAIN_SETTINGS = {
  /** Hosts to hand mail to instead of the MX records; empty: the MX records decide. */
  deliverTo: jsonb('deliver_to').$type<readonly DeliverToHost[]>().notNull().default([]),
  labels: jsonb('labels').$type<Readonly<Record<string, string>>>().notNull().default({}),
  /** In a local part, what follows this character is not compared with the User List; null: compared whole. */
  recipientDelimiter: text('recipient_delimiter'),
  /** Whether the primary is asked about a recipient before it is accepted. */
  hasCallAheads: boolean('call_aheads').notNull().default(true),
  unknownWhileDown: text('unknown_while_down', { enum: ['ACCEPT', 'DEFER_THEN_ACCEPT', 'DEFER'] })
    .notNull()
    .default('ACCEPT'),
  unknownDeferHours: smallint('unknown_defer_hours').notNull().default(4),
  dnsbl: jsonb('dnsbl').$type<Partial<DnsblSettings>>().notNull().default({}),
  /** The TLS that the primary must offer. */
  tlsPolicy: tlsPolicy(),
  /** Most messages a minute while held mail drains; null: as many as the primary bears. */
  drainPerMinute: integer('drain_per_minute'),
  /** Networks whose hosts may ask for the mail by ETRN: `192.0.2.0/24`. */
  etrnClients: jsonb('etrn_clients').$type<readonly string[]>().notNull().default([]),
  /** Senders are notified of a delay although they did not request it. */
  hasDelayReports: boolean('delay_reports').notNull().default(false),
};

export const domains = pgTable('domains', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  /** Lower-case A-label. */
  name: text('name').notNull(),
  /** PENDING: claimed, ownership not proven, not served. SUSPENDED: served with a deferral only. */
  status: text('status', { enum: ['PENDING', 'ACTIVE', 'SUSPENDED'] }).notNull(),
  ...DOMAIN_SETTINGS,
  /** Entries of its User List; 0: the list is off. */
  recipientCount: integer('recipient_count').notNull().default(0),
  /** Grows with every change of those entries. */
  recipientListRevision: integer('recipient_generation').notNull().default(0),
  /** Grows by one with every change. */
  revision: integer('revision').notNull().default(1),
  createdAt: instant('created_at').notNull().default(bmxNow),
  updatedAt: instant('updated_at').notNull().default(bmxNow),
  proofValue: text('proof_value').notNull().default(sql`replace(gen_random_uuid()::text, '-', '')`),
  proofSeenAt: instant('proof_seen_at'),
  proofCheckedAt: instant('proof_checked_at'),
  proofCheckAt: instant('proof_check_at'),
  proofMisses: integer('proof_misses').notNull().default(0),
  proofLostAt: instant('proof_lost_at'),
  doctorCheckAt: instant('doctor_check_at').notNull().default(sql`bmx_now() + random() * interval '1 day'`),
  doctorBusyUntil: instant('doctor_busy_until'),
});

export const recipientEntries = pgTable('recipient_entries', {
  domainId: uuid('domain_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  localPart: text('local_part').notNull(),
});

export const recipientAnswers = pgTable('recipient_answers', {
  destinationId: uuid('destination_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  localPart: text('local_part').notNull(),
  deliveredAt: instant('delivered_at'),
  answer: text('answer', { enum: ['POSITIVE', 'NEGATIVE'] }),
  answeredAt: instant('answered_at'),
  refreshAt: instant('refresh_at'),
  expiresAt: instant('expires_at'),
  reply: text('reply'),
  suspectedAt: instant('suspected_at'),
  forgetAt: instant('forget_at').notNull(),
});

export const primaries = pgTable('primaries', {
  destinationId: uuid('destination_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  sizeLimitBytes: count('size_limit_bytes'),
  sizeSeenAt: instant('size_seen_at'),
  isCatchAll: boolean('is_catch_all'),
  catchAllTestedAt: instant('catch_all_tested_at'),
  blockedAt: instant('blocked_at'),
  blockedReply: text('blocked_reply'),
});

export const probeBudgets = pgTable('probe_budgets', {
  host: text('host').primaryKey(),
  tokens: real('tokens').notNull(),
  refilledAt: instant('refilled_at').notNull().default(bmxNow),
});

export const dnsblZones = pgTable('dnsbl_zones', {
  zone: text('zone').primaryKey(),
  isOn: boolean('is_on').notNull().default(true),
  reason: text('reason'),
  checkedAt: instant('checked_at'),
  changedAt: instant('changed_at').notNull().default(bmxNow),
});

export const dnsblCounts = pgTable('dnsbl_counts', {
  destinationId: uuid('destination_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  zone: text('zone').notNull(),
  day: date('day').notNull(),
  checkedCount: count('checked_count').notNull().default(0),
  listedCount: count('listed_count').notNull().default(0),
});

export const seenClients = pgTable('seen_clients', {
  network: inet('network').primaryKey(),
  lastSeenAt: instant('last_seen_at').notNull().default(bmxNow),
});

export const idempotencyKeys = pgTable('idempotency_keys', {
  tenantId: uuid('tenant_id').notNull(),
  key: text('key').notNull(),
  mutation: text('mutation').notNull(),
  inputHash: bytea('input_hash').notNull(),
  payload: jsonb('payload'),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const auditEntries = pgTable('audit_entries', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  at: instant('at').notNull().default(bmxNow),
  endedAt: instant('ended_at'),
  outcome: text('outcome', { enum: ['STARTED', 'DONE', 'REFUSED', 'REPLAYED', 'FAULT'] })
    .notNull()
    .default('STARTED'),
  userErrorCodes: text('user_error_codes').array().notNull(),
  mutation: text('mutation').notNull(),
  input: jsonb('input').notNull(),
  actorTenantId: uuid('actor_tenant_id').notNull(),
  tokenId: uuid('token_id'),
  tokenName: text('token_name'),
  tokenPrefix: text('token_prefix'),
  clientAddress: inet('client_address'),
  subjectKind: text('subject_kind'),
  subjectId: uuid('subject_id'),
  subjectName: text('subject_name'),
  before: jsonb('before'),
  after: jsonb('after'),
});

export const nodes = pgTable('nodes', {
  node: integer('node').primaryKey(),
  epoch: count('epoch').notNull(),
  name: text('name').notNull(),
  version: text('version').notNull(),
  runtime: text('runtime').notNull(),
  roles: text('roles').array().notNull(),
  backendPid: integer('backend_pid').notNull(),
  startedAt: instant('started_at').notNull().default(bmxNow),
  lastSeenAt: instant('last_seen_at').notNull().default(bmxNow),
  beatAt: instant('beat_at').notNull(),
});

export const outages = pgTable('outages', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  startedAt: instant('started_at').notNull(),
  endedAt: instant('ended_at'),
  class: text('class', {
    enum: ['DOWN', 'BLOCKING', 'GREYLISTING', 'RATE_LIMITING', 'TARPITTING', 'MISCONFIGURED', 'DNS_BROKEN'],
  }).notNull(),
  lastReply: text('last_reply').notNull(),
  attemptCount: integer('attempt_count').notNull().default(1),
  evidence: jsonb('evidence').$type<OutageEvidence[]>().notNull().default([]),
  thresholdHours: integer('threshold_hours'),
  heldAtEnd: count('held_at_end'),
  drainedAt: instant('drained_at'),
  heldThrough: uuid('held_through'),
  failedCount: integer('failed_count').notNull().default(0),
  expiredCount: integer('expired_count').notNull().default(0),
});

export const messages = pgTable('messages', {
  id: uuid('id').primaryKey(),
  transactionId: uuid('transaction_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  reversePath: text('reverse_path'),
  sizeBytes: count('size_bytes').notNull(),
  clientAddress: inet('client_address'),
  clientName: text('client_name'),
  ehloName: text('ehlo_name').notNull(),
  protocol: text('protocol').notNull(),
  tls: text('tls'),
  isSmtpUtf8: boolean('is_smtp_utf8').notNull().default(false),
  body: text('body'),
  ret: text('ret'),
  envelopeId: text('envelope_id'),
  kind: text('kind', { enum: ['MAIL', 'REPORT'] })
    .notNull()
    .default('MAIL'),
  acceptedAt: instant('accepted_at').notNull().default(bmxNow),
  nextAttemptAt: instant('next_attempt_at').notNull().default(bmxNow),
  firstFailureAt: instant('first_failure_at'),
  claimedAt: instant('claimed_at'),
  claimedBy: integer('claimed_by'),
  claimEpoch: count('claim_epoch'),
  deaths: smallint('deaths').notNull().default(0),
  headerMessageId: text('header_message_id'),
  flushNumber: integer('flush_number'),
});

export const recipients = pgTable('recipients', {
  messageId: uuid('message_id').notNull(),
  number: smallint('number').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  address: text('address').notNull(),
  state: text('state', { enum: ['HELD', 'DELIVERED', 'FAILED', 'EXPIRED', 'CANCELLED'] })
    .notNull()
    .default('HELD'),
  attemptCount: integer('attempt_count').notNull().default(0),
  lastReply: text('last_reply'),
  lastAttemptAt: instant('last_attempt_at'),
  endedAt: instant('ended_at'),
  notify: text('notify').notNull().default(''),
  originalRecipient: text('original_recipient'),
  suspectedAt: instant('suspected_at'),
  suspectedReply: text('suspected_reply'),
});

export const mtaStsPolicies = pgTable('mta_sts_policies', {
  domain: text('domain').primaryKey(),
  policyId: text('policy_id').notNull(),
  mode: text('mode', { enum: ['enforce', 'testing', 'none'] }).notNull(),
  mx: text('mx').array().notNull(),
  fetchedAt: instant('fetched_at').notNull().default(bmxNow),
  expiresAt: instant('expires_at').notNull(),
});

export const queueDelta = pgTable('queue_delta', {
  destinationId: uuid('destination_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  heldCount: integer('held_count').notNull(),
  heldBytes: count('held_bytes').notNull(),
  deliveredCount: integer('delivered_count').notNull().default(0),
  failedCount: integer('failed_count').notNull().default(0),
  expiredCount: integer('expired_count').notNull().default(0),
  cancelledCount: integer('cancelled_count').notNull().default(0),
  attemptCount: integer('attempt_count').notNull().default(0),
  deferralCount: integer('deferral_count').notNull().default(0),
});

export const reportsDue = pgTable('reports_due', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  messageId: uuid('message_id').notNull(),
  transactionId: uuid('transaction_id').notNull(),
  facts: jsonb('facts').notNull(),
  headerSection: bytea('header_section').notNull(),
  nextAttemptAt: instant('next_attempt_at').notNull().default(bmxNow),
  attempts: smallint('attempts').notNull().default(0),
  createdAt: instant('created_at').notNull().default(bmxNow),
});

export const contents = pgTable('contents', {
  messageId: uuid('message_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  content: bytea('content').notNull(),
});

export const attempts = pgTable('attempts', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  messageId: uuid('message_id').notNull(),
  recipientNumbers: smallint('recipient_numbers').array().notNull(),
  isHostLevel: boolean('is_host_level').notNull(),
  at: instant('at').notNull().default(bmxNow),
  host: text('host'),
  address: text('address'),
  tls: text('tls'),
  reply: text('reply').notNull(),
  outcome: text('outcome', { enum: ['DELIVERED', 'DEFERRED', 'FAILED'] }).notNull(),
  latencyMs: integer('latency_ms').notNull(),
});

/** A recipient that has ended, as history keeps it. */
export interface EndedRecipient {
  readonly number: number;
  readonly address: string;
  readonly state: 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';
  readonly attemptCount: number;
  readonly lastReply: string | null;
  readonly lastAttemptAt: string | null;
  readonly endedAt: string;
}

export const history = pgTable('history', {
  id: uuid('id').primaryKey(),
  transactionId: uuid('transaction_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id').notNull(),
  reversePath: text('reverse_path'),
  sizeBytes: count('size_bytes').notNull(),
  clientAddress: inet('client_address'),
  ehloName: text('ehlo_name').notNull(),
  kind: text('kind', { enum: ['MAIL', 'REPORT'] }).notNull(),
  acceptedAt: instant('accepted_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  endedAt: instant('ended_at').notNull().default(bmxNow),
  recipients: jsonb('recipients').$type<EndedRecipient[]>().notNull(),
  headerMessageId: text('header_message_id'),
  protocol: text('protocol'),
  tls: text('tls'),
});

export const events = pgTable('events', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  destinationId: uuid('destination_id'),
  messageId: uuid('message_id'),
  at: instant('at').notNull().default(bmxNow),
  kind: text('kind').notNull(),
  facts: jsonb('facts').$type<Record<string, unknown>>().notNull().default({}),
  writtenIn: xid8('written_in').default(sql`pg_current_xact_id()`),
});

export const rejections = pgTable('rejections', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id'),
  destinationId: uuid('destination_id'),
  at: instant('at').notNull().default(bmxNow),
  clientAddress: inet('client_address'),
  ehloName: text('ehlo_name').notNull(),
  command: text('command').notNull(),
  reversePath: text('reverse_path'),
  forwardPath: text('forward_path'),
  rejection: text('rejection').notNull(),
  reply: text('reply').notNull(),
  zone: text('zone'),
  isDryRun: boolean('is_dry_run').notNull().default(false),
});
