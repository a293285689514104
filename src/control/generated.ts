// Made from schema.graphql by bin/generate.ts. Run `npm run generate` instead of editing.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { ServiceParent, QueueParent, RecipientParent, DnsblZoneParent, Context } from './context.ts';
import type { NodeView } from '../cluster/nodes.ts';
import type { Caller } from './admission/auth.ts';
import type { Token as TokenParent } from '../tenants/tokens.ts';
import type { AuditView } from '../events/audit.ts';
import type { Webhook as WebhookParent } from '../notify/webhooks.ts';
import type { AlertContact as AlertContactParent } from '../notify/contacts.ts';
import type { Delivery as WebhookDeliveryParent } from '../notify/deliveries.ts';
import type { Tenant as TenantParent } from '../tenants/tenants.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { DrillView } from '../queue/drills/drills.ts';
import type { OutageView, EvidenceView } from '../outage/inspect.ts';
import type { OutageItem } from './subscriptions/outages.ts';
import type { TimelineItem } from './subscriptions/timelines.ts';
import type { QueueItem } from './subscriptions/queues.ts';
import type { MessageView } from '../queue/read/inspect.ts';
import type { OperationView } from '../queue/verbs/operations.ts';
import type { ShownAttempt } from '../queue/read/attempts.ts';
import type { TimelineEntry as TimelineEntryParent } from '../queue/read/timeline-entry.ts';
import type { DrillStep as DrillStepParent } from '../db/schema-doctor.ts';
import type { RecipientStatus } from '../verification/recipient-status.ts';
import type { RejectionView } from '../events/rejection-pages.ts';
import type { UserError as UserErrorParent } from '../input/checked.ts';
import type { RejectionSlot } from '../stats/rejection-counts.ts';
import type { AppliedDomain } from '../domains/apply.ts';
import type { TextDifference } from '../domains/difference.ts';
import type { Connection } from './page.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  ByteCount: { input: number; output: number; }
  DateTime: { input: Date; output: Date; }
  Duration: { input: number; output: string; }
  JSON: { input: unknown; output: unknown; }
};

export type AlertContact = Node & {
  readonly __typename?: 'AlertContact';
  readonly address: Scalars['String']['output'];
  readonly codeExpiresAt?: Maybe<Scalars['DateTime']['output']>;
  readonly confirmedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly domains?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly id: Scalars['ID']['output'];
  readonly ignoredDomains: ReadonlyArray<Scalars['String']['output']>;
  readonly lastMailedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly status: AlertContactStatus;
  readonly tenant: Tenant;
};

export type AlertContactConfirmInput = {
  readonly code: Scalars['String']['input'];
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type AlertContactConfirmPayload = {
  readonly __typename?: 'AlertContactConfirmPayload';
  readonly alertContact?: Maybe<AlertContact>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type AlertContactConnection = {
  readonly __typename?: 'AlertContactConnection';
  readonly edges: ReadonlyArray<AlertContactEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<AlertContact>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AlertContactCreateInput = {
  readonly address: Scalars['String']['input'];
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type AlertContactCreatePayload = {
  readonly __typename?: 'AlertContactCreatePayload';
  readonly alertContact?: Maybe<AlertContact>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type AlertContactDeleteInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type AlertContactDeletePayload = {
  readonly __typename?: 'AlertContactDeletePayload';
  readonly alertContact?: Maybe<AlertContact>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type AlertContactEdge = {
  readonly __typename?: 'AlertContactEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: AlertContact;
};

export type AlertContactFilter = {
  readonly status?: InputMaybe<AlertContactStatus>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export const AlertContactStatus = {
  Confirmed: 'CONFIRMED',
  Unconfirmed: 'UNCONFIRMED'
} as const;

export type AlertContactStatus = typeof AlertContactStatus[keyof typeof AlertContactStatus];
export type AlertContactUpdateInput = {
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type AlertContactUpdatePayload = {
  readonly __typename?: 'AlertContactUpdatePayload';
  readonly alertContact?: Maybe<AlertContact>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export const AllowAction = {
  AlreadyAllowed: 'ALREADY_ALLOWED',
  ClientAllowed: 'CLIENT_ALLOWED',
  RecipientAdded: 'RECIPIENT_ADDED'
} as const;

export type AllowAction = typeof AllowAction[keyof typeof AllowAction];
export type Attempt = {
  readonly __typename?: 'Attempt';
  readonly address?: Maybe<Scalars['String']['output']>;
  readonly at: Scalars['DateTime']['output'];
  readonly host?: Maybe<Scalars['String']['output']>;
  readonly latency: Scalars['Duration']['output'];
  readonly outcome: AttemptOutcome;
  readonly reply: Scalars['String']['output'];
  readonly tls?: Maybe<Scalars['String']['output']>;
};

export type AttemptConnection = {
  readonly __typename?: 'AttemptConnection';
  readonly edges: ReadonlyArray<AttemptEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Attempt>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AttemptEdge = {
  readonly __typename?: 'AttemptEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Attempt;
};

export const AttemptOutcome = {
  Deferred: 'DEFERRED',
  Delivered: 'DELIVERED',
  Failed: 'FAILED'
} as const;

export type AttemptOutcome = typeof AttemptOutcome[keyof typeof AttemptOutcome];
export const AttemptWait = {
  DrainCap: 'DRAIN_CAP',
  InDelivery: 'IN_DELIVERY',
  NothingHeld: 'NOTHING_HELD',
  NoNode: 'NO_NODE',
  Paused: 'PAUSED',
  Schedule: 'SCHEDULE',
  Turn: 'TURN'
} as const;

export type AttemptWait = typeof AttemptWait[keyof typeof AttemptWait];
export type AuditConnection = {
  readonly __typename?: 'AuditConnection';
  readonly edges: ReadonlyArray<AuditEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<AuditEntry>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type AuditEdge = {
  readonly __typename?: 'AuditEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: AuditEntry;
};

export type AuditEntry = Node & {
  readonly __typename?: 'AuditEntry';
  readonly after?: Maybe<Scalars['JSON']['output']>;
  readonly at: Scalars['DateTime']['output'];
  readonly before?: Maybe<Scalars['JSON']['output']>;
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly input: Scalars['JSON']['output'];
  readonly isOperator: Scalars['Boolean']['output'];
  readonly mutation: MutationName;
  readonly outcome: AuditOutcome;
  readonly subjectId?: Maybe<Scalars['ID']['output']>;
  readonly subjectKind?: Maybe<AuditSubjectKind>;
  readonly subjectName?: Maybe<Scalars['String']['output']>;
  readonly tenant: Tenant;
  readonly tokenId?: Maybe<Scalars['ID']['output']>;
  readonly tokenName?: Maybe<Scalars['String']['output']>;
  readonly tokenPrefix?: Maybe<Scalars['String']['output']>;
  readonly userErrorCodes: ReadonlyArray<UserErrorCode>;
};

export type AuditFilter = {
  readonly mutation?: InputMaybe<MutationName>;
  readonly outcome?: InputMaybe<AuditOutcome>;
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly tokenId?: InputMaybe<Scalars['ID']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

export const AuditOutcome = {
  Done: 'DONE',
  Fault: 'FAULT',
  Refused: 'REFUSED',
  Replayed: 'REPLAYED',
  Started: 'STARTED'
} as const;

export type AuditOutcome = typeof AuditOutcome[keyof typeof AuditOutcome];
export const AuditSubjectKind = {
  AlertContact: 'ALERT_CONTACT',
  Domain: 'DOMAIN',
  Message: 'MESSAGE',
  Tenant: 'TENANT',
  Token: 'TOKEN',
  Webhook: 'WEBHOOK'
} as const;

export type AuditSubjectKind = typeof AuditSubjectKind[keyof typeof AuditSubjectKind];
export type Breaker = {
  readonly __typename?: 'Breaker';
  readonly reply?: Maybe<Scalars['String']['output']>;
  readonly since?: Maybe<Scalars['DateTime']['output']>;
  readonly state: BreakerState;
  readonly trialCount: Scalars['Int']['output'];
};

export const BreakerState = {
  Closed: 'CLOSED',
  Open: 'OPEN',
  Trial: 'TRIAL'
} as const;

export type BreakerState = typeof BreakerState[keyof typeof BreakerState];
export type ConsoleLinkCreateInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly isReadOnly?: Scalars['Boolean']['input'];
};

export type ConsoleLinkCreatePayload = {
  readonly __typename?: 'ConsoleLinkCreatePayload';
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  readonly url?: Maybe<Scalars['String']['output']>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type ConsoleSession = {
  readonly __typename?: 'ConsoleSession';
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  readonly expiresAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly isCurrent: Scalars['Boolean']['output'];
  readonly lastUsedAt: Scalars['DateTime']['output'];
  readonly startedAt: Scalars['DateTime']['output'];
};

export type ConsoleSessionEndInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type ConsoleSessionEndPayload = {
  readonly __typename?: 'ConsoleSessionEndPayload';
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DnsServerInput = {
  readonly host: Scalars['String']['input'];
  readonly port?: InputMaybe<Scalars['Int']['input']>;
};

export const DnsblMode = {
  DryRun: 'DRY_RUN',
  Reject: 'REJECT'
} as const;

export type DnsblMode = typeof DnsblMode[keyof typeof DnsblMode];
export type DnsblZone = {
  readonly __typename?: 'DnsblZone';
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly checkedCount: Scalars['Int']['output'];
  readonly codes: ReadonlyArray<Scalars['String']['output']>;
  readonly isOn: Scalars['Boolean']['output'];
  readonly listedCount: Scalars['Int']['output'];
  readonly mode: DnsblMode;
  readonly reason?: Maybe<Scalars['String']['output']>;
  readonly weight: Scalars['Int']['output'];
  readonly zone: Scalars['String']['output'];
};

export type DnsblZoneInput = {
  readonly codes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly mode?: DnsblMode;
  readonly weight?: Scalars['Int']['input'];
  readonly zone: Scalars['String']['input'];
};

export type DnswlZone = {
  readonly __typename?: 'DnswlZone';
  readonly codes: ReadonlyArray<Scalars['String']['output']>;
  readonly zone: Scalars['String']['output'];
};

export type DnswlZoneInput = {
  readonly codes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly zone: Scalars['String']['input'];
};

export const DoctorCode = {
  AlertContactInside: 'ALERT_CONTACT_INSIDE',
  CatchAll: 'CATCH_ALL',
  DnsLapsing: 'DNS_LAPSING',
  DomainReadded: 'DOMAIN_READDED',
  EqualRank: 'EQUAL_RANK',
  FilterInFront: 'FILTER_IN_FRONT',
  ForwardedMailRefused: 'FORWARDED_MAIL_REFUSED',
  Greylisting: 'GREYLISTING',
  MtaSts: 'MTA_STS',
  MxAlias: 'MX_ALIAS',
  MxLiteral: 'MX_LITERAL',
  MxPrivate: 'MX_PRIVATE',
  MxUnreachable: 'MX_UNREACHABLE',
  NotListed: 'NOT_LISTED',
  NullMx: 'NULL_MX',
  PostmasterUnset: 'POSTMASTER_UNSET',
  PrimaryRefuses: 'PRIMARY_REFUSES',
  Rank: 'RANK',
  RateLimiting: 'RATE_LIMITING',
  SettingUp: 'SETTING_UP',
  SmallerSize: 'SMALLER_SIZE',
  Tarpitting: 'TARPITTING',
  Tlsa: 'TLSA',
  UserListGaps: 'USER_LIST_GAPS'
} as const;

export type DoctorCode = typeof DoctorCode[keyof typeof DoctorCode];
export type DoctorEvidence = {
  readonly __typename?: 'DoctorEvidence';
  readonly answered: Scalars['String']['output'];
  readonly asked: Scalars['String']['output'];
};

export type DoctorFinding = {
  readonly __typename?: 'DoctorFinding';
  readonly advice?: Maybe<Scalars['String']['output']>;
  readonly code: DoctorCode;
  readonly evidence: ReadonlyArray<DoctorEvidence>;
  readonly title: Scalars['String']['output'];
  readonly verdict: DoctorVerdict;
};

export type DoctorReport = {
  readonly __typename?: 'DoctorReport';
  readonly at: Scalars['DateTime']['output'];
  readonly findings: ReadonlyArray<DoctorFinding>;
  readonly verdict: DoctorVerdict;
};

export const DoctorVerdict = {
  Ok: 'OK',
  Problem: 'PROBLEM',
  Unknown: 'UNKNOWN',
  Warning: 'WARNING'
} as const;

export type DoctorVerdict = typeof DoctorVerdict[keyof typeof DoctorVerdict];
export type Domain = Node & {
  readonly __typename?: 'Domain';
  readonly attempts: AttemptConnection;
  readonly breaker: Breaker;
  readonly conditions: ReadonlyArray<DomainCondition>;
  readonly createdAt: Scalars['DateTime']['output'];
  readonly deliverTo: ReadonlyArray<NextHop>;
  readonly dnsblAllowedClients: ReadonlyArray<Scalars['String']['output']>;
  readonly dnsblThreshold: Scalars['Int']['output'];
  readonly dnsblZones: ReadonlyArray<DnsblZone>;
  readonly dnswlZones: ReadonlyArray<DnswlZone>;
  readonly doctor?: Maybe<DoctorReport>;
  readonly drainPerMinute?: Maybe<Scalars['Int']['output']>;
  readonly drillSchedule?: Maybe<DrillSchedule>;
  readonly drills: DrillConnection;
  readonly etrnClients: ReadonlyArray<Scalars['String']['output']>;
  readonly flow: ReadonlyArray<FlowSlot>;
  readonly hasCallAheads: Scalars['Boolean']['output'];
  readonly hasDelayReports: Scalars['Boolean']['output'];
  readonly id: Scalars['ID']['output'];
  readonly ignoredAlertContacts: ReadonlyArray<Scalars['String']['output']>;
  readonly labels: ReadonlyArray<Label>;
  readonly lastAttempt?: Maybe<Attempt>;
  readonly lastOutage?: Maybe<Outage>;
  readonly mx: DomainMx;
  readonly name: Scalars['String']['output'];
  readonly outage?: Maybe<Outage>;
  readonly outages: OutageConnection;
  readonly pause?: Maybe<DomainPause>;
  readonly primarySetup: ReadonlyArray<PrimarySetup>;
  readonly proof?: Maybe<DomainProof>;
  readonly queue: DomainQueue;
  readonly recipientDelimiter?: Maybe<Scalars['String']['output']>;
  readonly recipientList: RecipientList;
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  readonly revision: Scalars['Int']['output'];
  readonly situation: Situation;
  readonly status: DomainStatus;
  readonly tenant: Tenant;
  readonly tlsPolicy: TlsPolicy;
  readonly unknownWhileDown: UnknownWhileDown;
  readonly updatedAt: Scalars['DateTime']['output'];
};


export type DomainAttemptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  since?: InputMaybe<Scalars['DateTime']['input']>;
};


export type DomainDrillsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


export type DomainFlowArgs = {
  since: Scalars['DateTime']['input'];
  slots?: Scalars['Int']['input'];
  until?: InputMaybe<Scalars['DateTime']['input']>;
};


export type DomainOutagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  since?: InputMaybe<Scalars['DateTime']['input']>;
};

export type DomainApplyInput = {
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  readonly hasCallAheads?: InputMaybe<Scalars['Boolean']['input']>;
  readonly hasDelayReports?: InputMaybe<Scalars['Boolean']['input']>;
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  readonly name: Scalars['String']['input'];
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  readonly recipientList?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

export type DomainBounceHeldInput = {
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type DomainBounceHeldPayload = {
  readonly __typename?: 'DomainBounceHeldPayload';
  readonly domain?: Maybe<Domain>;
  readonly operation?: Maybe<Operation>;
  readonly recipientCount: Scalars['Int']['output'];
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainBy =
  { readonly id: Scalars['ID']['input']; readonly name?: never; }
  |  { readonly id?: never; readonly name: Scalars['String']['input']; };

export type DomainCheckInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainCheckPayload = {
  readonly __typename?: 'DomainCheckPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainCondition = {
  readonly __typename?: 'DomainCondition';
  readonly kind: DomainConditionKind;
  readonly seenAt: Scalars['DateTime']['output'];
};

export const DomainConditionKind = {
  Greylisting: 'GREYLISTING',
  Tarpitting: 'TARPITTING'
} as const;

export type DomainConditionKind = typeof DomainConditionKind[keyof typeof DomainConditionKind];
export type DomainConnection = {
  readonly __typename?: 'DomainConnection';
  readonly edges: ReadonlyArray<DomainEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Domain>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type DomainCreateInput = {
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  readonly hasCallAheads?: InputMaybe<Scalars['Boolean']['input']>;
  readonly hasDelayReports?: InputMaybe<Scalars['Boolean']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  readonly name: Scalars['String']['input'];
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  readonly recipientList?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

export type DomainCreatePayload = {
  readonly __typename?: 'DomainCreatePayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainDeleteInput = {
  readonly held?: InputMaybe<HeldMailChoice>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainDeletePayload = {
  readonly __typename?: 'DomainDeletePayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainDrillDeliverInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainDrillDeliverPayload = {
  readonly __typename?: 'DomainDrillDeliverPayload';
  readonly drill?: Maybe<Drill>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainDrillInput = {
  readonly deliver?: DrillDelivery;
  readonly holdFor?: Scalars['Duration']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
};

export type DomainDrillPayload = {
  readonly __typename?: 'DomainDrillPayload';
  readonly drill?: Maybe<Drill>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainDrillScheduleInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly interval?: InputMaybe<Scalars['Duration']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainDrillSchedulePayload = {
  readonly __typename?: 'DomainDrillSchedulePayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainEdge = {
  readonly __typename?: 'DomainEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Domain;
};

export type DomainExtendHoldInput = {
  readonly by: Scalars['Duration']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainExtendHoldPayload = {
  readonly __typename?: 'DomainExtendHoldPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainFilter = {
  readonly breaker?: InputMaybe<ReadonlyArray<BreakerState>>;
  readonly doctor?: InputMaybe<ReadonlyArray<DoctorVerdict>>;
  readonly hasOpenOutage?: InputMaybe<Scalars['Boolean']['input']>;
  readonly isHolding?: InputMaybe<Scalars['Boolean']['input']>;
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  readonly namePrefix?: InputMaybe<Scalars['String']['input']>;
  readonly situations?: InputMaybe<ReadonlyArray<Situation>>;
  readonly statuses?: InputMaybe<ReadonlyArray<DomainStatus>>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type DomainFlushInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainFlushPayload = {
  readonly __typename?: 'DomainFlushPayload';
  readonly domain?: Maybe<Domain>;
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainMx = {
  readonly __typename?: 'DomainMx';
  readonly formRecords: ReadonlyArray<MxFormRecord>;
  readonly observed: ReadonlyArray<MxRecord>;
  readonly recommended: ReadonlyArray<MxRecord>;
  readonly verdict: MxVerdict;
  readonly zoneFile: Scalars['String']['output'];
};

export const DomainOrder = {
  Created: 'CREATED',
  Name: 'NAME',
  Urgency: 'URGENCY'
} as const;

export type DomainOrder = typeof DomainOrder[keyof typeof DomainOrder];
export type DomainPause = {
  readonly __typename?: 'DomainPause';
  readonly from: Scalars['DateTime']['output'];
  readonly isInForce: Scalars['Boolean']['output'];
  readonly reason?: Maybe<Scalars['String']['output']>;
  readonly until?: Maybe<Scalars['DateTime']['output']>;
};

export type DomainPauseInput = {
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly reason?: InputMaybe<Scalars['String']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

export type DomainPausePayload = {
  readonly __typename?: 'DomainPausePayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainPlan = {
  readonly __typename?: 'DomainPlan';
  readonly action: DomainPlanAction;
  readonly changes: ReadonlyArray<DomainSetting>;
  readonly differences: ReadonlyArray<DomainPlanDifference>;
  readonly name: Scalars['String']['output'];
};

export const DomainPlanAction = {
  Create: 'CREATE',
  Delete: 'DELETE',
  Keep: 'KEEP',
  Update: 'UPDATE'
} as const;

export type DomainPlanAction = typeof DomainPlanAction[keyof typeof DomainPlanAction];
export type DomainPlanDifference = {
  readonly __typename?: 'DomainPlanDifference';
  readonly after?: Maybe<Scalars['String']['output']>;
  readonly before?: Maybe<Scalars['String']['output']>;
  readonly field: DomainSetting;
};

export type DomainProof = {
  readonly __typename?: 'DomainProof';
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly lostAt?: Maybe<Scalars['DateTime']['output']>;
  readonly name: Scalars['String']['output'];
  readonly nextCheckAt?: Maybe<Scalars['DateTime']['output']>;
  readonly seenAt?: Maybe<Scalars['DateTime']['output']>;
  readonly value: Scalars['String']['output'];
};

export type DomainQueue = {
  readonly __typename?: 'DomainQueue';
  readonly firstExpiryAt?: Maybe<Scalars['DateTime']['output']>;
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly holdExtension: Scalars['Duration']['output'];
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  readonly nextAttempts: ReadonlyArray<Scalars['DateTime']['output']>;
  readonly oldestAcceptedAt?: Maybe<Scalars['DateTime']['output']>;
};


export type DomainQueueNextAttemptsArgs = {
  first: Scalars['Int']['input'];
};

export type DomainReleaseBreakerInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainReleaseBreakerPayload = {
  readonly __typename?: 'DomainReleaseBreakerPayload';
  readonly domain?: Maybe<Domain>;
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainResumeInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type DomainResumePayload = {
  readonly __typename?: 'DomainResumePayload';
  readonly domain?: Maybe<Domain>;
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainSetMxInput = {
  readonly dnsServer?: InputMaybe<DnsServerInput>;
  readonly dryRun?: Scalars['Boolean']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly preference?: InputMaybe<Scalars['Int']['input']>;
  readonly sandwich?: InputMaybe<Scalars['Boolean']['input']>;
  readonly tsig?: InputMaybe<TsigInput>;
};

export type DomainSetMxPayload = {
  readonly __typename?: 'DomainSetMxPayload';
  readonly domain?: Maybe<Domain>;
  readonly records: ReadonlyArray<MxRecordChange>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly zone?: Maybe<Scalars['String']['output']>;
};

export const DomainSetting = {
  DeliverTo: 'DELIVER_TO',
  Dnsbl: 'DNSBL',
  DrainPerMinute: 'DRAIN_PER_MINUTE',
  EtrnClients: 'ETRN_CLIENTS',
  HasCallAheads: 'HAS_CALL_AHEADS',
  HasDelayReports: 'HAS_DELAY_REPORTS',
  Labels: 'LABELS',
  Other: 'OTHER',
  RecipientDelimiter: 'RECIPIENT_DELIMITER',
  RecipientList: 'RECIPIENT_LIST',
  TlsPolicy: 'TLS_POLICY',
  UnknownWhileDown: 'UNKNOWN_WHILE_DOWN'
} as const;

export type DomainSetting = typeof DomainSetting[keyof typeof DomainSetting];
export const DomainStatus = {
  Active: 'ACTIVE',
  Pending: 'PENDING',
  Suspended: 'SUSPENDED'
} as const;

export type DomainStatus = typeof DomainStatus[keyof typeof DomainStatus];
export type DomainSuspendInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type DomainSuspendPayload = {
  readonly __typename?: 'DomainSuspendPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainTransferInput = {
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly tenantId: Scalars['ID']['input'];
};

export type DomainTransferPayload = {
  readonly __typename?: 'DomainTransferPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainUnsetMxInput = {
  readonly dnsServer?: InputMaybe<DnsServerInput>;
  readonly dryRun?: Scalars['Boolean']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly tsig?: InputMaybe<TsigInput>;
};

export type DomainUnsetMxPayload = {
  readonly __typename?: 'DomainUnsetMxPayload';
  readonly domain?: Maybe<Domain>;
  readonly records: ReadonlyArray<MxRecordChange>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly zone?: Maybe<Scalars['String']['output']>;
};

export type DomainUnsuspendInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type DomainUnsuspendPayload = {
  readonly __typename?: 'DomainUnsuspendPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainUpdateInput = {
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly hasCallAheads?: InputMaybe<Scalars['Boolean']['input']>;
  readonly hasDelayReports?: InputMaybe<Scalars['Boolean']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  readonly name: Scalars['String']['input'];
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

export type DomainUpdatePayload = {
  readonly __typename?: 'DomainUpdatePayload';
  readonly domain?: Maybe<Domain>;
  readonly preview?: Maybe<DomainUpdatePreview>;
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainUpdatePreview = {
  readonly __typename?: 'DomainUpdatePreview';
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly hosts: ReadonlyArray<PreviewedHost>;
};

export type DomainVerifyInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
};

export type DomainVerifyPayload = {
  readonly __typename?: 'DomainVerifyPayload';
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainsApplyInput = {
  readonly adopt?: InputMaybe<Scalars['Boolean']['input']>;
  readonly domains: ReadonlyArray<DomainApplyInput>;
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly held?: InputMaybe<HeldMailChoice>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly owner?: InputMaybe<LabelInput>;
  readonly prune?: InputMaybe<Scalars['Boolean']['input']>;
};

export type DomainsApplyPayload = {
  readonly __typename?: 'DomainsApplyPayload';
  readonly plan?: Maybe<ReadonlyArray<DomainPlan>>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type DomainsFlushBy =
  { readonly all: Scalars['Boolean']['input']; readonly nextHop?: never; readonly tenantId?: never; }
  |  { readonly all?: never; readonly nextHop: Scalars['String']['input']; readonly tenantId?: never; }
  |  { readonly all?: never; readonly nextHop?: never; readonly tenantId: Scalars['ID']['input']; };

export type DomainsFlushInput = {
  readonly by: DomainsFlushBy;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type DomainsFlushPayload = {
  readonly __typename?: 'DomainsFlushPayload';
  readonly hasMore?: Maybe<Scalars['Boolean']['output']>;
  readonly requestedCount?: Maybe<Scalars['Int']['output']>;
  readonly skipped: ReadonlyArray<SkippedDomains>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type Drill = Node & {
  readonly __typename?: 'Drill';
  readonly deliverAt?: Maybe<Scalars['DateTime']['output']>;
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly enteredAt?: Maybe<Scalars['DateTime']['output']>;
  readonly findings: ReadonlyArray<DrillFinding>;
  readonly id: Scalars['ID']['output'];
  readonly isScheduled: Scalars['Boolean']['output'];
  readonly messageId?: Maybe<Scalars['ID']['output']>;
  readonly recipient: Scalars['String']['output'];
  readonly releasedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly requestedAt: Scalars['DateTime']['output'];
  readonly result?: Maybe<DrillResult>;
  readonly state: DrillState;
  readonly steps: ReadonlyArray<DrillStep>;
};

export type DrillConnection = {
  readonly __typename?: 'DrillConnection';
  readonly edges: ReadonlyArray<DrillEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Drill>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export const DrillDelivery = {
  AtOnce: 'AT_ONCE',
  OnCommand: 'ON_COMMAND'
} as const;

export type DrillDelivery = typeof DrillDelivery[keyof typeof DrillDelivery];
export type DrillEdge = {
  readonly __typename?: 'DrillEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Drill;
};

export type DrillFinding = {
  readonly __typename?: 'DrillFinding';
  readonly code: DrillFindingCode;
  readonly message: Scalars['String']['output'];
  readonly verdict: DrillVerdict;
};

export const DrillFindingCode = {
  Acceptance: 'ACCEPTANCE',
  Breaker: 'BREAKER',
  Delivery: 'DELIVERY',
  Greylisting: 'GREYLISTING',
  Mx: 'MX',
  Outage: 'OUTAGE',
  Outlook: 'OUTLOOK',
  Pause: 'PAUSE',
  Retries: 'RETRIES',
  Space: 'SPACE',
  Status: 'STATUS',
  Tls: 'TLS',
  UserList: 'USER_LIST'
} as const;

export type DrillFindingCode = typeof DrillFindingCode[keyof typeof DrillFindingCode];
export const DrillResult = {
  Cancelled: 'CANCELLED',
  Delivered: 'DELIVERED',
  Interrupted: 'INTERRUPTED',
  NotAccepted: 'NOT_ACCEPTED',
  NotAttempted: 'NOT_ATTEMPTED',
  NotDelivered: 'NOT_DELIVERED'
} as const;

export type DrillResult = typeof DrillResult[keyof typeof DrillResult];
export type DrillSchedule = {
  readonly __typename?: 'DrillSchedule';
  readonly interval: Scalars['Duration']['output'];
  readonly nextAt: Scalars['DateTime']['output'];
};

export const DrillState = {
  Entering: 'ENTERING',
  Finished: 'FINISHED',
  Held: 'HELD',
  Released: 'RELEASED',
  Requested: 'REQUESTED'
} as const;

export type DrillState = typeof DrillState[keyof typeof DrillState];
export type DrillStep = {
  readonly __typename?: 'DrillStep';
  readonly endedAfter: Scalars['Duration']['output'];
  readonly host?: Maybe<Scalars['String']['output']>;
  readonly isPassed: Scalars['Boolean']['output'];
  readonly latency: Scalars['Duration']['output'];
  readonly name: DrillStepName;
  readonly reply: Scalars['String']['output'];
};

export const DrillStepName = {
  Connect: 'CONNECT',
  Content: 'CONTENT',
  Data: 'DATA',
  Delivery: 'DELIVERY',
  Ehlo: 'EHLO',
  Mail: 'MAIL',
  Rcpt: 'RCPT'
} as const;

export type DrillStepName = typeof DrillStepName[keyof typeof DrillStepName];
export const DrillVerdict = {
  Ok: 'OK',
  Problem: 'PROBLEM',
  Warning: 'WARNING'
} as const;

export type DrillVerdict = typeof DrillVerdict[keyof typeof DrillVerdict];
export type FlowSlot = {
  readonly __typename?: 'FlowSlot';
  readonly acceptedCount: Scalars['Int']['output'];
  readonly acceptedSize: Scalars['ByteCount']['output'];
  readonly attemptCount: Scalars['Int']['output'];
  readonly cancelledCount: Scalars['Int']['output'];
  readonly deferralCount: Scalars['Int']['output'];
  readonly deliveredCount: Scalars['Int']['output'];
  readonly expiredCount: Scalars['Int']['output'];
  readonly failedCount: Scalars['Int']['output'];
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly since: Scalars['DateTime']['output'];
  readonly until: Scalars['DateTime']['output'];
};

export type HeaderField = {
  readonly __typename?: 'HeaderField';
  readonly name: Scalars['String']['output'];
  readonly value: Scalars['String']['output'];
};

export const HeldMailChoice = {
  Cancel: 'CANCEL',
  DeliverFirst: 'DELIVER_FIRST'
} as const;

export type HeldMailChoice = typeof HeldMailChoice[keyof typeof HeldMailChoice];
export const HostTrouble = {
  Dns: 'DNS',
  Dropped: 'DROPPED',
  Fault: 'FAULT',
  Greeting: 'GREETING',
  NoMx: 'NO_MX',
  Refused: 'REFUSED',
  Timeout: 'TIMEOUT',
  Tls: 'TLS',
  Unreachable: 'UNREACHABLE'
} as const;

export type HostTrouble = typeof HostTrouble[keyof typeof HostTrouble];
export type Label = {
  readonly __typename?: 'Label';
  readonly key: Scalars['String']['output'];
  readonly value: Scalars['String']['output'];
};

export type LabelInput = {
  readonly key: Scalars['String']['input'];
  readonly value: Scalars['String']['input'];
};

export type Message = Node & {
  readonly __typename?: 'Message';
  readonly acceptedAt: Scalars['DateTime']['output'];
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  readonly content?: Maybe<MessageContent>;
  readonly domain?: Maybe<Domain>;
  readonly domainName: Scalars['String']['output'];
  readonly ehloName: Scalars['String']['output'];
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly expiresAt: Scalars['DateTime']['output'];
  readonly headers?: Maybe<ReadonlyArray<HeaderField>>;
  readonly id: Scalars['ID']['output'];
  readonly internetMessageId?: Maybe<Scalars['String']['output']>;
  readonly recipients: ReadonlyArray<Recipient>;
  readonly reversePath?: Maybe<Scalars['String']['output']>;
  readonly size: Scalars['ByteCount']['output'];
  readonly subject?: Maybe<Scalars['String']['output']>;
  readonly timeline: TimelineConnection;
  readonly transactionId: Scalars['ID']['output'];
};


export type MessageContentArgs = {
  reason: Scalars['String']['input'];
};


export type MessageTimelineArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

export type MessageBounceInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessageBouncePayload = {
  readonly __typename?: 'MessageBouncePayload';
  readonly message?: Maybe<Message>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type MessageCancelInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessageCancelPayload = {
  readonly __typename?: 'MessageCancelPayload';
  readonly message?: Maybe<Message>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type MessageConnection = {
  readonly __typename?: 'MessageConnection';
  readonly edges: ReadonlyArray<MessageEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Message>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type MessageContent = {
  readonly __typename?: 'MessageContent';
  readonly base64: Scalars['String']['output'];
  readonly size: Scalars['ByteCount']['output'];
  readonly text: Scalars['String']['output'];
};

export type MessageEdge = {
  readonly __typename?: 'MessageEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Message;
};

export type MessageFilter = {
  readonly clientAddress?: InputMaybe<Scalars['String']['input']>;
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  readonly heldFor?: InputMaybe<Scalars['Duration']['input']>;
  readonly ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly internetMessageId?: InputMaybe<Scalars['String']['input']>;
  readonly maxSize?: InputMaybe<Scalars['ByteCount']['input']>;
  readonly minSize?: InputMaybe<Scalars['ByteCount']['input']>;
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
  readonly reversePath?: InputMaybe<Scalars['String']['input']>;
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  readonly states?: InputMaybe<ReadonlyArray<RecipientState>>;
  readonly transactionId?: InputMaybe<Scalars['ID']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

export const MessageOrder = {
  Newest: 'NEWEST',
  Oldest: 'OLDEST'
} as const;

export type MessageOrder = typeof MessageOrder[keyof typeof MessageOrder];
export type MessageRetryInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessageRetryPayload = {
  readonly __typename?: 'MessageRetryPayload';
  readonly message?: Maybe<Message>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type MessagesBounceInput = {
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  readonly filter: MessageFilter;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessagesBouncePayload = {
  readonly __typename?: 'MessagesBouncePayload';
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  readonly operation?: Maybe<Operation>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type MessagesCancelInput = {
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  readonly filter: MessageFilter;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessagesCancelPayload = {
  readonly __typename?: 'MessagesCancelPayload';
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  readonly operation?: Maybe<Operation>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type MessagesRetryInput = {
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  readonly filter: MessageFilter;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type MessagesRetryPayload = {
  readonly __typename?: 'MessagesRetryPayload';
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  readonly operation?: Maybe<Operation>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export const Mta = {
  Exchange: 'EXCHANGE',
  Exim: 'EXIM',
  Postfix: 'POSTFIX',
  Rspamd: 'RSPAMD'
} as const;

export type Mta = typeof Mta[keyof typeof Mta];
export type Mutation = {
  readonly __typename?: 'Mutation';
  readonly alertContactConfirm: AlertContactConfirmPayload;
  readonly alertContactCreate: AlertContactCreatePayload;
  readonly alertContactDelete: AlertContactDeletePayload;
  readonly alertContactUpdate: AlertContactUpdatePayload;
  readonly consoleLinkCreate: ConsoleLinkCreatePayload;
  readonly consoleSessionEnd: ConsoleSessionEndPayload;
  readonly domainBounceHeld: DomainBounceHeldPayload;
  readonly domainCheck: DomainCheckPayload;
  readonly domainCreate: DomainCreatePayload;
  readonly domainDelete: DomainDeletePayload;
  readonly domainDrill: DomainDrillPayload;
  readonly domainDrillDeliver: DomainDrillDeliverPayload;
  readonly domainDrillSchedule: DomainDrillSchedulePayload;
  readonly domainExtendHold: DomainExtendHoldPayload;
  readonly domainFlush: DomainFlushPayload;
  readonly domainPause: DomainPausePayload;
  readonly domainReleaseBreaker: DomainReleaseBreakerPayload;
  readonly domainResume: DomainResumePayload;
  readonly domainSetMx: DomainSetMxPayload;
  readonly domainSuspend: DomainSuspendPayload;
  readonly domainTransfer: DomainTransferPayload;
  readonly domainUnsetMx: DomainUnsetMxPayload;
  readonly domainUnsuspend: DomainUnsuspendPayload;
  readonly domainUpdate: DomainUpdatePayload;
  readonly domainVerify: DomainVerifyPayload;
  readonly domainsApply: DomainsApplyPayload;
  readonly domainsFlush: DomainsFlushPayload;
  readonly messageBounce: MessageBouncePayload;
  readonly messageCancel: MessageCancelPayload;
  readonly messageRetry: MessageRetryPayload;
  readonly messagesBounce: MessagesBouncePayload;
  readonly messagesCancel: MessagesCancelPayload;
  readonly messagesRetry: MessagesRetryPayload;
  readonly operationStop: OperationStopPayload;
  readonly recipientForget: RecipientForgetPayload;
  readonly recipientListAdd: RecipientListAddPayload;
  readonly recipientListRemove: RecipientListRemovePayload;
  readonly recipientListReplace: RecipientListReplacePayload;
  readonly rejectionAllow: RejectionAllowPayload;
  readonly serviceUpdate: ServiceUpdatePayload;
  readonly tenantCreate: TenantCreatePayload;
  readonly tenantDelete: TenantDeletePayload;
  readonly tenantSuspend: TenantSuspendPayload;
  readonly tenantUnsuspend: TenantUnsuspendPayload;
  readonly tenantUpdate: TenantUpdatePayload;
  readonly tokenCreate: TokenCreatePayload;
  readonly tokenDelete: TokenDeletePayload;
  readonly tokenRotate: TokenRotatePayload;
  readonly tokenUpdate: TokenUpdatePayload;
  readonly webhookCreate: WebhookCreatePayload;
  readonly webhookDelete: WebhookDeletePayload;
  readonly webhookRedeliver: WebhookRedeliverPayload;
  readonly webhookReplay: WebhookReplayPayload;
  readonly webhookRotate: WebhookRotatePayload;
  readonly webhookTest: WebhookTestPayload;
  readonly webhookUpdate: WebhookUpdatePayload;
};


export type MutationAlertContactConfirmArgs = {
  input: AlertContactConfirmInput;
};


export type MutationAlertContactCreateArgs = {
  input: AlertContactCreateInput;
};


export type MutationAlertContactDeleteArgs = {
  input: AlertContactDeleteInput;
};


export type MutationAlertContactUpdateArgs = {
  input: AlertContactUpdateInput;
};


export type MutationConsoleLinkCreateArgs = {
  input: ConsoleLinkCreateInput;
};


export type MutationConsoleSessionEndArgs = {
  input: ConsoleSessionEndInput;
};


export type MutationDomainBounceHeldArgs = {
  input: DomainBounceHeldInput;
};


export type MutationDomainCheckArgs = {
  input: DomainCheckInput;
};


export type MutationDomainCreateArgs = {
  input: DomainCreateInput;
};


export type MutationDomainDeleteArgs = {
  input: DomainDeleteInput;
};


export type MutationDomainDrillArgs = {
  input: DomainDrillInput;
};


export type MutationDomainDrillDeliverArgs = {
  input: DomainDrillDeliverInput;
};


export type MutationDomainDrillScheduleArgs = {
  input: DomainDrillScheduleInput;
};


export type MutationDomainExtendHoldArgs = {
  input: DomainExtendHoldInput;
};


export type MutationDomainFlushArgs = {
  input: DomainFlushInput;
};


export type MutationDomainPauseArgs = {
  input: DomainPauseInput;
};


export type MutationDomainReleaseBreakerArgs = {
  input: DomainReleaseBreakerInput;
};


export type MutationDomainResumeArgs = {
  input: DomainResumeInput;
};


export type MutationDomainSetMxArgs = {
  input: DomainSetMxInput;
};


export type MutationDomainSuspendArgs = {
  input: DomainSuspendInput;
};


export type MutationDomainTransferArgs = {
  input: DomainTransferInput;
};


export type MutationDomainUnsetMxArgs = {
  input: DomainUnsetMxInput;
};


export type MutationDomainUnsuspendArgs = {
  input: DomainUnsuspendInput;
};


export type MutationDomainUpdateArgs = {
  input: DomainUpdateInput;
};


export type MutationDomainVerifyArgs = {
  input: DomainVerifyInput;
};


export type MutationDomainsApplyArgs = {
  input: DomainsApplyInput;
};


export type MutationDomainsFlushArgs = {
  input: DomainsFlushInput;
};


export type MutationMessageBounceArgs = {
  input: MessageBounceInput;
};


export type MutationMessageCancelArgs = {
  input: MessageCancelInput;
};


export type MutationMessageRetryArgs = {
  input: MessageRetryInput;
};


export type MutationMessagesBounceArgs = {
  input: MessagesBounceInput;
};


export type MutationMessagesCancelArgs = {
  input: MessagesCancelInput;
};


export type MutationMessagesRetryArgs = {
  input: MessagesRetryInput;
};


export type MutationOperationStopArgs = {
  input: OperationStopInput;
};


export type MutationRecipientForgetArgs = {
  input: RecipientForgetInput;
};


export type MutationRecipientListAddArgs = {
  input: RecipientListAddInput;
};


export type MutationRecipientListRemoveArgs = {
  input: RecipientListRemoveInput;
};


export type MutationRecipientListReplaceArgs = {
  input: RecipientListReplaceInput;
};


export type MutationRejectionAllowArgs = {
  input: RejectionAllowInput;
};


export type MutationServiceUpdateArgs = {
  input: ServiceUpdateInput;
};


export type MutationTenantCreateArgs = {
  input: TenantCreateInput;
};


export type MutationTenantDeleteArgs = {
  input: TenantDeleteInput;
};


export type MutationTenantSuspendArgs = {
  input: TenantSuspendInput;
};


export type MutationTenantUnsuspendArgs = {
  input: TenantUnsuspendInput;
};


export type MutationTenantUpdateArgs = {
  input: TenantUpdateInput;
};


export type MutationTokenCreateArgs = {
  input: TokenCreateInput;
};


export type MutationTokenDeleteArgs = {
  input: TokenDeleteInput;
};


export type MutationTokenRotateArgs = {
  input: TokenRotateInput;
};


export type MutationTokenUpdateArgs = {
  input: TokenUpdateInput;
};


export type MutationWebhookCreateArgs = {
  input: WebhookCreateInput;
};


export type MutationWebhookDeleteArgs = {
  input: WebhookDeleteInput;
};


export type MutationWebhookRedeliverArgs = {
  input: WebhookRedeliverInput;
};


export type MutationWebhookReplayArgs = {
  input: WebhookReplayInput;
};


export type MutationWebhookRotateArgs = {
  input: WebhookRotateInput;
};


export type MutationWebhookTestArgs = {
  input: WebhookTestInput;
};


export type MutationWebhookUpdateArgs = {
  input: WebhookUpdateInput;
};

export const MutationName = {
  AlertContactConfirm: 'ALERT_CONTACT_CONFIRM',
  AlertContactCreate: 'ALERT_CONTACT_CREATE',
  AlertContactDelete: 'ALERT_CONTACT_DELETE',
  AlertContactUpdate: 'ALERT_CONTACT_UPDATE',
  ConsoleLinkCreate: 'CONSOLE_LINK_CREATE',
  ConsoleSessionEnd: 'CONSOLE_SESSION_END',
  DomainsApply: 'DOMAINS_APPLY',
  DomainsFlush: 'DOMAINS_FLUSH',
  DomainBounceHeld: 'DOMAIN_BOUNCE_HELD',
  DomainCheck: 'DOMAIN_CHECK',
  DomainCreate: 'DOMAIN_CREATE',
  DomainDelete: 'DOMAIN_DELETE',
  DomainDrill: 'DOMAIN_DRILL',
  DomainDrillDeliver: 'DOMAIN_DRILL_DELIVER',
  DomainDrillSchedule: 'DOMAIN_DRILL_SCHEDULE',
  DomainExtendHold: 'DOMAIN_EXTEND_HOLD',
  DomainFlush: 'DOMAIN_FLUSH',
  DomainPause: 'DOMAIN_PAUSE',
  DomainReleaseBreaker: 'DOMAIN_RELEASE_BREAKER',
  DomainResume: 'DOMAIN_RESUME',
  DomainSetMx: 'DOMAIN_SET_MX',
  DomainSuspend: 'DOMAIN_SUSPEND',
  DomainTransfer: 'DOMAIN_TRANSFER',
  DomainUnsetMx: 'DOMAIN_UNSET_MX',
  DomainUnsuspend: 'DOMAIN_UNSUSPEND',
  DomainUpdate: 'DOMAIN_UPDATE',
  DomainVerify: 'DOMAIN_VERIFY',
  MessagesBounce: 'MESSAGES_BOUNCE',
  MessagesCancel: 'MESSAGES_CANCEL',
  MessagesRetry: 'MESSAGES_RETRY',
  MessageBounce: 'MESSAGE_BOUNCE',
  MessageCancel: 'MESSAGE_CANCEL',
  MessageRetry: 'MESSAGE_RETRY',
  OperationStop: 'OPERATION_STOP',
  Other: 'OTHER',
  RecipientForget: 'RECIPIENT_FORGET',
  RecipientListAdd: 'RECIPIENT_LIST_ADD',
  RecipientListRemove: 'RECIPIENT_LIST_REMOVE',
  RecipientListReplace: 'RECIPIENT_LIST_REPLACE',
  RejectionAllow: 'REJECTION_ALLOW',
  ServiceUpdate: 'SERVICE_UPDATE',
  TenantCreate: 'TENANT_CREATE',
  TenantDelete: 'TENANT_DELETE',
  TenantSuspend: 'TENANT_SUSPEND',
  TenantUnsuspend: 'TENANT_UNSUSPEND',
  TenantUpdate: 'TENANT_UPDATE',
  TokenCreate: 'TOKEN_CREATE',
  TokenDelete: 'TOKEN_DELETE',
  TokenRotate: 'TOKEN_ROTATE',
  TokenUpdate: 'TOKEN_UPDATE',
  WebhookCreate: 'WEBHOOK_CREATE',
  WebhookDelete: 'WEBHOOK_DELETE',
  WebhookRedeliver: 'WEBHOOK_REDELIVER',
  WebhookReplay: 'WEBHOOK_REPLAY',
  WebhookRotate: 'WEBHOOK_ROTATE',
  WebhookTest: 'WEBHOOK_TEST',
  WebhookUpdate: 'WEBHOOK_UPDATE'
} as const;

export type MutationName = typeof MutationName[keyof typeof MutationName];
export const MxChange = {
  Add: 'ADD',
  Keep: 'KEEP',
  Remove: 'REMOVE'
} as const;

export type MxChange = typeof MxChange[keyof typeof MxChange];
export type MxFormRecord = {
  readonly __typename?: 'MxFormRecord';
  readonly change: MxChange;
  readonly host: Scalars['String']['output'];
  readonly name: Scalars['String']['output'];
  readonly preference: Scalars['Int']['output'];
  readonly ttl: Scalars['Duration']['output'];
  readonly type: Scalars['String']['output'];
};

export type MxRecord = {
  readonly __typename?: 'MxRecord';
  readonly host: Scalars['String']['output'];
  readonly preference: Scalars['Int']['output'];
};

export type MxRecordChange = {
  readonly __typename?: 'MxRecordChange';
  readonly change: MxChange;
  readonly host: Scalars['String']['output'];
  readonly preference: Scalars['Int']['output'];
};

export const MxVerdict = {
  EqualPreference: 'EQUAL_PREFERENCE',
  MostPreferred: 'MOST_PREFERRED',
  NotListed: 'NOT_LISTED',
  NullMx: 'NULL_MX',
  Ok: 'OK',
  Sandwich: 'SANDWICH',
  Unresolvable: 'UNRESOLVABLE'
} as const;

export type MxVerdict = typeof MxVerdict[keyof typeof MxVerdict];
export type NextHop = {
  readonly __typename?: 'NextHop';
  readonly host: Scalars['String']['output'];
  readonly port: Scalars['Int']['output'];
};

export type NextHopInput = {
  readonly host: Scalars['String']['input'];
  readonly port?: Scalars['Int']['input'];
};

export type Node = {
  readonly id: Scalars['ID']['output'];
};

export const NodeRole = {
  Control: 'CONTROL',
  Delivery: 'DELIVERY',
  Inbound: 'INBOUND',
  Other: 'OTHER'
} as const;

export type NodeRole = typeof NodeRole[keyof typeof NodeRole];
export type Operation = Node & {
  readonly __typename?: 'Operation';
  readonly domain?: Maybe<Domain>;
  readonly domainName: Scalars['String']['output'];
  readonly doneCount: Scalars['Int']['output'];
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
  readonly startedAt: Scalars['DateTime']['output'];
  readonly state: OperationState;
  readonly totalCount: Scalars['Int']['output'];
  readonly verb: OperationVerb;
};

export type OperationConnection = {
  readonly __typename?: 'OperationConnection';
  readonly edges: ReadonlyArray<OperationEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Operation>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type OperationEdge = {
  readonly __typename?: 'OperationEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Operation;
};

export type OperationFilter = {
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  readonly states?: InputMaybe<ReadonlyArray<OperationState>>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
  readonly verbs?: InputMaybe<ReadonlyArray<OperationVerb>>;
};

export const OperationState = {
  Done: 'DONE',
  Running: 'RUNNING',
  Stopped: 'STOPPED'
} as const;

export type OperationState = typeof OperationState[keyof typeof OperationState];
export type OperationStopInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type OperationStopPayload = {
  readonly __typename?: 'OperationStopPayload';
  readonly operation?: Maybe<Operation>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export const OperationVerb = {
  Bounce: 'BOUNCE',
  Cancel: 'CANCEL',
  Retry: 'RETRY'
} as const;

export type OperationVerb = typeof OperationVerb[keyof typeof OperationVerb];
export type Outage = Node & {
  readonly __typename?: 'Outage';
  readonly attemptCount: Scalars['Int']['output'];
  readonly domain?: Maybe<Domain>;
  readonly domainName: Scalars['String']['output'];
  readonly drain?: Maybe<OutageDrain>;
  readonly drainedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly evidence: ReadonlyArray<OutageEvidence>;
  readonly expiredCount: Scalars['Int']['output'];
  readonly failedCount: Scalars['Int']['output'];
  readonly heldAtEndCount?: Maybe<Scalars['Int']['output']>;
  readonly heldCount?: Maybe<Scalars['Int']['output']>;
  readonly heldSize?: Maybe<Scalars['ByteCount']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly kind: OutageKind;
  readonly lastReply: Scalars['String']['output'];
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  readonly oldestAcceptedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly startedAt: Scalars['DateTime']['output'];
};

export type OutageChange = {
  readonly __typename?: 'OutageChange';
  readonly at: Scalars['DateTime']['output'];
  readonly cursor: Scalars['ID']['output'];
  readonly kind: OutageChangeKind;
  readonly outage?: Maybe<Outage>;
};

export const OutageChangeKind = {
  OutageClosed: 'OUTAGE_CLOSED',
  OutageDrained: 'OUTAGE_DRAINED',
  OutageDraining: 'OUTAGE_DRAINING',
  OutageOpened: 'OUTAGE_OPENED',
  OutageReclassified: 'OUTAGE_RECLASSIFIED',
  OutageThreshold: 'OUTAGE_THRESHOLD'
} as const;

export type OutageChangeKind = typeof OutageChangeKind[keyof typeof OutageChangeKind];
export type OutageConnection = {
  readonly __typename?: 'OutageConnection';
  readonly edges: ReadonlyArray<OutageEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Outage>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type OutageDrain = {
  readonly __typename?: 'OutageDrain';
  readonly etaAt?: Maybe<Scalars['DateTime']['output']>;
  readonly messagesPerSecond: Scalars['Float']['output'];
};

export type OutageEdge = {
  readonly __typename?: 'OutageEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Outage;
};

export type OutageEvidence = {
  readonly __typename?: 'OutageEvidence';
  readonly address?: Maybe<Scalars['String']['output']>;
  readonly at: Scalars['DateTime']['output'];
  readonly host?: Maybe<Scalars['String']['output']>;
  readonly latency: Scalars['Duration']['output'];
  readonly reply: Scalars['String']['output'];
  readonly trouble?: Maybe<HostTrouble>;
};

export type OutageFilter = {
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  readonly isOpen?: InputMaybe<Scalars['Boolean']['input']>;
  readonly kinds?: InputMaybe<ReadonlyArray<OutageKind>>;
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

export const OutageKind = {
  Blocking: 'BLOCKING',
  DnsBroken: 'DNS_BROKEN',
  Down: 'DOWN',
  Greylisting: 'GREYLISTING',
  Misconfigured: 'MISCONFIGURED',
  RateLimiting: 'RATE_LIMITING',
  Tarpitting: 'TARPITTING'
} as const;

export type OutageKind = typeof OutageKind[keyof typeof OutageKind];
export const OutageOrder = {
  Newest: 'NEWEST',
  Worst: 'WORST'
} as const;

export type OutageOrder = typeof OutageOrder[keyof typeof OutageOrder];
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

export type PreviewedHost = {
  readonly __typename?: 'PreviewedHost';
  readonly addresses: ReadonlyArray<Scalars['String']['output']>;
  readonly host: Scalars['String']['output'];
  readonly port: Scalars['Int']['output'];
};

export type PrimarySetup = {
  readonly __typename?: 'PrimarySetup';
  readonly isTested: Scalars['Boolean']['output'];
  readonly mta: Mta;
  readonly snippet: Scalars['String']['output'];
  readonly title: Scalars['String']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  readonly alertContact?: Maybe<AlertContact>;
  readonly alertContacts: AlertContactConnection;
  readonly auditEntries: AuditConnection;
  readonly domain?: Maybe<Domain>;
  readonly domains: DomainConnection;
  readonly message?: Maybe<Message>;
  readonly messages: MessageConnection;
  readonly node?: Maybe<Node>;
  readonly nodes: ReadonlyArray<Maybe<Node>>;
  readonly operation?: Maybe<Operation>;
  readonly operations: OperationConnection;
  readonly outages: OutageConnection;
  readonly recipientStanding?: Maybe<RecipientStanding>;
  readonly rejectionCounts?: Maybe<ReadonlyArray<RejectionCount>>;
  readonly rejections: RejectionConnection;
  readonly service: Service;
  readonly summary: Summary;
  readonly tenant?: Maybe<Tenant>;
  readonly tenants: TenantConnection;
  readonly token?: Maybe<Token>;
  readonly tokens: TokenConnection;
  readonly viewer: Viewer;
  readonly webhook?: Maybe<Webhook>;
  readonly webhooks: WebhookConnection;
};


export type QueryAlertContactArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAlertContactsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AlertContactFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryAuditEntriesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AuditFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryDomainArgs = {
  by: DomainBy;
};


export type QueryDomainsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DomainFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: DomainOrder;
};


export type QueryMessageArgs = {
  id: Scalars['ID']['input'];
};


export type QueryMessagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<MessageFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: MessageOrder;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type QueryOperationArgs = {
  id: Scalars['ID']['input'];
};


export type QueryOperationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OperationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryOutagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OutageFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: OutageOrder;
};


export type QueryRecipientStandingArgs = {
  address: Scalars['String']['input'];
};


export type QueryRejectionCountsArgs = {
  domain?: InputMaybe<Scalars['String']['input']>;
  since: Scalars['DateTime']['input'];
  slots?: Scalars['Int']['input'];
  until?: InputMaybe<Scalars['DateTime']['input']>;
};


export type QueryRejectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RejectionFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryTenantArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTenantsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<TenantFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: TenantOrder;
};


export type QueryTokenArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTokensArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<TokenFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryWebhookArgs = {
  id: Scalars['ID']['input'];
};


export type QueryWebhooksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WebhookFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

export type QueueChange = {
  readonly __typename?: 'QueueChange';
  readonly at: Scalars['DateTime']['output'];
  readonly domain?: Maybe<Domain>;
  readonly domainName: Scalars['String']['output'];
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
};

export type Recipient = {
  readonly __typename?: 'Recipient';
  readonly address: Scalars['String']['output'];
  readonly attemptCount: Scalars['Int']['output'];
  readonly attempts: AttemptConnection;
  readonly dsnSuppressedReason?: Maybe<Scalars['String']['output']>;
  readonly lastReply?: Maybe<Scalars['String']['output']>;
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  readonly state: RecipientState;
  readonly suspectedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly suspectedReply?: Maybe<Scalars['String']['output']>;
};


export type RecipientAttemptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

export const RecipientAnswer = {
  Negative: 'NEGATIVE',
  Positive: 'POSITIVE'
} as const;

export type RecipientAnswer = typeof RecipientAnswer[keyof typeof RecipientAnswer];
export type RecipientForgetInput = {
  readonly address: Scalars['String']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type RecipientForgetPayload = {
  readonly __typename?: 'RecipientForgetPayload';
  readonly recipientStanding?: Maybe<RecipientStanding>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type RecipientList = {
  readonly __typename?: 'RecipientList';
  readonly entries: RecipientListEntryConnection;
  readonly entryCount: Scalars['Int']['output'];
  readonly isEnabled: Scalars['Boolean']['output'];
  readonly revision: Scalars['Int']['output'];
};


export type RecipientListEntriesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  prefix?: InputMaybe<Scalars['String']['input']>;
};

export type RecipientListAddInput = {
  readonly domain: Scalars['String']['input'];
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

export type RecipientListAddPayload = {
  readonly __typename?: 'RecipientListAddPayload';
  readonly change?: Maybe<RecipientListChange>;
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type RecipientListChange = {
  readonly __typename?: 'RecipientListChange';
  readonly added: ReadonlyArray<Scalars['String']['output']>;
  readonly addedCount: Scalars['Int']['output'];
  readonly removed: ReadonlyArray<Scalars['String']['output']>;
  readonly removedCount: Scalars['Int']['output'];
};

export type RecipientListEntry = {
  readonly __typename?: 'RecipientListEntry';
  readonly localPart: Scalars['String']['output'];
};

export type RecipientListEntryConnection = {
  readonly __typename?: 'RecipientListEntryConnection';
  readonly edges: ReadonlyArray<RecipientListEntryEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<RecipientListEntry>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type RecipientListEntryEdge = {
  readonly __typename?: 'RecipientListEntryEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: RecipientListEntry;
};

export type RecipientListRemoveInput = {
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  readonly domain: Scalars['String']['input'];
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

export type RecipientListRemovePayload = {
  readonly __typename?: 'RecipientListRemovePayload';
  readonly change?: Maybe<RecipientListChange>;
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type RecipientListReplaceInput = {
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  readonly domain: Scalars['String']['input'];
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

export type RecipientListReplacePayload = {
  readonly __typename?: 'RecipientListReplacePayload';
  readonly change?: Maybe<RecipientListChange>;
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type RecipientStanding = {
  readonly __typename?: 'RecipientStanding';
  readonly address: Scalars['String']['output'];
  readonly answer?: Maybe<RecipientAnswer>;
  readonly answeredAt?: Maybe<Scalars['DateTime']['output']>;
  readonly deliveredAt?: Maybe<Scalars['DateTime']['output']>;
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  readonly isCatchAll?: Maybe<Scalars['Boolean']['output']>;
  readonly isListed?: Maybe<Scalars['Boolean']['output']>;
  readonly reply?: Maybe<Scalars['String']['output']>;
  readonly suspectedAt?: Maybe<Scalars['DateTime']['output']>;
};

export const RecipientState = {
  Cancelled: 'CANCELLED',
  Delivered: 'DELIVERED',
  Expired: 'EXPIRED',
  Failed: 'FAILED',
  Held: 'HELD'
} as const;

export type RecipientState = typeof RecipientState[keyof typeof RecipientState];
export type Rejection = Node & {
  readonly __typename?: 'Rejection';
  readonly at: Scalars['DateTime']['output'];
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  readonly code: RejectionCode;
  readonly command: SmtpCommand;
  readonly domain?: Maybe<Domain>;
  readonly ehloName: Scalars['String']['output'];
  readonly id: Scalars['ID']['output'];
  readonly isDryRun: Scalars['Boolean']['output'];
  readonly recipient?: Maybe<Scalars['String']['output']>;
  readonly reply: Scalars['String']['output'];
  readonly reversePath?: Maybe<Scalars['String']['output']>;
  readonly zone?: Maybe<Scalars['String']['output']>;
};

export type RejectionAllowInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type RejectionAllowPayload = {
  readonly __typename?: 'RejectionAllowPayload';
  readonly action?: Maybe<AllowAction>;
  readonly domain?: Maybe<Domain>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly value?: Maybe<Scalars['String']['output']>;
};

export const RejectionCode = {
  BmxBusy: 'BMX_BUSY',
  BmxBytes: 'BMX_BYTES',
  BmxDns: 'BMX_DNS',
  BmxDnsbl: 'BMX_DNSBL',
  BmxLater: 'BMX_LATER',
  BmxLimit: 'BMX_LIMIT',
  BmxLoop: 'BMX_LOOP',
  BmxNullmx: 'BMX_NULLMX',
  BmxPrimary: 'BMX_PRIMARY',
  BmxRank: 'BMX_RANK',
  BmxRelay: 'BMX_RELAY',
  BmxSize: 'BMX_SIZE',
  BmxStore: 'BMX_STORE',
  BmxSuspended: 'BMX_SUSPENDED',
  BmxUser: 'BMX_USER',
  Other: 'OTHER'
} as const;

export type RejectionCode = typeof RejectionCode[keyof typeof RejectionCode];
export type RejectionConnection = {
  readonly __typename?: 'RejectionConnection';
  readonly edges: ReadonlyArray<RejectionEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Rejection>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type RejectionCount = {
  readonly __typename?: 'RejectionCount';
  readonly code: RejectionCode;
  readonly count: Scalars['Int']['output'];
  readonly isDryRun: Scalars['Boolean']['output'];
  readonly since: Scalars['DateTime']['output'];
  readonly until: Scalars['DateTime']['output'];
  readonly zone?: Maybe<Scalars['String']['output']>;
};

export type RejectionEdge = {
  readonly __typename?: 'RejectionEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Rejection;
};

export type RejectionFilter = {
  readonly clientAddress?: InputMaybe<Scalars['String']['input']>;
  readonly code?: InputMaybe<RejectionCode>;
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  readonly id?: InputMaybe<Scalars['ID']['input']>;
  readonly isDryRun?: InputMaybe<Scalars['Boolean']['input']>;
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
  readonly reversePath?: InputMaybe<Scalars['String']['input']>;
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

export type RequestedAttempt = {
  readonly __typename?: 'RequestedAttempt';
  readonly requestedAt: Scalars['DateTime']['output'];
  readonly startedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly waitsFor?: Maybe<AttemptWait>;
};

export type RetryStage = {
  readonly __typename?: 'RetryStage';
  readonly attemptCount: Scalars['Int']['output'];
  readonly interval: Scalars['Duration']['output'];
};

export const Scope = {
  AuditRead: 'AUDIT_READ',
  DomainRead: 'DOMAIN_READ',
  DomainWrite: 'DOMAIN_WRITE',
  MessageContent: 'MESSAGE_CONTENT',
  QueueRead: 'QUEUE_READ',
  QueueWrite: 'QUEUE_WRITE',
  ServiceRead: 'SERVICE_READ',
  ServiceWrite: 'SERVICE_WRITE',
  TenantWrite: 'TENANT_WRITE',
  TokenRead: 'TOKEN_READ',
  TokenWrite: 'TOKEN_WRITE',
  WebhookRead: 'WEBHOOK_READ',
  WebhookWrite: 'WEBHOOK_WRITE'
} as const;

export type Scope = typeof Scope[keyof typeof Scope];
export type Service = {
  readonly __typename?: 'Service';
  readonly egressAddresses: ReadonlyArray<Scalars['String']['output']>;
  readonly flow?: Maybe<ReadonlyArray<FlowSlot>>;
  readonly health?: Maybe<ServiceHealth>;
  readonly lifetime: Scalars['Duration']['output'];
  readonly messageSizeLimit: Scalars['ByteCount']['output'];
  readonly mxNames: ReadonlyArray<Scalars['String']['output']>;
  readonly nodes?: Maybe<ReadonlyArray<ServiceNode>>;
  readonly retrySchedule: ReadonlyArray<RetryStage>;
  readonly runtime: Scalars['String']['output'];
  readonly totals?: Maybe<ServiceTotals>;
  readonly troubleSince?: Maybe<Scalars['DateTime']['output']>;
  readonly version: Scalars['String']['output'];
};


export type ServiceFlowArgs = {
  since: Scalars['DateTime']['input'];
  slots?: Scalars['Int']['input'];
  until?: InputMaybe<Scalars['DateTime']['input']>;
};

export type ServiceHealth = {
  readonly __typename?: 'ServiceHealth';
  readonly isReady: Scalars['Boolean']['output'];
  readonly reasons: ReadonlyArray<Scalars['String']['output']>;
};

export type ServiceNode = {
  readonly __typename?: 'ServiceNode';
  readonly lastSeenAt: Scalars['DateTime']['output'];
  readonly name: Scalars['String']['output'];
  readonly roles: ReadonlyArray<NodeRole>;
  readonly runtime: Scalars['String']['output'];
  readonly startedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['String']['output'];
};

export type ServiceTotals = {
  readonly __typename?: 'ServiceTotals';
  readonly domainCount: Scalars['Int']['output'];
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly oldestAcceptedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly openOutageCount: Scalars['Int']['output'];
  readonly tenantCount: Scalars['Int']['output'];
};

export type ServiceUpdateInput = {
  readonly force?: Scalars['Boolean']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly lifetime?: InputMaybe<Scalars['Duration']['input']>;
  readonly messageSizeLimit?: InputMaybe<Scalars['ByteCount']['input']>;
};

export type ServiceUpdatePayload = {
  readonly __typename?: 'ServiceUpdatePayload';
  readonly service?: Maybe<Service>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export const Situation = {
  BreakerOpen: 'BREAKER_OPEN',
  CheckFailed: 'CHECK_FAILED',
  Draining: 'DRAINING',
  Expiring: 'EXPIRING',
  Fine: 'FINE',
  Holding: 'HOLDING',
  Outage: 'OUTAGE',
  Paused: 'PAUSED',
  Pending: 'PENDING',
  Suspended: 'SUSPENDED'
} as const;

export type Situation = typeof Situation[keyof typeof Situation];
export type SituationCount = {
  readonly __typename?: 'SituationCount';
  readonly count: Scalars['Int']['output'];
  readonly situation: Situation;
};

export const SkipReason = {
  AlreadyRequested: 'ALREADY_REQUESTED',
  NothingHeld: 'NOTHING_HELD'
} as const;

export type SkipReason = typeof SkipReason[keyof typeof SkipReason];
export type SkippedDomains = {
  readonly __typename?: 'SkippedDomains';
  readonly domainCount: Scalars['Int']['output'];
  readonly reason: SkipReason;
};

export const SmtpCommand = {
  Connect: 'CONNECT',
  Data: 'DATA',
  Ehlo: 'EHLO',
  Helo: 'HELO',
  Mail: 'MAIL',
  Other: 'OTHER',
  Rcpt: 'RCPT',
  Session: 'SESSION',
  Starttls: 'STARTTLS',
  Xclient: 'XCLIENT'
} as const;

export type SmtpCommand = typeof SmtpCommand[keyof typeof SmtpCommand];
export type Subscription = {
  readonly __typename?: 'Subscription';
  readonly messageTimeline: TimelineEdge;
  readonly operationChanged: Operation;
  readonly outageChanged: OutageChange;
  readonly queueChanged: QueueChange;
  readonly queuesChanged: QueueChange;
  readonly summaryChanged: Summary;
};


export type SubscriptionMessageTimelineArgs = {
  after?: InputMaybe<Scalars['ID']['input']>;
  id: Scalars['ID']['input'];
};


export type SubscriptionOperationChangedArgs = {
  id: Scalars['ID']['input'];
};


export type SubscriptionOutageChangedArgs = {
  after?: InputMaybe<Scalars['ID']['input']>;
  domain?: InputMaybe<Scalars['String']['input']>;
};


export type SubscriptionQueueChangedArgs = {
  domain: Scalars['String']['input'];
};

export type Summary = {
  readonly __typename?: 'Summary';
  readonly domainCount: Scalars['Int']['output'];
  readonly firstExpiryAt?: Maybe<Scalars['DateTime']['output']>;
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly situations: ReadonlyArray<SituationCount>;
};

export type Tenant = Node & {
  readonly __typename?: 'Tenant';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly domains: DomainConnection;
  readonly flow: ReadonlyArray<FlowSlot>;
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly quotas: TenantQuotas;
  readonly revision: Scalars['Int']['output'];
  readonly suspension?: Maybe<TenantSuspension>;
  readonly usage: TenantUsage;
};


export type TenantDomainsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


export type TenantFlowArgs = {
  since: Scalars['DateTime']['input'];
  slots?: Scalars['Int']['input'];
  until?: InputMaybe<Scalars['DateTime']['input']>;
};

export type TenantConnection = {
  readonly __typename?: 'TenantConnection';
  readonly edges: ReadonlyArray<TenantEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Tenant>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TenantCreateInput = {
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly quotas?: InputMaybe<TenantQuotasInput>;
};

export type TenantCreatePayload = {
  readonly __typename?: 'TenantCreatePayload';
  readonly tenant?: Maybe<Tenant>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TenantDeleteInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type TenantDeletePayload = {
  readonly __typename?: 'TenantDeletePayload';
  readonly tenant?: Maybe<Tenant>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TenantEdge = {
  readonly __typename?: 'TenantEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Tenant;
};

export type TenantFilter = {
  readonly isSuspended?: InputMaybe<Scalars['Boolean']['input']>;
  readonly namePrefix?: InputMaybe<Scalars['String']['input']>;
};

export const TenantOrder = {
  Created: 'CREATED',
  Name: 'NAME'
} as const;

export type TenantOrder = typeof TenantOrder[keyof typeof TenantOrder];
export type TenantQuotas = {
  readonly __typename?: 'TenantQuotas';
  readonly alertContacts?: Maybe<Scalars['Int']['output']>;
  readonly domains?: Maybe<Scalars['Int']['output']>;
  readonly recipientEntries?: Maybe<Scalars['Int']['output']>;
  readonly tokens?: Maybe<Scalars['Int']['output']>;
  readonly webhooks?: Maybe<Scalars['Int']['output']>;
};

export type TenantQuotasInput = {
  readonly alertContacts?: InputMaybe<Scalars['Int']['input']>;
  readonly domains?: InputMaybe<Scalars['Int']['input']>;
  readonly recipientEntries?: InputMaybe<Scalars['Int']['input']>;
  readonly tokens?: InputMaybe<Scalars['Int']['input']>;
  readonly webhooks?: InputMaybe<Scalars['Int']['input']>;
};

export type TenantSuspendInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type TenantSuspendPayload = {
  readonly __typename?: 'TenantSuspendPayload';
  readonly tenant?: Maybe<Tenant>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TenantSuspension = {
  readonly __typename?: 'TenantSuspension';
  readonly reason: Scalars['String']['output'];
  readonly since: Scalars['DateTime']['output'];
};

export type TenantUnsuspendInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

export type TenantUnsuspendPayload = {
  readonly __typename?: 'TenantUnsuspendPayload';
  readonly tenant?: Maybe<Tenant>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TenantUpdateInput = {
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly quotas?: InputMaybe<TenantQuotasInput>;
};

export type TenantUpdatePayload = {
  readonly __typename?: 'TenantUpdatePayload';
  readonly tenant?: Maybe<Tenant>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TenantUsage = {
  readonly __typename?: 'TenantUsage';
  readonly alertContactCount: Scalars['Int']['output'];
  readonly domainCount: Scalars['Int']['output'];
  readonly heldCount: Scalars['Int']['output'];
  readonly heldSize: Scalars['ByteCount']['output'];
  readonly recipientEntryCount: Scalars['Int']['output'];
  readonly tokenCount: Scalars['Int']['output'];
  readonly webhookCount: Scalars['Int']['output'];
};

export type TimelineActor = {
  readonly __typename?: 'TimelineActor';
  readonly isOperator: Scalars['Boolean']['output'];
  readonly tokenName?: Maybe<Scalars['String']['output']>;
};

export type TimelineConnection = {
  readonly __typename?: 'TimelineConnection';
  readonly edges: ReadonlyArray<TimelineEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<TimelineEntry>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TimelineEdge = {
  readonly __typename?: 'TimelineEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: TimelineEntry;
};

export type TimelineEntry = {
  readonly __typename?: 'TimelineEntry';
  readonly actor?: Maybe<TimelineActor>;
  readonly at: Scalars['DateTime']['output'];
  readonly attempt?: Maybe<Attempt>;
  readonly host?: Maybe<Scalars['String']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly kind: TimelineKind;
  readonly operation?: Maybe<Operation>;
  readonly outage?: Maybe<Outage>;
  readonly reason?: Maybe<Scalars['String']['output']>;
  readonly recipients: ReadonlyArray<Scalars['String']['output']>;
  readonly reply?: Maybe<Scalars['String']['output']>;
  readonly reportId?: Maybe<Scalars['ID']['output']>;
  readonly text: Scalars['String']['output'];
};

export const TimelineKind = {
  Accepted: 'ACCEPTED',
  Attempt: 'ATTEMPT',
  BreakerClosed: 'BREAKER_CLOSED',
  BreakerOpened: 'BREAKER_OPENED',
  BreakerTrial: 'BREAKER_TRIAL',
  ClaimLost: 'CLAIM_LOST',
  DomainDeleted: 'DOMAIN_DELETED',
  DomainFlushed: 'DOMAIN_FLUSHED',
  DomainPaused: 'DOMAIN_PAUSED',
  DomainRerouted: 'DOMAIN_REROUTED',
  DomainResumed: 'DOMAIN_RESUMED',
  HoldExtended: 'HOLD_EXTENDED',
  HoldExtensionEnded: 'HOLD_EXTENSION_ENDED',
  MessageBounced: 'MESSAGE_BOUNCED',
  MessageCancelled: 'MESSAGE_CANCELLED',
  MessageRetried: 'MESSAGE_RETRIED',
  OutageClosed: 'OUTAGE_CLOSED',
  OutageDrained: 'OUTAGE_DRAINED',
  OutageDraining: 'OUTAGE_DRAINING',
  OutageOpened: 'OUTAGE_OPENED',
  OutageReclassified: 'OUTAGE_RECLASSIFIED',
  Probe: 'PROBE',
  RecipientCancelled: 'RECIPIENT_CANCELLED',
  RecipientDelivered: 'RECIPIENT_DELIVERED',
  RecipientExpired: 'RECIPIENT_EXPIRED',
  RecipientFailed: 'RECIPIENT_FAILED',
  RecipientSuspected: 'RECIPIENT_SUSPECTED',
  ReportDropped: 'REPORT_DROPPED',
  ReportMade: 'REPORT_MADE',
  ReportSuppressed: 'REPORT_SUPPRESSED',
  ServiceTroubleBegan: 'SERVICE_TROUBLE_BEGAN',
  ServiceTroubleEnded: 'SERVICE_TROUBLE_ENDED'
} as const;

export type TimelineKind = typeof TimelineKind[keyof typeof TimelineKind];
export const TlsPolicy = {
  None: 'NONE',
  Opportunistic: 'OPPORTUNISTIC',
  Required: 'REQUIRED',
  Verified: 'VERIFIED'
} as const;

export type TlsPolicy = typeof TlsPolicy[keyof typeof TlsPolicy];
export type Token = Node & {
  readonly __typename?: 'Token';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly lastUsedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly name: Scalars['String']['output'];
  readonly prefix: Scalars['String']['output'];
  readonly previousPrefix?: Maybe<Scalars['String']['output']>;
  readonly previousUntil?: Maybe<Scalars['DateTime']['output']>;
  readonly rotatedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly scopes: ReadonlyArray<Scope>;
  readonly tenant: Tenant;
};

export type TokenConnection = {
  readonly __typename?: 'TokenConnection';
  readonly edges: ReadonlyArray<TokenEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Token>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type TokenCreateInput = {
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name: Scalars['String']['input'];
  readonly scopes: ReadonlyArray<Scope>;
  readonly secret?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type TokenCreatePayload = {
  readonly __typename?: 'TokenCreatePayload';
  readonly secret?: Maybe<Scalars['String']['output']>;
  readonly token?: Maybe<Token>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TokenDeleteInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type TokenDeletePayload = {
  readonly __typename?: 'TokenDeletePayload';
  readonly token?: Maybe<Token>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TokenEdge = {
  readonly __typename?: 'TokenEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Token;
};

export type TokenFilter = {
  readonly namePrefix?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type TokenRotateInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly overlap?: Scalars['Duration']['input'];
  readonly secret?: InputMaybe<Scalars['String']['input']>;
};

export type TokenRotatePayload = {
  readonly __typename?: 'TokenRotatePayload';
  readonly secret?: Maybe<Scalars['String']['output']>;
  readonly token?: Maybe<Token>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type TokenUpdateInput = {
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly name?: InputMaybe<Scalars['String']['input']>;
  readonly scopes?: InputMaybe<ReadonlyArray<Scope>>;
};

export type TokenUpdatePayload = {
  readonly __typename?: 'TokenUpdatePayload';
  readonly token?: Maybe<Token>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export const TsigAlgorithm = {
  HmacSha256: 'HMAC_SHA256',
  HmacSha384: 'HMAC_SHA384',
  HmacSha512: 'HMAC_SHA512'
} as const;

export type TsigAlgorithm = typeof TsigAlgorithm[keyof typeof TsigAlgorithm];
export type TsigInput = {
  readonly algorithm?: TsigAlgorithm;
  readonly keyName: Scalars['String']['input'];
  readonly secret: Scalars['String']['input'];
};

export type UnknownWhileDown = {
  readonly __typename?: 'UnknownWhileDown';
  readonly duration: Scalars['Duration']['output'];
  readonly policy: UnknownWhileDownPolicy;
};

export type UnknownWhileDownInput = {
  readonly duration?: Scalars['Duration']['input'];
  readonly policy: UnknownWhileDownPolicy;
};

export const UnknownWhileDownPolicy = {
  Accept: 'ACCEPT',
  Defer: 'DEFER',
  DeferThenAccept: 'DEFER_THEN_ACCEPT'
} as const;

export type UnknownWhileDownPolicy = typeof UnknownWhileDownPolicy[keyof typeof UnknownWhileDownPolicy];
export type UserError = {
  readonly __typename?: 'UserError';
  readonly code: UserErrorCode;
  readonly documentationUrl: Scalars['String']['output'];
  readonly message: Scalars['String']['output'];
  readonly path: ReadonlyArray<Scalars['String']['output']>;
};

export const UserErrorCode = {
  AlreadyExists: 'ALREADY_EXISTS',
  ClaimLost: 'CLAIM_LOST',
  Conflict: 'CONFLICT',
  Duplicate: 'DUPLICATE',
  Ended: 'ENDED',
  Forbidden: 'FORBIDDEN',
  HeldMail: 'HELD_MAIL',
  HostNotDomain: 'HOST_NOT_DOMAIN',
  InsideDomain: 'INSIDE_DOMAIN',
  Invalid: 'INVALID',
  InDelivery: 'IN_DELIVERY',
  KeyReused: 'KEY_REUSED',
  NotAnAddress: 'NOT_AN_ADDRESS',
  NotADomain: 'NOT_A_DOMAIN',
  NotAHost: 'NOT_A_HOST',
  NotANetwork: 'NOT_A_NETWORK',
  NotAUrl: 'NOT_A_URL',
  NotFound: 'NOT_FOUND',
  NotProven: 'NOT_PROVEN',
  NoMatch: 'NO_MATCH',
  OutOfRange: 'OUT_OF_RANGE',
  OwnAddress: 'OWN_ADDRESS',
  PrivateAddress: 'PRIVATE_ADDRESS',
  Quota: 'QUOTA',
  Required: 'REQUIRED',
  ServerRefused: 'SERVER_REFUSED',
  ServerSilent: 'SERVER_SILENT',
  Shrink: 'SHRINK',
  Taken: 'TAKEN',
  TooLong: 'TOO_LONG',
  TooMany: 'TOO_MANY',
  UnknownZone: 'UNKNOWN_ZONE',
  WrongCode: 'WRONG_CODE'
} as const;

export type UserErrorCode = typeof UserErrorCode[keyof typeof UserErrorCode];
export type Viewer = {
  readonly __typename?: 'Viewer';
  readonly consoleSessions: ReadonlyArray<ConsoleSession>;
  readonly isOperator: Scalars['Boolean']['output'];
  readonly scopes: ReadonlyArray<Scope>;
  readonly tenant: Tenant;
  readonly token?: Maybe<Token>;
};

export type Webhook = Node & {
  readonly __typename?: 'Webhook';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly deliveries: WebhookDeliveryConnection;
  readonly description: Scalars['String']['output'];
  readonly disabledAt?: Maybe<Scalars['DateTime']['output']>;
  readonly disabledReason?: Maybe<WebhookDisabledReason>;
  readonly domains?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  readonly events: ReadonlyArray<WebhookEventKind>;
  readonly failingSince?: Maybe<Scalars['DateTime']['output']>;
  readonly id: Scalars['ID']['output'];
  readonly previousSecretUntil?: Maybe<Scalars['DateTime']['output']>;
  readonly revision: Scalars['Int']['output'];
  readonly rotatedAt?: Maybe<Scalars['DateTime']['output']>;
  readonly status: WebhookStatus;
  readonly tenant: Tenant;
  readonly url: Scalars['String']['output'];
};


export type WebhookDeliveriesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WebhookDeliveryFilter>;
  first: Scalars['Int']['input'];
};

export type WebhookConnection = {
  readonly __typename?: 'WebhookConnection';
  readonly edges: ReadonlyArray<WebhookEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<Webhook>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type WebhookCreateInput = {
  readonly description?: Scalars['String']['input'];
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly events: ReadonlyArray<WebhookEventKind>;
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  readonly url: Scalars['String']['input'];
};

export type WebhookCreatePayload = {
  readonly __typename?: 'WebhookCreatePayload';
  readonly secret?: Maybe<Scalars['String']['output']>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly webhook?: Maybe<Webhook>;
};

export type WebhookDeleteInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type WebhookDeletePayload = {
  readonly __typename?: 'WebhookDeletePayload';
  readonly userErrors: ReadonlyArray<UserError>;
  readonly webhook?: Maybe<Webhook>;
};

export type WebhookDelivery = Node & {
  readonly __typename?: 'WebhookDelivery';
  readonly attemptCount: Scalars['Int']['output'];
  readonly body: Scalars['String']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  readonly id: Scalars['ID']['output'];
  readonly kind?: Maybe<WebhookEventKind>;
  readonly lastAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  readonly responseStatus?: Maybe<Scalars['Int']['output']>;
  readonly responseText?: Maybe<Scalars['String']['output']>;
  readonly status: WebhookDeliveryStatus;
};

export type WebhookDeliveryConnection = {
  readonly __typename?: 'WebhookDeliveryConnection';
  readonly edges: ReadonlyArray<WebhookDeliveryEdge>;
  readonly isTotalEstimated: Scalars['Boolean']['output'];
  readonly nodes: ReadonlyArray<WebhookDelivery>;
  readonly pageInfo: PageInfo;
  readonly totalCount: Scalars['Int']['output'];
};

export type WebhookDeliveryEdge = {
  readonly __typename?: 'WebhookDeliveryEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: WebhookDelivery;
};

export type WebhookDeliveryFilter = {
  readonly status?: InputMaybe<WebhookDeliveryStatus>;
};

export const WebhookDeliveryStatus = {
  Delivered: 'DELIVERED',
  Failed: 'FAILED',
  Pending: 'PENDING'
} as const;

export type WebhookDeliveryStatus = typeof WebhookDeliveryStatus[keyof typeof WebhookDeliveryStatus];
export const WebhookDisabledReason = {
  ByUser: 'BY_USER',
  Failing: 'FAILING',
  Gone: 'GONE',
  NoSecret: 'NO_SECRET'
} as const;

export type WebhookDisabledReason = typeof WebhookDisabledReason[keyof typeof WebhookDisabledReason];
export type WebhookEdge = {
  readonly __typename?: 'WebhookEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Webhook;
};

export const WebhookEventKind = {
  BreakerClosed: 'BREAKER_CLOSED',
  BreakerOpened: 'BREAKER_OPENED',
  DnsblZoneOff: 'DNSBL_ZONE_OFF',
  DnsblZoneOn: 'DNSBL_ZONE_ON',
  DomainActivated: 'DOMAIN_ACTIVATED',
  DomainChecked: 'DOMAIN_CHECKED',
  DomainProofFound: 'DOMAIN_PROOF_FOUND',
  DomainProofLost: 'DOMAIN_PROOF_LOST',
  DomainSuspended: 'DOMAIN_SUSPENDED',
  DomainUnsuspended: 'DOMAIN_UNSUSPENDED',
  MailDigest: 'MAIL_DIGEST',
  Other: 'OTHER',
  OutageClosed: 'OUTAGE_CLOSED',
  OutageDrained: 'OUTAGE_DRAINED',
  OutageDraining: 'OUTAGE_DRAINING',
  OutageOpened: 'OUTAGE_OPENED',
  OutageReclassified: 'OUTAGE_RECLASSIFIED',
  OutageThreshold: 'OUTAGE_THRESHOLD',
  ServiceTroubleBegan: 'SERVICE_TROUBLE_BEGAN',
  ServiceTroubleEnded: 'SERVICE_TROUBLE_ENDED',
  WebhookDisabled: 'WEBHOOK_DISABLED'
} as const;

export type WebhookEventKind = typeof WebhookEventKind[keyof typeof WebhookEventKind];
export type WebhookFilter = {
  readonly status?: InputMaybe<WebhookStatus>;
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

export type WebhookRedeliverInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type WebhookRedeliverPayload = {
  readonly __typename?: 'WebhookRedeliverPayload';
  readonly delivery?: Maybe<WebhookDelivery>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type WebhookReplayInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly since: Scalars['DateTime']['input'];
};

export type WebhookReplayPayload = {
  readonly __typename?: 'WebhookReplayPayload';
  readonly hasMore?: Maybe<Scalars['Boolean']['output']>;
  readonly replayedCount?: Maybe<Scalars['Int']['output']>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly webhook?: Maybe<Webhook>;
};

export type WebhookRotateInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly overlap?: Scalars['Duration']['input'];
};

export type WebhookRotatePayload = {
  readonly __typename?: 'WebhookRotatePayload';
  readonly secret?: Maybe<Scalars['String']['output']>;
  readonly userErrors: ReadonlyArray<UserError>;
  readonly webhook?: Maybe<Webhook>;
};

export const WebhookStatus = {
  Disabled: 'DISABLED',
  Enabled: 'ENABLED'
} as const;

export type WebhookStatus = typeof WebhookStatus[keyof typeof WebhookStatus];
export type WebhookTestInput = {
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type WebhookTestPayload = {
  readonly __typename?: 'WebhookTestPayload';
  readonly delivery?: Maybe<WebhookDelivery>;
  readonly userErrors: ReadonlyArray<UserError>;
};

export type WebhookUpdateInput = {
  readonly description?: InputMaybe<Scalars['String']['input']>;
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly events?: InputMaybe<ReadonlyArray<WebhookEventKind>>;
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  readonly id: Scalars['ID']['input'];
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  readonly isEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  readonly url?: InputMaybe<Scalars['String']['input']>;
};

export type WebhookUpdatePayload = {
  readonly __typename?: 'WebhookUpdatePayload';
  readonly userErrors: ReadonlyArray<UserError>;
  readonly webhook?: Maybe<Webhook>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( AlertContactParent )
    | ( AuditView )
    | ( RelayDomain )
    | ( DrillView )
    | ( MessageView )
    | ( OperationView )
    | ( OutageView )
    | ( RejectionView )
    | ( TenantParent )
    | ( TokenParent )
    | ( WebhookParent )
    | ( WebhookDeliveryParent )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AlertContact: ResolverTypeWrapper<AlertContactParent>;
  AlertContactConfirmInput: AlertContactConfirmInput;
  AlertContactConfirmPayload: ResolverTypeWrapper<Omit<AlertContactConfirmPayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  AlertContactConnection: ResolverTypeWrapper<Connection<AlertContactParent>>;
  AlertContactCreateInput: AlertContactCreateInput;
  AlertContactCreatePayload: ResolverTypeWrapper<Omit<AlertContactCreatePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  AlertContactDeleteInput: AlertContactDeleteInput;
  AlertContactDeletePayload: ResolverTypeWrapper<Omit<AlertContactDeletePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  AlertContactEdge: ResolverTypeWrapper<Omit<AlertContactEdge, 'node'> & { node: ResolversTypes['AlertContact'] }>;
  AlertContactFilter: AlertContactFilter;
  AlertContactStatus: AlertContactStatus;
  AlertContactUpdateInput: AlertContactUpdateInput;
  AlertContactUpdatePayload: ResolverTypeWrapper<Omit<AlertContactUpdatePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  AllowAction: AllowAction;
  Attempt: ResolverTypeWrapper<ShownAttempt>;
  AttemptConnection: ResolverTypeWrapper<Connection<ShownAttempt>>;
  AttemptEdge: ResolverTypeWrapper<Omit<AttemptEdge, 'node'> & { node: ResolversTypes['Attempt'] }>;
  AttemptOutcome: AttemptOutcome;
  AttemptWait: AttemptWait;
  AuditConnection: ResolverTypeWrapper<Connection<AuditView>>;
  AuditEdge: ResolverTypeWrapper<Omit<AuditEdge, 'node'> & { node: ResolversTypes['AuditEntry'] }>;
  AuditEntry: ResolverTypeWrapper<AuditView>;
  AuditFilter: AuditFilter;
  AuditOutcome: AuditOutcome;
  AuditSubjectKind: AuditSubjectKind;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Breaker: ResolverTypeWrapper<Breaker>;
  BreakerState: BreakerState;
  ByteCount: ResolverTypeWrapper<Scalars['ByteCount']['output']>;
  ConsoleLinkCreateInput: ConsoleLinkCreateInput;
  ConsoleLinkCreatePayload: ResolverTypeWrapper<Omit<ConsoleLinkCreatePayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  ConsoleSession: ResolverTypeWrapper<ConsoleSession>;
  ConsoleSessionEndInput: ConsoleSessionEndInput;
  ConsoleSessionEndPayload: ResolverTypeWrapper<Omit<ConsoleSessionEndPayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DnsServerInput: DnsServerInput;
  DnsblMode: DnsblMode;
  DnsblZone: ResolverTypeWrapper<DnsblZoneParent>;
  DnsblZoneInput: DnsblZoneInput;
  DnswlZone: ResolverTypeWrapper<DnswlZone>;
  DnswlZoneInput: DnswlZoneInput;
  DoctorCode: DoctorCode;
  DoctorEvidence: ResolverTypeWrapper<DoctorEvidence>;
  DoctorFinding: ResolverTypeWrapper<DoctorFinding>;
  DoctorReport: ResolverTypeWrapper<DoctorReport>;
  DoctorVerdict: DoctorVerdict;
  Domain: ResolverTypeWrapper<RelayDomain>;
  DomainApplyInput: DomainApplyInput;
  DomainBounceHeldInput: DomainBounceHeldInput;
  DomainBounceHeldPayload: ResolverTypeWrapper<Omit<DomainBounceHeldPayload, 'domain' | 'operation' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, operation?: Maybe<ResolversTypes['Operation']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainBy: DomainBy;
  DomainCheckInput: DomainCheckInput;
  DomainCheckPayload: ResolverTypeWrapper<Omit<DomainCheckPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainCondition: ResolverTypeWrapper<DomainCondition>;
  DomainConditionKind: DomainConditionKind;
  DomainConnection: ResolverTypeWrapper<Connection<RelayDomain>>;
  DomainCreateInput: DomainCreateInput;
  DomainCreatePayload: ResolverTypeWrapper<Omit<DomainCreatePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainDeleteInput: DomainDeleteInput;
  DomainDeletePayload: ResolverTypeWrapper<Omit<DomainDeletePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainDrillDeliverInput: DomainDrillDeliverInput;
  DomainDrillDeliverPayload: ResolverTypeWrapper<Omit<DomainDrillDeliverPayload, 'drill' | 'userErrors'> & { drill?: Maybe<ResolversTypes['Drill']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainDrillInput: DomainDrillInput;
  DomainDrillPayload: ResolverTypeWrapper<Omit<DomainDrillPayload, 'drill' | 'userErrors'> & { drill?: Maybe<ResolversTypes['Drill']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainDrillScheduleInput: DomainDrillScheduleInput;
  DomainDrillSchedulePayload: ResolverTypeWrapper<Omit<DomainDrillSchedulePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainEdge: ResolverTypeWrapper<Omit<DomainEdge, 'node'> & { node: ResolversTypes['Domain'] }>;
  DomainExtendHoldInput: DomainExtendHoldInput;
  DomainExtendHoldPayload: ResolverTypeWrapper<Omit<DomainExtendHoldPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainFilter: DomainFilter;
  DomainFlushInput: DomainFlushInput;
  DomainFlushPayload: ResolverTypeWrapper<Omit<DomainFlushPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainMx: ResolverTypeWrapper<DomainMx>;
  DomainOrder: DomainOrder;
  DomainPause: ResolverTypeWrapper<DomainPause>;
  DomainPauseInput: DomainPauseInput;
  DomainPausePayload: ResolverTypeWrapper<Omit<DomainPausePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainPlan: ResolverTypeWrapper<AppliedDomain>;
  DomainPlanAction: DomainPlanAction;
  DomainPlanDifference: ResolverTypeWrapper<TextDifference>;
  DomainProof: ResolverTypeWrapper<DomainProof>;
  DomainQueue: ResolverTypeWrapper<QueueParent>;
  DomainReleaseBreakerInput: DomainReleaseBreakerInput;
  DomainReleaseBreakerPayload: ResolverTypeWrapper<Omit<DomainReleaseBreakerPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainResumeInput: DomainResumeInput;
  DomainResumePayload: ResolverTypeWrapper<Omit<DomainResumePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainSetMxInput: DomainSetMxInput;
  DomainSetMxPayload: ResolverTypeWrapper<Omit<DomainSetMxPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainSetting: DomainSetting;
  DomainStatus: DomainStatus;
  DomainSuspendInput: DomainSuspendInput;
  DomainSuspendPayload: ResolverTypeWrapper<Omit<DomainSuspendPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainTransferInput: DomainTransferInput;
  DomainTransferPayload: ResolverTypeWrapper<Omit<DomainTransferPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainUnsetMxInput: DomainUnsetMxInput;
  DomainUnsetMxPayload: ResolverTypeWrapper<Omit<DomainUnsetMxPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainUnsuspendInput: DomainUnsuspendInput;
  DomainUnsuspendPayload: ResolverTypeWrapper<Omit<DomainUnsuspendPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainUpdateInput: DomainUpdateInput;
  DomainUpdatePayload: ResolverTypeWrapper<Omit<DomainUpdatePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainUpdatePreview: ResolverTypeWrapper<DomainUpdatePreview>;
  DomainVerifyInput: DomainVerifyInput;
  DomainVerifyPayload: ResolverTypeWrapper<Omit<DomainVerifyPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainsApplyInput: DomainsApplyInput;
  DomainsApplyPayload: ResolverTypeWrapper<Omit<DomainsApplyPayload, 'plan' | 'userErrors'> & { plan?: Maybe<ReadonlyArray<ResolversTypes['DomainPlan']>>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  DomainsFlushBy: DomainsFlushBy;
  DomainsFlushInput: DomainsFlushInput;
  DomainsFlushPayload: ResolverTypeWrapper<Omit<DomainsFlushPayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  Drill: ResolverTypeWrapper<DrillView>;
  DrillConnection: ResolverTypeWrapper<Connection<DrillView>>;
  DrillDelivery: DrillDelivery;
  DrillEdge: ResolverTypeWrapper<Omit<DrillEdge, 'node'> & { node: ResolversTypes['Drill'] }>;
  DrillFinding: ResolverTypeWrapper<DrillFinding>;
  DrillFindingCode: DrillFindingCode;
  DrillResult: DrillResult;
  DrillSchedule: ResolverTypeWrapper<DrillSchedule>;
  DrillState: DrillState;
  DrillStep: ResolverTypeWrapper<DrillStepParent>;
  DrillStepName: DrillStepName;
  DrillVerdict: DrillVerdict;
  Duration: ResolverTypeWrapper<Scalars['Duration']['output']>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  FlowSlot: ResolverTypeWrapper<FlowSlot>;
  HeaderField: ResolverTypeWrapper<HeaderField>;
  HeldMailChoice: HeldMailChoice;
  HostTrouble: HostTrouble;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Label: ResolverTypeWrapper<Label>;
  LabelInput: LabelInput;
  Message: ResolverTypeWrapper<MessageView>;
  MessageBounceInput: MessageBounceInput;
  MessageBouncePayload: ResolverTypeWrapper<Omit<MessageBouncePayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversTypes['Message']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  MessageCancelInput: MessageCancelInput;
  MessageCancelPayload: ResolverTypeWrapper<Omit<MessageCancelPayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversTypes['Message']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  MessageConnection: ResolverTypeWrapper<Connection<MessageView>>;
  MessageContent: ResolverTypeWrapper<MessageContent>;
  MessageEdge: ResolverTypeWrapper<Omit<MessageEdge, 'node'> & { node: ResolversTypes['Message'] }>;
  MessageFilter: MessageFilter;
  MessageOrder: MessageOrder;
  MessageRetryInput: MessageRetryInput;
  MessageRetryPayload: ResolverTypeWrapper<Omit<MessageRetryPayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversTypes['Message']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  MessagesBounceInput: MessagesBounceInput;
  MessagesBouncePayload: ResolverTypeWrapper<Omit<MessagesBouncePayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversTypes['Operation']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  MessagesCancelInput: MessagesCancelInput;
  MessagesCancelPayload: ResolverTypeWrapper<Omit<MessagesCancelPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversTypes['Operation']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  MessagesRetryInput: MessagesRetryInput;
  MessagesRetryPayload: ResolverTypeWrapper<Omit<MessagesRetryPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversTypes['Operation']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  Mta: Mta;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  MutationName: MutationName;
  MxChange: MxChange;
  MxFormRecord: ResolverTypeWrapper<MxFormRecord>;
  MxRecord: ResolverTypeWrapper<MxRecord>;
  MxRecordChange: ResolverTypeWrapper<MxRecordChange>;
  MxVerdict: MxVerdict;
  NextHop: ResolverTypeWrapper<NextHop>;
  NextHopInput: NextHopInput;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  NodeRole: NodeRole;
  Operation: ResolverTypeWrapper<OperationView>;
  OperationConnection: ResolverTypeWrapper<Connection<OperationView>>;
  OperationEdge: ResolverTypeWrapper<Omit<OperationEdge, 'node'> & { node: ResolversTypes['Operation'] }>;
  OperationFilter: OperationFilter;
  OperationState: OperationState;
  OperationStopInput: OperationStopInput;
  OperationStopPayload: ResolverTypeWrapper<Omit<OperationStopPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversTypes['Operation']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  OperationVerb: OperationVerb;
  Outage: ResolverTypeWrapper<OutageView>;
  OutageChange: ResolverTypeWrapper<OutageItem>;
  OutageChangeKind: OutageChangeKind;
  OutageConnection: ResolverTypeWrapper<Connection<OutageView>>;
  OutageDrain: ResolverTypeWrapper<OutageDrain>;
  OutageEdge: ResolverTypeWrapper<Omit<OutageEdge, 'node'> & { node: ResolversTypes['Outage'] }>;
  OutageEvidence: ResolverTypeWrapper<EvidenceView>;
  OutageFilter: OutageFilter;
  OutageKind: OutageKind;
  OutageOrder: OutageOrder;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PreviewedHost: ResolverTypeWrapper<PreviewedHost>;
  PrimarySetup: ResolverTypeWrapper<PrimarySetup>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QueueChange: ResolverTypeWrapper<QueueItem>;
  Recipient: ResolverTypeWrapper<RecipientParent>;
  RecipientAnswer: RecipientAnswer;
  RecipientForgetInput: RecipientForgetInput;
  RecipientForgetPayload: ResolverTypeWrapper<Omit<RecipientForgetPayload, 'recipientStanding' | 'userErrors'> & { recipientStanding?: Maybe<ResolversTypes['RecipientStanding']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  RecipientList: ResolverTypeWrapper<RelayDomain>;
  RecipientListAddInput: RecipientListAddInput;
  RecipientListAddPayload: ResolverTypeWrapper<Omit<RecipientListAddPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  RecipientListChange: ResolverTypeWrapper<RecipientListChange>;
  RecipientListEntry: ResolverTypeWrapper<RecipientListEntry>;
  RecipientListEntryConnection: ResolverTypeWrapper<Connection<RecipientListEntry>>;
  RecipientListEntryEdge: ResolverTypeWrapper<RecipientListEntryEdge>;
  RecipientListRemoveInput: RecipientListRemoveInput;
  RecipientListRemovePayload: ResolverTypeWrapper<Omit<RecipientListRemovePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  RecipientListReplaceInput: RecipientListReplaceInput;
  RecipientListReplacePayload: ResolverTypeWrapper<Omit<RecipientListReplacePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  RecipientStanding: ResolverTypeWrapper<RecipientStatus>;
  RecipientState: RecipientState;
  Rejection: ResolverTypeWrapper<RejectionView>;
  RejectionAllowInput: RejectionAllowInput;
  RejectionAllowPayload: ResolverTypeWrapper<Omit<RejectionAllowPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversTypes['Domain']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  RejectionCode: RejectionCode;
  RejectionConnection: ResolverTypeWrapper<Connection<RejectionView>>;
  RejectionCount: ResolverTypeWrapper<RejectionSlot>;
  RejectionEdge: ResolverTypeWrapper<Omit<RejectionEdge, 'node'> & { node: ResolversTypes['Rejection'] }>;
  RejectionFilter: RejectionFilter;
  RequestedAttempt: ResolverTypeWrapper<RequestedAttempt>;
  RetryStage: ResolverTypeWrapper<RetryStage>;
  Scope: Scope;
  Service: ResolverTypeWrapper<ServiceParent>;
  ServiceHealth: ResolverTypeWrapper<ServiceHealth>;
  ServiceNode: ResolverTypeWrapper<NodeView>;
  ServiceTotals: ResolverTypeWrapper<ServiceTotals>;
  ServiceUpdateInput: ServiceUpdateInput;
  ServiceUpdatePayload: ResolverTypeWrapper<Omit<ServiceUpdatePayload, 'service' | 'userErrors'> & { service?: Maybe<ResolversTypes['Service']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  Situation: Situation;
  SituationCount: ResolverTypeWrapper<SituationCount>;
  SkipReason: SkipReason;
  SkippedDomains: ResolverTypeWrapper<SkippedDomains>;
  SmtpCommand: SmtpCommand;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Summary: ResolverTypeWrapper<Summary>;
  Tenant: ResolverTypeWrapper<TenantParent>;
  TenantConnection: ResolverTypeWrapper<Connection<TenantParent>>;
  TenantCreateInput: TenantCreateInput;
  TenantCreatePayload: ResolverTypeWrapper<Omit<TenantCreatePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversTypes['Tenant']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TenantDeleteInput: TenantDeleteInput;
  TenantDeletePayload: ResolverTypeWrapper<Omit<TenantDeletePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversTypes['Tenant']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TenantEdge: ResolverTypeWrapper<Omit<TenantEdge, 'node'> & { node: ResolversTypes['Tenant'] }>;
  TenantFilter: TenantFilter;
  TenantOrder: TenantOrder;
  TenantQuotas: ResolverTypeWrapper<TenantQuotas>;
  TenantQuotasInput: TenantQuotasInput;
  TenantSuspendInput: TenantSuspendInput;
  TenantSuspendPayload: ResolverTypeWrapper<Omit<TenantSuspendPayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversTypes['Tenant']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TenantSuspension: ResolverTypeWrapper<TenantSuspension>;
  TenantUnsuspendInput: TenantUnsuspendInput;
  TenantUnsuspendPayload: ResolverTypeWrapper<Omit<TenantUnsuspendPayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversTypes['Tenant']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TenantUpdateInput: TenantUpdateInput;
  TenantUpdatePayload: ResolverTypeWrapper<Omit<TenantUpdatePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversTypes['Tenant']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TenantUsage: ResolverTypeWrapper<TenantUsage>;
  TimelineActor: ResolverTypeWrapper<TimelineActor>;
  TimelineConnection: ResolverTypeWrapper<Connection<TimelineEntryParent>>;
  TimelineEdge: ResolverTypeWrapper<TimelineItem>;
  TimelineEntry: ResolverTypeWrapper<TimelineEntryParent>;
  TimelineKind: TimelineKind;
  TlsPolicy: TlsPolicy;
  Token: ResolverTypeWrapper<TokenParent>;
  TokenConnection: ResolverTypeWrapper<Connection<TokenParent>>;
  TokenCreateInput: TokenCreateInput;
  TokenCreatePayload: ResolverTypeWrapper<Omit<TokenCreatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversTypes['Token']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TokenDeleteInput: TokenDeleteInput;
  TokenDeletePayload: ResolverTypeWrapper<Omit<TokenDeletePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversTypes['Token']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TokenEdge: ResolverTypeWrapper<Omit<TokenEdge, 'node'> & { node: ResolversTypes['Token'] }>;
  TokenFilter: TokenFilter;
  TokenRotateInput: TokenRotateInput;
  TokenRotatePayload: ResolverTypeWrapper<Omit<TokenRotatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversTypes['Token']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TokenUpdateInput: TokenUpdateInput;
  TokenUpdatePayload: ResolverTypeWrapper<Omit<TokenUpdatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversTypes['Token']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  TsigAlgorithm: TsigAlgorithm;
  TsigInput: TsigInput;
  UnknownWhileDown: ResolverTypeWrapper<UnknownWhileDown>;
  UnknownWhileDownInput: UnknownWhileDownInput;
  UnknownWhileDownPolicy: UnknownWhileDownPolicy;
  UserError: ResolverTypeWrapper<UserErrorParent>;
  UserErrorCode: UserErrorCode;
  Viewer: ResolverTypeWrapper<Caller>;
  Webhook: ResolverTypeWrapper<WebhookParent>;
  WebhookConnection: ResolverTypeWrapper<Connection<WebhookParent>>;
  WebhookCreateInput: WebhookCreateInput;
  WebhookCreatePayload: ResolverTypeWrapper<Omit<WebhookCreatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']>, webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookDeleteInput: WebhookDeleteInput;
  WebhookDeletePayload: ResolverTypeWrapper<Omit<WebhookDeletePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']>, webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookDelivery: ResolverTypeWrapper<WebhookDeliveryParent>;
  WebhookDeliveryConnection: ResolverTypeWrapper<Connection<WebhookDeliveryParent>>;
  WebhookDeliveryEdge: ResolverTypeWrapper<Omit<WebhookDeliveryEdge, 'node'> & { node: ResolversTypes['WebhookDelivery'] }>;
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookDeliveryStatus: WebhookDeliveryStatus;
  WebhookDisabledReason: WebhookDisabledReason;
  WebhookEdge: ResolverTypeWrapper<Omit<WebhookEdge, 'node'> & { node: ResolversTypes['Webhook'] }>;
  WebhookEventKind: WebhookEventKind;
  WebhookFilter: WebhookFilter;
  WebhookRedeliverInput: WebhookRedeliverInput;
  WebhookRedeliverPayload: ResolverTypeWrapper<Omit<WebhookRedeliverPayload, 'delivery' | 'userErrors'> & { delivery?: Maybe<ResolversTypes['WebhookDelivery']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  WebhookReplayInput: WebhookReplayInput;
  WebhookReplayPayload: ResolverTypeWrapper<Omit<WebhookReplayPayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']>, webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookRotateInput: WebhookRotateInput;
  WebhookRotatePayload: ResolverTypeWrapper<Omit<WebhookRotatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']>, webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookStatus: WebhookStatus;
  WebhookTestInput: WebhookTestInput;
  WebhookTestPayload: ResolverTypeWrapper<Omit<WebhookTestPayload, 'delivery' | 'userErrors'> & { delivery?: Maybe<ResolversTypes['WebhookDelivery']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  WebhookUpdateInput: WebhookUpdateInput;
  WebhookUpdatePayload: ResolverTypeWrapper<Omit<WebhookUpdatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversTypes['UserError']>, webhook?: Maybe<ResolversTypes['Webhook']> }>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AlertContact: AlertContactParent;
  AlertContactConfirmInput: AlertContactConfirmInput;
  AlertContactConfirmPayload: Omit<AlertContactConfirmPayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  AlertContactConnection: Connection<AlertContactParent>;
  AlertContactCreateInput: AlertContactCreateInput;
  AlertContactCreatePayload: Omit<AlertContactCreatePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  AlertContactDeleteInput: AlertContactDeleteInput;
  AlertContactDeletePayload: Omit<AlertContactDeletePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  AlertContactEdge: Omit<AlertContactEdge, 'node'> & { node: ResolversParentTypes['AlertContact'] };
  AlertContactFilter: AlertContactFilter;
  AlertContactUpdateInput: AlertContactUpdateInput;
  AlertContactUpdatePayload: Omit<AlertContactUpdatePayload, 'alertContact' | 'userErrors'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  Attempt: ShownAttempt;
  AttemptConnection: Connection<ShownAttempt>;
  AttemptEdge: Omit<AttemptEdge, 'node'> & { node: ResolversParentTypes['Attempt'] };
  AuditConnection: Connection<AuditView>;
  AuditEdge: Omit<AuditEdge, 'node'> & { node: ResolversParentTypes['AuditEntry'] };
  AuditEntry: AuditView;
  AuditFilter: AuditFilter;
  Boolean: Scalars['Boolean']['output'];
  Breaker: Breaker;
  ByteCount: Scalars['ByteCount']['output'];
  ConsoleLinkCreateInput: ConsoleLinkCreateInput;
  ConsoleLinkCreatePayload: Omit<ConsoleLinkCreatePayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  ConsoleSession: ConsoleSession;
  ConsoleSessionEndInput: ConsoleSessionEndInput;
  ConsoleSessionEndPayload: Omit<ConsoleSessionEndPayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DateTime: Scalars['DateTime']['output'];
  DnsServerInput: DnsServerInput;
  DnsblZone: DnsblZoneParent;
  DnsblZoneInput: DnsblZoneInput;
  DnswlZone: DnswlZone;
  DnswlZoneInput: DnswlZoneInput;
  DoctorEvidence: DoctorEvidence;
  DoctorFinding: DoctorFinding;
  DoctorReport: DoctorReport;
  Domain: RelayDomain;
  DomainApplyInput: DomainApplyInput;
  DomainBounceHeldInput: DomainBounceHeldInput;
  DomainBounceHeldPayload: Omit<DomainBounceHeldPayload, 'domain' | 'operation' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, operation?: Maybe<ResolversParentTypes['Operation']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainBy: DomainBy;
  DomainCheckInput: DomainCheckInput;
  DomainCheckPayload: Omit<DomainCheckPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainCondition: DomainCondition;
  DomainConnection: Connection<RelayDomain>;
  DomainCreateInput: DomainCreateInput;
  DomainCreatePayload: Omit<DomainCreatePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainDeleteInput: DomainDeleteInput;
  DomainDeletePayload: Omit<DomainDeletePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainDrillDeliverInput: DomainDrillDeliverInput;
  DomainDrillDeliverPayload: Omit<DomainDrillDeliverPayload, 'drill' | 'userErrors'> & { drill?: Maybe<ResolversParentTypes['Drill']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainDrillInput: DomainDrillInput;
  DomainDrillPayload: Omit<DomainDrillPayload, 'drill' | 'userErrors'> & { drill?: Maybe<ResolversParentTypes['Drill']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainDrillScheduleInput: DomainDrillScheduleInput;
  DomainDrillSchedulePayload: Omit<DomainDrillSchedulePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainEdge: Omit<DomainEdge, 'node'> & { node: ResolversParentTypes['Domain'] };
  DomainExtendHoldInput: DomainExtendHoldInput;
  DomainExtendHoldPayload: Omit<DomainExtendHoldPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainFilter: DomainFilter;
  DomainFlushInput: DomainFlushInput;
  DomainFlushPayload: Omit<DomainFlushPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainMx: DomainMx;
  DomainPause: DomainPause;
  DomainPauseInput: DomainPauseInput;
  DomainPausePayload: Omit<DomainPausePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainPlan: AppliedDomain;
  DomainPlanDifference: TextDifference;
  DomainProof: DomainProof;
  DomainQueue: QueueParent;
  DomainReleaseBreakerInput: DomainReleaseBreakerInput;
  DomainReleaseBreakerPayload: Omit<DomainReleaseBreakerPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainResumeInput: DomainResumeInput;
  DomainResumePayload: Omit<DomainResumePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainSetMxInput: DomainSetMxInput;
  DomainSetMxPayload: Omit<DomainSetMxPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainSuspendInput: DomainSuspendInput;
  DomainSuspendPayload: Omit<DomainSuspendPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainTransferInput: DomainTransferInput;
  DomainTransferPayload: Omit<DomainTransferPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainUnsetMxInput: DomainUnsetMxInput;
  DomainUnsetMxPayload: Omit<DomainUnsetMxPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainUnsuspendInput: DomainUnsuspendInput;
  DomainUnsuspendPayload: Omit<DomainUnsuspendPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainUpdateInput: DomainUpdateInput;
  DomainUpdatePayload: Omit<DomainUpdatePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainUpdatePreview: DomainUpdatePreview;
  DomainVerifyInput: DomainVerifyInput;
  DomainVerifyPayload: Omit<DomainVerifyPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainsApplyInput: DomainsApplyInput;
  DomainsApplyPayload: Omit<DomainsApplyPayload, 'plan' | 'userErrors'> & { plan?: Maybe<ReadonlyArray<ResolversParentTypes['DomainPlan']>>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  DomainsFlushBy: DomainsFlushBy;
  DomainsFlushInput: DomainsFlushInput;
  DomainsFlushPayload: Omit<DomainsFlushPayload, 'userErrors'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  Drill: DrillView;
  DrillConnection: Connection<DrillView>;
  DrillEdge: Omit<DrillEdge, 'node'> & { node: ResolversParentTypes['Drill'] };
  DrillFinding: DrillFinding;
  DrillSchedule: DrillSchedule;
  DrillStep: DrillStepParent;
  Duration: Scalars['Duration']['output'];
  Float: Scalars['Float']['output'];
  FlowSlot: FlowSlot;
  HeaderField: HeaderField;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  Label: Label;
  LabelInput: LabelInput;
  Message: MessageView;
  MessageBounceInput: MessageBounceInput;
  MessageBouncePayload: Omit<MessageBouncePayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversParentTypes['Message']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  MessageCancelInput: MessageCancelInput;
  MessageCancelPayload: Omit<MessageCancelPayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversParentTypes['Message']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  MessageConnection: Connection<MessageView>;
  MessageContent: MessageContent;
  MessageEdge: Omit<MessageEdge, 'node'> & { node: ResolversParentTypes['Message'] };
  MessageFilter: MessageFilter;
  MessageRetryInput: MessageRetryInput;
  MessageRetryPayload: Omit<MessageRetryPayload, 'message' | 'userErrors'> & { message?: Maybe<ResolversParentTypes['Message']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  MessagesBounceInput: MessagesBounceInput;
  MessagesBouncePayload: Omit<MessagesBouncePayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversParentTypes['Operation']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  MessagesCancelInput: MessagesCancelInput;
  MessagesCancelPayload: Omit<MessagesCancelPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversParentTypes['Operation']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  MessagesRetryInput: MessagesRetryInput;
  MessagesRetryPayload: Omit<MessagesRetryPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversParentTypes['Operation']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  Mutation: Record<PropertyKey, never>;
  MxFormRecord: MxFormRecord;
  MxRecord: MxRecord;
  MxRecordChange: MxRecordChange;
  NextHop: NextHop;
  NextHopInput: NextHopInput;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  Operation: OperationView;
  OperationConnection: Connection<OperationView>;
  OperationEdge: Omit<OperationEdge, 'node'> & { node: ResolversParentTypes['Operation'] };
  OperationFilter: OperationFilter;
  OperationStopInput: OperationStopInput;
  OperationStopPayload: Omit<OperationStopPayload, 'operation' | 'userErrors'> & { operation?: Maybe<ResolversParentTypes['Operation']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  Outage: OutageView;
  OutageChange: OutageItem;
  OutageConnection: Connection<OutageView>;
  OutageDrain: OutageDrain;
  OutageEdge: Omit<OutageEdge, 'node'> & { node: ResolversParentTypes['Outage'] };
  OutageEvidence: EvidenceView;
  OutageFilter: OutageFilter;
  PageInfo: PageInfo;
  PreviewedHost: PreviewedHost;
  PrimarySetup: PrimarySetup;
  Query: Record<PropertyKey, never>;
  QueueChange: QueueItem;
  Recipient: RecipientParent;
  RecipientForgetInput: RecipientForgetInput;
  RecipientForgetPayload: Omit<RecipientForgetPayload, 'recipientStanding' | 'userErrors'> & { recipientStanding?: Maybe<ResolversParentTypes['RecipientStanding']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  RecipientList: RelayDomain;
  RecipientListAddInput: RecipientListAddInput;
  RecipientListAddPayload: Omit<RecipientListAddPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  RecipientListChange: RecipientListChange;
  RecipientListEntry: RecipientListEntry;
  RecipientListEntryConnection: Connection<RecipientListEntry>;
  RecipientListEntryEdge: RecipientListEntryEdge;
  RecipientListRemoveInput: RecipientListRemoveInput;
  RecipientListRemovePayload: Omit<RecipientListRemovePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  RecipientListReplaceInput: RecipientListReplaceInput;
  RecipientListReplacePayload: Omit<RecipientListReplacePayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  RecipientStanding: RecipientStatus;
  Rejection: RejectionView;
  RejectionAllowInput: RejectionAllowInput;
  RejectionAllowPayload: Omit<RejectionAllowPayload, 'domain' | 'userErrors'> & { domain?: Maybe<ResolversParentTypes['Domain']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  RejectionConnection: Connection<RejectionView>;
  RejectionCount: RejectionSlot;
  RejectionEdge: Omit<RejectionEdge, 'node'> & { node: ResolversParentTypes['Rejection'] };
  RejectionFilter: RejectionFilter;
  RequestedAttempt: RequestedAttempt;
  RetryStage: RetryStage;
  Service: ServiceParent;
  ServiceHealth: ServiceHealth;
  ServiceNode: NodeView;
  ServiceTotals: ServiceTotals;
  ServiceUpdateInput: ServiceUpdateInput;
  ServiceUpdatePayload: Omit<ServiceUpdatePayload, 'service' | 'userErrors'> & { service?: Maybe<ResolversParentTypes['Service']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  SituationCount: SituationCount;
  SkippedDomains: SkippedDomains;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Summary: Summary;
  Tenant: TenantParent;
  TenantConnection: Connection<TenantParent>;
  TenantCreateInput: TenantCreateInput;
  TenantCreatePayload: Omit<TenantCreatePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversParentTypes['Tenant']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TenantDeleteInput: TenantDeleteInput;
  TenantDeletePayload: Omit<TenantDeletePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversParentTypes['Tenant']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TenantEdge: Omit<TenantEdge, 'node'> & { node: ResolversParentTypes['Tenant'] };
  TenantFilter: TenantFilter;
  TenantQuotas: TenantQuotas;
  TenantQuotasInput: TenantQuotasInput;
  TenantSuspendInput: TenantSuspendInput;
  TenantSuspendPayload: Omit<TenantSuspendPayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversParentTypes['Tenant']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TenantSuspension: TenantSuspension;
  TenantUnsuspendInput: TenantUnsuspendInput;
  TenantUnsuspendPayload: Omit<TenantUnsuspendPayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversParentTypes['Tenant']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TenantUpdateInput: TenantUpdateInput;
  TenantUpdatePayload: Omit<TenantUpdatePayload, 'tenant' | 'userErrors'> & { tenant?: Maybe<ResolversParentTypes['Tenant']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TenantUsage: TenantUsage;
  TimelineActor: TimelineActor;
  TimelineConnection: Connection<TimelineEntryParent>;
  TimelineEdge: TimelineItem;
  TimelineEntry: TimelineEntryParent;
  Token: TokenParent;
  TokenConnection: Connection<TokenParent>;
  TokenCreateInput: TokenCreateInput;
  TokenCreatePayload: Omit<TokenCreatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversParentTypes['Token']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TokenDeleteInput: TokenDeleteInput;
  TokenDeletePayload: Omit<TokenDeletePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversParentTypes['Token']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TokenEdge: Omit<TokenEdge, 'node'> & { node: ResolversParentTypes['Token'] };
  TokenFilter: TokenFilter;
  TokenRotateInput: TokenRotateInput;
  TokenRotatePayload: Omit<TokenRotatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversParentTypes['Token']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TokenUpdateInput: TokenUpdateInput;
  TokenUpdatePayload: Omit<TokenUpdatePayload, 'token' | 'userErrors'> & { token?: Maybe<ResolversParentTypes['Token']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  TsigInput: TsigInput;
  UnknownWhileDown: UnknownWhileDown;
  UnknownWhileDownInput: UnknownWhileDownInput;
  UserError: UserErrorParent;
  Viewer: Caller;
  Webhook: WebhookParent;
  WebhookConnection: Connection<WebhookParent>;
  WebhookCreateInput: WebhookCreateInput;
  WebhookCreatePayload: Omit<WebhookCreatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']>, webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookDeleteInput: WebhookDeleteInput;
  WebhookDeletePayload: Omit<WebhookDeletePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']>, webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookDelivery: WebhookDeliveryParent;
  WebhookDeliveryConnection: Connection<WebhookDeliveryParent>;
  WebhookDeliveryEdge: Omit<WebhookDeliveryEdge, 'node'> & { node: ResolversParentTypes['WebhookDelivery'] };
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookEdge: Omit<WebhookEdge, 'node'> & { node: ResolversParentTypes['Webhook'] };
  WebhookFilter: WebhookFilter;
  WebhookRedeliverInput: WebhookRedeliverInput;
  WebhookRedeliverPayload: Omit<WebhookRedeliverPayload, 'delivery' | 'userErrors'> & { delivery?: Maybe<ResolversParentTypes['WebhookDelivery']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  WebhookReplayInput: WebhookReplayInput;
  WebhookReplayPayload: Omit<WebhookReplayPayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']>, webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookRotateInput: WebhookRotateInput;
  WebhookRotatePayload: Omit<WebhookRotatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']>, webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookTestInput: WebhookTestInput;
  WebhookTestPayload: Omit<WebhookTestPayload, 'delivery' | 'userErrors'> & { delivery?: Maybe<ResolversParentTypes['WebhookDelivery']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  WebhookUpdateInput: WebhookUpdateInput;
  WebhookUpdatePayload: Omit<WebhookUpdatePayload, 'userErrors' | 'webhook'> & { userErrors: ReadonlyArray<ResolversParentTypes['UserError']>, webhook?: Maybe<ResolversParentTypes['Webhook']> };
};

export type RequiresDirectiveArgs = {
  scope: Scope;
};

export type RequiresDirectiveResolver<Result, Parent, ContextType = Context, Args = RequiresDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AlertContactResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContact'] = ResolversParentTypes['AlertContact']> = {
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  codeExpiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  confirmedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  domains?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ignoredDomains?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  lastMailedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['AlertContactStatus'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AlertContactConfirmPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactConfirmPayload'] = ResolversParentTypes['AlertContactConfirmPayload']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AlertContactConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactConnection'] = ResolversParentTypes['AlertContactConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertContactEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AlertContactCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactCreatePayload'] = ResolversParentTypes['AlertContactCreatePayload']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AlertContactDeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactDeletePayload'] = ResolversParentTypes['AlertContactDeletePayload']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AlertContactEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactEdge'] = ResolversParentTypes['AlertContactEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AlertContact'], ParentType, ContextType>;
};

export type AlertContactUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactUpdatePayload'] = ResolversParentTypes['AlertContactUpdatePayload']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AttemptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Attempt'] = ResolversParentTypes['Attempt']> = {
  address?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  latency?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AttemptOutcome'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tls?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AttemptConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttemptConnection'] = ResolversParentTypes['AttemptConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AttemptEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Attempt']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AttemptEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttemptEdge'] = ResolversParentTypes['AttemptEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Attempt'], ParentType, ContextType>;
};

export type AuditConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditConnection'] = ResolversParentTypes['AuditConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AuditEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AuditEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEdge'] = ResolversParentTypes['AuditEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AuditEntry'], ParentType, ContextType>;
};

export type AuditEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEntry'] = ResolversParentTypes['AuditEntry']> = {
  after?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  input?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  isOperator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  mutation?: Resolver<ResolversTypes['MutationName'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuditOutcome'], ParentType, ContextType>;
  subjectId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subjectKind?: Resolver<Maybe<ResolversTypes['AuditSubjectKind']>, ParentType, ContextType>;
  subjectName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  tokenId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  tokenName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tokenPrefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrorCodes?: Resolver<ReadonlyArray<ResolversTypes['UserErrorCode']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type BreakerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Breaker'] = ResolversParentTypes['Breaker']> = {
  reply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  since?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['BreakerState'], ParentType, ContextType>;
  trialCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export interface ByteCountScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['ByteCount'], any> {
  name: 'ByteCount';
}

export type ConsoleLinkCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsoleLinkCreatePayload'] = ResolversParentTypes['ConsoleLinkCreatePayload']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ConsoleSessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsoleSession'] = ResolversParentTypes['ConsoleSession']> = {
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isCurrent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  lastUsedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type ConsoleSessionEndPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConsoleSessionEndPayload'] = ResolversParentTypes['ConsoleSessionEndPayload']> = {
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DnsblZoneResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DnsblZone'] = ResolversParentTypes['DnsblZone']> = {
  checkedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  checkedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  codes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  isOn?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  listedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  mode?: Resolver<ResolversTypes['DnsblMode'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  weight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  zone?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DnswlZoneResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DnswlZone'] = ResolversParentTypes['DnswlZone']> = {
  codes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  zone?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DoctorEvidenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DoctorEvidence'] = ResolversParentTypes['DoctorEvidence']> = {
  answered?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  asked?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DoctorFindingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DoctorFinding'] = ResolversParentTypes['DoctorFinding']> = {
  advice?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  code?: Resolver<ResolversTypes['DoctorCode'], ParentType, ContextType>;
  evidence?: Resolver<ReadonlyArray<ResolversTypes['DoctorEvidence']>, ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['DoctorVerdict'], ParentType, ContextType>;
};

export type DoctorReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DoctorReport'] = ResolversParentTypes['DoctorReport']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  findings?: Resolver<ReadonlyArray<ResolversTypes['DoctorFinding']>, ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['DoctorVerdict'], ParentType, ContextType>;
};

export type DomainResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Domain'] = ResolversParentTypes['Domain']> = {
  attempts?: Resolver<ResolversTypes['AttemptConnection'], ParentType, ContextType, RequireFields<DomainAttemptsArgs, 'first'>>;
  breaker?: Resolver<ResolversTypes['Breaker'], ParentType, ContextType>;
  conditions?: Resolver<ReadonlyArray<ResolversTypes['DomainCondition']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  deliverTo?: Resolver<ReadonlyArray<ResolversTypes['NextHop']>, ParentType, ContextType>;
  dnsblAllowedClients?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  dnsblThreshold?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  dnsblZones?: Resolver<ReadonlyArray<ResolversTypes['DnsblZone']>, ParentType, ContextType>;
  dnswlZones?: Resolver<ReadonlyArray<ResolversTypes['DnswlZone']>, ParentType, ContextType>;
  doctor?: Resolver<Maybe<ResolversTypes['DoctorReport']>, ParentType, ContextType>;
  drainPerMinute?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  drillSchedule?: Resolver<Maybe<ResolversTypes['DrillSchedule']>, ParentType, ContextType>;
  drills?: Resolver<ResolversTypes['DrillConnection'], ParentType, ContextType, RequireFields<DomainDrillsArgs, 'first'>>;
  etrnClients?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  flow?: Resolver<ReadonlyArray<ResolversTypes['FlowSlot']>, ParentType, ContextType, RequireFields<DomainFlowArgs, 'since' | 'slots'>>;
  hasCallAheads?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasDelayReports?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ignoredAlertContacts?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['Label']>, ParentType, ContextType>;
  lastAttempt?: Resolver<Maybe<ResolversTypes['Attempt']>, ParentType, ContextType>;
  lastOutage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
  mx?: Resolver<ResolversTypes['DomainMx'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
  outages?: Resolver<ResolversTypes['OutageConnection'], ParentType, ContextType, RequireFields<DomainOutagesArgs, 'first'>>;
  pause?: Resolver<Maybe<ResolversTypes['DomainPause']>, ParentType, ContextType>;
  primarySetup?: Resolver<ReadonlyArray<ResolversTypes['PrimarySetup']>, ParentType, ContextType>;
  proof?: Resolver<Maybe<ResolversTypes['DomainProof']>, ParentType, ContextType>;
  queue?: Resolver<ResolversTypes['DomainQueue'], ParentType, ContextType>;
  recipientDelimiter?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recipientList?: Resolver<ResolversTypes['RecipientList'], ParentType, ContextType>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  situation?: Resolver<ResolversTypes['Situation'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['DomainStatus'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  tlsPolicy?: Resolver<ResolversTypes['TlsPolicy'], ParentType, ContextType>;
  unknownWhileDown?: Resolver<ResolversTypes['UnknownWhileDown'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DomainBounceHeldPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainBounceHeldPayload'] = ResolversParentTypes['DomainBounceHeldPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  recipientCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainCheckPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainCheckPayload'] = ResolversParentTypes['DomainCheckPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainConditionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainCondition'] = ResolversParentTypes['DomainCondition']> = {
  kind?: Resolver<ResolversTypes['DomainConditionKind'], ParentType, ContextType>;
  seenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type DomainConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainConnection'] = ResolversParentTypes['DomainConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DomainEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Domain']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DomainCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainCreatePayload'] = ResolversParentTypes['DomainCreatePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainDeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainDeletePayload'] = ResolversParentTypes['DomainDeletePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainDrillDeliverPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainDrillDeliverPayload'] = ResolversParentTypes['DomainDrillDeliverPayload']> = {
  drill?: Resolver<Maybe<ResolversTypes['Drill']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainDrillPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainDrillPayload'] = ResolversParentTypes['DomainDrillPayload']> = {
  drill?: Resolver<Maybe<ResolversTypes['Drill']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainDrillSchedulePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainDrillSchedulePayload'] = ResolversParentTypes['DomainDrillSchedulePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainEdge'] = ResolversParentTypes['DomainEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Domain'], ParentType, ContextType>;
};

export type DomainExtendHoldPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainExtendHoldPayload'] = ResolversParentTypes['DomainExtendHoldPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainFlushPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainFlushPayload'] = ResolversParentTypes['DomainFlushPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainMxResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainMx'] = ResolversParentTypes['DomainMx']> = {
  formRecords?: Resolver<ReadonlyArray<ResolversTypes['MxFormRecord']>, ParentType, ContextType>;
  observed?: Resolver<ReadonlyArray<ResolversTypes['MxRecord']>, ParentType, ContextType>;
  recommended?: Resolver<ReadonlyArray<ResolversTypes['MxRecord']>, ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['MxVerdict'], ParentType, ContextType>;
  zoneFile?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainPauseResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPause'] = ResolversParentTypes['DomainPause']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  isInForce?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  until?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type DomainPausePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPausePayload'] = ResolversParentTypes['DomainPausePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainPlanResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPlan'] = ResolversParentTypes['DomainPlan']> = {
  action?: Resolver<ResolversTypes['DomainPlanAction'], ParentType, ContextType>;
  changes?: Resolver<ReadonlyArray<ResolversTypes['DomainSetting']>, ParentType, ContextType>;
  differences?: Resolver<ReadonlyArray<ResolversTypes['DomainPlanDifference']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainPlanDifferenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPlanDifference'] = ResolversParentTypes['DomainPlanDifference']> = {
  after?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  field?: Resolver<ResolversTypes['DomainSetting'], ParentType, ContextType>;
};

export type DomainProofResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainProof'] = ResolversParentTypes['DomainProof']> = {
  checkedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lostAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nextCheckAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  seenAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainQueueResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainQueue'] = ResolversParentTypes['DomainQueue']> = {
  firstExpiryAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  holdExtension?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  nextAttempts?: Resolver<ReadonlyArray<ResolversTypes['DateTime']>, ParentType, ContextType, RequireFields<DomainQueueNextAttemptsArgs, 'first'>>;
  oldestAcceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type DomainReleaseBreakerPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainReleaseBreakerPayload'] = ResolversParentTypes['DomainReleaseBreakerPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainResumePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainResumePayload'] = ResolversParentTypes['DomainResumePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainSetMxPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainSetMxPayload'] = ResolversParentTypes['DomainSetMxPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  records?: Resolver<ReadonlyArray<ResolversTypes['MxRecordChange']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  zone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DomainSuspendPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainSuspendPayload'] = ResolversParentTypes['DomainSuspendPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainTransferPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainTransferPayload'] = ResolversParentTypes['DomainTransferPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainUnsetMxPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainUnsetMxPayload'] = ResolversParentTypes['DomainUnsetMxPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  records?: Resolver<ReadonlyArray<ResolversTypes['MxRecordChange']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  zone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DomainUnsuspendPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainUnsuspendPayload'] = ResolversParentTypes['DomainUnsuspendPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainUpdatePayload'] = ResolversParentTypes['DomainUpdatePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  preview?: Resolver<Maybe<ResolversTypes['DomainUpdatePreview']>, ParentType, ContextType>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainUpdatePreviewResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainUpdatePreview'] = ResolversParentTypes['DomainUpdatePreview']> = {
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  hosts?: Resolver<ReadonlyArray<ResolversTypes['PreviewedHost']>, ParentType, ContextType>;
};

export type DomainVerifyPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainVerifyPayload'] = ResolversParentTypes['DomainVerifyPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainsApplyPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainsApplyPayload'] = ResolversParentTypes['DomainsApplyPayload']> = {
  plan?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DomainPlan']>>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainsFlushPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainsFlushPayload'] = ResolversParentTypes['DomainsFlushPayload']> = {
  hasMore?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  requestedCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  skipped?: Resolver<ReadonlyArray<ResolversTypes['SkippedDomains']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DrillResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Drill'] = ResolversParentTypes['Drill']> = {
  deliverAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  enteredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  findings?: Resolver<ReadonlyArray<ResolversTypes['DrillFinding']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isScheduled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  messageId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  recipient?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  releasedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  result?: Resolver<Maybe<ResolversTypes['DrillResult']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['DrillState'], ParentType, ContextType>;
  steps?: Resolver<ReadonlyArray<ResolversTypes['DrillStep']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DrillConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillConnection'] = ResolversParentTypes['DrillConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DrillEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Drill']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DrillEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillEdge'] = ResolversParentTypes['DrillEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Drill'], ParentType, ContextType>;
};

export type DrillFindingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillFinding'] = ResolversParentTypes['DrillFinding']> = {
  code?: Resolver<ResolversTypes['DrillFindingCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['DrillVerdict'], ParentType, ContextType>;
};

export type DrillScheduleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillSchedule'] = ResolversParentTypes['DrillSchedule']> = {
  interval?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  nextAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type DrillStepResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillStep'] = ResolversParentTypes['DrillStep']> = {
  endedAfter?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  isPassed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  latency?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['DrillStepName'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface DurationScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Duration'], any> {
  name: 'Duration';
}

export type FlowSlotResolvers<ContextType = Context, ParentType extends ResolversParentTypes['FlowSlot'] = ResolversParentTypes['FlowSlot']> = {
  acceptedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  acceptedSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cancelledCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  deferralCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  deliveredCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  expiredCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  until?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type HeaderFieldResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HeaderField'] = ResolversParentTypes['HeaderField']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type LabelResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Label'] = ResolversParentTypes['Label']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MessageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Message'] = ResolversParentTypes['Message']> = {
  acceptedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  content?: Resolver<Maybe<ResolversTypes['MessageContent']>, ParentType, ContextType, RequireFields<MessageContentArgs, 'reason'>>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  ehloName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  headers?: Resolver<Maybe<ReadonlyArray<ResolversTypes['HeaderField']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  internetMessageId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recipients?: Resolver<ReadonlyArray<ResolversTypes['Recipient']>, ParentType, ContextType>;
  reversePath?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  size?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  timeline?: Resolver<ResolversTypes['TimelineConnection'], ParentType, ContextType, RequireFields<MessageTimelineArgs, 'first'>>;
  transactionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MessageBouncePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageBouncePayload'] = ResolversParentTypes['MessageBouncePayload']> = {
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MessageCancelPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageCancelPayload'] = ResolversParentTypes['MessageCancelPayload']> = {
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MessageConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageConnection'] = ResolversParentTypes['MessageConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['MessageEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Message']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MessageContentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageContent'] = ResolversParentTypes['MessageContent']> = {
  base64?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  size?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MessageEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageEdge'] = ResolversParentTypes['MessageEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Message'], ParentType, ContextType>;
};

export type MessageRetryPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageRetryPayload'] = ResolversParentTypes['MessageRetryPayload']> = {
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MessagesBouncePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessagesBouncePayload'] = ResolversParentTypes['MessagesBouncePayload']> = {
  matchedCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MessagesCancelPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessagesCancelPayload'] = ResolversParentTypes['MessagesCancelPayload']> = {
  matchedCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MessagesRetryPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessagesRetryPayload'] = ResolversParentTypes['MessagesRetryPayload']> = {
  matchedCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  alertContactConfirm?: Resolver<ResolversTypes['AlertContactConfirmPayload'], ParentType, ContextType, RequireFields<MutationAlertContactConfirmArgs, 'input'>>;
  alertContactCreate?: Resolver<ResolversTypes['AlertContactCreatePayload'], ParentType, ContextType, RequireFields<MutationAlertContactCreateArgs, 'input'>>;
  alertContactDelete?: Resolver<ResolversTypes['AlertContactDeletePayload'], ParentType, ContextType, RequireFields<MutationAlertContactDeleteArgs, 'input'>>;
  alertContactUpdate?: Resolver<ResolversTypes['AlertContactUpdatePayload'], ParentType, ContextType, RequireFields<MutationAlertContactUpdateArgs, 'input'>>;
  consoleLinkCreate?: Resolver<ResolversTypes['ConsoleLinkCreatePayload'], ParentType, ContextType, RequireFields<MutationConsoleLinkCreateArgs, 'input'>>;
  consoleSessionEnd?: Resolver<ResolversTypes['ConsoleSessionEndPayload'], ParentType, ContextType, RequireFields<MutationConsoleSessionEndArgs, 'input'>>;
  domainBounceHeld?: Resolver<ResolversTypes['DomainBounceHeldPayload'], ParentType, ContextType, RequireFields<MutationDomainBounceHeldArgs, 'input'>>;
  domainCheck?: Resolver<ResolversTypes['DomainCheckPayload'], ParentType, ContextType, RequireFields<MutationDomainCheckArgs, 'input'>>;
  domainCreate?: Resolver<ResolversTypes['DomainCreatePayload'], ParentType, ContextType, RequireFields<MutationDomainCreateArgs, 'input'>>;
  domainDelete?: Resolver<ResolversTypes['DomainDeletePayload'], ParentType, ContextType, RequireFields<MutationDomainDeleteArgs, 'input'>>;
  domainDrill?: Resolver<ResolversTypes['DomainDrillPayload'], ParentType, ContextType, RequireFields<MutationDomainDrillArgs, 'input'>>;
  domainDrillDeliver?: Resolver<ResolversTypes['DomainDrillDeliverPayload'], ParentType, ContextType, RequireFields<MutationDomainDrillDeliverArgs, 'input'>>;
  domainDrillSchedule?: Resolver<ResolversTypes['DomainDrillSchedulePayload'], ParentType, ContextType, RequireFields<MutationDomainDrillScheduleArgs, 'input'>>;
  domainExtendHold?: Resolver<ResolversTypes['DomainExtendHoldPayload'], ParentType, ContextType, RequireFields<MutationDomainExtendHoldArgs, 'input'>>;
  domainFlush?: Resolver<ResolversTypes['DomainFlushPayload'], ParentType, ContextType, RequireFields<MutationDomainFlushArgs, 'input'>>;
  domainPause?: Resolver<ResolversTypes['DomainPausePayload'], ParentType, ContextType, RequireFields<MutationDomainPauseArgs, 'input'>>;
  domainReleaseBreaker?: Resolver<ResolversTypes['DomainReleaseBreakerPayload'], ParentType, ContextType, RequireFields<MutationDomainReleaseBreakerArgs, 'input'>>;
  domainResume?: Resolver<ResolversTypes['DomainResumePayload'], ParentType, ContextType, RequireFields<MutationDomainResumeArgs, 'input'>>;
  domainSetMx?: Resolver<ResolversTypes['DomainSetMxPayload'], ParentType, ContextType, RequireFields<MutationDomainSetMxArgs, 'input'>>;
  domainSuspend?: Resolver<ResolversTypes['DomainSuspendPayload'], ParentType, ContextType, RequireFields<MutationDomainSuspendArgs, 'input'>>;
  domainTransfer?: Resolver<ResolversTypes['DomainTransferPayload'], ParentType, ContextType, RequireFields<MutationDomainTransferArgs, 'input'>>;
  domainUnsetMx?: Resolver<ResolversTypes['DomainUnsetMxPayload'], ParentType, ContextType, RequireFields<MutationDomainUnsetMxArgs, 'input'>>;
  domainUnsuspend?: Resolver<ResolversTypes['DomainUnsuspendPayload'], ParentType, ContextType, RequireFields<MutationDomainUnsuspendArgs, 'input'>>;
  domainUpdate?: Resolver<ResolversTypes['DomainUpdatePayload'], ParentType, ContextType, RequireFields<MutationDomainUpdateArgs, 'input'>>;
  domainVerify?: Resolver<ResolversTypes['DomainVerifyPayload'], ParentType, ContextType, RequireFields<MutationDomainVerifyArgs, 'input'>>;
  domainsApply?: Resolver<ResolversTypes['DomainsApplyPayload'], ParentType, ContextType, RequireFields<MutationDomainsApplyArgs, 'input'>>;
  domainsFlush?: Resolver<ResolversTypes['DomainsFlushPayload'], ParentType, ContextType, RequireFields<MutationDomainsFlushArgs, 'input'>>;
  messageBounce?: Resolver<ResolversTypes['MessageBouncePayload'], ParentType, ContextType, RequireFields<MutationMessageBounceArgs, 'input'>>;
  messageCancel?: Resolver<ResolversTypes['MessageCancelPayload'], ParentType, ContextType, RequireFields<MutationMessageCancelArgs, 'input'>>;
  messageRetry?: Resolver<ResolversTypes['MessageRetryPayload'], ParentType, ContextType, RequireFields<MutationMessageRetryArgs, 'input'>>;
  messagesBounce?: Resolver<ResolversTypes['MessagesBouncePayload'], ParentType, ContextType, RequireFields<MutationMessagesBounceArgs, 'input'>>;
  messagesCancel?: Resolver<ResolversTypes['MessagesCancelPayload'], ParentType, ContextType, RequireFields<MutationMessagesCancelArgs, 'input'>>;
  messagesRetry?: Resolver<ResolversTypes['MessagesRetryPayload'], ParentType, ContextType, RequireFields<MutationMessagesRetryArgs, 'input'>>;
  operationStop?: Resolver<ResolversTypes['OperationStopPayload'], ParentType, ContextType, RequireFields<MutationOperationStopArgs, 'input'>>;
  recipientForget?: Resolver<ResolversTypes['RecipientForgetPayload'], ParentType, ContextType, RequireFields<MutationRecipientForgetArgs, 'input'>>;
  recipientListAdd?: Resolver<ResolversTypes['RecipientListAddPayload'], ParentType, ContextType, RequireFields<MutationRecipientListAddArgs, 'input'>>;
  recipientListRemove?: Resolver<ResolversTypes['RecipientListRemovePayload'], ParentType, ContextType, RequireFields<MutationRecipientListRemoveArgs, 'input'>>;
  recipientListReplace?: Resolver<ResolversTypes['RecipientListReplacePayload'], ParentType, ContextType, RequireFields<MutationRecipientListReplaceArgs, 'input'>>;
  rejectionAllow?: Resolver<ResolversTypes['RejectionAllowPayload'], ParentType, ContextType, RequireFields<MutationRejectionAllowArgs, 'input'>>;
  serviceUpdate?: Resolver<ResolversTypes['ServiceUpdatePayload'], ParentType, ContextType, RequireFields<MutationServiceUpdateArgs, 'input'>>;
  tenantCreate?: Resolver<ResolversTypes['TenantCreatePayload'], ParentType, ContextType, RequireFields<MutationTenantCreateArgs, 'input'>>;
  tenantDelete?: Resolver<ResolversTypes['TenantDeletePayload'], ParentType, ContextType, RequireFields<MutationTenantDeleteArgs, 'input'>>;
  tenantSuspend?: Resolver<ResolversTypes['TenantSuspendPayload'], ParentType, ContextType, RequireFields<MutationTenantSuspendArgs, 'input'>>;
  tenantUnsuspend?: Resolver<ResolversTypes['TenantUnsuspendPayload'], ParentType, ContextType, RequireFields<MutationTenantUnsuspendArgs, 'input'>>;
  tenantUpdate?: Resolver<ResolversTypes['TenantUpdatePayload'], ParentType, ContextType, RequireFields<MutationTenantUpdateArgs, 'input'>>;
  tokenCreate?: Resolver<ResolversTypes['TokenCreatePayload'], ParentType, ContextType, RequireFields<MutationTokenCreateArgs, 'input'>>;
  tokenDelete?: Resolver<ResolversTypes['TokenDeletePayload'], ParentType, ContextType, RequireFields<MutationTokenDeleteArgs, 'input'>>;
  tokenRotate?: Resolver<ResolversTypes['TokenRotatePayload'], ParentType, ContextType, RequireFields<MutationTokenRotateArgs, 'input'>>;
  tokenUpdate?: Resolver<ResolversTypes['TokenUpdatePayload'], ParentType, ContextType, RequireFields<MutationTokenUpdateArgs, 'input'>>;
  webhookCreate?: Resolver<ResolversTypes['WebhookCreatePayload'], ParentType, ContextType, RequireFields<MutationWebhookCreateArgs, 'input'>>;
  webhookDelete?: Resolver<ResolversTypes['WebhookDeletePayload'], ParentType, ContextType, RequireFields<MutationWebhookDeleteArgs, 'input'>>;
  webhookRedeliver?: Resolver<ResolversTypes['WebhookRedeliverPayload'], ParentType, ContextType, RequireFields<MutationWebhookRedeliverArgs, 'input'>>;
  webhookReplay?: Resolver<ResolversTypes['WebhookReplayPayload'], ParentType, ContextType, RequireFields<MutationWebhookReplayArgs, 'input'>>;
  webhookRotate?: Resolver<ResolversTypes['WebhookRotatePayload'], ParentType, ContextType, RequireFields<MutationWebhookRotateArgs, 'input'>>;
  webhookTest?: Resolver<ResolversTypes['WebhookTestPayload'], ParentType, ContextType, RequireFields<MutationWebhookTestArgs, 'input'>>;
  webhookUpdate?: Resolver<ResolversTypes['WebhookUpdatePayload'], ParentType, ContextType, RequireFields<MutationWebhookUpdateArgs, 'input'>>;
};

export type MxFormRecordResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MxFormRecord'] = ResolversParentTypes['MxFormRecord']> = {
  change?: Resolver<ResolversTypes['MxChange'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  preference?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  ttl?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MxRecordResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MxRecord'] = ResolversParentTypes['MxRecord']> = {
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  preference?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MxRecordChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MxRecordChange'] = ResolversParentTypes['MxRecordChange']> = {
  change?: Resolver<ResolversTypes['MxChange'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  preference?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type NextHopResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NextHop'] = ResolversParentTypes['NextHop']> = {
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  port?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'AlertContact' | 'AuditEntry' | 'Domain' | 'Drill' | 'Message' | 'Operation' | 'Outage' | 'Rejection' | 'Tenant' | 'Token' | 'Webhook' | 'WebhookDelivery', ParentType, ContextType>;
};

export type OperationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Operation'] = ResolversParentTypes['Operation']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  doneCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['OperationState'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  verb?: Resolver<ResolversTypes['OperationVerb'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OperationConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OperationConnection'] = ResolversParentTypes['OperationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OperationEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Operation']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type OperationEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OperationEdge'] = ResolversParentTypes['OperationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Operation'], ParentType, ContextType>;
};

export type OperationStopPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OperationStopPayload'] = ResolversParentTypes['OperationStopPayload']> = {
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type OutageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Outage'] = ResolversParentTypes['Outage']> = {
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  drain?: Resolver<Maybe<ResolversTypes['OutageDrain']>, ParentType, ContextType>;
  drainedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  evidence?: Resolver<ReadonlyArray<ResolversTypes['OutageEvidence']>, ParentType, ContextType>;
  expiredCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldAtEndCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  heldCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  heldSize?: Resolver<Maybe<ResolversTypes['ByteCount']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['OutageKind'], ParentType, ContextType>;
  lastReply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  oldestAcceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OutageChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageChange'] = ResolversParentTypes['OutageChange']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['OutageChangeKind'], ParentType, ContextType>;
  outage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
};

export type OutageConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageConnection'] = ResolversParentTypes['OutageConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OutageEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Outage']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type OutageDrainResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageDrain'] = ResolversParentTypes['OutageDrain']> = {
  etaAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  messagesPerSecond?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type OutageEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageEdge'] = ResolversParentTypes['OutageEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Outage'], ParentType, ContextType>;
};

export type OutageEvidenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageEvidence'] = ResolversParentTypes['OutageEvidence']> = {
  address?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  latency?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  trouble?: Resolver<Maybe<ResolversTypes['HostTrouble']>, ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PreviewedHostResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PreviewedHost'] = ResolversParentTypes['PreviewedHost']> = {
  addresses?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  port?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PrimarySetupResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PrimarySetup'] = ResolversParentTypes['PrimarySetup']> = {
  isTested?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  mta?: Resolver<ResolversTypes['Mta'], ParentType, ContextType>;
  snippet?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType, RequireFields<QueryAlertContactArgs, 'id'>>;
  alertContacts?: Resolver<ResolversTypes['AlertContactConnection'], ParentType, ContextType, Partial<QueryAlertContactsArgs>>;
  auditEntries?: Resolver<ResolversTypes['AuditConnection'], ParentType, ContextType, Partial<QueryAuditEntriesArgs>>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType, RequireFields<QueryDomainArgs, 'by'>>;
  domains?: Resolver<ResolversTypes['DomainConnection'], ParentType, ContextType, RequireFields<QueryDomainsArgs, 'orderBy'>>;
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType, RequireFields<QueryMessageArgs, 'id'>>;
  messages?: Resolver<ResolversTypes['MessageConnection'], ParentType, ContextType, RequireFields<QueryMessagesArgs, 'orderBy'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType, RequireFields<QueryOperationArgs, 'id'>>;
  operations?: Resolver<ResolversTypes['OperationConnection'], ParentType, ContextType, Partial<QueryOperationsArgs>>;
  outages?: Resolver<ResolversTypes['OutageConnection'], ParentType, ContextType, RequireFields<QueryOutagesArgs, 'orderBy'>>;
  recipientStanding?: Resolver<Maybe<ResolversTypes['RecipientStanding']>, ParentType, ContextType, RequireFields<QueryRecipientStandingArgs, 'address'>>;
  rejectionCounts?: Resolver<Maybe<ReadonlyArray<ResolversTypes['RejectionCount']>>, ParentType, ContextType, RequireFields<QueryRejectionCountsArgs, 'since' | 'slots'>>;
  rejections?: Resolver<ResolversTypes['RejectionConnection'], ParentType, ContextType, Partial<QueryRejectionsArgs>>;
  service?: Resolver<ResolversTypes['Service'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['Summary'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType, RequireFields<QueryTenantArgs, 'id'>>;
  tenants?: Resolver<ResolversTypes['TenantConnection'], ParentType, ContextType, RequireFields<QueryTenantsArgs, 'orderBy'>>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType, RequireFields<QueryTokenArgs, 'id'>>;
  tokens?: Resolver<ResolversTypes['TokenConnection'], ParentType, ContextType, Partial<QueryTokensArgs>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType, RequireFields<QueryWebhookArgs, 'id'>>;
  webhooks?: Resolver<ResolversTypes['WebhookConnection'], ParentType, ContextType, Partial<QueryWebhooksArgs>>;
};

export type QueueChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QueueChange'] = ResolversParentTypes['QueueChange']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
};

export type RecipientResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Recipient'] = ResolversParentTypes['Recipient']> = {
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['AttemptConnection'], ParentType, ContextType, RequireFields<RecipientAttemptsArgs, 'first'>>;
  dsnSuppressedReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastReply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['RecipientState'], ParentType, ContextType>;
  suspectedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  suspectedReply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RecipientForgetPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientForgetPayload'] = ResolversParentTypes['RecipientForgetPayload']> = {
  recipientStanding?: Resolver<Maybe<ResolversTypes['RecipientStanding']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientListResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientList'] = ResolversParentTypes['RecipientList']> = {
  entries?: Resolver<ResolversTypes['RecipientListEntryConnection'], ParentType, ContextType, RequireFields<RecipientListEntriesArgs, 'first'>>;
  entryCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isEnabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecipientListAddPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListAddPayload'] = ResolversParentTypes['RecipientListAddPayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientListChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListChange'] = ResolversParentTypes['RecipientListChange']> = {
  added?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  addedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  removed?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  removedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecipientListEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListEntry'] = ResolversParentTypes['RecipientListEntry']> = {
  localPart?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type RecipientListEntryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListEntryConnection'] = ResolversParentTypes['RecipientListEntryConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RecipientListEntryEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['RecipientListEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecipientListEntryEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListEntryEdge'] = ResolversParentTypes['RecipientListEntryEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['RecipientListEntry'], ParentType, ContextType>;
};

export type RecipientListRemovePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListRemovePayload'] = ResolversParentTypes['RecipientListRemovePayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientListReplacePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListReplacePayload'] = ResolversParentTypes['RecipientListReplacePayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientStandingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientStanding'] = ResolversParentTypes['RecipientStanding']> = {
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  answer?: Resolver<Maybe<ResolversTypes['RecipientAnswer']>, ParentType, ContextType>;
  answeredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  deliveredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  isCatchAll?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  isListed?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  reply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  suspectedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type RejectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Rejection'] = ResolversParentTypes['Rejection']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  code?: Resolver<ResolversTypes['RejectionCode'], ParentType, ContextType>;
  command?: Resolver<ResolversTypes['SmtpCommand'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  ehloName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isDryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  recipient?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reversePath?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  zone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type RejectionAllowPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionAllowPayload'] = ResolversParentTypes['RejectionAllowPayload']> = {
  action?: Resolver<Maybe<ResolversTypes['AllowAction']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RejectionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionConnection'] = ResolversParentTypes['RejectionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RejectionEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Rejection']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RejectionCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionCount'] = ResolversParentTypes['RejectionCount']> = {
  code?: Resolver<ResolversTypes['RejectionCode'], ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  isDryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  until?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  zone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RejectionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionEdge'] = ResolversParentTypes['RejectionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Rejection'], ParentType, ContextType>;
};

export type RequestedAttemptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RequestedAttempt'] = ResolversParentTypes['RequestedAttempt']> = {
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  waitsFor?: Resolver<Maybe<ResolversTypes['AttemptWait']>, ParentType, ContextType>;
};

export type RetryStageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RetryStage'] = ResolversParentTypes['RetryStage']> = {
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  interval?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
};

export type ServiceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Service'] = ResolversParentTypes['Service']> = {
  egressAddresses?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  flow?: Resolver<Maybe<ReadonlyArray<ResolversTypes['FlowSlot']>>, ParentType, ContextType, RequireFields<ServiceFlowArgs, 'since' | 'slots'>>;
  health?: Resolver<Maybe<ResolversTypes['ServiceHealth']>, ParentType, ContextType>;
  lifetime?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  messageSizeLimit?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  mxNames?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  nodes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ServiceNode']>>, ParentType, ContextType>;
  retrySchedule?: Resolver<ReadonlyArray<ResolversTypes['RetryStage']>, ParentType, ContextType>;
  runtime?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  totals?: Resolver<Maybe<ResolversTypes['ServiceTotals']>, ParentType, ContextType>;
  troubleSince?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ServiceHealthResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ServiceHealth'] = ResolversParentTypes['ServiceHealth']> = {
  isReady?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reasons?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ServiceNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ServiceNode'] = ResolversParentTypes['ServiceNode']> = {
  lastSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  roles?: Resolver<ReadonlyArray<ResolversTypes['NodeRole']>, ParentType, ContextType>;
  runtime?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ServiceTotalsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ServiceTotals'] = ResolversParentTypes['ServiceTotals']> = {
  domainCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  oldestAcceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  openOutageCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tenantCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ServiceUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ServiceUpdatePayload'] = ResolversParentTypes['ServiceUpdatePayload']> = {
  service?: Resolver<Maybe<ResolversTypes['Service']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SituationCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SituationCount'] = ResolversParentTypes['SituationCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  situation?: Resolver<ResolversTypes['Situation'], ParentType, ContextType>;
};

export type SkippedDomainsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SkippedDomains'] = ResolversParentTypes['SkippedDomains']> = {
  domainCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['SkipReason'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  messageTimeline?: SubscriptionResolver<ResolversTypes['TimelineEdge'], "messageTimeline", ParentType, ContextType, RequireFields<SubscriptionMessageTimelineArgs, 'id'>>;
  operationChanged?: SubscriptionResolver<ResolversTypes['Operation'], "operationChanged", ParentType, ContextType, RequireFields<SubscriptionOperationChangedArgs, 'id'>>;
  outageChanged?: SubscriptionResolver<ResolversTypes['OutageChange'], "outageChanged", ParentType, ContextType, Partial<SubscriptionOutageChangedArgs>>;
  queueChanged?: SubscriptionResolver<ResolversTypes['QueueChange'], "queueChanged", ParentType, ContextType, RequireFields<SubscriptionQueueChangedArgs, 'domain'>>;
  queuesChanged?: SubscriptionResolver<ResolversTypes['QueueChange'], "queuesChanged", ParentType, ContextType>;
  summaryChanged?: SubscriptionResolver<ResolversTypes['Summary'], "summaryChanged", ParentType, ContextType>;
};

export type SummaryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Summary'] = ResolversParentTypes['Summary']> = {
  domainCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  firstExpiryAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  situations?: Resolver<ReadonlyArray<ResolversTypes['SituationCount']>, ParentType, ContextType>;
};

export type TenantResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Tenant'] = ResolversParentTypes['Tenant']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  domains?: Resolver<ResolversTypes['DomainConnection'], ParentType, ContextType, Partial<TenantDomainsArgs>>;
  flow?: Resolver<ReadonlyArray<ResolversTypes['FlowSlot']>, ParentType, ContextType, RequireFields<TenantFlowArgs, 'since' | 'slots'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  quotas?: Resolver<ResolversTypes['TenantQuotas'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  suspension?: Resolver<Maybe<ResolversTypes['TenantSuspension']>, ParentType, ContextType>;
  usage?: Resolver<ResolversTypes['TenantUsage'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TenantConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantConnection'] = ResolversParentTypes['TenantConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TenantEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Tenant']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TenantCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantCreatePayload'] = ResolversParentTypes['TenantCreatePayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TenantDeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantDeletePayload'] = ResolversParentTypes['TenantDeletePayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TenantEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantEdge'] = ResolversParentTypes['TenantEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
};

export type TenantQuotasResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantQuotas'] = ResolversParentTypes['TenantQuotas']> = {
  alertContacts?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  domains?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  recipientEntries?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  tokens?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  webhooks?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type TenantSuspendPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantSuspendPayload'] = ResolversParentTypes['TenantSuspendPayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TenantSuspensionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantSuspension'] = ResolversParentTypes['TenantSuspension']> = {
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type TenantUnsuspendPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantUnsuspendPayload'] = ResolversParentTypes['TenantUnsuspendPayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TenantUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantUpdatePayload'] = ResolversParentTypes['TenantUpdatePayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TenantUsageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantUsage'] = ResolversParentTypes['TenantUsage']> = {
  alertContactCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  domainCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  heldSize?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  recipientEntryCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tokenCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  webhookCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TimelineActorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineActor'] = ResolversParentTypes['TimelineActor']> = {
  isOperator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  tokenName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TimelineConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineConnection'] = ResolversParentTypes['TimelineConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TimelineEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['TimelineEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TimelineEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineEdge'] = ResolversParentTypes['TimelineEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['TimelineEntry'], ParentType, ContextType>;
};

export type TimelineEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineEntry'] = ResolversParentTypes['TimelineEntry']> = {
  actor?: Resolver<Maybe<ResolversTypes['TimelineActor']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attempt?: Resolver<Maybe<ResolversTypes['Attempt']>, ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['TimelineKind'], ParentType, ContextType>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType>;
  outage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recipients?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  reply?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  reportId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TokenResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Token'] = ResolversParentTypes['Token']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  prefix?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  previousPrefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  previousUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  rotatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['Scope']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TokenConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenConnection'] = ResolversParentTypes['TokenConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TokenEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Token']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TokenCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenCreatePayload'] = ResolversParentTypes['TokenCreatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TokenDeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenDeletePayload'] = ResolversParentTypes['TokenDeletePayload']> = {
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TokenEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenEdge'] = ResolversParentTypes['TokenEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Token'], ParentType, ContextType>;
};

export type TokenRotatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenRotatePayload'] = ResolversParentTypes['TokenRotatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TokenUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenUpdatePayload'] = ResolversParentTypes['TokenUpdatePayload']> = {
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type UnknownWhileDownResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UnknownWhileDown'] = ResolversParentTypes['UnknownWhileDown']> = {
  duration?: Resolver<ResolversTypes['Duration'], ParentType, ContextType>;
  policy?: Resolver<ResolversTypes['UnknownWhileDownPolicy'], ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>;
  documentationUrl?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  consoleSessions?: Resolver<ReadonlyArray<ResolversTypes['ConsoleSession']>, ParentType, ContextType>;
  isOperator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['Scope']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
};

export type WebhookResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Webhook'] = ResolversParentTypes['Webhook']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  deliveries?: Resolver<ResolversTypes['WebhookDeliveryConnection'], ParentType, ContextType, RequireFields<WebhookDeliveriesArgs, 'first'>>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  disabledAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  disabledReason?: Resolver<Maybe<ResolversTypes['WebhookDisabledReason']>, ParentType, ContextType>;
  domains?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  events?: Resolver<ReadonlyArray<ResolversTypes['WebhookEventKind']>, ParentType, ContextType>;
  failingSince?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  previousSecretUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  rotatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WebhookStatus'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type WebhookConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookConnection'] = ResolversParentTypes['WebhookConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Webhook']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WebhookCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookCreatePayload'] = ResolversParentTypes['WebhookCreatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>;
};

export type WebhookDeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookDeletePayload'] = ResolversParentTypes['WebhookDeletePayload']> = {
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>;
};

export type WebhookDeliveryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookDelivery'] = ResolversParentTypes['WebhookDelivery']> = {
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<Maybe<ResolversTypes['WebhookEventKind']>, ParentType, ContextType>;
  lastAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  responseStatus?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  responseText?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WebhookDeliveryStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type WebhookDeliveryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookDeliveryConnection'] = ResolversParentTypes['WebhookDeliveryConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookDeliveryEdge']>, ParentType, ContextType>;
  isTotalEstimated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['WebhookDelivery']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WebhookDeliveryEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookDeliveryEdge'] = ResolversParentTypes['WebhookDeliveryEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['WebhookDelivery'], ParentType, ContextType>;
};

export type WebhookEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookEdge'] = ResolversParentTypes['WebhookEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>;
};

export type WebhookRedeliverPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookRedeliverPayload'] = ResolversParentTypes['WebhookRedeliverPayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['WebhookDelivery']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type WebhookReplayPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookReplayPayload'] = ResolversParentTypes['WebhookReplayPayload']> = {
  hasMore?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  replayedCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>;
};

export type WebhookRotatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookRotatePayload'] = ResolversParentTypes['WebhookRotatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>;
};

export type WebhookTestPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookTestPayload'] = ResolversParentTypes['WebhookTestPayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['WebhookDelivery']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type WebhookUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookUpdatePayload'] = ResolversParentTypes['WebhookUpdatePayload']> = {
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  AlertContact?: AlertContactResolvers<ContextType>;
  AlertContactConfirmPayload?: AlertContactConfirmPayloadResolvers<ContextType>;
  AlertContactConnection?: AlertContactConnectionResolvers<ContextType>;
  AlertContactCreatePayload?: AlertContactCreatePayloadResolvers<ContextType>;
  AlertContactDeletePayload?: AlertContactDeletePayloadResolvers<ContextType>;
  AlertContactEdge?: AlertContactEdgeResolvers<ContextType>;
  AlertContactUpdatePayload?: AlertContactUpdatePayloadResolvers<ContextType>;
  Attempt?: AttemptResolvers<ContextType>;
  AttemptConnection?: AttemptConnectionResolvers<ContextType>;
  AttemptEdge?: AttemptEdgeResolvers<ContextType>;
  AuditConnection?: AuditConnectionResolvers<ContextType>;
  AuditEdge?: AuditEdgeResolvers<ContextType>;
  AuditEntry?: AuditEntryResolvers<ContextType>;
  Breaker?: BreakerResolvers<ContextType>;
  ByteCount?: GraphQLScalarType;
  ConsoleLinkCreatePayload?: ConsoleLinkCreatePayloadResolvers<ContextType>;
  ConsoleSession?: ConsoleSessionResolvers<ContextType>;
  ConsoleSessionEndPayload?: ConsoleSessionEndPayloadResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DnsblZone?: DnsblZoneResolvers<ContextType>;
  DnswlZone?: DnswlZoneResolvers<ContextType>;
  DoctorEvidence?: DoctorEvidenceResolvers<ContextType>;
  DoctorFinding?: DoctorFindingResolvers<ContextType>;
  DoctorReport?: DoctorReportResolvers<ContextType>;
  Domain?: DomainResolvers<ContextType>;
  DomainBounceHeldPayload?: DomainBounceHeldPayloadResolvers<ContextType>;
  DomainCheckPayload?: DomainCheckPayloadResolvers<ContextType>;
  DomainCondition?: DomainConditionResolvers<ContextType>;
  DomainConnection?: DomainConnectionResolvers<ContextType>;
  DomainCreatePayload?: DomainCreatePayloadResolvers<ContextType>;
  DomainDeletePayload?: DomainDeletePayloadResolvers<ContextType>;
  DomainDrillDeliverPayload?: DomainDrillDeliverPayloadResolvers<ContextType>;
  DomainDrillPayload?: DomainDrillPayloadResolvers<ContextType>;
  DomainDrillSchedulePayload?: DomainDrillSchedulePayloadResolvers<ContextType>;
  DomainEdge?: DomainEdgeResolvers<ContextType>;
  DomainExtendHoldPayload?: DomainExtendHoldPayloadResolvers<ContextType>;
  DomainFlushPayload?: DomainFlushPayloadResolvers<ContextType>;
  DomainMx?: DomainMxResolvers<ContextType>;
  DomainPause?: DomainPauseResolvers<ContextType>;
  DomainPausePayload?: DomainPausePayloadResolvers<ContextType>;
  DomainPlan?: DomainPlanResolvers<ContextType>;
  DomainPlanDifference?: DomainPlanDifferenceResolvers<ContextType>;
  DomainProof?: DomainProofResolvers<ContextType>;
  DomainQueue?: DomainQueueResolvers<ContextType>;
  DomainReleaseBreakerPayload?: DomainReleaseBreakerPayloadResolvers<ContextType>;
  DomainResumePayload?: DomainResumePayloadResolvers<ContextType>;
  DomainSetMxPayload?: DomainSetMxPayloadResolvers<ContextType>;
  DomainSuspendPayload?: DomainSuspendPayloadResolvers<ContextType>;
  DomainTransferPayload?: DomainTransferPayloadResolvers<ContextType>;
  DomainUnsetMxPayload?: DomainUnsetMxPayloadResolvers<ContextType>;
  DomainUnsuspendPayload?: DomainUnsuspendPayloadResolvers<ContextType>;
  DomainUpdatePayload?: DomainUpdatePayloadResolvers<ContextType>;
  DomainUpdatePreview?: DomainUpdatePreviewResolvers<ContextType>;
  DomainVerifyPayload?: DomainVerifyPayloadResolvers<ContextType>;
  DomainsApplyPayload?: DomainsApplyPayloadResolvers<ContextType>;
  DomainsFlushPayload?: DomainsFlushPayloadResolvers<ContextType>;
  Drill?: DrillResolvers<ContextType>;
  DrillConnection?: DrillConnectionResolvers<ContextType>;
  DrillEdge?: DrillEdgeResolvers<ContextType>;
  DrillFinding?: DrillFindingResolvers<ContextType>;
  DrillSchedule?: DrillScheduleResolvers<ContextType>;
  DrillStep?: DrillStepResolvers<ContextType>;
  Duration?: GraphQLScalarType;
  FlowSlot?: FlowSlotResolvers<ContextType>;
  HeaderField?: HeaderFieldResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  Label?: LabelResolvers<ContextType>;
  Message?: MessageResolvers<ContextType>;
  MessageBouncePayload?: MessageBouncePayloadResolvers<ContextType>;
  MessageCancelPayload?: MessageCancelPayloadResolvers<ContextType>;
  MessageConnection?: MessageConnectionResolvers<ContextType>;
  MessageContent?: MessageContentResolvers<ContextType>;
  MessageEdge?: MessageEdgeResolvers<ContextType>;
  MessageRetryPayload?: MessageRetryPayloadResolvers<ContextType>;
  MessagesBouncePayload?: MessagesBouncePayloadResolvers<ContextType>;
  MessagesCancelPayload?: MessagesCancelPayloadResolvers<ContextType>;
  MessagesRetryPayload?: MessagesRetryPayloadResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  MxFormRecord?: MxFormRecordResolvers<ContextType>;
  MxRecord?: MxRecordResolvers<ContextType>;
  MxRecordChange?: MxRecordChangeResolvers<ContextType>;
  NextHop?: NextHopResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  Operation?: OperationResolvers<ContextType>;
  OperationConnection?: OperationConnectionResolvers<ContextType>;
  OperationEdge?: OperationEdgeResolvers<ContextType>;
  OperationStopPayload?: OperationStopPayloadResolvers<ContextType>;
  Outage?: OutageResolvers<ContextType>;
  OutageChange?: OutageChangeResolvers<ContextType>;
  OutageConnection?: OutageConnectionResolvers<ContextType>;
  OutageDrain?: OutageDrainResolvers<ContextType>;
  OutageEdge?: OutageEdgeResolvers<ContextType>;
  OutageEvidence?: OutageEvidenceResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PreviewedHost?: PreviewedHostResolvers<ContextType>;
  PrimarySetup?: PrimarySetupResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  QueueChange?: QueueChangeResolvers<ContextType>;
  Recipient?: RecipientResolvers<ContextType>;
  RecipientForgetPayload?: RecipientForgetPayloadResolvers<ContextType>;
  RecipientList?: RecipientListResolvers<ContextType>;
  RecipientListAddPayload?: RecipientListAddPayloadResolvers<ContextType>;
  RecipientListChange?: RecipientListChangeResolvers<ContextType>;
  RecipientListEntry?: RecipientListEntryResolvers<ContextType>;
  RecipientListEntryConnection?: RecipientListEntryConnectionResolvers<ContextType>;
  RecipientListEntryEdge?: RecipientListEntryEdgeResolvers<ContextType>;
  RecipientListRemovePayload?: RecipientListRemovePayloadResolvers<ContextType>;
  RecipientListReplacePayload?: RecipientListReplacePayloadResolvers<ContextType>;
  RecipientStanding?: RecipientStandingResolvers<ContextType>;
  Rejection?: RejectionResolvers<ContextType>;
  RejectionAllowPayload?: RejectionAllowPayloadResolvers<ContextType>;
  RejectionConnection?: RejectionConnectionResolvers<ContextType>;
  RejectionCount?: RejectionCountResolvers<ContextType>;
  RejectionEdge?: RejectionEdgeResolvers<ContextType>;
  RequestedAttempt?: RequestedAttemptResolvers<ContextType>;
  RetryStage?: RetryStageResolvers<ContextType>;
  Service?: ServiceResolvers<ContextType>;
  ServiceHealth?: ServiceHealthResolvers<ContextType>;
  ServiceNode?: ServiceNodeResolvers<ContextType>;
  ServiceTotals?: ServiceTotalsResolvers<ContextType>;
  ServiceUpdatePayload?: ServiceUpdatePayloadResolvers<ContextType>;
  SituationCount?: SituationCountResolvers<ContextType>;
  SkippedDomains?: SkippedDomainsResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Summary?: SummaryResolvers<ContextType>;
  Tenant?: TenantResolvers<ContextType>;
  TenantConnection?: TenantConnectionResolvers<ContextType>;
  TenantCreatePayload?: TenantCreatePayloadResolvers<ContextType>;
  TenantDeletePayload?: TenantDeletePayloadResolvers<ContextType>;
  TenantEdge?: TenantEdgeResolvers<ContextType>;
  TenantQuotas?: TenantQuotasResolvers<ContextType>;
  TenantSuspendPayload?: TenantSuspendPayloadResolvers<ContextType>;
  TenantSuspension?: TenantSuspensionResolvers<ContextType>;
  TenantUnsuspendPayload?: TenantUnsuspendPayloadResolvers<ContextType>;
  TenantUpdatePayload?: TenantUpdatePayloadResolvers<ContextType>;
  TenantUsage?: TenantUsageResolvers<ContextType>;
  TimelineActor?: TimelineActorResolvers<ContextType>;
  TimelineConnection?: TimelineConnectionResolvers<ContextType>;
  TimelineEdge?: TimelineEdgeResolvers<ContextType>;
  TimelineEntry?: TimelineEntryResolvers<ContextType>;
  Token?: TokenResolvers<ContextType>;
  TokenConnection?: TokenConnectionResolvers<ContextType>;
  TokenCreatePayload?: TokenCreatePayloadResolvers<ContextType>;
  TokenDeletePayload?: TokenDeletePayloadResolvers<ContextType>;
  TokenEdge?: TokenEdgeResolvers<ContextType>;
  TokenRotatePayload?: TokenRotatePayloadResolvers<ContextType>;
  TokenUpdatePayload?: TokenUpdatePayloadResolvers<ContextType>;
  UnknownWhileDown?: UnknownWhileDownResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  Webhook?: WebhookResolvers<ContextType>;
  WebhookConnection?: WebhookConnectionResolvers<ContextType>;
  WebhookCreatePayload?: WebhookCreatePayloadResolvers<ContextType>;
  WebhookDeletePayload?: WebhookDeletePayloadResolvers<ContextType>;
  WebhookDelivery?: WebhookDeliveryResolvers<ContextType>;
  WebhookDeliveryConnection?: WebhookDeliveryConnectionResolvers<ContextType>;
  WebhookDeliveryEdge?: WebhookDeliveryEdgeResolvers<ContextType>;
  WebhookEdge?: WebhookEdgeResolvers<ContextType>;
  WebhookRedeliverPayload?: WebhookRedeliverPayloadResolvers<ContextType>;
  WebhookReplayPayload?: WebhookReplayPayloadResolvers<ContextType>;
  WebhookRotatePayload?: WebhookRotatePayloadResolvers<ContextType>;
  WebhookTestPayload?: WebhookTestPayloadResolvers<ContextType>;
  WebhookUpdatePayload?: WebhookUpdatePayloadResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  requires?: RequiresDirectiveResolver<any, any, ContextType>;
};
