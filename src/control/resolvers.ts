/**
 * All resolvers, by SDL type. What is not named here is a plain property of its parent.
 */
import type { Resolvers } from './generated.ts';
import { domainMutations } from './resolvers/domain-mutations.ts';
import { domainVerbs } from './resolvers/domain-verbs.ts';
import { DnsblZone, Domain } from './resolvers/domain.ts';
import { drillMutations } from './resolvers/drill.ts';
import { messageMutations } from './resolvers/message-mutations.ts';
import { Message, Recipient, TimelineEntry } from './resolvers/message.ts';
import { Outage, Rejection } from './resolvers/outage.ts';
import { Query, Service, Viewer } from './resolvers/query.ts';
import { setMxMutations } from './resolvers/set-mx.ts';
import { OutageChange, QueueChange, Subscription } from './resolvers/subscription.ts';
import {
  alertContactMutations,
  tenantMutations,
  tokenMutations,
  webhookMutations,
} from './resolvers/tenant-mutations.ts';
import { AlertContact, AuditEntry, Token, Webhook } from './resolvers/tenant.ts';
import { ByteCount, DateTime, JSON } from './scalars.ts';

export const resolvers: Resolvers = {
  ByteCount,
  DateTime,
  JSON,
  Query,
  Mutation: {
    ...domainMutations,
    ...domainVerbs,
    ...drillMutations,
    ...setMxMutations,
    ...messageMutations,
    ...tenantMutations,
    ...tokenMutations,
    ...webhookMutations,
    ...alertContactMutations,
  },
  Subscription,
  AlertContact,
  AuditEntry,
  DnsblZone,
  Domain,
  Message,
  Outage,
  OutageChange,
  QueueChange,
  Recipient,
  Rejection,
  Service,
  TimelineEntry,
  Token,
  Viewer,
  Webhook,
};
