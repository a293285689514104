/**
 * All resolvers, by SDL type. What is not named here is a plain property of its parent.
 */
import type { Resolvers } from './generated.ts';
import { AlertContact } from './resolvers/alert-contact.ts';
import { AuditEntry } from './resolvers/audit.ts';
import { DnsblZone } from './resolvers/dnsbl.ts';
import { Domain } from './resolvers/domain.ts';
import { Message } from './resolvers/message.ts';
import { Mutation } from './resolvers/mutation.ts';
import { Outage } from './resolvers/outage.ts';
import { Query } from './resolvers/query.ts';
import { Recipient } from './resolvers/recipient.ts';
import { Rejection } from './resolvers/rejection.ts';
import { Service } from './resolvers/service.ts';
import { TimelineEntry } from './resolvers/timeline.ts';
import { OutageChange, QueueChange, Subscription } from './resolvers/subscription.ts';
import { Token } from './resolvers/token.ts';
import { Viewer } from './resolvers/viewer.ts';
import { Webhook } from './resolvers/webhook.ts';
import { ByteCount, DateTime, JSON } from './scalars.ts';

export const resolvers: Resolvers = {
  AlertContact,
  AuditEntry,
  ByteCount,
  DateTime,
  JSON,
  DnsblZone,
  Domain,
  Message,
  Mutation,
  Outage,
  OutageChange,
  Query,
  QueueChange,
  Recipient,
  Rejection,
  Service,
  TimelineEntry,
  Subscription,
  Token,
  Viewer,
  Webhook,
};
