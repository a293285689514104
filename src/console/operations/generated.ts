// Made from *.graphql here and schema.graphql by bin/console-operations.ts. Run `npm run generate` instead of editing.
import type { Operation } from '../ask.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type AlertContactConfirmInput = {
  readonly code: string;
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type AlertContactCreateInput = {
  readonly address: string;
  readonly domains?: ReadonlyArray<string> | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
};

export type AlertContactDeleteInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type AlertContactStatus =
  | 'CONFIRMED'
  | 'UNCONFIRMED';

export type AlertContactUpdateInput = {
  readonly domains?: ReadonlyArray<string> | null | undefined;
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type AttemptOutcome =
  | 'DEFERRED'
  | 'DELIVERED'
  | 'FAILED';

export type AttemptWait =
  | 'DRAIN_CAP'
  | 'IN_DELIVERY'
  | 'NOTHING_HELD'
  | 'NO_NODE'
  | 'PAUSED'
  | 'SCHEDULE'
  | 'TURN';

export type BreakerState =
  | 'CLOSED'
  | 'OPEN'
  | 'TRIAL';

export type ConsoleSessionEndInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type DnsServerInput = {
  readonly host: string;
  readonly port?: number | null | undefined;
};

export type DnsblMode =
  | 'DRY_RUN'
  | 'REJECT';

export type DnsblZoneInput = {
  readonly codes?: ReadonlyArray<string> | null | undefined;
  readonly mode?: DnsblMode;
  readonly weight?: number;
  readonly zone: string;
};

export type DnswlZoneInput = {
  readonly codes?: ReadonlyArray<string> | null | undefined;
  readonly zone: string;
};

export type DoctorCode =
  | 'ALERT_CONTACT_INSIDE'
  | 'CATCH_ALL'
  | 'DNS_LAPSING'
  | 'DOMAIN_READDED'
  | 'EQUAL_RANK'
  | 'FILTER_IN_FRONT'
  | 'FORWARDED_MAIL_REFUSED'
  | 'GREYLISTING'
  | 'MTA_STS'
  | 'MX_ALIAS'
  | 'MX_LITERAL'
  | 'MX_PRIVATE'
  | 'MX_UNREACHABLE'
  | 'NOT_LISTED'
  | 'NULL_MX'
  | 'POSTMASTER_UNSET'
  | 'PRIMARY_REFUSES'
  | 'RANK'
  | 'RATE_LIMITING'
  | 'SETTING_UP'
  | 'SMALLER_SIZE'
  | 'TARPITTING'
  | 'TLSA'
  | 'USER_LIST_GAPS';

export type DoctorVerdict =
  | 'OK'
  | 'PROBLEM'
  | 'UNKNOWN'
  | 'WARNING';

export type DomainBounceHeldInput = {
  readonly expectedCount?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly reason?: string | null | undefined;
};

export type DomainCheckInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainCreateInput = {
  readonly deliverTo?: ReadonlyArray<NextHopInput> | null | undefined;
  readonly dnsblAllowedClients?: ReadonlyArray<string> | null | undefined;
  readonly dnsblThreshold?: number | null | undefined;
  readonly dnsblZones?: ReadonlyArray<DnsblZoneInput> | null | undefined;
  readonly dnswlZones?: ReadonlyArray<DnswlZoneInput> | null | undefined;
  readonly drainPerMinute?: number | null | undefined;
  readonly etrnClients?: ReadonlyArray<string> | null | undefined;
  readonly force?: boolean | null | undefined;
  readonly hasCallAheads?: boolean | null | undefined;
  readonly hasDelayReports?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly labels?: ReadonlyArray<LabelInput> | null | undefined;
  readonly name: string;
  readonly recipientDelimiter?: string | null | undefined;
  readonly recipientList?: ReadonlyArray<string> | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly tlsPolicy?: TlsPolicy | null | undefined;
  readonly unknownWhileDown?: UnknownWhileDownInput | null | undefined;
};

export type DomainDeleteInput = {
  readonly held?: HeldMailChoice | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainDrillDeliverInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainDrillInput = {
  readonly deliver?: DrillDelivery;
  readonly holdFor?: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly recipient?: string | null | undefined;
};

export type DomainDrillScheduleInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly interval?: string | null | undefined;
  readonly name: string;
};

export type DomainExtendHoldInput = {
  readonly by: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainFlushInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainPauseInput = {
  readonly from?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly reason?: string | null | undefined;
  readonly until?: string | null | undefined;
};

export type DomainReleaseBreakerInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainResumeInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly reason?: string | null | undefined;
};

export type DomainSetMxInput = {
  readonly dnsServer?: DnsServerInput | null | undefined;
  readonly dryRun?: boolean;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly preference?: number | null | undefined;
  readonly sandwich?: boolean | null | undefined;
  readonly tsig?: TsigInput | null | undefined;
};

export type DomainStatus =
  | 'ACTIVE'
  | 'PENDING'
  | 'SUSPENDED';

export type DomainSuspendInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly reason?: string | null | undefined;
};

export type DomainUnsetMxInput = {
  readonly dnsServer?: DnsServerInput | null | undefined;
  readonly dryRun?: boolean;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly tsig?: TsigInput | null | undefined;
};

export type DomainUnsuspendInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly reason?: string | null | undefined;
};

export type DomainUpdateInput = {
  readonly deliverTo?: ReadonlyArray<NextHopInput> | null | undefined;
  readonly dnsblAllowedClients?: ReadonlyArray<string> | null | undefined;
  readonly dnsblThreshold?: number | null | undefined;
  readonly dnsblZones?: ReadonlyArray<DnsblZoneInput> | null | undefined;
  readonly dnswlZones?: ReadonlyArray<DnswlZoneInput> | null | undefined;
  readonly drainPerMinute?: number | null | undefined;
  readonly dryRun?: boolean | null | undefined;
  readonly etrnClients?: ReadonlyArray<string> | null | undefined;
  readonly expectedRevision?: number | null | undefined;
  readonly hasCallAheads?: boolean | null | undefined;
  readonly hasDelayReports?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly labels?: ReadonlyArray<LabelInput> | null | undefined;
  readonly name: string;
  readonly recipientDelimiter?: string | null | undefined;
  readonly tlsPolicy?: TlsPolicy | null | undefined;
  readonly unknownWhileDown?: UnknownWhileDownInput | null | undefined;
};

export type DomainVerifyInput = {
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
};

export type DomainsFlushBy =
  {   readonly all: boolean; readonly nextHop?: never; readonly tenantId?: never; }
  |  { readonly all?: never;   readonly nextHop: string; readonly tenantId?: never; }
  |  { readonly all?: never; readonly nextHop?: never;   readonly tenantId: string; };

export type DomainsFlushInput = {
  readonly by: DomainsFlushBy;
  readonly idempotencyKey?: string | null | undefined;
};

export type DrillDelivery =
  | 'AT_ONCE'
  | 'ON_COMMAND';

export type DrillResult =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'INTERRUPTED'
  | 'NOT_ACCEPTED'
  | 'NOT_ATTEMPTED'
  | 'NOT_DELIVERED';

export type DrillState =
  | 'ENTERING'
  | 'FINISHED'
  | 'HELD'
  | 'RELEASED'
  | 'REQUESTED';

export type HeldMailChoice =
  | 'CANCEL'
  | 'DELIVER_FIRST';

export type HostTrouble =
  | 'DNS'
  | 'DROPPED'
  | 'FAULT'
  | 'GREETING'
  | 'NO_MX'
  | 'REFUSED'
  | 'TIMEOUT'
  | 'TLS'
  | 'UNREACHABLE';

export type LabelInput = {
  readonly key: string;
  readonly value: string;
};

export type MessageBounceInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly reason?: string | null | undefined;
};

export type MessageCancelInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly reason?: string | null | undefined;
};

export type MessageFilter = {
  readonly clientAddress?: string | null | undefined;
  readonly domain?: string | null | undefined;
  readonly heldFor?: string | null | undefined;
  readonly ids?: ReadonlyArray<string> | null | undefined;
  readonly internetMessageId?: string | null | undefined;
  readonly maxSize?: number | null | undefined;
  readonly minSize?: number | null | undefined;
  readonly recipient?: string | null | undefined;
  readonly reversePath?: string | null | undefined;
  readonly since?: string | null | undefined;
  readonly states?: ReadonlyArray<RecipientState> | null | undefined;
  readonly transactionId?: string | null | undefined;
  readonly until?: string | null | undefined;
};

export type MessageRetryInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly reason?: string | null | undefined;
};

export type Mta =
  | 'EXCHANGE'
  | 'EXIM'
  | 'POSTFIX'
  | 'RSPAMD';

export type MxChange =
  | 'ADD'
  | 'KEEP'
  | 'REMOVE';

export type MxVerdict =
  | 'EQUAL_PREFERENCE'
  | 'MOST_PREFERRED'
  | 'NOT_LISTED'
  | 'NULL_MX'
  | 'OK'
  | 'SANDWICH'
  | 'UNRESOLVABLE';

export type NextHopInput = {
  readonly host: string;
  readonly port?: number;
};

export type NodeRole =
  | 'CONTROL'
  | 'DELIVERY'
  | 'INBOUND'
  | 'OTHER';

export type OutageKind =
  | 'BLOCKING'
  | 'DNS_BROKEN'
  | 'DOWN'
  | 'GREYLISTING'
  | 'MISCONFIGURED'
  | 'RATE_LIMITING'
  | 'TARPITTING';

export type RecipientAnswer =
  | 'NEGATIVE'
  | 'POSITIVE';

export type RecipientState =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'EXPIRED'
  | 'FAILED'
  | 'HELD';

export type RejectionAllowInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type RejectionCode =
  | 'BMX_BUSY'
  | 'BMX_BYTES'
  | 'BMX_DNS'
  | 'BMX_DNSBL'
  | 'BMX_LATER'
  | 'BMX_LIMIT'
  | 'BMX_LOOP'
  | 'BMX_NULLMX'
  | 'BMX_PRIMARY'
  | 'BMX_RANK'
  | 'BMX_RELAY'
  | 'BMX_SIZE'
  | 'BMX_STORE'
  | 'BMX_SUSPENDED'
  | 'BMX_USER'
  | 'OTHER';

export type RejectionFilter = {
  readonly clientAddress?: string | null | undefined;
  readonly code?: RejectionCode | null | undefined;
  readonly domain?: string | null | undefined;
  readonly id?: string | null | undefined;
  readonly isDryRun?: boolean | null | undefined;
  readonly recipient?: string | null | undefined;
  readonly reversePath?: string | null | undefined;
  readonly since?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly until?: string | null | undefined;
};

export type Scope =
  | 'AUDIT_READ'
  | 'DOMAIN_READ'
  | 'DOMAIN_WRITE'
  | 'MESSAGE_CONTENT'
  | 'QUEUE_READ'
  | 'QUEUE_WRITE'
  | 'SERVICE_READ'
  | 'SERVICE_WRITE'
  | 'TENANT_WRITE'
  | 'TOKEN_READ'
  | 'TOKEN_WRITE'
  | 'WEBHOOK_READ'
  | 'WEBHOOK_WRITE';

export type Situation =
  | 'BREAKER_OPEN'
  | 'CHECK_FAILED'
  | 'DRAINING'
  | 'EXPIRING'
  | 'FINE'
  | 'HOLDING'
  | 'OUTAGE'
  | 'PAUSED'
  | 'PENDING'
  | 'SUSPENDED';

export type TimelineKind =
  | 'ACCEPTED'
  | 'ATTEMPT'
  | 'BREAKER_CLOSED'
  | 'BREAKER_OPENED'
  | 'BREAKER_TRIAL'
  | 'CLAIM_LOST'
  | 'DOMAIN_DELETED'
  | 'DOMAIN_FLUSHED'
  | 'DOMAIN_PAUSED'
  | 'DOMAIN_REROUTED'
  | 'DOMAIN_RESUMED'
  | 'HOLD_EXTENDED'
  | 'HOLD_EXTENSION_ENDED'
  | 'MESSAGE_BOUNCED'
  | 'MESSAGE_CANCELLED'
  | 'MESSAGE_RETRIED'
  | 'OUTAGE_CLOSED'
  | 'OUTAGE_DRAINED'
  | 'OUTAGE_DRAINING'
  | 'OUTAGE_OPENED'
  | 'OUTAGE_RECLASSIFIED'
  | 'PROBE'
  | 'RECIPIENT_CANCELLED'
  | 'RECIPIENT_DELIVERED'
  | 'RECIPIENT_EXPIRED'
  | 'RECIPIENT_FAILED'
  | 'RECIPIENT_SUSPECTED'
  | 'REPORT_DROPPED'
  | 'REPORT_MADE'
  | 'REPORT_SUPPRESSED'
  | 'SERVICE_TROUBLE_BEGAN'
  | 'SERVICE_TROUBLE_ENDED';

export type TlsPolicy =
  | 'NONE'
  | 'OPPORTUNISTIC'
  | 'REQUIRED'
  | 'VERIFIED';

export type TokenCreateInput = {
  readonly expiresAt?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly name: string;
  readonly scopes: ReadonlyArray<Scope>;
  readonly secret?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
};

export type TokenDeleteInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type TokenRotateInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly overlap?: string;
  readonly secret?: string | null | undefined;
};

export type TokenUpdateInput = {
  readonly expiresAt?: string | null | undefined;
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly scopes?: ReadonlyArray<Scope> | null | undefined;
};

export type TsigAlgorithm =
  | 'HMAC_SHA256'
  | 'HMAC_SHA384'
  | 'HMAC_SHA512';

export type TsigInput = {
  readonly algorithm?: TsigAlgorithm;
  readonly keyName: string;
  readonly secret: string;
};

export type UnknownWhileDownInput = {
  readonly duration?: string;
  readonly policy: UnknownWhileDownPolicy;
};

export type UnknownWhileDownPolicy =
  | 'ACCEPT'
  | 'DEFER'
  | 'DEFER_THEN_ACCEPT';

export type UserErrorCode =
  | 'ALREADY_EXISTS'
  | 'CLAIM_LOST'
  | 'CONFLICT'
  | 'DUPLICATE'
  | 'ENDED'
  | 'FORBIDDEN'
  | 'HELD_MAIL'
  | 'HOST_NOT_DOMAIN'
  | 'INSIDE_DOMAIN'
  | 'INVALID'
  | 'IN_DELIVERY'
  | 'KEY_REUSED'
  | 'NOT_AN_ADDRESS'
  | 'NOT_A_DOMAIN'
  | 'NOT_A_HOST'
  | 'NOT_A_NETWORK'
  | 'NOT_A_URL'
  | 'NOT_FOUND'
  | 'NOT_PROVEN'
  | 'NO_MATCH'
  | 'OUT_OF_RANGE'
  | 'OWN_ADDRESS'
  | 'PRIVATE_ADDRESS'
  | 'QUOTA'
  | 'REQUIRED'
  | 'SERVER_REFUSED'
  | 'SERVER_SILENT'
  | 'SHRINK'
  | 'TAKEN'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'UNKNOWN_ZONE'
  | 'WRONG_CODE';

export type WebhookCreateInput = {
  readonly description?: string;
  readonly domains?: ReadonlyArray<string> | null | undefined;
  readonly events: ReadonlyArray<WebhookEventKind>;
  readonly idempotencyKey?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly url: string;
};

export type WebhookDeleteInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type WebhookDeliveryStatus =
  | 'DELIVERED'
  | 'FAILED'
  | 'PENDING';

export type WebhookDisabledReason =
  | 'BY_USER'
  | 'FAILING'
  | 'GONE'
  | 'NO_SECRET';

export type WebhookEventKind =
  | 'BREAKER_CLOSED'
  | 'BREAKER_OPENED'
  | 'DNSBL_ZONE_OFF'
  | 'DNSBL_ZONE_ON'
  | 'DOMAIN_ACTIVATED'
  | 'DOMAIN_CHECKED'
  | 'DOMAIN_PROOF_FOUND'
  | 'DOMAIN_PROOF_LOST'
  | 'DOMAIN_SUSPENDED'
  | 'DOMAIN_UNSUSPENDED'
  | 'MAIL_DIGEST'
  | 'OTHER'
  | 'OUTAGE_CLOSED'
  | 'OUTAGE_DRAINED'
  | 'OUTAGE_DRAINING'
  | 'OUTAGE_OPENED'
  | 'OUTAGE_RECLASSIFIED'
  | 'OUTAGE_THRESHOLD'
  | 'SERVICE_TROUBLE_BEGAN'
  | 'SERVICE_TROUBLE_ENDED'
  | 'WEBHOOK_DISABLED';

export type WebhookRedeliverInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type WebhookReplayInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly since: string;
};

export type WebhookRotateInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly overlap?: string;
};

export type WebhookStatus =
  | 'DISABLED'
  | 'ENABLED';

export type WebhookTestInput = {
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
};

export type WebhookUpdateInput = {
  readonly description?: string | null | undefined;
  readonly domains?: ReadonlyArray<string> | null | undefined;
  readonly events?: ReadonlyArray<WebhookEventKind> | null | undefined;
  readonly expectedRevision?: number | null | undefined;
  readonly id: string;
  readonly idempotencyKey?: string | null | undefined;
  readonly isEnabled?: boolean | null | undefined;
  readonly url?: string | null | undefined;
};

export type ContactsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ContactsQuery = { readonly alertContacts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly address: string, readonly domains: ReadonlyArray<string> | null, readonly status: AlertContactStatus, readonly lastMailedAt: string | null, readonly ignoredDomains: ReadonlyArray<string>, readonly tenant: { readonly name: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type ContactQueryVariables = Exact<{
  id: string;
}>;


export type ContactQuery = { readonly alertContact: { readonly id: string, readonly address: string, readonly domains: ReadonlyArray<string> | null, readonly status: AlertContactStatus, readonly codeExpiresAt: string | null, readonly confirmedAt: string | null, readonly lastMailedAt: string | null, readonly ignoredDomains: ReadonlyArray<string>, readonly createdAt: string, readonly tenant: { readonly id: string, readonly name: string } } | null };

export type ConfirmedContactsQueryVariables = Exact<{
  tenantId: string;
}>;


export type ConfirmedContactsQuery = { readonly alertContacts: { readonly totalCount: number } };

export type ContactCreateMutationVariables = Exact<{
  input: AlertContactCreateInput;
}>;


export type ContactCreateMutation = { readonly alertContactCreate: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ContactUpdateMutationVariables = Exact<{
  input: AlertContactUpdateInput;
}>;


export type ContactUpdateMutation = { readonly alertContactUpdate: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ContactConfirmMutationVariables = Exact<{
  input: AlertContactConfirmInput;
}>;


export type ContactConfirmMutation = { readonly alertContactConfirm: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ContactDeleteMutationVariables = Exact<{
  input: AlertContactDeleteInput;
}>;


export type ContactDeleteMutation = { readonly alertContactDelete: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type DomainSettingsQueryVariables = Exact<{
  name: string;
}>;


export type DomainSettingsQuery = { readonly domain: { readonly name: string, readonly status: DomainStatus, readonly revision: number, readonly tlsPolicy: TlsPolicy, readonly drainPerMinute: number | null, readonly hasCallAheads: boolean, readonly recipientDelimiter: string | null, readonly hasDelayReports: boolean, readonly etrnClients: ReadonlyArray<string>, readonly createdAt: string, readonly updatedAt: string, readonly tenant: { readonly name: string }, readonly queue: { readonly heldCount: number, readonly heldSize: number }, readonly deliverTo: ReadonlyArray<{ readonly host: string, readonly port: number }>, readonly unknownWhileDown: { readonly policy: UnknownWhileDownPolicy, readonly duration: string }, readonly labels: ReadonlyArray<{ readonly key: string, readonly value: string }>, readonly drillSchedule: { readonly interval: string, readonly nextAt: string } | null } | null };

export type DomainMxFormQueryVariables = Exact<{
  name: string;
}>;


export type DomainMxFormQuery = { readonly domain: { readonly name: string, readonly mx: { readonly verdict: MxVerdict, readonly zoneFile: string, readonly formRecords: ReadonlyArray<{ readonly host: string, readonly name: string, readonly preference: number, readonly change: MxChange }> } } | null, readonly service: { readonly mxNames: ReadonlyArray<string> } };

export type DomainHeldCountQueryVariables = Exact<{
  name: string;
}>;


export type DomainHeldCountQuery = { readonly domain: { readonly queue: { readonly heldCount: number, readonly heldSize: number } } | null };

export type DomainCreateMutationVariables = Exact<{
  input: DomainCreateInput;
}>;


export type DomainCreateMutation = { readonly domainCreate: { readonly domain: { readonly name: string } | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type DomainDeleteMutationVariables = Exact<{
  input: DomainDeleteInput;
}>;


export type DomainDeleteMutation = { readonly domainDelete: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type DrillScheduleMutationVariables = Exact<{
  input: DomainDrillScheduleInput;
}>;


export type DrillScheduleMutation = { readonly domainDrillSchedule: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type DrillDeliverMutationVariables = Exact<{
  input: DomainDrillDeliverInput;
}>;


export type DrillDeliverMutation = { readonly domainDrillDeliver: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type SuspendMutationVariables = Exact<{
  input: DomainSuspendInput;
}>;


export type SuspendMutation = { readonly domainSuspend: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type UnsuspendMutationVariables = Exact<{
  input: DomainUnsuspendInput;
}>;


export type UnsuspendMutation = { readonly domainUnsuspend: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type SetMxMutationVariables = Exact<{
  input: DomainSetMxInput;
}>;


export type SetMxMutation = { readonly domainSetMx: { readonly zone: string | null, readonly records: ReadonlyArray<{ readonly preference: number, readonly host: string, readonly change: MxChange }>, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type UnsetMxMutationVariables = Exact<{
  input: DomainUnsetMxInput;
}>;


export type UnsetMxMutation = { readonly domainUnsetMx: { readonly zone: string | null, readonly records: ReadonlyArray<{ readonly preference: number, readonly host: string, readonly change: MxChange }>, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type DomainQueryVariables = Exact<{
  name: string;
}>;


export type DomainQuery = { readonly domain: { readonly name: string, readonly status: DomainStatus, readonly situation: Situation, readonly revision: number, readonly drainPerMinute: number | null, readonly hasCallAheads: boolean, readonly proof: { readonly name: string, readonly value: string, readonly checkedAt: string | null, readonly lostAt: string | null } | null, readonly queue: { readonly heldCount: number, readonly heldSize: number, readonly oldestAcceptedAt: string | null, readonly firstExpiryAt: string | null, readonly nextAttemptAt: string | null }, readonly pause: { readonly from: string, readonly until: string | null, readonly reason: string | null, readonly isInForce: boolean } | null, readonly breaker: { readonly state: BreakerState, readonly since: string | null, readonly reply: string | null }, readonly requestedAttempt: { readonly startedAt: string | null, readonly waitsFor: AttemptWait | null } | null, readonly outage: { readonly startedAt: string, readonly kind: OutageKind, readonly attemptCount: number, readonly expiredCount: number, readonly evidence: ReadonlyArray<{ readonly at: string, readonly trouble: HostTrouble | null, readonly host: string | null, readonly reply: string }> } | null, readonly lastOutage: { readonly endedAt: string | null, readonly expiredCount: number, readonly heldAtEndCount: number | null, readonly drain: { readonly messagesPerSecond: number, readonly etaAt: string | null } | null } | null, readonly doctor: { readonly at: string, readonly verdict: DoctorVerdict, readonly findings: ReadonlyArray<{ readonly code: DoctorCode, readonly verdict: DoctorVerdict, readonly advice: string | null, readonly evidence: ReadonlyArray<{ readonly asked: string, readonly answered: string }> }> } | null, readonly deliverTo: ReadonlyArray<{ readonly host: string, readonly port: number }>, readonly recipientList: { readonly isEnabled: boolean, readonly entryCount: number }, readonly drills: { readonly nodes: ReadonlyArray<{ readonly state: DrillState, readonly result: DrillResult | null, readonly requestedAt: string, readonly endedAt: string | null }> } } | null, readonly service: { readonly troubleSince: string | null, readonly egressAddresses: ReadonlyArray<string>, readonly retrySchedule: ReadonlyArray<{ readonly interval: string, readonly attemptCount: number }> } };

export type DomainFlowQueryVariables = Exact<{
  name: string;
  since: string;
}>;


export type DomainFlowQuery = { readonly domain: { readonly flow: ReadonlyArray<{ readonly until: string, readonly acceptedCount: number, readonly heldCount: number }> } | null };

export type DomainAttemptsQueryVariables = Exact<{
  name: string;
  since: string;
}>;


export type DomainAttemptsQuery = { readonly domain: { readonly attempts: { readonly nodes: ReadonlyArray<{ readonly at: string, readonly host: string | null, readonly address: string | null, readonly reply: string, readonly outcome: AttemptOutcome, readonly latency: string }> } } | null };

export type DomainOutagesQueryVariables = Exact<{
  name: string;
  since: string;
}>;


export type DomainOutagesQuery = { readonly domain: { readonly outages: { readonly nodes: ReadonlyArray<{ readonly startedAt: string, readonly endedAt: string | null, readonly kind: OutageKind, readonly attemptCount: number, readonly heldAtEndCount: number | null, readonly expiredCount: number, readonly lastReply: string }> } } | null };

export type DomainHeldQueryVariables = Exact<{
  name: string;
}>;


export type DomainHeldQuery = { readonly messages: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly acceptedAt: string, readonly expiresAt: string, readonly size: number, readonly reversePath: string | null, readonly recipients: ReadonlyArray<{ readonly address: string, readonly state: RecipientState }> }> } };

export type DomainRejectionsQueryVariables = Exact<{
  name: string;
}>;


export type DomainRejectionsQuery = { readonly rejections: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly code: RejectionCode, readonly reversePath: string | null, readonly recipient: string | null, readonly isDryRun: boolean }> } };

export type DomainMxQueryVariables = Exact<{
  name: string;
}>;


export type DomainMxQuery = { readonly domain: { readonly mx: { readonly verdict: MxVerdict, readonly observed: ReadonlyArray<{ readonly preference: number, readonly host: string }>, readonly recommended: ReadonlyArray<{ readonly preference: number, readonly host: string }> } } | null };

export type DomainSetupQueryVariables = Exact<{
  name: string;
}>;


export type DomainSetupQuery = { readonly domain: { readonly primarySetup: ReadonlyArray<{ readonly mta: Mta, readonly title: string, readonly snippet: string }> } | null };

export type FlushMutationVariables = Exact<{
  input: DomainFlushInput;
}>;


export type FlushMutation = { readonly domainFlush: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type PauseMutationVariables = Exact<{
  input: DomainPauseInput;
}>;


export type PauseMutation = { readonly domainPause: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ResumeMutationVariables = Exact<{
  input: DomainResumeInput;
}>;


export type ResumeMutation = { readonly domainResume: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ExtendHoldMutationVariables = Exact<{
  input: DomainExtendHoldInput;
}>;


export type ExtendHoldMutation = { readonly domainExtendHold: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type UpdateMutationVariables = Exact<{
  input: DomainUpdateInput;
}>;


export type UpdateMutation = { readonly domainUpdate: { readonly preview: { readonly heldCount: number, readonly heldSize: number, readonly hosts: ReadonlyArray<{ readonly host: string, readonly port: number, readonly addresses: ReadonlyArray<string> }> } | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ReleaseBreakerMutationVariables = Exact<{
  input: DomainReleaseBreakerInput;
}>;


export type ReleaseBreakerMutation = { readonly domainReleaseBreaker: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type BounceHeldMutationVariables = Exact<{
  input: DomainBounceHeldInput;
}>;


export type BounceHeldMutation = { readonly domainBounceHeld: { readonly recipientCount: number, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string, readonly code: UserErrorCode }> } };

export type DrillMutationVariables = Exact<{
  input: DomainDrillInput;
}>;


export type DrillMutation = { readonly domainDrill: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type CheckMutationVariables = Exact<{
  input: DomainCheckInput;
}>;


export type CheckMutation = { readonly domainCheck: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type VerifyMutationVariables = Exact<{
  input: DomainVerifyInput;
}>;


export type VerifyMutation = { readonly domainVerify: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type FindMessagesQueryVariables = Exact<{
  filter: MessageFilter;
  after?: string | null | undefined;
}>;


export type FindMessagesQuery = { readonly messages: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly acceptedAt: string, readonly endedAt: string | null, readonly size: number, readonly reversePath: string | null, readonly recipients: ReadonlyArray<{ readonly address: string, readonly state: RecipientState, readonly nextAttemptAt: string | null }> }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type FindRejectionsQueryVariables = Exact<{
  filter: RejectionFilter;
  after?: string | null | undefined;
}>;


export type FindRejectionsQuery = { readonly rejections: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly code: RejectionCode, readonly reply: string, readonly reversePath: string | null, readonly recipient: string | null, readonly clientAddress: string | null, readonly isDryRun: boolean }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type FindDomainsQueryVariables = Exact<{
  namePrefix: string;
  after?: string | null | undefined;
}>;


export type FindDomainsQuery = { readonly domains: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly situation: Situation, readonly queue: { readonly heldCount: number } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type StandingQueryVariables = Exact<{
  address: string;
}>;


export type StandingQuery = { readonly recipientStanding: { readonly address: string, readonly isListed: boolean | null, readonly deliveredAt: string | null, readonly answer: RecipientAnswer | null, readonly answeredAt: string | null, readonly reply: string | null, readonly suspectedAt: string | null, readonly isCatchAll: boolean | null } | null };

export type MessageQueryVariables = Exact<{
  id: string;
}>;


export type MessageQuery = { readonly message: { readonly id: string, readonly transactionId: string, readonly acceptedAt: string, readonly expiresAt: string, readonly endedAt: string | null, readonly size: number, readonly reversePath: string | null, readonly clientAddress: string | null, readonly ehloName: string, readonly domainName: string, readonly internetMessageId: string | null, readonly recipients: ReadonlyArray<{ readonly address: string, readonly state: RecipientState, readonly nextAttemptAt: string | null, readonly attemptCount: number, readonly lastReply: string | null, readonly dsnSuppressedReason: string | null, readonly suspectedAt: string | null, readonly suspectedReply: string | null }> } | null };

export type MessageSubjectQueryVariables = Exact<{
  id: string;
}>;


export type MessageSubjectQuery = { readonly message: { readonly subject: string | null } | null };

export type MessageOutageQueryVariables = Exact<{
  id: string;
}>;


export type MessageOutageQuery = { readonly message: { readonly timeline: { readonly nodes: ReadonlyArray<{ readonly outage: { readonly startedAt: string, readonly endedAt: string | null } | null }> } } | null };

export type MessageTimelineQueryVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type MessageTimelineQuery = { readonly message: { readonly timeline: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly kind: TimelineKind, readonly recipients: ReadonlyArray<string>, readonly host: string | null, readonly reply: string | null, readonly reason: string | null, readonly reportId: string | null, readonly actor: { readonly isOperator: boolean } | null, readonly attempt: { readonly address: string | null, readonly outcome: AttemptOutcome, readonly latency: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } } | null };

export type MessageHeadersQueryVariables = Exact<{
  id: string;
}>;


export type MessageHeadersQuery = { readonly message: { readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> | null } | null };

export type MessageHeldQueryVariables = Exact<{
  id: string;
}>;


export type MessageHeldQuery = { readonly message: { readonly recipients: ReadonlyArray<{ readonly state: RecipientState }> } | null };

export type MessageRetryMutationVariables = Exact<{
  input: MessageRetryInput;
}>;


export type MessageRetryMutation = { readonly messageRetry: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type MessageCancelMutationVariables = Exact<{
  input: MessageCancelInput;
}>;


export type MessageCancelMutation = { readonly messageCancel: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type MessageBounceMutationVariables = Exact<{
  input: MessageBounceInput;
}>;


export type MessageBounceMutation = { readonly messageBounce: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type SummaryQueryVariables = Exact<{ [key: string]: never; }>;


export type SummaryQuery = { readonly summary: { readonly domainCount: number, readonly heldCount: number, readonly heldSize: number, readonly firstExpiryAt: string | null, readonly situations: ReadonlyArray<{ readonly situation: Situation, readonly count: number }> } };

export type UrgentQueryVariables = Exact<{
  situations?: ReadonlyArray<Situation> | null | undefined;
  after?: string | null | undefined;
  since: string;
}>;


export type UrgentQuery = { readonly domains: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly situation: Situation, readonly queue: { readonly heldCount: number, readonly heldSize: number, readonly firstExpiryAt: string | null, readonly nextAttemptAt: string | null }, readonly flow: ReadonlyArray<{ readonly until: string, readonly heldCount: number }>, readonly outages: { readonly nodes: ReadonlyArray<{ readonly startedAt: string, readonly endedAt: string | null }> }, readonly outage: { readonly startedAt: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type AllOfServiceQueryVariables = Exact<{
  since: string;
}>;


export type AllOfServiceQuery = { readonly service: { readonly flow: ReadonlyArray<{ readonly until: string, readonly heldCount: number }> | null } };

export type AllOfTenantQueryVariables = Exact<{
  since: string;
}>;


export type AllOfTenantQuery = { readonly viewer: { readonly tenant: { readonly flow: ReadonlyArray<{ readonly until: string, readonly heldCount: number }> } } };

export type FlushAllMutationVariables = Exact<{
  input: DomainsFlushInput;
}>;


export type FlushAllMutation = { readonly domainsFlush: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type RefusalCountsQueryVariables = Exact<{
  since: string;
  domain?: string | null | undefined;
}>;


export type RefusalCountsQuery = { readonly rejectionCounts: ReadonlyArray<{ readonly since: string, readonly until: string, readonly code: RejectionCode, readonly zone: string | null, readonly isDryRun: boolean, readonly count: number }> | null };

export type RefusalsQueryVariables = Exact<{
  filter?: RejectionFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type RefusalsQuery = { readonly rejections: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly code: RejectionCode, readonly reply: string, readonly clientAddress: string | null, readonly ehloName: string, readonly reversePath: string | null, readonly recipient: string | null, readonly zone: string | null, readonly isDryRun: boolean, readonly domain: { readonly name: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type RefusalQueryVariables = Exact<{
  id: string;
}>;


export type RefusalQuery = { readonly rejections: { readonly nodes: ReadonlyArray<{ readonly code: RejectionCode, readonly clientAddress: string | null, readonly recipient: string | null, readonly domain: { readonly name: string } | null }> } };

export type AllowMutationVariables = Exact<{
  input: RejectionAllowInput;
}>;


export type AllowMutation = { readonly rejectionAllow: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type ServiceNodesQueryVariables = Exact<{ [key: string]: never; }>;


export type ServiceNodesQuery = { readonly service: { readonly version: string, readonly troubleSince: string | null, readonly nodes: ReadonlyArray<{ readonly name: string, readonly version: string, readonly runtime: string, readonly roles: ReadonlyArray<NodeRole>, readonly startedAt: string, readonly lastSeenAt: string }> | null } };

export type ServiceHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type ServiceHealthQuery = { readonly service: { readonly health: { readonly reasons: ReadonlyArray<string> } | null, readonly totals: { readonly tenantCount: number, readonly domainCount: number, readonly openOutageCount: number, readonly heldCount: number, readonly heldSize: number, readonly oldestAcceptedAt: string | null } | null } };

export type ServiceFlowQueryVariables = Exact<{
  since: string;
  recent: string;
}>;


export type ServiceFlowQuery = { readonly service: { readonly flow: ReadonlyArray<{ readonly since: string, readonly until: string, readonly acceptedCount: number, readonly deliveredCount: number, readonly heldCount: number }> | null, readonly recent: ReadonlyArray<{ readonly since: string, readonly until: string, readonly acceptedCount: number, readonly deliveredCount: number }> | null } };

export type ServiceTenantsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ServiceTenantsQuery = { readonly tenants: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly suspension: { readonly since: string } | null, readonly quotas: { readonly domains: number | null, readonly recipientEntries: number | null }, readonly usage: { readonly domainCount: number, readonly recipientEntryCount: number, readonly heldCount: number, readonly heldSize: number } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type TokensQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type TokensQuery = { readonly tokens: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly prefix: string, readonly expiresAt: string | null, readonly lastUsedAt: string | null, readonly scopes: ReadonlyArray<Scope>, readonly tenant: { readonly name: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type TokenQueryVariables = Exact<{
  id: string;
}>;


export type TokenQuery = { readonly token: { readonly id: string, readonly name: string, readonly prefix: string, readonly previousPrefix: string | null, readonly previousUntil: string | null, readonly scopes: ReadonlyArray<Scope>, readonly expiresAt: string | null, readonly lastUsedAt: string | null, readonly rotatedAt: string | null, readonly createdAt: string, readonly tenant: { readonly name: string } } | null };

export type TokenCreateMutationVariables = Exact<{
  input: TokenCreateInput;
}>;


export type TokenCreateMutation = { readonly tokenCreate: { readonly secret: string | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type TokenUpdateMutationVariables = Exact<{
  input: TokenUpdateInput;
}>;


export type TokenUpdateMutation = { readonly tokenUpdate: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type TokenRotateMutationVariables = Exact<{
  input: TokenRotateInput;
}>;


export type TokenRotateMutation = { readonly tokenRotate: { readonly secret: string | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type TokenDeleteMutationVariables = Exact<{
  input: TokenDeleteInput;
}>;


export type TokenDeleteMutation = { readonly tokenDelete: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { readonly viewer: { readonly consoleSessions: ReadonlyArray<{ readonly id: string, readonly startedAt: string, readonly lastUsedAt: string, readonly expiresAt: string, readonly clientAddress: string | null, readonly isCurrent: boolean }> } };

export type SessionEndMutationVariables = Exact<{
  input: ConsoleSessionEndInput;
}>;


export type SessionEndMutation = { readonly consoleSessionEnd: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly code: UserErrorCode, readonly message: string }> } };

export type VisitorQueryVariables = Exact<{ [key: string]: never; }>;


export type VisitorQuery = { readonly viewer: { readonly isOperator: boolean, readonly tenant: { readonly id: string, readonly name: string }, readonly token: { readonly name: string } | null } };

export type WebhooksQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type WebhooksQuery = { readonly webhooks: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly url: string, readonly description: string, readonly status: WebhookStatus, readonly disabledReason: WebhookDisabledReason | null, readonly failingSince: string | null, readonly domains: ReadonlyArray<string> | null, readonly tenant: { readonly name: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type WebhookQueryVariables = Exact<{
  id: string;
}>;


export type WebhookQuery = { readonly webhook: { readonly id: string, readonly url: string, readonly description: string, readonly events: ReadonlyArray<WebhookEventKind>, readonly domains: ReadonlyArray<string> | null, readonly status: WebhookStatus, readonly disabledReason: WebhookDisabledReason | null, readonly disabledAt: string | null, readonly failingSince: string | null, readonly previousSecretUntil: string | null, readonly revision: number, readonly createdAt: string, readonly tenant: { readonly name: string } } | null };

export type WebhookDeliveriesQueryVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type WebhookDeliveriesQuery = { readonly webhook: { readonly deliveries: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly kind: WebhookEventKind | null, readonly status: WebhookDeliveryStatus, readonly attemptCount: number, readonly createdAt: string, readonly lastAttemptAt: string | null, readonly nextAttemptAt: string | null, readonly responseStatus: number | null, readonly responseText: string | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } } | null };

export type WebhookPendingQueryVariables = Exact<{
  id: string;
}>;


export type WebhookPendingQuery = { readonly webhook: { readonly url: string, readonly deliveries: { readonly totalCount: number } } | null };

export type WebhookCreateMutationVariables = Exact<{
  input: WebhookCreateInput;
}>;


export type WebhookCreateMutation = { readonly webhookCreate: { readonly secret: string | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookUpdateMutationVariables = Exact<{
  input: WebhookUpdateInput;
}>;


export type WebhookUpdateMutation = { readonly webhookUpdate: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookRotateMutationVariables = Exact<{
  input: WebhookRotateInput;
}>;


export type WebhookRotateMutation = { readonly webhookRotate: { readonly secret: string | null, readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookTestMutationVariables = Exact<{
  input: WebhookTestInput;
}>;


export type WebhookTestMutation = { readonly webhookTest: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookReplayMutationVariables = Exact<{
  input: WebhookReplayInput;
}>;


export type WebhookReplayMutation = { readonly webhookReplay: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookRedeliverMutationVariables = Exact<{
  input: WebhookRedeliverInput;
}>;


export type WebhookRedeliverMutation = { readonly webhookRedeliver: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export type WebhookDeleteMutationVariables = Exact<{
  input: WebhookDeleteInput;
}>;


export type WebhookDeleteMutation = { readonly webhookDelete: { readonly userErrors: ReadonlyArray<{ readonly path: ReadonlyArray<string>, readonly message: string }> } };

export const contactsQuery: Operation<ContactsQuery, ContactsQueryVariables> = {
  text: "query Contacts($after:String){alertContacts(first:25 after:$after){totalCount nodes{id address domains status lastMailedAt ignoredDomains tenant{name}}pageInfo{hasNextPage endCursor}}}",
};

export const contactQuery: Operation<ContactQuery, ContactQueryVariables> = {
  text: "query Contact($id:ID!){alertContact(id:$id){id address domains status codeExpiresAt confirmedAt lastMailedAt ignoredDomains createdAt tenant{id name}}}",
};

export const confirmedContactsQuery: Operation<ConfirmedContactsQuery, ConfirmedContactsQueryVariables> = {
  text: "query ConfirmedContacts($tenantId:ID!){alertContacts(first:1 filter:{tenantId:$tenantId status:CONFIRMED}){totalCount}}",
};

export const contactCreateMutation: Operation<ContactCreateMutation, ContactCreateMutationVariables> = {
  text: "mutation ContactCreate($input:AlertContactCreateInput!){alertContactCreate(input:$input){userErrors{path message}}}",
};

export const contactUpdateMutation: Operation<ContactUpdateMutation, ContactUpdateMutationVariables> = {
  text: "mutation ContactUpdate($input:AlertContactUpdateInput!){alertContactUpdate(input:$input){userErrors{path message}}}",
};

export const contactConfirmMutation: Operation<ContactConfirmMutation, ContactConfirmMutationVariables> = {
  text: "mutation ContactConfirm($input:AlertContactConfirmInput!){alertContactConfirm(input:$input){userErrors{path message}}}",
};

export const contactDeleteMutation: Operation<ContactDeleteMutation, ContactDeleteMutationVariables> = {
  text: "mutation ContactDelete($input:AlertContactDeleteInput!){alertContactDelete(input:$input){userErrors{path message}}}",
};

export const domainSettingsQuery: Operation<DomainSettingsQuery, DomainSettingsQueryVariables> = {
  text: "query DomainSettings($name:String!){domain(by:{name:$name}){name status revision tenant{name}queue{heldCount heldSize}deliverTo{host port}tlsPolicy drainPerMinute hasCallAheads unknownWhileDown{policy duration}recipientDelimiter hasDelayReports etrnClients labels{key value}drillSchedule{interval nextAt}createdAt updatedAt}}",
};

export const domainMxFormQuery: Operation<DomainMxFormQuery, DomainMxFormQueryVariables> = {
  text: "query DomainMxForm($name:String!){domain(by:{name:$name}){name mx{verdict zoneFile formRecords{host name preference change}}}service{mxNames}}",
};

export const domainHeldCountQuery: Operation<DomainHeldCountQuery, DomainHeldCountQueryVariables> = {
  text: "query DomainHeldCount($name:String!){domain(by:{name:$name}){queue{heldCount heldSize}}}",
};

export const domainCreateMutation: Operation<DomainCreateMutation, DomainCreateMutationVariables> = {
  text: "mutation DomainCreate($input:DomainCreateInput!){domainCreate(input:$input){domain{name}userErrors{path message}}}",
};

export const domainDeleteMutation: Operation<DomainDeleteMutation, DomainDeleteMutationVariables> = {
  text: "mutation DomainDelete($input:DomainDeleteInput!){domainDelete(input:$input){userErrors{path message}}}",
};

export const drillScheduleMutation: Operation<DrillScheduleMutation, DrillScheduleMutationVariables> = {
  text: "mutation DrillSchedule($input:DomainDrillScheduleInput!){domainDrillSchedule(input:$input){userErrors{path message}}}",
};

export const drillDeliverMutation: Operation<DrillDeliverMutation, DrillDeliverMutationVariables> = {
  text: "mutation DrillDeliver($input:DomainDrillDeliverInput!){domainDrillDeliver(input:$input){userErrors{path message}}}",
};

export const suspendMutation: Operation<SuspendMutation, SuspendMutationVariables> = {
  text: "mutation Suspend($input:DomainSuspendInput!){domainSuspend(input:$input){userErrors{path message}}}",
};

export const unsuspendMutation: Operation<UnsuspendMutation, UnsuspendMutationVariables> = {
  text: "mutation Unsuspend($input:DomainUnsuspendInput!){domainUnsuspend(input:$input){userErrors{path message}}}",
};

export const setMxMutation: Operation<SetMxMutation, SetMxMutationVariables> = {
  text: "mutation SetMx($input:DomainSetMxInput!){domainSetMx(input:$input){zone records{preference host change}userErrors{path message}}}",
};

export const unsetMxMutation: Operation<UnsetMxMutation, UnsetMxMutationVariables> = {
  text: "mutation UnsetMx($input:DomainUnsetMxInput!){domainUnsetMx(input:$input){zone records{preference host change}userErrors{path message}}}",
};

export const domainQuery: Operation<DomainQuery, DomainQueryVariables> = {
  text: "query Domain($name:String!){domain(by:{name:$name}){name status situation revision proof{name value checkedAt lostAt}queue{heldCount heldSize oldestAcceptedAt firstExpiryAt nextAttemptAt}pause{from until reason isInForce}breaker{state since reply}requestedAttempt{startedAt waitsFor}outage{startedAt kind attemptCount expiredCount evidence{at trouble host reply}}lastOutage{endedAt expiredCount heldAtEndCount drain{messagesPerSecond etaAt}}doctor{at verdict findings{code verdict advice evidence{asked answered}}}deliverTo{host port}drainPerMinute hasCallAheads recipientList{isEnabled entryCount}drills(first:1){nodes{state result requestedAt endedAt}}}service{troubleSince egressAddresses retrySchedule{interval attemptCount}}}",
};

export const domainFlowQuery: Operation<DomainFlowQuery, DomainFlowQueryVariables> = {
  text: "query DomainFlow($name:String!$since:DateTime!){domain(by:{name:$name}){flow(since:$since slots:96){until acceptedCount heldCount}}}",
};

export const domainAttemptsQuery: Operation<DomainAttemptsQuery, DomainAttemptsQueryVariables> = {
  text: "query DomainAttempts($name:String!$since:DateTime!){domain(by:{name:$name}){attempts(first:100 since:$since){nodes{at host address reply outcome latency}}}}",
};

export const domainOutagesQuery: Operation<DomainOutagesQuery, DomainOutagesQueryVariables> = {
  text: "query DomainOutages($name:String!$since:DateTime!){domain(by:{name:$name}){outages(first:20 since:$since){nodes{startedAt endedAt kind attemptCount heldAtEndCount expiredCount lastReply}}}}",
};

export const domainHeldQuery: Operation<DomainHeldQuery, DomainHeldQueryVariables> = {
  text: "query DomainHeld($name:String!){messages(first:8 filter:{domain:$name states:HELD}){nodes{id acceptedAt expiresAt size reversePath recipients{address state}}}}",
};

export const domainRejectionsQuery: Operation<DomainRejectionsQuery, DomainRejectionsQueryVariables> = {
  text: "query DomainRejections($name:String!){rejections(first:5 filter:{domain:$name}){nodes{id at code reversePath recipient isDryRun}}}",
};

export const domainMxQuery: Operation<DomainMxQuery, DomainMxQueryVariables> = {
  text: "query DomainMx($name:String!){domain(by:{name:$name}){mx{verdict observed{preference host}recommended{preference host}}}}",
};

export const domainSetupQuery: Operation<DomainSetupQuery, DomainSetupQueryVariables> = {
  text: "query DomainSetup($name:String!){domain(by:{name:$name}){primarySetup{mta title snippet}}}",
};

export const flushMutation: Operation<FlushMutation, FlushMutationVariables> = {
  text: "mutation Flush($input:DomainFlushInput!){domainFlush(input:$input){userErrors{path message}}}",
};

export const pauseMutation: Operation<PauseMutation, PauseMutationVariables> = {
  text: "mutation Pause($input:DomainPauseInput!){domainPause(input:$input){userErrors{path message}}}",
};

export const resumeMutation: Operation<ResumeMutation, ResumeMutationVariables> = {
  text: "mutation Resume($input:DomainResumeInput!){domainResume(input:$input){userErrors{path message}}}",
};

export const extendHoldMutation: Operation<ExtendHoldMutation, ExtendHoldMutationVariables> = {
  text: "mutation ExtendHold($input:DomainExtendHoldInput!){domainExtendHold(input:$input){userErrors{path message}}}",
};

export const updateMutation: Operation<UpdateMutation, UpdateMutationVariables> = {
  text: "mutation Update($input:DomainUpdateInput!){domainUpdate(input:$input){preview{hosts{host port addresses}heldCount heldSize}userErrors{path message}}}",
};

export const releaseBreakerMutation: Operation<ReleaseBreakerMutation, ReleaseBreakerMutationVariables> = {
  text: "mutation ReleaseBreaker($input:DomainReleaseBreakerInput!){domainReleaseBreaker(input:$input){userErrors{path message}}}",
};

export const bounceHeldMutation: Operation<BounceHeldMutation, BounceHeldMutationVariables> = {
  text: "mutation BounceHeld($input:DomainBounceHeldInput!){domainBounceHeld(input:$input){recipientCount userErrors{path message code}}}",
};

export const drillMutation: Operation<DrillMutation, DrillMutationVariables> = {
  text: "mutation Drill($input:DomainDrillInput!){domainDrill(input:$input){userErrors{path message}}}",
};

export const checkMutation: Operation<CheckMutation, CheckMutationVariables> = {
  text: "mutation Check($input:DomainCheckInput!){domainCheck(input:$input){userErrors{path message}}}",
};

export const verifyMutation: Operation<VerifyMutation, VerifyMutationVariables> = {
  text: "mutation Verify($input:DomainVerifyInput!){domainVerify(input:$input){userErrors{path message}}}",
};

export const findMessagesQuery: Operation<FindMessagesQuery, FindMessagesQueryVariables> = {
  text: "query FindMessages($filter:MessageFilter!$after:String){messages(first:20 after:$after filter:$filter){nodes{id acceptedAt endedAt size reversePath recipients{address state nextAttemptAt}}pageInfo{hasNextPage endCursor}}}",
};

export const findRejectionsQuery: Operation<FindRejectionsQuery, FindRejectionsQueryVariables> = {
  text: "query FindRejections($filter:RejectionFilter!$after:String){rejections(first:20 after:$after filter:$filter){nodes{id at code reply reversePath recipient clientAddress isDryRun}pageInfo{hasNextPage endCursor}}}",
};

export const findDomainsQuery: Operation<FindDomainsQuery, FindDomainsQueryVariables> = {
  text: "query FindDomains($namePrefix:String!$after:String){domains(first:40 after:$after orderBy:NAME filter:{namePrefix:$namePrefix}){nodes{name situation queue{heldCount}}pageInfo{hasNextPage endCursor}}}",
};

export const standingQuery: Operation<StandingQuery, StandingQueryVariables> = {
  text: "query Standing($address:String!){recipientStanding(address:$address){address isListed deliveredAt answer answeredAt reply suspectedAt isCatchAll}}",
};

export const messageQuery: Operation<MessageQuery, MessageQueryVariables> = {
  text: "query Message($id:ID!){message(id:$id){id transactionId acceptedAt expiresAt endedAt size reversePath clientAddress ehloName domainName internetMessageId recipients{address state nextAttemptAt attemptCount lastReply dsnSuppressedReason suspectedAt suspectedReply}}}",
};

export const messageSubjectQuery: Operation<MessageSubjectQuery, MessageSubjectQueryVariables> = {
  text: "query MessageSubject($id:ID!){message(id:$id){subject}}",
};

export const messageOutageQuery: Operation<MessageOutageQuery, MessageOutageQueryVariables> = {
  text: "query MessageOutage($id:ID!){message(id:$id){timeline(first:1){nodes{outage{startedAt endedAt}}}}}",
};

export const messageTimelineQuery: Operation<MessageTimelineQuery, MessageTimelineQueryVariables> = {
  text: "query MessageTimeline($id:ID!$after:String){message(id:$id){timeline(first:100 after:$after){nodes{id at kind recipients host reply reason reportId actor{isOperator}attempt{address outcome latency}}pageInfo{hasNextPage endCursor}}}}",
};

export const messageHeadersQuery: Operation<MessageHeadersQuery, MessageHeadersQueryVariables> = {
  text: "query MessageHeaders($id:ID!){message(id:$id){headers{name value}}}",
};

export const messageHeldQuery: Operation<MessageHeldQuery, MessageHeldQueryVariables> = {
  text: "query MessageHeld($id:ID!){message(id:$id){recipients{state}}}",
};

export const messageRetryMutation: Operation<MessageRetryMutation, MessageRetryMutationVariables> = {
  text: "mutation MessageRetry($input:MessageRetryInput!){messageRetry(input:$input){userErrors{path message}}}",
};

export const messageCancelMutation: Operation<MessageCancelMutation, MessageCancelMutationVariables> = {
  text: "mutation MessageCancel($input:MessageCancelInput!){messageCancel(input:$input){userErrors{path message}}}",
};

export const messageBounceMutation: Operation<MessageBounceMutation, MessageBounceMutationVariables> = {
  text: "mutation MessageBounce($input:MessageBounceInput!){messageBounce(input:$input){userErrors{path message}}}",
};

export const summaryQuery: Operation<SummaryQuery, SummaryQueryVariables> = {
  text: "query Summary{summary{domainCount heldCount heldSize firstExpiryAt situations{situation count}}}",
};

export const urgentQuery: Operation<UrgentQuery, UrgentQueryVariables> = {
  text: "query Urgent($situations:[Situation!]$after:String$since:DateTime!){domains(first:40 after:$after orderBy:URGENCY filter:{situations:$situations}){nodes{name situation queue{heldCount heldSize firstExpiryAt nextAttemptAt}flow(since:$since slots:48){until heldCount}outages(first:8 since:$since){nodes{startedAt endedAt}}outage{startedAt}}pageInfo{hasNextPage endCursor}}}",
};

export const allOfServiceQuery: Operation<AllOfServiceQuery, AllOfServiceQueryVariables> = {
  text: "query AllOfService($since:DateTime!){service{flow(since:$since slots:48){until heldCount}}}",
};

export const allOfTenantQuery: Operation<AllOfTenantQuery, AllOfTenantQueryVariables> = {
  text: "query AllOfTenant($since:DateTime!){viewer{tenant{flow(since:$since slots:48){until heldCount}}}}",
};

export const flushAllMutation: Operation<FlushAllMutation, FlushAllMutationVariables> = {
  text: "mutation FlushAll($input:DomainsFlushInput!){domainsFlush(input:$input){userErrors{path message}}}",
};

export const refusalCountsQuery: Operation<RefusalCountsQuery, RefusalCountsQueryVariables> = {
  text: "query RefusalCounts($since:DateTime!$domain:String){rejectionCounts(since:$since slots:28 domain:$domain){since until code zone isDryRun count}}",
};

export const refusalsQuery: Operation<RefusalsQuery, RefusalsQueryVariables> = {
  text: "query Refusals($filter:RejectionFilter$after:String){rejections(first:25 after:$after filter:$filter){nodes{id at code reply clientAddress ehloName reversePath recipient domain{name}zone isDryRun}pageInfo{hasNextPage endCursor}}}",
};

export const refusalQuery: Operation<RefusalQuery, RefusalQueryVariables> = {
  text: "query Refusal($id:ID!){rejections(first:1 filter:{id:$id}){nodes{code clientAddress recipient domain{name}}}}",
};

export const allowMutation: Operation<AllowMutation, AllowMutationVariables> = {
  text: "mutation Allow($input:RejectionAllowInput!){rejectionAllow(input:$input){userErrors{path message}}}",
};

export const serviceNodesQuery: Operation<ServiceNodesQuery, ServiceNodesQueryVariables> = {
  text: "query ServiceNodes{service{version troubleSince nodes{name version runtime roles startedAt lastSeenAt}}}",
};

export const serviceHealthQuery: Operation<ServiceHealthQuery, ServiceHealthQueryVariables> = {
  text: "query ServiceHealth{service{health{reasons}totals{tenantCount domainCount openOutageCount heldCount heldSize oldestAcceptedAt}}}",
};

export const serviceFlowQuery: Operation<ServiceFlowQuery, ServiceFlowQueryVariables> = {
  text: "query ServiceFlow($since:DateTime!$recent:DateTime!){service{flow(since:$since slots:96){since until acceptedCount deliveredCount heldCount}recent:flow(since:$recent slots:4){since until acceptedCount deliveredCount}}}",
};

export const serviceTenantsQuery: Operation<ServiceTenantsQuery, ServiceTenantsQueryVariables> = {
  text: "query ServiceTenants($after:String){tenants(first:20 after:$after){nodes{id name suspension{since}quotas{domains recipientEntries}usage{domainCount recipientEntryCount heldCount heldSize}}pageInfo{hasNextPage endCursor}}}",
};

export const tokensQuery: Operation<TokensQuery, TokensQueryVariables> = {
  text: "query Tokens($after:String){tokens(first:25 after:$after){totalCount nodes{id name prefix expiresAt lastUsedAt scopes tenant{name}}pageInfo{hasNextPage endCursor}}}",
};

export const tokenQuery: Operation<TokenQuery, TokenQueryVariables> = {
  text: "query Token($id:ID!){token(id:$id){id name prefix previousPrefix previousUntil scopes expiresAt lastUsedAt rotatedAt createdAt tenant{name}}}",
};

export const tokenCreateMutation: Operation<TokenCreateMutation, TokenCreateMutationVariables> = {
  text: "mutation TokenCreate($input:TokenCreateInput!){tokenCreate(input:$input){secret userErrors{path message}}}",
};

export const tokenUpdateMutation: Operation<TokenUpdateMutation, TokenUpdateMutationVariables> = {
  text: "mutation TokenUpdate($input:TokenUpdateInput!){tokenUpdate(input:$input){userErrors{path message}}}",
};

export const tokenRotateMutation: Operation<TokenRotateMutation, TokenRotateMutationVariables> = {
  text: "mutation TokenRotate($input:TokenRotateInput!){tokenRotate(input:$input){secret userErrors{path message}}}",
};

export const tokenDeleteMutation: Operation<TokenDeleteMutation, TokenDeleteMutationVariables> = {
  text: "mutation TokenDelete($input:TokenDeleteInput!){tokenDelete(input:$input){userErrors{path message}}}",
};

export const sessionsQuery: Operation<SessionsQuery, SessionsQueryVariables> = {
  text: "query Sessions{viewer{consoleSessions{id startedAt lastUsedAt expiresAt clientAddress isCurrent}}}",
};

export const sessionEndMutation: Operation<SessionEndMutation, SessionEndMutationVariables> = {
  text: "mutation SessionEnd($input:ConsoleSessionEndInput!){consoleSessionEnd(input:$input){userErrors{path code message}}}",
};

export const visitorQuery: Operation<VisitorQuery, VisitorQueryVariables> = {
  text: "query Visitor{viewer{isOperator tenant{id name}token{name}}}",
};

export const webhooksQuery: Operation<WebhooksQuery, WebhooksQueryVariables> = {
  text: "query Webhooks($after:String){webhooks(first:25 after:$after){totalCount nodes{id url description status disabledReason failingSince domains tenant{name}}pageInfo{hasNextPage endCursor}}}",
};

export const webhookQuery: Operation<WebhookQuery, WebhookQueryVariables> = {
  text: "query Webhook($id:ID!){webhook(id:$id){id url description events domains status disabledReason disabledAt failingSince previousSecretUntil revision createdAt tenant{name}}}",
};

export const webhookDeliveriesQuery: Operation<WebhookDeliveriesQuery, WebhookDeliveriesQueryVariables> = {
  text: "query WebhookDeliveries($id:ID!$after:String){webhook(id:$id){deliveries(first:20 after:$after){nodes{id kind status attemptCount createdAt lastAttemptAt nextAttemptAt responseStatus responseText}pageInfo{hasNextPage endCursor}}}}",
};

export const webhookPendingQuery: Operation<WebhookPendingQuery, WebhookPendingQueryVariables> = {
  text: "query WebhookPending($id:ID!){webhook(id:$id){url deliveries(first:1 filter:{status:PENDING}){totalCount}}}",
};

export const webhookCreateMutation: Operation<WebhookCreateMutation, WebhookCreateMutationVariables> = {
  text: "mutation WebhookCreate($input:WebhookCreateInput!){webhookCreate(input:$input){secret userErrors{path message}}}",
};

export const webhookUpdateMutation: Operation<WebhookUpdateMutation, WebhookUpdateMutationVariables> = {
  text: "mutation WebhookUpdate($input:WebhookUpdateInput!){webhookUpdate(input:$input){userErrors{path message}}}",
};

export const webhookRotateMutation: Operation<WebhookRotateMutation, WebhookRotateMutationVariables> = {
  text: "mutation WebhookRotate($input:WebhookRotateInput!){webhookRotate(input:$input){secret userErrors{path message}}}",
};

export const webhookTestMutation: Operation<WebhookTestMutation, WebhookTestMutationVariables> = {
  text: "mutation WebhookTest($input:WebhookTestInput!){webhookTest(input:$input){userErrors{path message}}}",
};

export const webhookReplayMutation: Operation<WebhookReplayMutation, WebhookReplayMutationVariables> = {
  text: "mutation WebhookReplay($input:WebhookReplayInput!){webhookReplay(input:$input){userErrors{path message}}}",
};

export const webhookRedeliverMutation: Operation<WebhookRedeliverMutation, WebhookRedeliverMutationVariables> = {
  text: "mutation WebhookRedeliver($input:WebhookRedeliverInput!){webhookRedeliver(input:$input){userErrors{path message}}}",
};

export const webhookDeleteMutation: Operation<WebhookDeleteMutation, WebhookDeleteMutationVariables> = {
  text: "mutation WebhookDelete($input:WebhookDeleteInput!){webhookDelete(input:$input){userErrors{path message}}}",
};
