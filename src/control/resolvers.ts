/**
 * All resolvers, by SDL type. What is not named here is a plain property of its parent.
 */
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { formatDuration, parseDuration } from '../mail/duration.ts';
import { documentationUrl } from './error-page.ts';
import type { Resolvers, UserErrorResolvers } from './generated.ts';
import { Counted } from './page.ts';
import { DomainPlan, DomainPlanDifference, domainMutations, setMxMutations } from './resolvers/domain-mutations.ts';
import { domainVerbs } from './resolvers/domain-verbs.ts';
import {
  DnsblZone,
  Domain,
  DomainQueue,
  Outage,
  OutageEvidence,
  RecipientList,
  Rejection,
} from './resolvers/domain.ts';
import { DrillStep, drillMutations } from './resolvers/drill.ts';
import { messageMutations } from './resolvers/message-mutations.ts';
import { Attempt, Message, Operation, Recipient, TimelineEntry } from './resolvers/message.ts';
import { consoleMutations } from './resolvers/console.ts';
import { RejectionCount } from './resolvers/statistics.ts';
import { Query, Service, ServiceNode, Viewer } from './resolvers/query.ts';
import { OutageChange, QueueChange, Subscription } from './resolvers/subscription.ts';
import {
  AlertContact,
  alertContactMutations,
  AuditEntry,
  serviceMutations,
  Tenant,
  tenantMutations,
  Token,
  tokenMutations,
  Webhook,
  webhookMutations,
} from './resolvers/tenant.ts';

const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function parseDateTime(value: unknown): Date {
  const date = typeof value === 'string' && INSTANT.test(value) ? new Date(value.toUpperCase()) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  throw new GraphQLError('A DateTime is written as 2026-08-01T03:10:00Z.', { extensions: { code: 'BAD_USER_INPUT' } });
}

function serializeDateTime(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  throw new Error('a DateTime field holds no Date');
}

function parseByteCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new GraphQLError('A ByteCount is a whole number from 0.', { extensions: { code: 'BAD_USER_INPUT' } });
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null),
});

export const ByteCount = new GraphQLScalarType<number, number>({
  name: 'ByteCount',
  serialize: parseByteCount,
  parseValue: parseByteCount,
  parseLiteral: (node) => parseByteCount(node.kind === Kind.INT ? Number(node.value) : null),
});

function parseDurationInput(value: unknown): number {
  const ms = typeof value === 'string' ? parseDuration(value) : null;
  if (ms !== null) return ms;
  throw new GraphQLError('A Duration is written as PT15M, PT4H or P30D.', { extensions: { code: 'BAD_USER_INPUT' } });
}

function serializeDuration(value: unknown): string {
  if (typeof value === 'string') return value;
  // A preset of the schema, in an introspection.
  if (typeof value === 'number') return formatDuration(value);
  throw new Error('a Duration field holds neither a text nor milliseconds');
}

/** In inputs a number of milliseconds; in answers its text (mail/duration.ts). */
export const Duration = new GraphQLScalarType<number, string>({
  name: 'Duration',
  serialize: serializeDuration,
  parseValue: parseDurationInput,
  parseLiteral: (node) => parseDurationInput(node.kind === Kind.STRING ? node.value : null),
});

/** Any JSON value, told as it is. Never an input. */
export const JSON = new GraphQLScalarType<unknown, unknown>({ name: 'JSON', serialize: (value) => value });

const UserError: UserErrorResolvers = {
  documentationUrl: ({ code }, _args, { service }) => documentationUrl(service.publicUrl, code),
};

export const resolvers: Resolvers = {
  ByteCount,
  DateTime,
  Duration,
  JSON,
  Query,
  Mutation: {
    ...domainMutations,
    ...domainVerbs,
    ...drillMutations,
    ...setMxMutations,
    ...messageMutations,
    ...serviceMutations,
    ...tenantMutations,
    ...tokenMutations,
    ...consoleMutations,
    ...webhookMutations,
    ...alertContactMutations,
  },
  Subscription,
  AlertContact,
  Attempt,
  AuditEntry,
  DnsblZone,
  Domain,
  DomainPlan,
  DomainPlanDifference,
  DomainQueue,
  DrillStep,
  Message,
  Operation,
  Outage,
  OutageChange,
  OutageEvidence,
  QueueChange,
  Recipient,
  RecipientList,
  Rejection,
  RejectionCount,
  Service,
  ServiceNode,
  Tenant,
  TimelineEntry,
  Token,
  UserError,
  Viewer,
  Webhook,
  AlertContactConnection: Counted,
  AttemptConnection: Counted,
  AuditConnection: Counted,
  DomainConnection: Counted,
  DrillConnection: Counted,
  MessageConnection: Counted,
  OperationConnection: Counted,
  OutageConnection: Counted,
  RecipientListEntryConnection: Counted,
  RejectionConnection: Counted,
  TenantConnection: Counted,
  TimelineConnection: Counted,
  TokenConnection: Counted,
  WebhookConnection: Counted,
  WebhookDeliveryConnection: Counted,
};
