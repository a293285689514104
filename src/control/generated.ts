// Made from schema.graphql by bin/generate.ts. Run `npm run generate` instead of editing.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { ServiceParent, RecipientParent, DnsblZoneParent } from './parents.ts';
import type { Caller } from './caller.ts';
import type { Token as TokenParent } from '../tenants/tokens.ts';
import type { AuditView } from '../events/audit-pages.ts';
import type { Webhook as WebhookParent } from '../notify/webhooks.ts';
import type { AlertContact as AlertContactParent } from '../notify/contacts.ts';
import type { Delivery as WebhookDeliveryParent } from '../notify/deliveries.ts';
import type { Tenant as TenantParent } from '../tenants/tenants.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { DrillView } from '../queue/drills/drills.ts';
import type { OutageView } from '../outage/inspect.ts';
import type { OutageItem } from './subscriptions/outages.ts';
import type { TimelineItem } from './subscriptions/timelines.ts';
import type { QueueItem } from './subscriptions/queues.ts';
import type { MessageView } from '../queue/read/inspect.ts';
import type { ShownAttempt } from '../queue/read/attempts.ts';
import type { TimelineEntry as TimelineEntryParent } from '../queue/read/timeline-entry.ts';
import type { RecipientStandingView } from '../verification/standing.ts';
import type { RejectionView } from '../events/rejection-pages.ts';
import type { Context } from './context.ts';
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
  /** A number of bytes: a JSON number up to 2^53. */
  ByteCount: { input: number; output: number; }
  /** An instant: RFC 3339 in UTC with milliseconds, such as `2026-08-01T03:10:00.000Z`. Input may carry another offset. */
  DateTime: { input: Date; output: Date; }
  /** Any JSON value. Its inside is for people to read and no part of the API: fields come and go with releases. */
  JSON: { input: unknown; output: unknown; }
};

/**
 * A mail address that is told when something is wrong: outages that last for more than five minutes, what becomes of them, and when they
 * end; a proof that is gone, a domain that is suspended, a DNS list or a webhook that fails. News is gathered into digests, at most
 * four an hour. Nothing is sent to a domain whose own mail is held.
 */
export type AlertContact = {
  readonly __typename?: 'AlertContact';
  /** The address. */
  readonly address: Scalars['String']['output'];
  /** Until when the code is taken that was mailed last; null once it is CONFIRMED. */
  readonly codeExpiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** When its code was given back; null: not yet. */
  readonly confirmedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was added. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** Of which domains it is told; null: of all. */
  readonly domains?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /**
   * Domains that it would watch and stands in, because they were added later: of these it is told
   * nothing. The first 100. Take another address.
   */
  readonly ignoredDomains: ReadonlyArray<Scalars['String']['output']>;
  /** When it was last mailed an alert; null: never. */
  readonly lastMailedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether it gets alerts. */
  readonly status: AlertContactStatus;
  /** Its owner: it is told of the owner's domains. */
  readonly tenant: Tenant;
};

/** Confirms an alert contact. */
export type AlertContactConfirmInput = {
  /** The code from the mail, in any case. */
  readonly code: Scalars['String']['input'];
  /** Which contact. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of alertContactConfirm. */
export type AlertContactConfirmPayload = {
  readonly __typename?: 'AlertContactConfirmPayload';
  /** The contact; null after an error. */
  readonly alertContact?: Maybe<AlertContact>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A page of alert contacts. */
export type AlertContactConnection = {
  readonly __typename?: 'AlertContactConnection';
  /** The contacts with their cursors. */
  readonly edges: ReadonlyArray<AlertContactEdge>;
  /** The contacts alone. */
  readonly nodes: ReadonlyArray<AlertContact>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A new alert contact. */
export type AlertContactCreateInput = {
  /** The address, such as `admin@example.net`: outside of the domains that it watches. */
  readonly address: Scalars['String']['input'];
  /** Of which domains it is told, by name; absent or null: of all. */
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, and mails nothing. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whose; absent or null: your own tenant's. Another's only with a token of the operator's tenant. */
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

/** Answer of alertContactCreate. */
export type AlertContactCreatePayload = {
  readonly __typename?: 'AlertContactCreatePayload';
  /** The new contact. With ALREADY_EXISTS the one of that address; null after any other error. */
  readonly alertContact?: Maybe<AlertContact>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Removes an alert contact. */
export type AlertContactDeleteInput = {
  /** Which contact. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of alertContactDelete. */
export type AlertContactDeletePayload = {
  readonly __typename?: 'AlertContactDeletePayload';
  /** The contact as it was; null after an error. */
  readonly alertContact?: Maybe<AlertContact>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** An alert contact on its page. */
export type AlertContactEdge = {
  readonly __typename?: 'AlertContactEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The contact. */
  readonly node: AlertContact;
};

/** Whether an alert contact gets alerts. */
export type AlertContactStatus =
  /** It does. */
  | 'CONFIRMED'
  /** Not before its code is given back with alertContactConfirm. */
  | 'UNCONFIRMED';

/** One try at one host. */
export type Attempt = {
  readonly __typename?: 'Attempt';
  /** The address and port that were dialled; null when nothing was. */
  readonly address?: Maybe<Scalars['String']['output']>;
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** The host's name; null when none could be found. */
  readonly host?: Maybe<Scalars['String']['output']>;
  /** How long it took, in milliseconds; where nothing was dialled, how long the DNS was asked. */
  readonly latencyMs: Scalars['Int']['output'];
  /** What it meant. */
  readonly outcome: AttemptOutcome;
  /** The verbatim reply, or in brackets what happened instead of one. */
  readonly reply: Scalars['String']['output'];
  /** TLS version and cipher, and by what the host was verified: `TLSv1.3 TLS_AES_256_GCM_SHA384 verified by MTA-STS`; null for clear text. */
  readonly tls?: Maybe<Scalars['String']['output']>;
};

/** A page of attempts. */
export type AttemptConnection = {
  readonly __typename?: 'AttemptConnection';
  /** The attempts with their cursors. */
  readonly edges: ReadonlyArray<AttemptEdge>;
  /** The attempts alone. */
  readonly nodes: ReadonlyArray<Attempt>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An attempt on its page. */
export type AttemptEdge = {
  readonly __typename?: 'AttemptEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The attempt. */
  readonly node: Attempt;
};

/** What an attempt meant. */
export type AttemptOutcome =
  /** No verdict, or a refusal for now. */
  | 'DEFERRED'
  /** Taken over by the host. */
  | 'DELIVERED'
  /** Refused for good. */
  | 'FAILED';

/** Why an attempt that was asked for has not begun. */
export type AttemptWait =
  /** The domain's `drainPerMinute` allows no more for now. */
  | 'DRAIN_CAP'
  /** Mail of the domain is being handed over at this moment; it comes after that. */
  | 'IN_DELIVERY'
  /** Nothing is held: there is nothing to try. */
  | 'NOTHING_HELD'
  /** No node of the service delivers mail. */
  | 'NO_NODE'
  /** The domain is paused. It is tried when the pause is ended by `domainResume`. */
  | 'PAUSED'
  /** A pause came between and is over: mail is tried when it is due. */
  | 'SCHEDULE'
  /** A node takes it up next: within two seconds, unless all of them are busy with other domains. */
  | 'TURN';

/** A page of the audit log. */
export type AuditConnection = {
  readonly __typename?: 'AuditConnection';
  /** The entries with their cursors. */
  readonly edges: ReadonlyArray<AuditEdge>;
  /** The entries alone. */
  readonly nodes: ReadonlyArray<AuditEntry>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An entry on its page. */
export type AuditEdge = {
  readonly __typename?: 'AuditEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** An entry. */
  readonly node: AuditEntry;
};

/**
 * One mutation: who asked for it, and what it came to. It is written before the mutation is done, so one that is STARTED for long was
 * cut off by the end of its node. Beside that of `domainsApply` each domain that it changed has an entry, whose input says what was done
 * to that one.
 */
export type AuditEntry = {
  readonly __typename?: 'AuditEntry';
  /** How it was after; null when it was not there any more, and while STARTED. */
  readonly after?: Maybe<Scalars['JSON']['output']>;
  /** When it was asked for. */
  readonly at: Scalars['DateTime']['output'];
  /** How that thing was before; null when it was not there. */
  readonly before?: Maybe<Scalars['JSON']['output']>;
  /** The IP address it came from; null when a tenant asks of what an operator did. */
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  /** When it was answered; null while it is STARTED. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** Its input as it came, long texts and lists cut; of one that is too long altogether only the `beginning`, as text. */
  readonly input: Scalars['JSON']['output'];
  /** True when an operator asked for it. */
  readonly isOperator: Scalars['Boolean']['output'];
  /** The mutation: `domainUpdate`. */
  readonly mutation: Scalars['String']['output'];
  /** What it came to. */
  readonly outcome: AuditOutcome;
  /** The id of that thing; null when there was none. */
  readonly subjectId?: Maybe<Scalars['ID']['output']>;
  /** What kind of thing it was about; null when about none. */
  readonly subjectKind?: Maybe<AuditSubjectKind>;
  /** The name of that thing in lower case, of a message its domain's; null when it has none. */
  readonly subjectName?: Maybe<Scalars['String']['output']>;
  /** Whose thing it was about; the caller's own tenant when it was about none. */
  readonly tenant: Tenant;
  /** The token's id; null for the service's own operator token, and for an operator's when a tenant asks. */
  readonly tokenId?: Maybe<Scalars['ID']['output']>;
  /** The token's name then; null as `tokenId` is. */
  readonly tokenName?: Maybe<Scalars['String']['output']>;
  /** The beginning of the token's secret then; null as `tokenId` is. */
  readonly tokenPrefix?: Maybe<Scalars['String']['output']>;
  /** The codes of its `userErrors`, each once. */
  readonly userErrorCodes: ReadonlyArray<UserErrorCode>;
};

/** What entries of the audit log must have in common; all that is given must hold. */
export type AuditFilter = {
  /** The mutation: `domainUpdate`. */
  readonly mutation?: InputMaybe<Scalars['String']['input']>;
  /** What it came to. */
  readonly outcome?: InputMaybe<AuditOutcome>;
  /** Asked for at this instant or later. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  /** Name of the domain, tenant or token it was about, of a message its domain's, an alert contact's address; without regard to case. */
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  /** With which token. */
  readonly tokenId?: InputMaybe<Scalars['ID']['input']>;
  /** Asked for before this instant. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** What a mutation came to. */
export type AuditOutcome =
  /** It was done. */
  | 'DONE'
  /** Something failed on our side; what was done is in `after`. */
  | 'FAULT'
  /** It was refused: `userErrorCodes`. */
  | 'REFUSED'
  /** It was a repetition with an idempotencyKey of what had been done, and got the same answer. */
  | 'REPLAYED'
  /** It was begun, and has not been answered. */
  | 'STARTED';

/** What a mutation is about. */
export type AuditSubjectKind =
  /** An alert contact. */
  | 'ALERT_CONTACT'
  /** A relay domain. */
  | 'DOMAIN'
  /** A message. */
  | 'MESSAGE'
  /** A tenant. */
  | 'TENANT'
  /** A token. */
  | 'TOKEN'
  /** A webhook. */
  | 'WEBHOOK';

/** A domain's breaker: a primary that is only half set up shall not bounce its own mail. */
export type Breaker = {
  readonly __typename?: 'Breaker';
  /** The refusal that opened it, verbatim; null unless it is open, or was before the present trial. */
  readonly reply?: Maybe<Scalars['String']['output']>;
  /** Since when; null while CLOSED. */
  readonly since?: Maybe<Scalars['DateTime']['output']>;
  /** What it does. */
  readonly state: BreakerState;
  /** Messages judged in the present trial; 0 outside one. */
  readonly trialCount: Scalars['Int']['output'];
};

/** What a breaker does. */
export type BreakerState =
  /** All is well. Refused recipients fail, but those known good only at the second refusal, an hour or more after the first. */
  | 'CLOSED'
  /** The primary refuses recipients that it took before: all mail is kept, and one message an hour tries whether it is mended. */
  | 'OPEN'
  /** An outage has ended: until 20 messages are judged, and for ten minutes at least, no refusal ends a recipient. */
  | 'TRIAL';

/** A DNS server. Never this service itself; private addresses only where the operator allows private next hops. */
export type DnsServerInput = {
  /** Its name or IP address. */
  readonly host: Scalars['String']['input'];
  /** Its port for TCP and UDP: 53, or 1024 to 65535. Absent or null: 53. */
  readonly port?: InputMaybe<Scalars['Int']['input']>;
};

/** What a DNS block list does. */
export type DnsblMode =
  /** Refuses nobody: hits are counted, and samples recorded. */
  | 'DRY_RUN'
  /** Refuses the sender, if the weights suffice. */
  | 'REJECT';

/** A DNS block list as a domain uses it. */
export type DnsblZone = {
  readonly __typename?: 'DnsblZone';
  /** The last self-test; null before the first. */
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Recipients whose sender was looked up in it, today and yesterday (UTC). */
  readonly checkedCount: Scalars['Int']['output'];
  /** Answers that count as listed, addresses or networks: `127.0.0.2`, `127.0.0.0/29`. Empty: every one that is no error. */
  readonly codes: ReadonlyArray<Scalars['String']['output']>;
  /** False when it failed its self-test: then it refuses nobody until it passes again. */
  readonly isOn: Scalars['Boolean']['output'];
  /** Of them, those whose sender it listed. With DRY_RUN the samples are in `rejections`. */
  readonly listedCount: Scalars['Int']['output'];
  /** Whether it refuses. */
  readonly mode: DnsblMode;
  /** Why it is off, or what it answered oddly; null when all is well. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** What a listing counts, 1 to 100; see `dnsblThreshold`. */
  readonly weight: Scalars['Int']['output'];
  /** Lower-case A-label. */
  readonly zone: Scalars['String']['output'];
};

/** A DNS block list for a domain. */
export type DnsblZoneInput = {
  /** Answers that count as listed, addresses or networks: `127.0.0.2`, `127.0.0.0/29`. Absent or empty: every one that is no error. */
  readonly codes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** DRY_RUN, also when absent or null, refuses nobody: it counts and records what REJECT would refuse. */
  readonly mode?: InputMaybe<DnsblMode>;
  /** What a listing counts, 1 to 100. */
  readonly weight?: InputMaybe<Scalars['Int']['input']>;
  /** Its name: `zen.example.net`. */
  readonly zone: Scalars['String']['input'];
};

/** A DNS list of known good senders (RFC 5782 §2.2). */
export type DnswlZone = {
  readonly __typename?: 'DnswlZone';
  /** Answers that count as listed; empty: every one that is no error. */
  readonly codes: ReadonlyArray<Scalars['String']['output']>;
  /** Lower-case A-label. */
  readonly zone: Scalars['String']['output'];
};

/** A DNS list of known good senders. */
export type DnswlZoneInput = {
  /** Answers that count as listed. Absent or empty: every one that is no error. */
  readonly codes?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Its name: `list.example.net`. */
  readonly zone: Scalars['String']['input'];
};

/** A check of the doctor, by what its finding means when it is not OK. */
export type DoctorCode =
  /** All alert contacts of the domain lie in it: no alert could reach them when it is down, so they are told nothing of it. */
  | 'ALERT_CONTACT_INSIDE'
  /** Your primary takes every recipient: call-aheads are of no use, and mail for mailboxes that do not exist is taken and held. */
  | 'CATCH_ALL'
  /** The domain, its zone or the name of an MX host is gone from the DNS, or its servers cannot answer: mail finds neither your primary nor us. */
  | 'DNS_LAPSING'
  /** The domain was deleted and added again within the last 7 days: that mends no delivery, and what it knew of its recipients and settings is gone. */
  | 'DOMAIN_READDED'
  /** A host beside us has the same number: we never hand mail to it, and when it is the only primary mail is refused (BMX-RANK). */
  | 'EQUAL_RANK'
  /** The MX records lead to a filtering service: it judges what we hand over by our address, and may refuse it or file it as spam. */
  | 'FILTER_IN_FRONT'
  /** Your primary refused mail from us for SPF or DMARC: it took us for the sender, and such mail is lost to its recipient. */
  | 'FORWARDED_MAIL_REFUSED'
  /** Your primary puts off what comes from us until it comes again: held mail arrives later than it could. */
  | 'GREYLISTING'
  /** The MTA-STS policy lacks our name, or our certificate would fail it: senders that follow it do not deliver to us, which shows only in an outage. */
  | 'MTA_STS'
  /** An MX record names a CNAME, which RFC 2181 forbids: some senders follow it, others refuse the domain. */
  | 'MX_ALIAS'
  /** An MX record holds an IP address where a host name belongs: we and most senders pass it over. */
  | 'MX_LITERAL'
  /** An MX host has a private, loopback or reserved address: nobody outside can reach it, and we never dial such an address. */
  | 'MX_PRIVATE'
  /** Your primary does not answer at one of its addresses, or at none: it is down, or a firewall keeps us out. */
  | 'MX_UNREACHABLE'
  /** No MX record names us: when your primary is down, nobody knows that we would take the mail. A WARNING: only one of our names is missing, and senders do not find the node that it stands for. */
  | 'NOT_LISTED'
  /** The domain publishes a null MX (`0 .`): it says that it takes no mail, so senders do not even try (RFC 7505). */
  | 'NULL_MX'
  /** POSTMASTER_ADDRESS of this service is not set: mail for postmaster and abuse at our own name is refused, which RFC 5321 forbids. */
  | 'POSTMASTER_UNSET'
  /** Your primary turns us away, or refuses its postmaster: what we hold for you would not be taken back. */
  | 'PRIMARY_REFUSES'
  /** We are the most preferred MX, or the only one: mail is refused at our door (BMX-RANK), as no better server can be found. */
  | 'RANK'
  /** Your primary ends sessions with 421: too many connections or messages from us. Held mail drains at that rate. */
  | 'RATE_LIMITING'
  /** Your primary refused many mailboxes that it had taken mail for, as a server does that is still being set up: the breaker has kept their mail. */
  | 'SETTING_UP'
  /** Your primary announces a smaller SIZE than ours: larger messages that do not announce theirs are accepted here and refused there. */
  | 'SMALLER_SIZE'
  /** Your primary greets us or answers RCPT slowly on purpose: what we hold for you drains slowly. */
  | 'TARPITTING'
  /** TLSA records at one of our names do not fit our certificate: senders that use DANE do not deliver to us. */
  | 'TLSA'
  /** The User List lacks mailboxes that took mail within the last 90 days: their mail is refused at our door (BMX-USER). */
  | 'USER_LIST_GAPS';

/** A question and its answer, 500 characters each at the most. */
export type DoctorEvidence = {
  readonly __typename?: 'DoctorEvidence';
  /** Verbatim; the service's own words stand in brackets. */
  readonly answered: Scalars['String']['output'];
  /** Of whom, and what. */
  readonly asked: Scalars['String']['output'];
};

/** What one check says. */
export type DoctorFinding = {
  readonly __typename?: 'DoctorFinding';
  /** What to do; null where nothing is. */
  readonly advice?: Maybe<Scalars['String']['output']>;
  /** Which check. */
  readonly code: DoctorCode;
  /** What was asked and what was answered, ten at the most. */
  readonly evidence: ReadonlyArray<DoctorEvidence>;
  /** What is so when all is well. */
  readonly title: Scalars['String']['output'];
  /** What came of it. */
  readonly verdict: DoctorVerdict;
};

/** What the doctor found. */
export type DoctorReport = {
  readonly __typename?: 'DoctorReport';
  /** When it was looked at. */
  readonly at: Scalars['DateTime']['output'];
  /** One for each check, in a fixed order; those that are well too. */
  readonly findings: ReadonlyArray<DoctorFinding>;
  /** The worst of its findings; UNKNOWN is better than a WARNING. */
  readonly status: DoctorVerdict;
};

/** How bad a finding is. */
export type DoctorVerdict =
  /** All is well, or there is nothing to look at. */
  | 'OK'
  /** Mail is or will be lost or refused until something is done. */
  | 'PROBLEM'
  /** It could not be found out in time: nothing answered, or nobody could be asked. */
  | 'UNKNOWN'
  /** Mail is delayed or some of it refused, or that may happen. */
  | 'WARNING';

/** A relay domain: a domain whose mail we accept, hold and hand over while its primary mail server is away. */
export type Domain = {
  readonly __typename?: 'Domain';
  /** Whether refusals of its primary end mail, and whether its mail is handed over at all. */
  readonly breaker: Breaker;
  /** Whether its primary is asked about a recipient before mail is taken. */
  readonly callAheads: Scalars['Boolean']['output'];
  /** What its primary does that delays mail without an outage, met within a week. */
  readonly conditions: ReadonlyArray<DomainCondition>;
  /** True: senders are told when their mail is delayed, even those who did not ask (NOTIFY=DELAY). */
  readonly delayReports: Scalars['Boolean']['output'];
  /** The hosts its mail is handed to; empty: its MX records decide. */
  readonly deliverTo: ReadonlyArray<NextHop>;
  /** Networks that are looked up nowhere: `192.0.2.0/24`. */
  readonly dnsblAllowedClients: ReadonlyArray<Scalars['String']['output']>;
  /** A sender is refused when the weights of the zones in mode REJECT that list it reach this. */
  readonly dnsblThreshold: Scalars['Int']['output'];
  /** DNS block lists its senders are looked up in (RFC 5782). */
  readonly dnsblZones: ReadonlyArray<DnsblZone>;
  /** DNS lists of known good senders, asked first: who is on one is looked up in no block list. */
  readonly dnswlZones: ReadonlyArray<DnswlZone>;
  /** The doctor's last report on it; null before the first. It is looked at once a day by itself (where neither the DNS nor the primary answers, after an hour, then more and more seldom), and by `domainCheck` now. */
  readonly doctor?: Maybe<DoctorReport>;
  /** Most messages a minute while its held mail drains; null: no cap but what its primary bears. */
  readonly drainPerMinute?: Maybe<Scalars['Int']['output']>;
  /** When it is drilled by itself; null when it is not. */
  readonly drillSchedule?: Maybe<DrillSchedule>;
  /** Its fire drills, newest first, for 400 days. */
  readonly drills: DrillConnection;
  /** Networks whose hosts may ask for its mail by ETRN (RFC 1985): `192.0.2.0/24`. */
  readonly etrnClients: ReadonlyArray<Scalars['String']['output']>;
  /** UUID; another one when the domain is deleted and added again. */
  readonly id: Scalars['ID']['output'];
  /**
   * Alert contacts of yours that would watch this domain and stand in it: they are told nothing of it, since no alert could reach them
   * when it is down. The first 100. Give them an address elsewhere.
   */
  readonly ignoredAlertContacts: ReadonlyArray<Scalars['String']['output']>;
  /** Your own notes on it, in order of their keys. */
  readonly labels: ReadonlyArray<Label>;
  /** The last attempt to hand over its mail, of whatever message; null before the first. A few seconds late while much is handed over. Fire drills are none. */
  readonly lastAttempt?: Maybe<Attempt>;
  /** Its MX records: as they are now and as they should be. Asks the DNS. */
  readonly mx: DomainMx;
  /** Lower-case A-label. */
  readonly name: Scalars['String']['output'];
  /** The outage of its primary that is going on; null while there is none. */
  readonly outage?: Maybe<Outage>;
  /** Its pause, in force or to come; null while there is none. */
  readonly pause?: Maybe<DomainPause>;
  /**
   * What the administrator of its primary sets up, so that held mail is let through by what keeps strangers off: greylisting, DNS
   * lists, tarpits, limits of rate. One text per mail server, with the addresses we connect from; none lets us relay. Empty while
   * no egress addresses are configured.
   */
  readonly primarySetup: ReadonlyArray<PrimarySetup>;
  /** The proof that it is its tenant's; null for a domain of the operator's, which needs none. */
  readonly proof?: Maybe<DomainProof>;
  /** What is held for it. */
  readonly queue: DomainQueue;
  /** Entries of its User List. */
  readonly recipientCount: Scalars['Int']['output'];
  /** With `+`, a listed `alice` also stands for `alice+anything`; null: local parts are compared whole. */
  readonly recipientDelimiter?: Maybe<Scalars['String']['output']>;
  /** True when its User List has entries: then every other mailbox is refused, but for postmaster and abuse. */
  readonly recipientFiltering: Scalars['Boolean']['output'];
  /** Grows with every change of its User List; give it back as `ifGeneration`. */
  readonly recipientGeneration: Scalars['Int']['output'];
  /** Its User List in alphabetical order. */
  readonly recipients: ListedRecipientConnection;
  /**
   * The attempt at once that was asked for last, and whether it has begun: by domainFlush, domainResume, domainReleaseBreaker, another `deliverTo`,
   * messageRetry or messagesRetry in an outage, or ETRN. Null before the first.
   */
  readonly requestedAttempt?: Maybe<RequestedAttempt>;
  /** Grows by one with every change; give it back as `expectedRevision`. */
  readonly revision: Scalars['Int']['output'];
  /** Whether its mail is accepted. */
  readonly status: DomainStatus;
  /** Its owner. */
  readonly tenant: Tenant;
  /** What TLS towards its primary must be. */
  readonly tlsPolicy: TlsPolicy;
  /** What becomes of a recipient of whom nothing is known while the primary does not answer. */
  readonly unknownWhileDown: UnknownWhileDown;
};


/** A relay domain: a domain whose mail we accept, hold and hand over while its primary mail server is away. */
export type DomainDrillsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


/** A relay domain: a domain whose mail we accept, hold and hand over while its primary mail server is away. */
export type DomainRecipientsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** A domain as it should be. What is left out has its default, but for the User List. */
export type DomainApplyInput = {
  /** Empties its User List. It is then off, and mail for any mailbox of the domain is accepted. Absent or null: false. */
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether its primary is asked about a recipient before mail is taken. Absent or null: true. */
  readonly callAheads?: InputMaybe<Scalars['Boolean']['input']>;
  /** Senders are told when their mail is delayed, even those who did not ask. Absent or null: false. */
  readonly delayReports?: InputMaybe<Scalars['Boolean']['input']>;
  /** Hosts to hand its mail to instead of its MX records; absent, null or empty: its MX records decide. */
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  /** Networks that are looked up nowhere, at most 1000. Absent or null: none. */
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A sender is refused when the weights of the zones that list it reach this, 1 to 1000. Absent or null: 1. */
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  /** DNS block lists its senders are looked up in, at most 20. Absent or null: none. */
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  /** DNS lists of known good senders, at most 10. Absent or null: none. */
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  /** Most messages a minute while its held mail drains, 1 to 1000000. Absent or null: no cap but what its primary bears. */
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  /** Networks whose hosts may ask for its mail by ETRN, at most 50. Absent or null: none. */
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Adds it although it looks like a mail server's host name; makes its User List shrink by more than half, but not to nothing. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** Your own notes on it, all of them; the owner's label is added. Absent or null: none. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  /** The part after the @ of its addresses; upper case and U-labels are understood. */
  readonly name: Scalars['String']['input'];
  /** One character, such as `+`: what follows it in a local part is not looked at. Absent or null: compared whole. */
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  /** Its whole User List, at most 1,000,000 entries; empty: off. Absent or null: the list stays as it is, and a new domain has none. */
  readonly recipients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What TLS towards its primary must be. Absent or null: OPPORTUNISTIC. */
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  /** A recipient of whom nothing is known while the primary does not answer. Absent or null: ACCEPT. */
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

/** Ends the recipients that a domain's primary has refused and that are kept. */
export type DomainBounceHeldInput = {
  /** How many recipients are held and suspected, as you believe. Another count changes nothing, and is told. */
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Why, in one line of at most 500 characters: for the record. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of domainBounceHeld. */
export type DomainBounceHeldPayload = {
  readonly __typename?: 'DomainBounceHeldPayload';
  /** The domain. Null after an error other than CONFLICT and TOO_MANY. */
  readonly domain?: Maybe<Domain>;
  /** What carries it out; null after an error, and where nobody is suspected. */
  readonly operation?: Maybe<Operation>;
  /** Recipients that are held and suspected, and end so. */
  readonly recipientCount: Scalars['Int']['output'];
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Has the doctor look at a domain. */
export type DomainCheckInput = {
  /** Taken and not needed: a report younger than a minute is given again. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainCheck. */
export type DomainCheckPayload = {
  readonly __typename?: 'DomainCheckPayload';
  /** The domain with its report; null when there is none. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was looked at. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** What a primary does to all mail although it takes it. */
export type DomainCondition = {
  readonly __typename?: 'DomainCondition';
  /** Which of the conditions. */
  readonly kind: DomainConditionKind;
  /** When it was met last. */
  readonly seenAt: Scalars['DateTime']['output'];
};

/** Conditions of a primary that delay mail without an outage. */
export type DomainConditionKind =
  /** It puts messages off at first (4yz) and takes them later: exempt our addresses from greylisting. */
  | 'GREYLISTING'
  /** It lets us wait for seconds before it answers: exempt our addresses from delays. */
  | 'TARPITTING';

/** A page of domains. */
export type DomainConnection = {
  readonly __typename?: 'DomainConnection';
  /** The domains with their cursors. */
  readonly edges: ReadonlyArray<DomainEdge>;
  /** The domains alone. */
  readonly nodes: ReadonlyArray<Domain>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A new relay domain. */
export type DomainCreateInput = {
  /** Whether its primary is asked about a recipient before mail is taken. Absent or null: true. */
  readonly callAheads?: InputMaybe<Scalars['Boolean']['input']>;
  /** Senders are told when their mail is delayed, even those who did not ask. Absent or null: false. */
  readonly delayReports?: InputMaybe<Scalars['Boolean']['input']>;
  /** Hosts to hand its mail to instead of its MX records; absent, null or empty: its MX records decide. */
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  /** Networks that are looked up nowhere, at most 1000. Absent or null: none. */
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A sender is refused when the weights of the zones that list it reach this, 1 to 1000. Absent or null: 1. */
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  /** DNS block lists its senders are looked up in, at most 20. Absent or null: none. */
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  /** DNS lists of known good senders, at most 10. Absent or null: none. */
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  /** Most messages a minute while its held mail drains, 1 to 1000000. Absent or null: no cap but what its primary bears. */
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  /** Networks whose hosts may ask for its mail by ETRN, at most 50. Absent or null: none. */
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Adds it although it looks like a mail server's host name. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Your own notes on it. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  /** The part after the @ of its addresses; upper case and U-labels are understood. */
  readonly name: Scalars['String']['input'];
  /** One character, such as `+`: what follows it in a local part is not looked at. Absent or null: compared whole. */
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  /** Local parts for its User List; absent, null or empty: the list is off. */
  readonly recipients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What TLS towards its primary must be. Absent or null: OPPORTUNISTIC. */
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  /** A recipient of whom nothing is known while the primary does not answer. Absent or null: ACCEPT. */
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

/** Answer of domainCreate. */
export type DomainCreatePayload = {
  readonly __typename?: 'DomainCreatePayload';
  /** The new domain. With ALREADY_EXISTS the one you have; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Removes a relay domain. */
export type DomainDeleteInput = {
  /** What becomes of the mail that is held; needed only when there is some. */
  readonly held?: InputMaybe<HeldMailChoice>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainDelete. */
export type DomainDeletePayload = {
  readonly __typename?: 'DomainDeletePayload';
  /** The domain as it was. With HELD_MAIL as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Lets a drill's message go. */
export type DomainDrillDeliverInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainDrillDeliver. */
export type DomainDrillDeliverPayload = {
  readonly __typename?: 'DomainDrillDeliverPayload';
  /** The drill. Null after an error. */
  readonly drill?: Maybe<Drill>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Starts a fire drill. */
export type DomainDrillInput = {
  /** When its message is handed over. */
  readonly deliver?: DrillDelivery;
  /** Minutes, 1 to 1440, after which ON_COMMAND lets the message go by itself. */
  readonly holdMinutes?: Scalars['Int']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** An address in the domain, in ASCII. Absent or null: its postmaster. */
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of domainDrill. */
export type DomainDrillPayload = {
  readonly __typename?: 'DomainDrillPayload';
  /** The drill, which has begun. Null after an error. */
  readonly drill?: Maybe<Drill>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Has a domain drilled by itself. */
export type DomainDrillScheduleInput = {
  /** Days from one drill to the next, 1 to 366; the first that many days from now. Absent or null: no more. */
  readonly everyDays?: InputMaybe<Scalars['Int']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainDrillSchedule. */
export type DomainDrillSchedulePayload = {
  readonly __typename?: 'DomainDrillSchedulePayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A domain on its page. */
export type DomainEdge = {
  readonly __typename?: 'DomainEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The domain. */
  readonly node: Domain;
};

/** Holds a domain's mail longer. */
export type DomainExtendHoldInput = {
  /** How many hours longer, at least 1. */
  readonly hours: Scalars['Int']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainExtendHold. */
export type DomainExtendHoldPayload = {
  readonly __typename?: 'DomainExtendHoldPayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** What domains must have in common. */
export type DomainFilter = {
  /**
   * The worst verdict of the doctor's last report is one of these, at least one: `[PROBLEM, WARNING]` are those to look at. A domain
   * without a report yet is in no such list.
   */
  readonly doctor?: InputMaybe<ReadonlyArray<DoctorVerdict>>;
};

/** Tries a domain's mail now. */
export type DomainFlushInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainFlush. */
export type DomainFlushPayload = {
  readonly __typename?: 'DomainFlushPayload';
  /** The domain. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A domain's MX records. */
export type DomainMx = {
  readonly __typename?: 'DomainMx';
  /** The same field by field, for the form of a DNS host, with what the DNS has already and what must go; most preferred first. */
  readonly formRecords: ReadonlyArray<MxFormRecord>;
  /** The records the DNS has now, most preferred first; empty when it has none or does not answer (see `verdict`). */
  readonly observed: ReadonlyArray<MxRecord>;
  /** The records to publish: yours as they are, each of our names (`service.mxNames`) behind them. */
  readonly recommended: ReadonlyArray<MxRecord>;
  /** What the observed records mean for us. */
  readonly verdict: MxVerdict;
  /** The same as lines of a zone file: `example.org. 3600 IN MX 10 mx.example.org.` */
  readonly zoneFile: Scalars['String']['output'];
};

/** A pause of a domain's delivery. */
export type DomainPause = {
  readonly __typename?: 'DomainPause';
  /** From when on nothing is dialled. */
  readonly from: Scalars['DateTime']['output'];
  /** False: it is still to come. */
  readonly isInForce: Scalars['Boolean']['output'];
  /** Why, as given; null when it was given to an earlier version and its record is gone. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** When it ends by itself; null: when it is resumed. */
  readonly until?: Maybe<Scalars['DateTime']['output']>;
};

/** Pauses a domain's delivery. */
export type DomainPauseInput = {
  /** From when on. Absent, null or in the past: now. */
  readonly from?: InputMaybe<Scalars['DateTime']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
  /** When it ends by itself; behind `from`. Absent or null: when it is resumed. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Answer of domainPause. */
export type DomainPausePayload = {
  readonly __typename?: 'DomainPausePayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** What becomes of one domain. */
export type DomainPlan = {
  readonly __typename?: 'DomainPlan';
  /** What is done. */
  readonly action: DomainPlanAction;
  /** What changes: names of fields of the input, `recipients` among them; `dnsbl` stands for all of its fields. */
  readonly changes: ReadonlyArray<Scalars['String']['output']>;
  /**
   * What the changes are, in the order of their names, in texts for people. Of a domain that is added: what it will have beside the
   * defaults. Empty for KEEP and DELETE.
   */
  readonly differences: ReadonlyArray<DomainPlanDifference>;
  /** Its name, lower-case A-label. */
  readonly name: Scalars['String']['output'];
};

/** What is done to make a domain be as it is described. */
export type DomainPlanAction =
  /** It is added. */
  | 'CREATE'
  /** It is removed. */
  | 'DELETE'
  /** It is as described already. */
  | 'KEEP'
  /** It is changed. */
  | 'UPDATE';

/**
 * How one field of a domain changes, in short texts for people: a long list is told by its length and what the other side does not
 * have. Programs compare the fields of the domain themselves.
 */
export type DomainPlanDifference = {
  readonly __typename?: 'DomainPlanDifference';
  /**
   * As it will be; null when nothing is set any more. Of `recipients` also how many entries come and go and the first five of each:
   * `3 entries: +1 (bob) −2 (alice, carol)`.
   */
  readonly after?: Maybe<Scalars['String']['output']>;
  /** As it is: `mx.example.net:25`; null when nothing is set, and for a domain that is added. */
  readonly before?: Maybe<Scalars['String']['output']>;
  /** Name of a field of the input; `dnsbl` stands for all of its fields. */
  readonly field: Scalars['String']['output'];
};

/**
 * The proof that a domain is its tenant's: a TXT record in its DNS. Until it is seen the domain is PENDING and its mail refused. It
 * is looked for ever after; when it goes away that is told (`lostAt`) and changes nothing else.
 */
export type DomainProof = {
  readonly __typename?: 'DomainProof';
  /** When it was last looked for; null: never. */
  readonly checkedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Since when it is missing though it had been seen; null while it is there, or was never seen. */
  readonly lostAt?: Maybe<Scalars['DateTime']['output']>;
  /** Owner name of the record: `_backup-mx.example.org`. */
  readonly name: Scalars['String']['output'];
  /** When it is looked for next by itself; null: not any more, `domainVerify` looks. */
  readonly nextCheckAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was first seen; null: not yet. */
  readonly seenAt?: Maybe<Scalars['DateTime']['output']>;
  /** What it must say: `backup-mx-proof=0a1b…`. */
  readonly value: Scalars['String']['output'];
};

/** What is held for a domain. The counts are exact. */
export type DomainQueue = {
  readonly __typename?: 'DomainQueue';
  /** Their size as received. */
  readonly heldBytes: Scalars['ByteCount']['output'];
  /** Messages with at least one recipient in state HELD. */
  readonly heldCount: Scalars['Int']['output'];
  /** Hours by which its mail is held beyond its lifetime; see `domainExtendHold`. */
  readonly holdExtensionHours: Scalars['Int']['output'];
  /** When the next attempt is due; null when nothing is held, or delivery is paused without an end. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the oldest of them was accepted; null when nothing is held. */
  readonly oldestAcceptedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** Closes a domain's breaker. */
export type DomainReleaseBreakerInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainReleaseBreaker. */
export type DomainReleaseBreakerPayload = {
  readonly __typename?: 'DomainReleaseBreakerPayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Ends a domain's pause. */
export type DomainResumeInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of domainResume. */
export type DomainResumePayload = {
  readonly __typename?: 'DomainResumePayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Adds our MX record to a domain's zone. */
export type DomainSetMxInput = {
  /** The primary master of its zone. Absent or null: the one that the zone's SOA names, at port 53. */
  readonly dnsServer?: InputMaybe<DnsServerInput>;
  /** True: nothing is changed, it is only said what would be. */
  readonly dryRun?: Scalars['Boolean']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Of our records: above that of its primary, 65535 at the most. Absent or null: behind all others, and where one of ours is already, there all are. */
  readonly preference?: InputMaybe<Scalars['Int']['input']>;
  /**
   * True: its primary is listed once more below us, so that who aims at the last server meets the real one. False: not, and what had
   * been added for that is taken away. Absent or null: as it is, and where ours moves that moves along.
   */
  readonly sandwich?: InputMaybe<Scalars['Boolean']['input']>;
  /** The key that the zone takes updates by. Absent or null: only for a dry run, or when there is nothing to do. */
  readonly tsig?: InputMaybe<TsigInput>;
};

/** Answer of domainSetMx. */
export type DomainSetMxPayload = {
  readonly __typename?: 'DomainSetMxPayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** All its MX records, most preferred first, with what was done to each. Empty after an error. */
  readonly records: ReadonlyArray<MxRecordChange>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The zone that holds its records. Null after an error. */
  readonly zone?: Maybe<Scalars['String']['output']>;
};

/** Whether a domain's mail is accepted. */
export type DomainStatus =
  /** Its mail is accepted. */
  | 'ACTIVE'
  /** Claimed; its mail is refused until the ownership is proven. */
  | 'PENDING'
  /** Its mail is deferred with a 4yz reply; what is held goes on being tried. */
  | 'SUSPENDED';

/** Takes a domain out of service. */
export type DomainSuspendInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of domainSuspend. */
export type DomainSuspendPayload = {
  readonly __typename?: 'DomainSuspendPayload';
  /** The domain after it. When it is PENDING as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Takes our MX records out of a domain's zone. */
export type DomainUnsetMxInput = {
  /** The primary master of its zone. Absent or null: the one that the zone's SOA names, at port 53. */
  readonly dnsServer?: InputMaybe<DnsServerInput>;
  /** True: nothing is changed, it is only said what would be. */
  readonly dryRun?: Scalars['Boolean']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** The key that the zone takes updates by. Absent or null: only for a dry run, or when there is nothing to do. */
  readonly tsig?: InputMaybe<TsigInput>;
};

/** Answer of domainUnsetMx. */
export type DomainUnsetMxPayload = {
  readonly __typename?: 'DomainUnsetMxPayload';
  /** The domain after it. Null after an error. */
  readonly domain?: Maybe<Domain>;
  /** All its MX records, most preferred first, with what was done to each. Empty after an error. */
  readonly records: ReadonlyArray<MxRecordChange>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The zone that holds its records. Null after an error. */
  readonly zone?: Maybe<Scalars['String']['output']>;
};

/** Puts a domain back into service. */
export type DomainUnsuspendInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of domainUnsuspend. */
export type DomainUnsuspendPayload = {
  readonly __typename?: 'DomainUnsuspendPayload';
  /** The domain after it. When it is PENDING as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Changes of a relay domain. */
export type DomainUpdateInput = {
  /** Whether its primary is asked about a recipient before mail is taken. Absent: unchanged. Null: true. */
  readonly callAheads?: InputMaybe<Scalars['Boolean']['input']>;
  /** Senders are told when their mail is delayed, even those who did not ask. Absent: unchanged. Null: false. */
  readonly delayReports?: InputMaybe<Scalars['Boolean']['input']>;
  /** Absent: unchanged. Null or empty: its MX records decide. */
  readonly deliverTo?: InputMaybe<ReadonlyArray<NextHopInput>>;
  /** Networks that are looked up nowhere, at most 1000. Absent: unchanged. Null: none. */
  readonly dnsblAllowedClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A sender is refused when the weights of the zones that list it reach this, 1 to 1000. Absent: unchanged. Null: 1. */
  readonly dnsblThreshold?: InputMaybe<Scalars['Int']['input']>;
  /** DNS block lists its senders are looked up in, at most 20. Absent: unchanged. Null: none. */
  readonly dnsblZones?: InputMaybe<ReadonlyArray<DnsblZoneInput>>;
  /** DNS lists of known good senders, at most 10. Absent: unchanged. Null: none. */
  readonly dnswlZones?: InputMaybe<ReadonlyArray<DnswlZoneInput>>;
  /** Most messages a minute while its held mail drains, 1 to 1000000. Absent: unchanged. Null: no cap but what its primary bears. */
  readonly drainPerMinute?: InputMaybe<Scalars['Int']['input']>;
  /** True: nothing is changed; `preview` says where the mail would go. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Networks whose hosts may ask for its mail by ETRN, at most 50. Absent: unchanged. Null: none. */
  readonly etrnClients?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Change it only if it has this revision; otherwise CONFLICT. */
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** All of them anew. Absent: unchanged. Null or empty: none. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
  /** One character, such as `+`: what follows it in a local part is not looked at. Absent: unchanged. Null: compared whole. */
  readonly recipientDelimiter?: InputMaybe<Scalars['String']['input']>;
  /** What TLS towards its primary must be. Absent: unchanged. Null: OPPORTUNISTIC. */
  readonly tlsPolicy?: InputMaybe<TlsPolicy>;
  /** A recipient of whom nothing is known while the primary does not answer. Absent: unchanged. Null: ACCEPT. */
  readonly unknownWhileDown?: InputMaybe<UnknownWhileDownInput>;
};

/** Answer of domainUpdate. */
export type DomainUpdatePayload = {
  readonly __typename?: 'DomainUpdatePayload';
  /** The domain after the change. With CONFLICT and dryRun as it is now; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** With dryRun: what the change would do. Null without, and after an error. */
  readonly preview?: Maybe<DomainUpdatePreview>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** What a change of a domain would do. */
export type DomainUpdatePreview = {
  readonly __typename?: 'DomainUpdatePreview';
  /** Their size as received. */
  readonly heldBytes: Scalars['ByteCount']['output'];
  /** Messages held now, that would go there. */
  readonly heldCount: Scalars['Int']['output'];
  /** Where its mail would go, first to last; empty when no host can be found now. */
  readonly hosts: ReadonlyArray<PreviewedHost>;
};

/** Looks for the proof of a domain. */
export type DomainVerifyInput = {
  /** Taken and not needed: each look is a new one. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Which domain. */
  readonly name: Scalars['String']['input'];
};

/** Answer of domainVerify. */
export type DomainVerifyPayload = {
  readonly __typename?: 'DomainVerifyPayload';
  /** The domain after the look; null when there is none. */
  readonly domain?: Maybe<Domain>;
  /** Empty when the record was seen, or none is needed. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Domains as they should be. */
export type DomainsApplyInput = {
  /** Takes over domains that are described and do not bear the owner's label. Absent or null: false. */
  readonly adopt?: InputMaybe<Scalars['Boolean']['input']>;
  /** The domains, at most 1000, each once. */
  readonly domains: ReadonlyArray<DomainApplyInput>;
  /** True: only says what would be done. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** What becomes of mail that is held for a domain that is removed; absent or null: HELD_MAIL when there is any. */
  readonly held?: InputMaybe<HeldMailChoice>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /**
   * A label by which you know them: each domain gets it, and a domain of yours without it is CONFLICT unless `adopt`. So several
   * files or people can look after their own. Absent or null: all your domains may be changed, and none removed.
   */
  readonly owner?: InputMaybe<LabelInput>;
  /** Removes domains of your own tenant that bear the owner's label and are not described. Absent or null: false. */
  readonly prune?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Answer of domainsApply. */
export type DomainsApplyPayload = {
  readonly __typename?: 'DomainsApplyPayload';
  /** What was done, or with dryRun would be, in the order of the input, removals last; null after an error. */
  readonly plan?: Maybe<ReadonlyArray<DomainPlan>>;
  /** Empty when it was done. After an error nothing was changed. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A fire drill: a marked message that went the whole way, and what that tells. */
export type Drill = {
  readonly __typename?: 'Drill';
  /** When its message is let go without a command; once the primary has put it off, when it is tried again. Null until it is held. */
  readonly deliverAt?: Maybe<Scalars['DateTime']['output']>;
  /** When its session with our listener began; null before. */
  readonly enteredAt?: Maybe<Scalars['DateTime']['output']>;
  /** What an outage would do today. */
  readonly findings: ReadonlyArray<DrillFinding>;
  /** When its report was complete; null while it is under way. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** UUID. Its message has it as `X-Backup-MX-Drill`. */
  readonly id: Scalars['ID']['output'];
  /** True when no person asked for it. */
  readonly isScheduled: Scalars['Boolean']['output'];
  /** Its message; null until that is accepted. */
  readonly messageId?: Maybe<Scalars['ID']['output']>;
  /** Where it went to. */
  readonly recipient: Scalars['String']['output'];
  /** When its message was let go; null before. */
  readonly releasedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was asked for. */
  readonly requestedAt: Scalars['DateTime']['output'];
  /** What it came to; null while it is under way. */
  readonly result?: Maybe<DrillResult>;
  /** How far it is. */
  readonly state: DrillState;
  /** Its way, step by step, in order. */
  readonly steps: ReadonlyArray<DrillStep>;
};

/** A page of drills. */
export type DrillConnection = {
  readonly __typename?: 'DrillConnection';
  /** The drills with their cursors. */
  readonly edges: ReadonlyArray<DrillEdge>;
  /** The drills alone. */
  readonly nodes: ReadonlyArray<Drill>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** When the message of a drill is handed over. */
export type DrillDelivery =
  /** As soon as it is held. */
  | 'AT_ONCE'
  /** With domainDrillDeliver, or after `holdMinutes`. */
  | 'ON_COMMAND';

/** A drill on its page. */
export type DrillEdge = {
  readonly __typename?: 'DrillEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The drill. */
  readonly node: Drill;
};

/** What a drill found out. */
export type DrillFinding = {
  readonly __typename?: 'DrillFinding';
  /** About what. */
  readonly code: DrillFindingCode;
  /** A sentence that says what is so, and what to do about it. */
  readonly message: Scalars['String']['output'];
  /** How bad it is. */
  readonly verdict: DrillVerdict;
};

/** What a finding is about. */
export type DrillFindingCode =
  /** Whether our listener took the message. */
  | 'ACCEPTANCE'
  /** A breaker that is open. */
  | 'BREAKER'
  /** Whether the primary took the message. */
  | 'DELIVERY'
  /** The primary put the message off at first. It is tried once more, when mail would be, and the report says what came of that. */
  | 'GREYLISTING'
  /** Its MX records. */
  | 'MX'
  /** An outage that is going on. */
  | 'OUTAGE'
  /** The sum of the others, in a sentence: what an outage would do today. The last one, once the drill is over. */
  | 'OUTLOOK'
  /** A pause in force. */
  | 'PAUSE'
  /** How often mail would be tried, and until when it would be held. */
  | 'RETRIES'
  /** Whether the service has room for mail. */
  | 'SPACE'
  /** Whether the domain is in service. */
  | 'STATUS'
  /** What TLS towards the primary must be. */
  | 'TLS'
  /** Its User List, and what becomes of unknown recipients. */
  | 'USER_LIST';

/** What a drill came to. */
export type DrillResult =
  /** Somebody cancelled its message. */
  | 'CANCELLED'
  /** The primary took the message. */
  | 'DELIVERED'
  /** The node that did it ended, or none listened for SMTP. */
  | 'INTERRUPTED'
  /** Our own listener did not take the message: nor would it take others. */
  | 'NOT_ACCEPTED'
  /** Nothing was handed over at that time: an outage, a pause or an open breaker stood in the way, or no node that delivers was there. */
  | 'NOT_ATTEMPTED'
  /** The primary did not take the message. */
  | 'NOT_DELIVERED';

/** How often a domain is drilled by itself. */
export type DrillSchedule = {
  readonly __typename?: 'DrillSchedule';
  /** Days from one drill to the next. */
  readonly everyDays: Scalars['Int']['output'];
  /** When the next one begins. */
  readonly nextAt: Scalars['DateTime']['output'];
};

/** How far a drill is. */
export type DrillState =
  /** Its message is coming in. */
  | 'ENTERING'
  /** Its report is complete. */
  | 'FINISHED'
  /** Its message is held, until its time or domainDrillDeliver. */
  | 'HELD'
  /** Its message may be handed over. */
  | 'RELEASED'
  /** Asked for. A node that listens for SMTP begins it within seconds. */
  | 'REQUESTED';

/** A step of a drill. */
export type DrillStep = {
  readonly __typename?: 'DrillStep';
  /** Milliseconds from the beginning of the drill's session to the end of this step. */
  readonly afterMs: Scalars['Float']['output'];
  /** The host of the primary; null for a step at our own listener. */
  readonly host?: Maybe<Scalars['String']['output']>;
  /** True when it went as it should. */
  readonly isPassed: Scalars['Boolean']['output'];
  /** Milliseconds that it took; of a delivery from the moment that the message was let go. */
  readonly latencyMs: Scalars['Float']['output'];
  /** Which. */
  readonly name: DrillStepName;
  /** The reply, verbatim, lines separated by LF; or in brackets what came instead. */
  readonly reply: Scalars['String']['output'];
};

/** The steps of a drill: one reply each. */
export type DrillStepName =
  /** The TCP connection to our listener, and its greeting. */
  | 'CONNECT'
  /** The message and its final dot: the reply says that it is stored. */
  | 'CONTENT'
  /** DATA. */
  | 'DATA'
  /** An attempt at a host of the primary. */
  | 'DELIVERY'
  /** EHLO. */
  | 'EHLO'
  /** MAIL, with the null reverse-path. */
  | 'MAIL'
  /** RCPT: the policy's checks. */
  | 'RCPT';

/** How bad a finding is. */
export type DrillVerdict =
  /** As it should be. */
  | 'OK'
  /** In an outage mail would be lost to the domain, or late. */
  | 'PROBLEM'
  /** Somebody should know. */
  | 'WARNING';

/** A field of a message's header section. */
export type HeaderField = {
  readonly __typename?: 'HeaderField';
  /** Its name as it stands there: `Received`; empty for a line that is no field. */
  readonly name: Scalars['String']['output'];
  /** Its value on one line. Encoded words are left as they are; octets that are no UTF-8 show as U+FFFD. */
  readonly value: Scalars['String']['output'];
};

/** What becomes of held mail when its domain is deleted. */
export type HeldMailChoice =
  /** End it as CANCELLED; the senders are not told. */
  | 'CANCEL'
  /** Go on trying until it is delivered or expires. */
  | 'DELIVER_FIRST';

/** Why a host let us come to no verdict about a recipient. */
export type HostTrouble =
  /** A DNS query failed. */
  | 'DNS'
  /** It closed the connection, or said 421. */
  | 'DROPPED'
  /** It takes no mail just now, or does not speak SMTP. */
  | 'FAULT'
  /** It turned us away: at the greeting or EHLO, or by a refusal that is about us. */
  | 'GREETING'
  /** The DNS names no host that may be dialled. */
  | 'NO_MX'
  /** The connection was refused. */
  | 'REFUSED'
  /** No answer came in time. */
  | 'TIMEOUT'
  /** No TLS could be negotiated as it must be. */
  | 'TLS'
  /** There is no route to it. */
  | 'UNREACHABLE';

/** A note on a domain. */
export type Label = {
  readonly __typename?: 'Label';
  /** Unique within the domain. */
  readonly key: Scalars['String']['output'];
  /** Free text. */
  readonly value: Scalars['String']['output'];
};

/** A note on a domain. */
export type LabelInput = {
  /** 1 to 63 letters, digits, `.`, `_`, `-`, `/`; unique within the domain. */
  readonly key: Scalars['String']['input'];
  /** Free text up to 255 characters. */
  readonly value: Scalars['String']['input'];
};

/** One entry of a User List. */
export type ListedRecipient = {
  readonly __typename?: 'ListedRecipient';
  /** Lower case, NFC; in quotes only where it holds an @ or a quote; `*` stands for any characters. Can be given back as it is. */
  readonly localPart: Scalars['String']['output'];
};

/** A page of a User List. */
export type ListedRecipientConnection = {
  readonly __typename?: 'ListedRecipientConnection';
  /** The entries with their cursors. */
  readonly edges: ReadonlyArray<ListedRecipientEdge>;
  /** The entries alone. */
  readonly nodes: ReadonlyArray<ListedRecipient>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An entry on its page. */
export type ListedRecipientEdge = {
  readonly __typename?: 'ListedRecipientEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** An entry. */
  readonly node: ListedRecipient;
};

/** One accepted transaction for one domain. A transaction with recipients in two domains makes two messages. */
export type Message = {
  readonly __typename?: 'Message';
  /** When it was accepted. */
  readonly acceptedAt: Scalars['DateTime']['output'];
  /** The client's IP address; null for the service's own reports. */
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  /**
   * The message itself, as it is handed over; null once it has ended, and of mail that the service sends itself: the code for an
   * alert contact is for nobody but its reader. Each look is in the audit log, with its reason.
   */
  readonly content?: Maybe<MessageContent>;
  /** The domain of its recipients. */
  readonly domain: Scalars['String']['output'];
  /** What the client called itself; empty for the service's own reports. */
  readonly ehloName: Scalars['String']['output'];
  /** From when on a failed attempt is the last one. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /**
   * Its header fields, Received lines among them, in their order; null once it has ended, since its content goes then. Of a header
   * section of more than 64 KiB the fields that fit.
   */
  readonly headers?: Maybe<ReadonlyArray<HeaderField>>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** Its recipients and what became of them. */
  readonly recipients: ReadonlyArray<Recipient>;
  /** The argument of MAIL FROM; null: the null reverse-path `<>`. */
  readonly reversePath?: Maybe<Scalars['String']['output']>;
  /** Bytes as received. */
  readonly sizeBytes: Scalars['ByteCount']['output'];
  /**
   * What happened to it, oldest first: from its acceptance to the end of its last recipient, and what became of reports about it.
   * It tells what befell its domain meanwhile as well: tries for other messages that found the primary away, outages, pauses,
   * verbs. The same while it is held and after it has ended; attempts are kept for 90 days, the rest for as long as the message.
   */
  readonly timeline: TimelineConnection;
  /** What our 250 reply, the Received field and a delivery status notification say. */
  readonly transaction: Scalars['ID']['output'];
};


/** One accepted transaction for one domain. A transaction with recipients in two domains makes two messages. */
export type MessageContentArgs = {
  reason: Scalars['String']['input'];
};


/** One accepted transaction for one domain. A transaction with recipients in two domains makes two messages. */
export type MessageTimelineArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** Ends a message with a report to its sender. */
export type MessageBounceInput = {
  /** Which message. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record and the report; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messageBounce. */
export type MessageBouncePayload = {
  readonly __typename?: 'MessageBouncePayload';
  /** The message after it. Null with NOT_FOUND. */
  readonly message?: Maybe<Message>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Ends a message without a report. */
export type MessageCancelInput = {
  /** Which message. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messageCancel. */
export type MessageCancelPayload = {
  readonly __typename?: 'MessageCancelPayload';
  /** The message after it. Null with NOT_FOUND. */
  readonly message?: Maybe<Message>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A page of messages. */
export type MessageConnection = {
  readonly __typename?: 'MessageConnection';
  /** The messages with their cursors. */
  readonly edges: ReadonlyArray<MessageEdge>;
  /** The messages alone. */
  readonly nodes: ReadonlyArray<Message>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A held message, octet for octet. */
export type MessageContent = {
  readonly __typename?: 'MessageContent';
  /** Its octets in base64 (RFC 4648). */
  readonly base64: Scalars['String']['output'];
  /** Its size, our Received field included. */
  readonly sizeBytes: Scalars['ByteCount']['output'];
  /** Its octets read as UTF-8, for people; what is none shows as U+FFFD. */
  readonly text: Scalars['String']['output'];
};

/** A message on its page. */
export type MessageEdge = {
  readonly __typename?: 'MessageEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The message. */
  readonly node: Message;
};

/** What messages must have in common. All that is given must hold. */
export type MessageFilter = {
  /** The client's address, or its network: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
  readonly clientAddress?: InputMaybe<Scalars['String']['input']>;
  /** The domain of the recipients. */
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  /**
   * The field Message-ID of the message, with or without angle brackets; upper and lower case differ. What was accepted by a version
   * that did not keep it is not found.
   */
  readonly messageId?: InputMaybe<Scalars['String']['input']>;
  /** A recipient's address; upper and lower case count as the same. */
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
  /**
   * The reverse-path, upper and lower case being the same; the empty string is the null reverse-path `<>`, and `@example.com` any
   * address of that domain.
   */
  readonly reversePath?: InputMaybe<Scalars['String']['input']>;
  /** Accepted at this instant or later. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  /** At least one recipient is in this state. */
  readonly state?: InputMaybe<RecipientState>;
  /**
   * An id of ours, as it stands in our 250 reply, the Received line, a report or the log: a transaction's, which finds its messages
   * for all domains, or a message's own. The line around it may be given as well.
   */
  readonly transaction?: InputMaybe<Scalars['ID']['input']>;
  /** Accepted before this instant. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Tries a message now. */
export type MessageRetryInput = {
  /** Which message. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messageRetry. */
export type MessageRetryPayload = {
  readonly __typename?: 'MessageRetryPayload';
  /** The message. Null with NOT_FOUND. */
  readonly message?: Maybe<Message>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Ends many messages with reports to their senders. */
export type MessagesBounceInput = {
  /** True: nothing is begun; `matchedCount` says how many are meant. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Begin only if exactly so many are meant, as a dry run has told; otherwise CONFLICT. */
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  /** Which messages. */
  readonly filter: OperationFilter;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record and the reports; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messagesBounce. */
export type MessagesBouncePayload = {
  readonly __typename?: 'MessagesBouncePayload';
  /** Messages that are meant; with CONFLICT as well. Null after any other error. */
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  /** What has been begun. Null with dryRun and after an error. */
  readonly operation?: Maybe<Operation>;
  /** Empty when it was begun, or with dryRun would be. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Ends many messages without reports. */
export type MessagesCancelInput = {
  /** True: nothing is begun; `matchedCount` says how many are meant. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Begin only if exactly so many are meant, as a dry run has told; otherwise CONFLICT. */
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  /** Which messages. */
  readonly filter: OperationFilter;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messagesCancel. */
export type MessagesCancelPayload = {
  readonly __typename?: 'MessagesCancelPayload';
  /** Messages that are meant; with CONFLICT as well. Null after any other error. */
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  /** What has been begun. Null with dryRun and after an error. */
  readonly operation?: Maybe<Operation>;
  /** Empty when it was begun, or with dryRun would be. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Makes many messages due now. */
export type MessagesRetryInput = {
  /** True: nothing is begun; `matchedCount` says how many are meant. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Begin only if exactly so many are meant, as a dry run has told; otherwise CONFLICT. */
  readonly expectedCount?: InputMaybe<Scalars['Int']['input']>;
  /** Which messages. */
  readonly filter: OperationFilter;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Why, for the record; up to 500 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of messagesRetry. */
export type MessagesRetryPayload = {
  readonly __typename?: 'MessagesRetryPayload';
  /** Messages that are meant; with CONFLICT as well. Null after any other error. */
  readonly matchedCount?: Maybe<Scalars['Int']['output']>;
  /** What has been begun. Null with dryRun and after an error. */
  readonly operation?: Maybe<Operation>;
  /** Empty when it was begun, or with dryRun would be. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A kind of mail server, or of what stands beside it. */
export type Mta =
  /** Microsoft Exchange Server, and Exchange Online. */
  | 'EXCHANGE'
  /** Exim 4. */
  | 'EXIM'
  /** Postfix 3. */
  | 'POSTFIX'
  /** Rspamd, beside any mail server. */
  | 'RSPAMD';

/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Gives back the code that was mailed to an alert contact: from now on it gets alerts.
   *
   * Errors: INVALID (another code, one that has expired, or was tried more than 10 times), NOT_FOUND, FORBIDDEN.
   */
  readonly alertContactConfirm: AlertContactConfirmPayload;
  /**
   * Adds a mail address that is told when something is wrong. It gets one mail with a code, and nothing else until that is given back
   * with alertContactConfirm. The same again for an address that has not confirmed it mails another code.
   *
   * Errors: INVALID (no address, or one inside a domain that it would watch), NOT_FOUND (a domain, a tenant), ALREADY_EXISTS, CONFLICT
   * (mail to it cannot be delivered at present), TOO_MANY (codes within a day: 5 to a mailbox, 20 from you and 100 in all to the owner of
   * its domain; 50 from you within an hour), FORBIDDEN, QUOTA.
   */
  readonly alertContactCreate: AlertContactCreatePayload;
  /**
   * Removes an alert contact. It gets nothing more.
   *
   * Errors: NOT_FOUND, FORBIDDEN.
   */
  readonly alertContactDelete: AlertContactDeletePayload;
  /**
   * Ends the recipients of a domain that are held and suspected as FAILED, with a report to each sender where one is due: for a
   * primary that means its refusals. Carried out in the background, in small batches; a recipient that is being handed over ends so
   * only if that attempt does not deliver it. Where nobody is suspected nothing is begun. The breaker stays as it is.
   *
   * Errors: INVALID, NOT_FOUND, CONFLICT (another count than expected: nothing was changed), TOO_MANY.
   */
  readonly domainBounceHeld: DomainBounceHeldPayload;
  /**
   * Has the doctor look at a domain now: at its MX records and its DNS, at its MTA-STS policy, at its primary (EHLO, MAIL and RCPT of
   * its postmaster, never DATA), and at what was seen of both lately. The answer comes within half a minute; `domain.doctor` is the
   * report. A report younger than a minute is given as it is; whoever asks while somebody else does waits for the same. While an
   * outage is open, or the domain is not proven to be yours, its primary is not asked.
   *
   * Errors: NOT_FOUND. What is wrong with the domain is no error: the report says it.
   */
  readonly domainCheck: DomainCheckPayload;
  /**
   * Adds a relay domain. It need not be in DNS yet. An operator's is ACTIVE at once.
   *
   * Errors: INVALID, HOST_NOT_DOMAIN, ALREADY_EXISTS (with your domain), TAKEN, TOO_MANY, QUOTA.
   */
  readonly domainCreate: DomainCreatePayload;
  /**
   * Removes a relay domain: its mail is no longer accepted. Needs a choice when mail is held.
   *
   * Errors: NOT_FOUND, HELD_MAIL, FORBIDDEN (a tenant's domain that the operator has suspended).
   */
  readonly domainDelete: DomainDeletePayload;
  /**
   * Sends a marked message the whole way: in through our own listener as from outside, held, handed over to the primary. The report
   * says what an outage would do today; read it as `drills` of the domain. One drill of a domain at a time. Other mail of the domain
   * is not touched: what befalls the message opens and ends no outage, and no breaker counts it. While an outage or an open breaker
   * holds mail nothing is dialled for it, and the report says so. What the primary puts off is tried once more, when mail would be.
   * Then the message ends, whatever came of it.
   *
   * Errors: INVALID, NOT_FOUND, CONFLICT (a drill of the domain is under way), TOO_MANY (20 drills of the domain an hour).
   */
  readonly domainDrill: DomainDrillPayload;
  /**
   * Lets go the message that a drill of the domain holds, before its time.
   *
   * Errors: INVALID (no drill holds one), NOT_FOUND.
   */
  readonly domainDrillDeliver: DomainDrillDeliverPayload;
  /**
   * Has a domain drilled by itself every so many days, or no more.
   *
   * Errors: INVALID, NOT_FOUND.
   */
  readonly domainDrillSchedule: DomainDrillSchedulePayload;
  /**
   * Holds the mail of a domain longer than its lifetime, while the outage that is open lasts and until all that it held is delivered or has ended.
   * Repeated, it adds up; from acceptance mail is held 60 days at the most.
   *
   * Errors: INVALID, NOT_FOUND.
   */
  readonly domainExtendHold: DomainExtendHoldPayload;
  /**
   * Tries the held mail of a domain now: an attempt starts within two seconds, whatever the clock says. Success ends the outage.
   * `domain { requestedAttempt { beganAt waitsFor } }` shows when it began, or why it has not yet.
   *
   * Errors: NOT_FOUND.
   */
  readonly domainFlush: DomainFlushPayload;
  /**
   * Pauses the delivery of a domain, now or in a maintenance window to come: nothing is dialled, mail is accepted and held.
   * In place of a pause that it has. A flush in a pause hands over one message, to see whether the primary is there.
   *
   * Errors: INVALID, NOT_FOUND.
   */
  readonly domainPause: DomainPausePayload;
  /**
   * Closes a domain's breaker: all its mail is tried at once, that of suspected recipients too, and the outage that stands for the
   * breaker ends. The suspected stay so: one that is refused again, an hour or more after the first time, fails; refused sooner, it
   * stays held and is tried on its schedule. Paused mail waits for the resume. A closed breaker stays closed, and nothing is tried.
   *
   * Errors: NOT_FOUND.
   */
  readonly domainReleaseBreaker: DomainReleaseBreakerPayload;
  /**
   * Ends the pause of a domain, also one to come. In an outage an attempt starts at once. Without a pause nothing changes.
   *
   * Errors: INVALID, NOT_FOUND.
   */
  readonly domainResume: DomainResumePayload;
  /**
   * Adds our MX records, one for each of `service.mxNames`, to the domain's zone, behind its primary's, by a dynamic update (RFC 2136) that a key of yours signs (TSIG,
   * RFC 8945). Only what is missing is added, nothing is taken away that was not added so, and only while the records are as they were
   * seen; once it is done, a repetition changes nothing. With `dryRun` it says what it would do, and needs no key.
   *
   * Errors: INVALID (with the field that is at fault: server, key, secret, preference), NOT_FOUND, CONFLICT (the records were changed meanwhile).
   */
  readonly domainSetMx: DomainSetMxPayload;
  /**
   * Takes a domain out of service: its mail is deferred at the door (450, `BMX-SUSPENDED`), so senders keep it and try again. What
   * is held goes on being delivered. For whoever may change tenants.
   *
   * Errors: NOT_FOUND, INVALID (it is PENDING), FORBIDDEN.
   */
  readonly domainSuspend: DomainSuspendPayload;
  /**
   * Takes out of the domain's zone the MX records, of all our names, that domainSetMx has added and that are still there. No other is touched:
   * one that was seen to be gone, by a change here or by the doctor, counts as somebody else's when it is there again.
   *
   * Errors: as domainSetMx.
   */
  readonly domainUnsetMx: DomainUnsetMxPayload;
  /**
   * Puts a suspended domain back into service.
   *
   * Errors: NOT_FOUND, INVALID (it is PENDING), FORBIDDEN.
   */
  readonly domainUnsuspend: DomainUnsuspendPayload;
  /**
   * Changes a relay domain. What the input leaves out stays as it is; null puts the default back. With a new `deliverTo` the
   * held mail goes there as well; a host that is this service itself, or that has private addresses only, is refused.
   *
   * Errors: INVALID, NOT_FOUND, CONFLICT, TOO_MANY.
   */
  readonly domainUpdate: DomainUpdatePayload;
  /**
   * Looks for the TXT record that proves that a domain is yours, now: once it is seen the domain is ACTIVE. It is looked for by
   * itself as well, every minute at first and more seldom later, for 30 days. Of a domain that is ACTIVE already it says whether
   * the record is still there.
   *
   * Errors: NOT_FOUND, INVALID (it is not there, or the DNS did not answer), CLAIM_LOST (another tenant's proof was first).
   */
  readonly domainVerify: DomainVerifyPayload;
  /**
   * Makes up to 1000 domains be as they are described, in one transaction: those that are missing are added, those that differ are
   * changed, and with `prune` those that are not described are removed. All of it is done, or nothing. With dryRun it only says what
   * would be done; repeated, it has nothing to do. Whether a new name is a mail server's is asked of the DNS for two seconds in all.
   *
   * Errors: as domainCreate, domainUpdate, domainDelete and recipientsReplace, with the path of the domain; CONFLICT also for a domain
   * that the owner does not look after, or that was changed at the same moment.
   */
  readonly domainsApply: DomainsApplyPayload;
  /**
   * Ends a held message as FAILED: it is not delivered, and its sender gets a delivery status notification.
   *
   * Errors: NOT_FOUND, IN_DELIVERY, INVALID (it has ended).
   */
  readonly messageBounce: MessageBouncePayload;
  /**
   * Ends a held message as CANCELLED: it is not delivered, and its sender is not told.
   *
   * Errors: NOT_FOUND, IN_DELIVERY, INVALID (it has ended).
   */
  readonly messageCancel: MessageCancelPayload;
  /**
   * Tries one held message now.
   *
   * Errors: NOT_FOUND, IN_DELIVERY, INVALID (it has ended).
   */
  readonly messageRetry: MessageRetryPayload;
  /**
   * Ends many held messages as FAILED: they are not delivered, and their senders get delivery status notifications. Carried out
   * in the background, in small batches. A message that is being handed over ends so only if that attempt does not deliver it.
   *
   * Errors: INVALID (also when nothing matches), NOT_FOUND, CONFLICT (not `expectedCount`), TOO_MANY.
   */
  readonly messagesBounce: MessagesBouncePayload;
  /**
   * Ends many held messages as CANCELLED: they are not delivered, and their senders are not told. Carried out in the background,
   * in small batches. A message that is being handed over is cancelled only if that attempt does not deliver it.
   *
   * Errors: INVALID (also when nothing matches), NOT_FOUND, CONFLICT (not `expectedCount`), TOO_MANY.
   */
  readonly messagesCancel: MessagesCancelPayload;
  /**
   * Makes many held messages due now. Carried out in the background, in small batches.
   *
   * Errors: INVALID (also when nothing matches), NOT_FOUND, CONFLICT (not `expectedCount`), TOO_MANY.
   */
  readonly messagesRetry: MessagesRetryPayload;
  /**
   * Drops what call-aheads have learned of one mailbox, so that the primary is asked anew: for a mailbox that has just been made.
   *
   * Errors: INVALID, NOT_FOUND.
   */
  readonly recipientForget: RecipientForgetPayload;
  /**
   * Adds local parts to a domain's User List. An empty list is off; once it has an entry, every other mailbox is refused.
   *
   * Errors: INVALID (with the path of the entry), NOT_FOUND, CONFLICT, TOO_MANY, QUOTA.
   */
  readonly recipientsAdd: RecipientsAddPayload;
  /**
   * Removes local parts from a domain's User List; those that are not in it are passed over.
   *
   * Errors: INVALID (with the path of the entry), NOT_FOUND, CONFLICT, SHRINK, TOO_MANY.
   */
  readonly recipientsRemove: RecipientsRemovePayload;
  /**
   * Makes a domain's User List exactly this one. An empty one turns it off.
   *
   * Errors: INVALID (with the path of the entry), NOT_FOUND, CONFLICT, SHRINK, TOO_MANY, QUOTA.
   */
  readonly recipientsReplace: RecipientsReplacePayload;
  /**
   * Adds a tenant: an owner of domains. Only with a token of the operator's tenant.
   *
   * Errors: INVALID, ALREADY_EXISTS (with the tenant of that name), FORBIDDEN.
   */
  readonly tenantCreate: TenantCreatePayload;
  /**
   * Removes a tenant that has no domain in service any more; its tokens, and its claims that were not proven, end with it.
   *
   * Errors: INVALID, NOT_FOUND, CONFLICT (it still has domains in service), FORBIDDEN.
   */
  readonly tenantDelete: TenantDeletePayload;
  /**
   * Changes a tenant. What the input leaves out stays as it is.
   *
   * Errors: INVALID, NOT_FOUND, ALREADY_EXISTS, CONFLICT, FORBIDDEN.
   */
  readonly tenantUpdate: TenantUpdatePayload;
  /**
   * Makes a token. Its secret is in the answer, unless you gave it, and can never be read again.
   *
   * Errors: INVALID, NOT_FOUND, FORBIDDEN (a scope that your own token lacks, or a life longer than its own), QUOTA.
   */
  readonly tokenCreate: TokenCreatePayload;
  /**
   * Ends a token, within a second on every node.
   *
   * Errors: NOT_FOUND, FORBIDDEN.
   */
  readonly tokenRevoke: TokenRevokePayload;
  /**
   * Gives a token a new secret. The old one is taken beside it for a while, so that clients can be changed without a gap; one
   * that was still taken from the rotation before ends at once.
   *
   * Errors: INVALID, NOT_FOUND, FORBIDDEN (it has a scope that your own token lacks, or lives longer).
   */
  readonly tokenRotate: TokenRotatePayload;
  /**
   * Makes a webhook: an address that is told what happens, by signed POST requests (Standard Webhooks). The secret for the signatures
   * is in the answer and can never be read again.
   *
   * Errors: INVALID, NOT_FOUND (a domain, a tenant), FORBIDDEN, QUOTA.
   */
  readonly webhookCreate: WebhookCreatePayload;
  /**
   * Removes a webhook and its deliveries. It gets nothing more.
   *
   * Errors: NOT_FOUND, FORBIDDEN.
   */
  readonly webhookDelete: WebhookDeletePayload;
  /**
   * Sends a delivery again, with the same body and the same webhook-id, and tries for five days as at first.
   *
   * Errors: NOT_FOUND, CONFLICT (the webhook is disabled), FORBIDDEN.
   */
  readonly webhookRedeliver: WebhookRedeliverPayload;
  /**
   * Sends again all that a webhook wants of what happened since an instant, also what it was not told of while it was disabled. What
   * was sent before keeps its webhook-id, so a receiver that remembers them does nothing twice.
   *
   * Errors: NOT_FOUND, CONFLICT (the webhook is disabled), FORBIDDEN.
   */
  readonly webhookReplay: WebhookReplayPayload;
  /**
   * Gives a webhook a new secret. For a while deliveries carry two signatures, so that a receiver can be changed without a gap; a
   * secret that was still in force from the rotation before ends at once.
   *
   * Errors: INVALID, NOT_FOUND, FORBIDDEN.
   */
  readonly webhookRotateSecret: WebhookRotateSecretPayload;
  /**
   * Sends a message of the type `ping`, once, and waits for the answer, up to 15 seconds. What came of it is in the delivery. Also of
   * a webhook that is disabled.
   *
   * Errors: NOT_FOUND, CONFLICT (it has no secret), TOO_MANY (10 a minute from you to the owner of its host), FORBIDDEN.
   */
  readonly webhookTest: WebhookTestPayload;
  /**
   * Changes a webhook; what is absent stays as it is. It holds from the next attempt on. Disabling it gives up what is still to be
   * sent.
   *
   * Errors: INVALID, NOT_FOUND, CONFLICT (`expectedRevision`), FORBIDDEN.
   */
  readonly webhookUpdate: WebhookUpdatePayload;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationAlertContactConfirmArgs = {
  input: AlertContactConfirmInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationAlertContactCreateArgs = {
  input: AlertContactCreateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationAlertContactDeleteArgs = {
  input: AlertContactDeleteInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainBounceHeldArgs = {
  input: DomainBounceHeldInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainCheckArgs = {
  input: DomainCheckInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainCreateArgs = {
  input: DomainCreateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainDeleteArgs = {
  input: DomainDeleteInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainDrillArgs = {
  input: DomainDrillInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainDrillDeliverArgs = {
  input: DomainDrillDeliverInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainDrillScheduleArgs = {
  input: DomainDrillScheduleInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainExtendHoldArgs = {
  input: DomainExtendHoldInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainFlushArgs = {
  input: DomainFlushInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainPauseArgs = {
  input: DomainPauseInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainReleaseBreakerArgs = {
  input: DomainReleaseBreakerInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainResumeArgs = {
  input: DomainResumeInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainSetMxArgs = {
  input: DomainSetMxInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainSuspendArgs = {
  input: DomainSuspendInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainUnsetMxArgs = {
  input: DomainUnsetMxInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainUnsuspendArgs = {
  input: DomainUnsuspendInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainUpdateArgs = {
  input: DomainUpdateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainVerifyArgs = {
  input: DomainVerifyInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationDomainsApplyArgs = {
  input: DomainsApplyInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessageBounceArgs = {
  input: MessageBounceInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessageCancelArgs = {
  input: MessageCancelInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessageRetryArgs = {
  input: MessageRetryInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessagesBounceArgs = {
  input: MessagesBounceInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessagesCancelArgs = {
  input: MessagesCancelInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationMessagesRetryArgs = {
  input: MessagesRetryInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationRecipientForgetArgs = {
  input: RecipientForgetInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationRecipientsAddArgs = {
  input: RecipientsAddInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationRecipientsRemoveArgs = {
  input: RecipientsRemoveInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationRecipientsReplaceArgs = {
  input: RecipientsReplaceInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTenantCreateArgs = {
  input: TenantCreateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTenantDeleteArgs = {
  input: TenantDeleteInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTenantUpdateArgs = {
  input: TenantUpdateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTokenCreateArgs = {
  input: TokenCreateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTokenRevokeArgs = {
  input: TokenRevokeInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationTokenRotateArgs = {
  input: TokenRotateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookCreateArgs = {
  input: WebhookCreateInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookDeleteArgs = {
  input: WebhookDeleteInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookRedeliverArgs = {
  input: WebhookRedeliverInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookReplayArgs = {
  input: WebhookReplayInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookRotateSecretArgs = {
  input: WebhookRotateSecretInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookTestArgs = {
  input: WebhookTestInput;
};


/**
 * Everything that changes something. Each answer holds the changed object, and in `userErrors` what a person did wrong. Beside the
 * errors that are listed each may be answered with FORBIDDEN (your token lacks the scope), and with INVALID or CONFLICT about its
 * idempotencyKey (used for something else, or still at work).
 */
export type MutationWebhookUpdateArgs = {
  input: WebhookUpdateInput;
};

/** What becomes of an MX record. */
export type MxChange =
  /** It is added. */
  | 'ADD'
  /** It was there, and stays. */
  | 'KEEP'
  /** It is taken away. By domainSetMx and domainUnsetMx only what domainSetMx had added. */
  | 'REMOVE';

/** An MX record as the form of a DNS host asks for it, and what is to be done to it. */
export type MxFormRecord = {
  readonly __typename?: 'MxFormRecord';
  /** ADD it, KEEP it, or REMOVE it: one of ours at a number that must not be. */
  readonly change: MxChange;
  /** The form's `value`, `target` or `mail server`, without a trailing dot: a form that adds the zone to names without one wants it. */
  readonly host: Scalars['String']['output'];
  /** The form's `name`, whole: a form that knows the zone wants only what stands before the zone's name, and for the zone itself `@` or nothing. */
  readonly name: Scalars['String']['output'];
  /** The form's `priority` or `preference`. */
  readonly preference: Scalars['Int']['output'];
  /** The form's `TTL`, in seconds: what we suggest. */
  readonly ttlSeconds: Scalars['Int']['output'];
  /** The form's `type`: `MX`. */
  readonly type: Scalars['String']['output'];
};

/** An MX record. */
export type MxRecord = {
  readonly __typename?: 'MxRecord';
  /** The mail server's name, without a trailing dot. */
  readonly host: Scalars['String']['output'];
  /** Lower is tried first (RFC 5321 §5.1). */
  readonly preference: Scalars['Int']['output'];
};

/** An MX record of a zone, and what becomes of it. */
export type MxRecordChange = {
  readonly __typename?: 'MxRecordChange';
  /** What was done to it; in a dry run what would be. */
  readonly change: MxChange;
  /** The mail server's name, without a trailing dot. */
  readonly host: Scalars['String']['output'];
  /** Lower is tried first (RFC 5321 §5.1). */
  readonly preference: Scalars['Int']['output'];
};

/** What a domain's MX records mean for us. */
export type MxVerdict =
  /** The best other server has the same preference as we: mail is refused, as no better server can be found. */
  | 'EQUAL_PREFERENCE'
  /** We are listed first: mail is refused, as no better server can be found. */
  | 'MOST_PREFERRED'
  /** None of our names is listed: no mail will come to us. */
  | 'NOT_LISTED'
  /** The domain says that it takes no mail (RFC 7505). */
  | 'NULL_MX'
  /** We are listed behind at least one other server. */
  | 'OK'
  /** As OK, with a server again behind us: primary, us, primary. Valid. */
  | 'SANDWICH'
  /** The DNS has no answer, or no address for any of the servers. */
  | 'UNRESOLVABLE';

/** A host that mail is handed to. */
export type NextHop = {
  readonly __typename?: 'NextHop';
  /** Host name or IP address. */
  readonly host: Scalars['String']['output'];
  /** TCP port. */
  readonly port: Scalars['Int']['output'];
};

/** A host that mail is handed to. */
export type NextHopInput = {
  /** Host name or IP address. */
  readonly host: Scalars['String']['input'];
  /** TCP port. */
  readonly port?: InputMaybe<Scalars['Int']['input']>;
};

/** A verb on many held messages, carried out in small batches by any node, also after a restart. */
export type Operation = {
  readonly __typename?: 'Operation';
  /** The domain whose mail is meant. */
  readonly domainName: Scalars['String']['output'];
  /** Messages it was done to. Those that were delivered or ended otherwise meanwhile are not among them. */
  readonly done: Scalars['Int']['output'];
  /** When it was done, or stopped; null while it goes on. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** Why, for the record. */
  readonly reason: Scalars['String']['output'];
  /** When it began. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** How it stands. */
  readonly state: OperationState;
  /** Messages that were meant when it began. */
  readonly total: Scalars['Int']['output'];
  /** What is done with each message. */
  readonly verb: OperationVerb;
};

/** A page of operations. */
export type OperationConnection = {
  readonly __typename?: 'OperationConnection';
  /** The operations with their cursors. */
  readonly edges: ReadonlyArray<OperationEdge>;
  /** The operations alone. */
  readonly nodes: ReadonlyArray<Operation>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An operation on its page. */
export type OperationEdge = {
  readonly __typename?: 'OperationEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The operation. */
  readonly node: Operation;
};

/** Which held messages of a domain a verb means. All that is given must hold. What comes in later is never meant. */
export type OperationFilter = {
  /** The domain of the recipients. */
  readonly domain: Scalars['String']['input'];
  /** Held for longer than so many hours, 1 to 1440. */
  readonly olderThanHours?: InputMaybe<Scalars['Int']['input']>;
  /** A recipient's address; upper and lower case count as the same. */
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
  /** The reverse-path, upper and lower case being the same; the empty string is the null reverse-path `<>`. */
  readonly reversePath?: InputMaybe<Scalars['String']['input']>;
  /** Accepted at this instant or later. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  /** At least one recipient is in this state; a message is held while one is HELD. */
  readonly state?: InputMaybe<RecipientState>;
  /** Accepted before this instant. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** How an operation stands. */
export type OperationState =
  /** It is done. */
  | 'DONE'
  /** It goes on, or waits for messages that are being handed over. */
  | 'RUNNING'
  /** Its domain was deleted before it was done. */
  | 'STOPPED';

/** What is done with each message of an operation, as by the mutation on one. */
export type OperationVerb =
  /** As messagesBounce. */
  | 'BOUNCE'
  /** As messagesCancel. */
  | 'CANCEL'
  /** As messagesRetry. */
  | 'RETRY';

/** A primary that cannot be reached, from the first failure to the first success. */
export type Outage = {
  readonly __typename?: 'Outage';
  /** Attempts that failed in it. */
  readonly attemptCount: Scalars['Int']['output'];
  /** What kind of trouble it is. */
  readonly class: OutageClass;
  /** The domain whose mail waits; null when it was deleted since. */
  readonly domain?: Maybe<Domain>;
  /** Its name, which remains. */
  readonly domainName: Scalars['String']['output'];
  /** How what had waited is handed over now; null while the outage goes on, and from `drainedAt` on. */
  readonly drain?: Maybe<OutageDrain>;
  /** When all mail of it was delivered or had ended, but for messages that wait for their own reasons; null before that. */
  readonly drainedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The first success after it; null while the outage goes on. */
  readonly endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What its class rests on: the last ten things that were met, the oldest first; the same from the same host once. */
  readonly evidence: ReadonlyArray<OutageEvidence>;
  /** Their size as received; null when the outage is over and has drained. */
  readonly heldBytes?: Maybe<Scalars['ByteCount']['output']>;
  /** Messages held now; null when the outage is over and has drained. */
  readonly heldCount?: Maybe<Scalars['Int']['output']>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** What the primary said last, verbatim, or in brackets what happened instead of a reply. */
  readonly lastReply: Scalars['String']['output'];
  /** When the primary is tried next; null when the outage is over. */
  readonly nextProbeAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the oldest of them was accepted; null when nothing is held, or the outage is over and has drained. */
  readonly oldestAcceptedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The first failure. */
  readonly startedAt: Scalars['DateTime']['output'];
};

/** Something happened to an outage. */
export type OutageChange = {
  readonly __typename?: 'OutageChange';
  /** When it happened. */
  readonly at: Scalars['DateTime']['output'];
  /** Give it as `after` when you subscribe again. */
  readonly cursor: Scalars['ID']['output'];
  /** What happened. */
  readonly kind: OutageChangeKind;
  /** The outage as it is when this is told; null when it began under another owner of the domain, or is kept no more. */
  readonly outage?: Maybe<Outage>;
};

/** What happens to an outage. */
export type OutageChangeKind =
  /** It is over. */
  | 'CLOSED'
  /** All mail of it is delivered or has ended, but for messages that wait for their own reasons. */
  | 'DRAINED'
  /** What had waited in it is being handed over. */
  | 'DRAINING'
  /** It has begun. */
  | 'OPENED'
  /** Its class is another now. */
  | 'RECLASSIFIED'
  /** It has lasted for 1, 24, 120 or 216 hours. */
  | 'THRESHOLD';

/** Kinds of trouble with a primary. */
export type OutageClass =
  /** It turns us away: a 5yz greeting, or a refusal that names our address. */
  | 'BLOCKING'
  /** Its name cannot be resolved. */
  | 'DNS_BROKEN'
  /** It cannot be reached: refused, timed out, no route. */
  | 'DOWN'
  /** It has put off everybody by greylisting over a whole interval. */
  | 'GREYLISTING'
  /** It refuses recipients that are known to be good, or does not meet what TLS towards it must be. */
  | 'MISCONFIGURED'
  /** It limits how much it takes from us. */
  | 'RATE_LIMITING'
  /** It answers so slowly that no mail got through over a whole interval. */
  | 'TARPITTING';

/** A page of outages. */
export type OutageConnection = {
  readonly __typename?: 'OutageConnection';
  /** The outages with their cursors. */
  readonly edges: ReadonlyArray<OutageEdge>;
  /** The outages alone. */
  readonly nodes: ReadonlyArray<Outage>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** The mail of an outage that is over, being handed over. */
export type OutageDrain = {
  readonly __typename?: 'OutageDrain';
  /** When nothing will be held at this rate; null while that cannot be said. */
  readonly etaAt?: Maybe<Scalars['DateTime']['output']>;
  /** By how many messages what is held falls each second, as measured over the last seconds; 0 while it does not. */
  readonly messagesPerSecond: Scalars['Float']['output'];
};

/** An outage on its page. */
export type OutageEdge = {
  readonly __typename?: 'OutageEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The outage. */
  readonly node: Outage;
};

/** What one try at one address of a primary met. */
export type OutageEvidence = {
  readonly __typename?: 'OutageEvidence';
  /** Its address and port; null when nothing was dialled. */
  readonly address?: Maybe<Scalars['String']['output']>;
  /** When it was met last. */
  readonly at: Scalars['DateTime']['output'];
  /** The host; null when none could be found. */
  readonly host?: Maybe<Scalars['String']['output']>;
  /** How long it took, in milliseconds. */
  readonly latencyMs: Scalars['Int']['output'];
  /** The reply verbatim, or in brackets what happened instead of one. */
  readonly reply: Scalars['String']['output'];
  /** What kind of trouble it was; null when the host took part and put a recipient off. */
  readonly trouble?: Maybe<HostTrouble>;
};

/** What outages must have in common. All that is given must hold. */
export type OutageFilter = {
  /** The domain whose mail waits. */
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  /** True: those going on. False: those over. */
  readonly isOpen?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Where a page of a connection stands. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** What to give as `after` for the next page; null when there was nothing to look through. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** True when a further page may hold something. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** True when the page was asked for with `after`. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first node; null on a page without nodes. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** A host as it would be dialled. */
export type PreviewedHost = {
  readonly __typename?: 'PreviewedHost';
  /** Its addresses, in the order to try; empty when it cannot be resolved now. */
  readonly addresses: ReadonlyArray<Scalars['String']['output']>;
  /** Host name or IP address. */
  readonly host: Scalars['String']['output'];
  /** TCP port. */
  readonly port: Scalars['Int']['output'];
};

/** A ready-made text for one kind of mail server. */
export type PrimarySetup = {
  readonly __typename?: 'PrimarySetup';
  /** Whether a real server of this kind takes it in the tests of this program; otherwise it was written by the book. */
  readonly isTested: Scalars['Boolean']['output'];
  /** For which. */
  readonly mta: Mta;
  /** The text, to be read and then used as it is. */
  readonly snippet: Scalars['String']['output'];
  /** What it is and where it goes. */
  readonly title: Scalars['String']['output'];
};

/** Where every read begins. */
export type Query = {
  readonly __typename?: 'Query';
  /** The alert contact with this id; null when there is none, or none of yours. */
  readonly alertContact?: Maybe<AlertContact>;
  /** Your alert contacts, in order of creation; for an operator those of all tenants. */
  readonly alertContacts: AlertContactConnection;
  /**
   * Who changed what through the API, newest first: each mutation, also those that were refused. Of dry runs only those of
   * domainSetMx and domainUnsetMx, which ask a server: their `input` has `dryRun: true`. A tenant sees what its
   * own tokens did, and what an operator did to its things. Kept for 400 days.
   *
   * A filter other than by `subject` and time looks through a bounded number of entries per page. So a page may hold fewer than `first`,
   * even none, while `hasNextPage` says that older ones are still to be looked through.
   */
  readonly auditLog: AuditConnection;
  /** The relay domain of this name; null when you have none of it. */
  readonly domain?: Maybe<Domain>;
  /** Your relay domains, in order of creation. */
  readonly domains: DomainConnection;
  /** The message with this id, held or ended; null when there is none, or none of yours. */
  readonly message?: Maybe<Message>;
  /**
   * Messages, newest first, held and ended together. A page is stable: mail that comes in meanwhile does not shift it.
   * Those that have ended are kept, with their attempts, for 90 days from acceptance, and at least 30 from their end.
   *
   * A filter that no index serves looks through a bounded number of messages per page. So a page may hold fewer than `first`
   * messages, even none, while `hasNextPage` says that older ones are still to be looked through.
   */
  readonly messages: MessageConnection;
  /** The operation with this id: a verb on many messages; null when there is none, or none of yours. */
  readonly operation?: Maybe<Operation>;
  /** Operations, newest first. Those that have ended are kept for 90 days. */
  readonly operations: OperationConnection;
  /** Outages, newest first. Those that have ended are kept for 400 days. */
  readonly outages: OutageConnection;
  /** What is known of one mailbox, and so why mail to it is taken or refused; null when its domain is none of yours. */
  readonly recipientStanding?: Maybe<RecipientStanding>;
  /**
   * What was refused before it was accepted, newest first: who, to whom, why. Kept for 14 days. What a flood of refusals brings
   * beyond a bounded rate is counted in the metrics and not recorded one by one.
   *
   * A filter other than by `domain`, `reference` and time looks through a bounded number of refusals per page. So a page may hold fewer
   * than `first`, even none, while `hasNextPage` says that older ones are still to be looked through.
   */
  readonly rejections: RejectionConnection;
  /** The service itself: what it is called, what it connects from, its limits. */
  readonly service: Service;
  /** The tenant with this id; null when there is none, or none that you may see. */
  readonly tenant?: Maybe<Tenant>;
  /** The tenants you may see, in order of creation: your own, and for an operator all. */
  readonly tenants: TenantConnection;
  /** The token with this id; null when there is none, or none of yours. */
  readonly token?: Maybe<Token>;
  /** Your tokens, in order of creation; for an operator those of all tenants. Revoked ones are not among them. */
  readonly tokens: TokenConnection;
  /** On whose behalf this request speaks. */
  readonly viewer: Viewer;
  /** The webhook with this id; null when there is none, or none of yours. */
  readonly webhook?: Maybe<Webhook>;
  /** Your webhooks, in order of creation; for an operator those of all tenants. */
  readonly webhooks: WebhookConnection;
};


/** Where every read begins. */
export type QueryAlertContactArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryAlertContactsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryAuditLogArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AuditFilter>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryDomainArgs = {
  name: Scalars['String']['input'];
};


/** Where every read begins. */
export type QueryDomainsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DomainFilter>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryMessageArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryMessagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<MessageFilter>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryOperationArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryOperationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryOutagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OutageFilter>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryRecipientStandingArgs = {
  address: Scalars['String']['input'];
};


/** Where every read begins. */
export type QueryRejectionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RejectionFilter>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryTenantArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryTenantsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryTokenArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryTokensArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};


/** Where every read begins. */
export type QueryWebhookArgs = {
  id: Scalars['ID']['input'];
};


/** Where every read begins. */
export type QueryWebhooksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** What is held for a domain has changed. */
export type QueueChange = {
  readonly __typename?: 'QueueChange';
  /** When it was counted. */
  readonly at: Scalars['DateTime']['output'];
  /** The domain; null when it is gone meanwhile. */
  readonly domain?: Maybe<Domain>;
  /** Its name. */
  readonly domainName: Scalars['String']['output'];
  /** Their size as received. */
  readonly heldBytes: Scalars['ByteCount']['output'];
  /** Messages with at least one recipient in state HELD. */
  readonly heldCount: Scalars['Int']['output'];
};

/** One recipient of one message. */
export type Recipient = {
  readonly __typename?: 'Recipient';
  /** The argument of RCPT TO. */
  readonly address: Scalars['String']['output'];
  /** How often it was itself tried. */
  readonly attemptCount: Scalars['Int']['output'];
  /** Its own attempts, and those that found its primary away since the message was accepted. Newest first. */
  readonly attempts: AttemptConnection;
  /** Why the sender was not told that it ended, where a report was due; null otherwise. */
  readonly dsnSuppressedReason?: Maybe<Scalars['String']['output']>;
  /** What the next hop said last, verbatim, or in brackets what happened instead of a reply; null before the first attempt. */
  readonly lastReply?: Maybe<Scalars['String']['output']>;
  /** When the next attempt is due, at the earliest; null once it has ended. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** What became of it. */
  readonly state: RecipientState;
  /** When its next hop refused it for good the first time, and it was kept all the same; null unless it is held for that. */
  readonly suspectedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What the next hop said then or last time it refused it, verbatim; null when it is not suspected. */
  readonly suspectedReply?: Maybe<Scalars['String']['output']>;
};


/** One recipient of one message. */
export type RecipientAttemptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** What a primary said of a mailbox. */
export type RecipientAnswer =
  /** There is no such mailbox. */
  | 'NEGATIVE'
  /** It takes mail for it. */
  | 'POSITIVE';

/** A mailbox whose call-ahead answers are dropped. */
export type RecipientForgetInput = {
  /** The whole address: `alice@example.org`. */
  readonly address: Scalars['String']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of recipientForget. */
export type RecipientForgetPayload = {
  readonly __typename?: 'RecipientForgetPayload';
  /** What is known of it after that. Null after an error. */
  readonly recipientStanding?: Maybe<RecipientStanding>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** How a User List changed. */
export type RecipientListChange = {
  readonly __typename?: 'RecipientListChange';
  /** The first 100 of the new ones, in alphabetical order. */
  readonly added: ReadonlyArray<Scalars['String']['output']>;
  /** Entries that are new. */
  readonly addedCount: Scalars['Int']['output'];
  /** The first 100 of those gone, in alphabetical order. */
  readonly removed: ReadonlyArray<Scalars['String']['output']>;
  /** Entries that are gone. */
  readonly removedCount: Scalars['Int']['output'];
};

/** What is known of one mailbox. */
export type RecipientStanding = {
  readonly __typename?: 'RecipientStanding';
  /** In its one form. */
  readonly address: Scalars['String']['output'];
  /** What the primary said to the last call-ahead; null when none is known. */
  readonly answer?: Maybe<RecipientAnswer>;
  /** When it said so; null when no answer is known. */
  readonly answeredAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the primary last took mail for it from us; null when never within the last 90 days. */
  readonly deliveredAt?: Maybe<Scalars['DateTime']['output']>;
  /** Until when the answer holds; null when none is known. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** True when the primary takes mail for any address, so that it is not asked; null when that is not known. */
  readonly isCatchAll?: Maybe<Scalars['Boolean']['output']>;
  /** Whether the User List has it; null when the domain has none. */
  readonly isListed?: Maybe<Scalars['Boolean']['output']>;
  /** Its reply verbatim; null when none is known. No sender is told. */
  readonly reply?: Maybe<Scalars['String']['output']>;
  /** When a mailbox known good was refused for the first time; null when it was not. A second refusal confirms it. */
  readonly suspectedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** What became of a recipient. */
export type RecipientState =
  /** Ended by hand, without a report. */
  | 'CANCELLED'
  /** The next hop has taken it over. */
  | 'DELIVERED'
  /** Held for the whole lifetime without success. */
  | 'EXPIRED'
  /** Refused for good, or bounced by hand. */
  | 'FAILED'
  /** Waiting for the next attempt. */
  | 'HELD';

/** Entries for a User List. */
export type RecipientsAddInput = {
  /** Which domain. */
  readonly domain: Scalars['String']['input'];
  /** True: only says what would change. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Changes nothing here: what is added shrinks no list. So one input serves all three mutations of a list. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Change it only if it has this generation; otherwise CONFLICT. */
  readonly ifGeneration?: InputMaybe<Scalars['Int']['input']>;
  /** Local parts as before the @, quotes not needed; `*` stands for any characters. A whole address of the domain is understood. */
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

/** Answer of recipientsAdd. */
export type RecipientsAddPayload = {
  readonly __typename?: 'RecipientsAddPayload';
  /** What has changed, or with dryRun would change; null after an error. */
  readonly change?: Maybe<RecipientListChange>;
  /** The domain after it. With CONFLICT and SHRINK as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Entries of a User List that go. */
export type RecipientsRemoveInput = {
  /** Empties the list. It is then off, and mail for any mailbox of the domain is accepted. Absent or null: false. */
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  /** Which domain. */
  readonly domain: Scalars['String']['input'];
  /** True: only says what would change. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Shrinks a list of 100 or more entries by more than half, but not to nothing. Absent or null: false. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Change it only if it has this generation; otherwise CONFLICT. */
  readonly ifGeneration?: InputMaybe<Scalars['Int']['input']>;
  /** Local parts as they stand in the list. */
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

/** Answer of recipientsRemove. */
export type RecipientsRemovePayload = {
  readonly __typename?: 'RecipientsRemovePayload';
  /** What has changed, or with dryRun would change; null after an error. */
  readonly change?: Maybe<RecipientListChange>;
  /** The domain after it. With CONFLICT and SHRINK as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A whole User List. */
export type RecipientsReplaceInput = {
  /** Empties the list. It is then off, and mail for any mailbox of the domain is accepted. Absent or null: false. */
  readonly allowEveryone?: InputMaybe<Scalars['Boolean']['input']>;
  /** Which domain. */
  readonly domain: Scalars['String']['input'];
  /** True: only says what would change. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Shrinks a list of 100 or more entries by more than half, but not to nothing. Absent or null: false. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Change it only if it has this generation; otherwise CONFLICT. */
  readonly ifGeneration?: InputMaybe<Scalars['Int']['input']>;
  /** Local parts as before the @, quotes not needed; `*` stands for any characters. At most 1,000,000. */
  readonly localParts: ReadonlyArray<Scalars['String']['input']>;
};

/** Answer of recipientsReplace. */
export type RecipientsReplacePayload = {
  readonly __typename?: 'RecipientsReplacePayload';
  /** What has changed, or with dryRun would change; null after an error. */
  readonly change?: Maybe<RecipientListChange>;
  /** The domain after it. With CONFLICT and SHRINK as it is; null after any other error. */
  readonly domain?: Maybe<Domain>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** One refusal before acceptance. Nothing of it was stored. */
export type Rejection = {
  readonly __typename?: 'Rejection';
  /** When. */
  readonly at: Scalars['DateTime']['output'];
  /** The client's IP address; null when it is not known. */
  readonly clientAddress?: Maybe<Scalars['String']['output']>;
  /** The stable code, such as BMX-USER; PUBLIC_URL/reject/CODE explains it. */
  readonly code: Scalars['String']['output'];
  /** The command that was refused: CONNECT, MAIL, RCPT, DATA. */
  readonly command: Scalars['String']['output'];
  /** The relay domain concerned; null when none was, or it was deleted since. */
  readonly domain?: Maybe<Domain>;
  /** What the client called itself; empty before EHLO. */
  readonly ehloName: Scalars['String']['output'];
  /** The argument of RCPT TO; null when no recipient was concerned. */
  readonly forwardPath?: Maybe<Scalars['String']['output']>;
  /** UUID; the reference in the reply. */
  readonly id: Scalars['ID']['output'];
  /** True when nothing was refused: the zone is on trial (DRY_RUN). */
  readonly isDryRun: Scalars['Boolean']['output'];
  /** What the client was told. */
  readonly reply: Scalars['String']['output'];
  /** The argument of MAIL FROM; null: the null reverse-path `<>`, or none yet. */
  readonly reversePath?: Maybe<Scalars['String']['output']>;
  /** The DNS block list that listed the client; null for other reasons. */
  readonly zone?: Maybe<Scalars['String']['output']>;
};

/** A page of refusals. */
export type RejectionConnection = {
  readonly __typename?: 'RejectionConnection';
  /** The refusals with their cursors. */
  readonly edges: ReadonlyArray<RejectionEdge>;
  /** The refusals alone. */
  readonly nodes: ReadonlyArray<Rejection>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A refusal on its page. */
export type RejectionEdge = {
  readonly __typename?: 'RejectionEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** A refusal. */
  readonly node: Rejection;
};

/** Which refusals. */
export type RejectionFilter = {
  /** The client's IP address or network: `192.0.2.9`, `192.0.2.0/24`. */
  readonly client?: InputMaybe<Scalars['String']['input']>;
  /** The stable code, such as BMX-USER. */
  readonly code?: InputMaybe<Scalars['String']['input']>;
  /** The relay domain concerned. */
  readonly domain?: InputMaybe<Scalars['String']['input']>;
  /** True: only what a zone on trial would have refused. False: only what was refused. Absent: both. */
  readonly isDryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The argument of RCPT TO. */
  readonly recipient?: InputMaybe<Scalars['String']['input']>;
  /** The reference in the reply that a sender quotes. */
  readonly reference?: InputMaybe<Scalars['ID']['input']>;
  /** The argument of MAIL FROM. */
  readonly reversePath?: InputMaybe<Scalars['String']['input']>;
  /** From this instant on. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this instant. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** An attempt at once that somebody asked for. */
export type RequestedAttempt = {
  readonly __typename?: 'RequestedAttempt';
  /** When it began; null while it has not. `Domain.lastAttempt` shows what came of it. */
  readonly beganAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was asked for last. */
  readonly requestedAt: Scalars['DateTime']['output'];
  /** Why it has not begun; null once it has. */
  readonly waitsFor?: Maybe<AttemptWait>;
};

/** One stage of the retry schedule. */
export type RetryStage = {
  readonly __typename?: 'RetryStage';
  /** How many attempts before the next stage. */
  readonly attempts: Scalars['Int']['output'];
  /** Seconds between two attempts. */
  readonly everySeconds: Scalars['Int']['output'];
};

/** A right of a token. */
export type Scope =
  /** Read the audit log. */
  | 'AUDIT_READ'
  /** Read domains and outages. */
  | 'DOMAIN_READ'
  /** Change domains and their User Lists; holds DOMAIN_READ. */
  | 'DOMAIN_WRITE'
  /** Read the content of held messages. */
  | 'MESSAGE_CONTENT'
  /** Read messages, attempts, operations and refusals. */
  | 'QUEUE_READ'
  /** Retry, cancel, bounce, flush, pause and hold; holds QUEUE_READ. */
  | 'QUEUE_WRITE'
  /** Make, change and delete tenants. For tokens of the operator's tenant only. */
  | 'TENANT_WRITE'
  /** Make, rotate and revoke tokens, with no more scopes than one has oneself. */
  | 'TOKEN_WRITE'
  /** Read and change webhooks and alert contacts: whom the service tells what happens. */
  | 'WEBHOOK_WRITE';

/** The service as a whole. */
export type Service = {
  readonly __typename?: 'Service';
  /** The addresses we connect from. Let them through your firewall, greylisting and rate limits. */
  readonly egressAddresses: ReadonlyArray<Scalars['String']['output']>;
  /** The largest message that is accepted, as received. */
  readonly messageSizeLimitBytes: Scalars['ByteCount']['output'];
  /** Our names for your MX records: add each of them, all at one preference. */
  readonly mxNames: ReadonlyArray<Scalars['String']['output']>;
  /** The running processes of this service; null unless you are its operator. */
  readonly nodes?: Maybe<ReadonlyArray<ServiceNode>>;
  /** How often held mail is tried after a failure, stage after stage; the last goes on until the mail expires. */
  readonly retrySchedule: ReadonlyArray<RetryStage>;
  /** What it runs on: `bun 1.4.5`, `deno 2.9.6`, `node 24.21.0`. */
  readonly runtime: Scalars['String']['output'];
  /** The version of the program that answers. */
  readonly version: Scalars['String']['output'];
};

/** One running process of the service. */
export type ServiceNode = {
  readonly __typename?: 'ServiceNode';
  /** When it last gave a sign of life. */
  readonly lastSeenAt: Scalars['DateTime']['output'];
  /** Its MX_HOSTNAME; nodes may share one. */
  readonly name: Scalars['String']['output'];
  /** What it does: `inbound`, `delivery`, `control`. */
  readonly roles: ReadonlyArray<Scalars['String']['output']>;
  /** What it runs on. */
  readonly runtime: Scalars['String']['output'];
  /** When it joined. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** The version of its program. */
  readonly version: Scalars['String']['output'];
};

/**
 * What is told as it happens, over server-sent events: POST the operation with `Accept: text/event-stream`. Each item is an event
 * `next`; a comment comes every 12 seconds when nothing happens; `complete` ends it. Who is away for a while gives the cursor of
 * the last item as `after` and is told what was missed, each item once.
 *
 * A token may have 50 subscriptions open on a node, a tenant 200. An item may hold 1,000 values. Before its time a subscription
 * ends with an error as its last item, whose code says why: SLOW_READER (1,000 items were waiting), UNAUTHENTICATED (the token has
 * ended), STOPPING (the node stops). It is refused with GAP_TOO_LONG (more than 1,000 items since `after`), LIMIT_EXCEEDED,
 * NOT_FOUND, FORBIDDEN.
 */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * The timeline of a message: what has happened to it so far, then each thing as it happens. Ends by itself when the message has
   * ended and all reports about it are made.
   */
  readonly messageTimeline: TimelineEdge;
  /** Outages as they begin, change and end. */
  readonly outageChanged: OutageChange;
  /**
   * What is held for a domain: at first how it is now, then again whenever that has changed, at most once a second. Who comes
   * back has missed nothing, so it takes no cursor. Ends when you have the domain no more.
   */
  readonly queueChanged: QueueChange;
};


/**
 * What is told as it happens, over server-sent events: POST the operation with `Accept: text/event-stream`. Each item is an event
 * `next`; a comment comes every 12 seconds when nothing happens; `complete` ends it. Who is away for a while gives the cursor of
 * the last item as `after` and is told what was missed, each item once.
 *
 * A token may have 50 subscriptions open on a node, a tenant 200. An item may hold 1,000 values. Before its time a subscription
 * ends with an error as its last item, whose code says why: SLOW_READER (1,000 items were waiting), UNAUTHENTICATED (the token has
 * ended), STOPPING (the node stops). It is refused with GAP_TOO_LONG (more than 1,000 items since `after`), LIMIT_EXCEEDED,
 * NOT_FOUND, FORBIDDEN.
 */
export type SubscriptionMessageTimelineArgs = {
  after?: InputMaybe<Scalars['ID']['input']>;
  id: Scalars['ID']['input'];
};


/**
 * What is told as it happens, over server-sent events: POST the operation with `Accept: text/event-stream`. Each item is an event
 * `next`; a comment comes every 12 seconds when nothing happens; `complete` ends it. Who is away for a while gives the cursor of
 * the last item as `after` and is told what was missed, each item once.
 *
 * A token may have 50 subscriptions open on a node, a tenant 200. An item may hold 1,000 values. Before its time a subscription
 * ends with an error as its last item, whose code says why: SLOW_READER (1,000 items were waiting), UNAUTHENTICATED (the token has
 * ended), STOPPING (the node stops). It is refused with GAP_TOO_LONG (more than 1,000 items since `after`), LIMIT_EXCEEDED,
 * NOT_FOUND, FORBIDDEN.
 */
export type SubscriptionOutageChangedArgs = {
  after?: InputMaybe<Scalars['ID']['input']>;
  domain?: InputMaybe<Scalars['String']['input']>;
};


/**
 * What is told as it happens, over server-sent events: POST the operation with `Accept: text/event-stream`. Each item is an event
 * `next`; a comment comes every 12 seconds when nothing happens; `complete` ends it. Who is away for a while gives the cursor of
 * the last item as `after` and is told what was missed, each item once.
 *
 * A token may have 50 subscriptions open on a node, a tenant 200. An item may hold 1,000 values. Before its time a subscription
 * ends with an error as its last item, whose code says why: SLOW_READER (1,000 items were waiting), UNAUTHENTICATED (the token has
 * ended), STOPPING (the node stops). It is refused with GAP_TOO_LONG (more than 1,000 items since `after`), LIMIT_EXCEEDED,
 * NOT_FOUND, FORBIDDEN.
 */
export type SubscriptionQueueChangedArgs = {
  domain: Scalars['String']['input'];
};

/** An owner of domains. */
export type Tenant = {
  readonly __typename?: 'Tenant';
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** Its name, for people. */
  readonly name: Scalars['String']['output'];
  /** How many things it may have. */
  readonly quotas: TenantQuotas;
  /** Grows by one with every change; give it back as `expectedRevision`. */
  readonly revision: Scalars['Int']['output'];
};

/** A page of tenants. */
export type TenantConnection = {
  readonly __typename?: 'TenantConnection';
  /** The tenants with their cursors. */
  readonly edges: ReadonlyArray<TenantEdge>;
  /** The tenants alone. */
  readonly nodes: ReadonlyArray<Tenant>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A new tenant. */
export type TenantCreateInput = {
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name, for people, 1 to 100 characters; no two have the same. */
  readonly name: Scalars['String']['input'];
  /** How many things it may have; absent or null: as many as it likes. */
  readonly quotas?: InputMaybe<TenantQuotasInput>;
};

/** Answer of tenantCreate. */
export type TenantCreatePayload = {
  readonly __typename?: 'TenantCreatePayload';
  /** The new tenant. With ALREADY_EXISTS the one of that name; null after any other error. */
  readonly tenant?: Maybe<Tenant>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Removes a tenant. */
export type TenantDeleteInput = {
  /** Which tenant. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of tenantDelete. */
export type TenantDeletePayload = {
  readonly __typename?: 'TenantDeletePayload';
  /** The tenant as it was. With CONFLICT as it is; null after any other error. */
  readonly tenant?: Maybe<Tenant>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A tenant on its page. */
export type TenantEdge = {
  readonly __typename?: 'TenantEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The tenant. */
  readonly node: Tenant;
};

/** How many things a tenant may have. None of them bounds mail. */
export type TenantQuotas = {
  readonly __typename?: 'TenantQuotas';
  /** How many alert contacts; null: as many as it likes. */
  readonly alertContacts?: Maybe<Scalars['Int']['output']>;
  /** Relay domains; null: as many as it likes. */
  readonly domains?: Maybe<Scalars['Int']['output']>;
  /** Entries of all its User Lists together; null: as many as it likes. */
  readonly recipientEntries?: Maybe<Scalars['Int']['output']>;
  /** Tokens; null: as many as it likes. */
  readonly tokens?: Maybe<Scalars['Int']['output']>;
  /** How many webhooks; null: as many as it likes. */
  readonly webhooks?: Maybe<Scalars['Int']['output']>;
};

/** How many things a tenant may have. */
export type TenantQuotasInput = {
  /** Alert contacts, a number of them. Absent: as it is; null: as many as it likes. */
  readonly alertContacts?: InputMaybe<Scalars['Int']['input']>;
  /** Relay domains. Absent: as it is; null: as many as it likes. */
  readonly domains?: InputMaybe<Scalars['Int']['input']>;
  /** Entries of all its User Lists together. Absent: as it is; null: as many as it likes. */
  readonly recipientEntries?: InputMaybe<Scalars['Int']['input']>;
  /** Tokens. Absent: as it is; null: as many as it likes. */
  readonly tokens?: InputMaybe<Scalars['Int']['input']>;
  /** Webhooks, a number of them. Absent: as it is; null: as many as it likes. */
  readonly webhooks?: InputMaybe<Scalars['Int']['input']>;
};

/** Changes of a tenant. */
export type TenantUpdateInput = {
  /** Change it only if it has this revision; otherwise CONFLICT. */
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  /** Which tenant. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its new name. Absent or null: as it is. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** Absent: as they are; null: none. */
  readonly quotas?: InputMaybe<TenantQuotasInput>;
};

/** Answer of tenantUpdate. */
export type TenantUpdatePayload = {
  readonly __typename?: 'TenantUpdatePayload';
  /** The tenant after the change. With CONFLICT as it is now; null after any other error. */
  readonly tenant?: Maybe<Tenant>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Who did what a timeline tells of. */
export type TimelineActor = {
  readonly __typename?: 'TimelineActor';
  /** True: the operator of the service. False: the tenant whose domain it is. */
  readonly isOperator: Scalars['Boolean']['output'];
  /**
   * The name of the token that was used; null for the operator token of the service itself, for ETRN, and for a tenant when it was
   * the operator.
   */
  readonly tokenName?: Maybe<Scalars['String']['output']>;
};

/** A page of a timeline. */
export type TimelineConnection = {
  readonly __typename?: 'TimelineConnection';
  /** The entries with their cursors. */
  readonly edges: ReadonlyArray<TimelineEdge>;
  /** The entries alone. */
  readonly nodes: ReadonlyArray<TimelineEntry>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** An entry on its page. */
export type TimelineEdge = {
  readonly __typename?: 'TimelineEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The entry. */
  readonly node: TimelineEntry;
};

/** One thing that happened to a message, or to its domain while the message waited. */
export type TimelineEntry = {
  readonly __typename?: 'TimelineEntry';
  /** Who did it; null when the service did by itself, and when it was not recorded. */
  readonly actor?: Maybe<TimelineActor>;
  /** When. Of an attempt: when it was over. */
  readonly at: Scalars['DateTime']['output'];
  /** The attempt with all that is known of it; null unless `kind` is ATTEMPT or PROBE. */
  readonly attempt?: Maybe<Attempt>;
  /** The host that was dialled, or whose reply it is; null when there was none. */
  readonly host?: Maybe<Scalars['String']['output']>;
  /** Opaque. The same each time this entry is read, and no other entry of the message has it. */
  readonly id: Scalars['ID']['output'];
  /** What it was. */
  readonly kind: TimelineKind;
  /** The verb on many messages that it was part of; null when it was none, or was forgotten 90 days after its end. */
  readonly operation?: Maybe<Operation>;
  /** The outage it is about; of ACCEPTED the one that was open then. Null when there is none. */
  readonly outage?: Maybe<Outage>;
  /** The reason that was given for a verb, or why no report was sent; null where none was. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** The recipients it speaks of, as in RCPT TO; empty when it concerns the whole message. */
  readonly recipients: ReadonlyArray<Scalars['String']['output']>;
  /**
   * What the next hop said, verbatim, or in brackets what happened instead of a reply; null when the entry is about no reply.
   * Example: `450 4.2.0 greylisted, come back in five minutes`.
   */
  readonly reply?: Maybe<Scalars['String']['output']>;
  /** The id of the delivery status notification, a message itself; null unless `kind` is REPORT_MADE or REPORT_DROPPED. */
  readonly reportId?: Maybe<Scalars['ID']['output']>;
  /** What it was, as one English sentence for a postmaster. Words may change with any release: programs look at the other fields. */
  readonly text: Scalars['String']['output'];
};

/** What kind of thing happened to a message. */
export type TimelineKind =
  /** The service took the message: it answered 250. Always the first entry. */
  | 'ACCEPTED'
  /** A try to hand over this message, at one host. */
  | 'ATTEMPT'
  /** The breaker closed: all is as ever. */
  | 'BREAKER_CLOSED'
  /** The breaker opened: nothing is handed over, so that a mistake of the primary bounces no mail. */
  | 'BREAKER_OPENED'
  /** The breaker is in trial: refusals of good recipients are kept. */
  | 'BREAKER_TRIAL'
  /** A process of the service died with the message in hand: it is tried again, and may arrive twice. */
  | 'CLAIM_LOST'
  /** The domain was deleted; what was held is delivered first, or cancelled. */
  | 'DOMAIN_DELETED'
  /** An attempt at once was asked for: domainFlush, or ETRN. */
  | 'DOMAIN_FLUSHED'
  /** Delivery was paused: domainPause. */
  | 'DOMAIN_PAUSED'
  /** Mail of the domain goes to other hosts from now on. */
  | 'DOMAIN_REROUTED'
  /** Delivery was resumed: domainResume. */
  | 'DOMAIN_RESUMED'
  /** Mail of the outage is held longer: domainExtendHold. */
  | 'HOLD_EXTENDED'
  /** The extension ended: all mail of its outage is delivered or has ended. */
  | 'HOLD_EXTENSION_ENDED'
  /** It was returned to its sender: messageBounce, messagesBounce or domainBounceHeld. */
  | 'MESSAGE_BOUNCED'
  /** It was cancelled: messageCancel or messagesCancel. */
  | 'MESSAGE_CANCELLED'
  /** It was put at the head of the queue: messageRetry or messagesRetry. */
  | 'MESSAGE_RETRIED'
  /** An outage is over. */
  | 'OUTAGE_CLOSED'
  /** All mail of an outage is delivered or has ended; the text says how many messages wait for their own reasons. */
  | 'OUTAGE_DRAINED'
  /** What had waited in an outage is being handed over. */
  | 'OUTAGE_DRAINING'
  /** An outage of the primary began. */
  | 'OUTAGE_OPENED'
  /** An outage shows another kind of trouble than before. */
  | 'OUTAGE_RECLASSIFIED'
  /** Most primaries failed at once, so the fault is taken for the service's own: nothing expires meanwhile. */
  | 'OWN_TROUBLE_BEGAN'
  /** The service's own fault is over. */
  | 'OWN_TROUBLE_ENDED'
  /** A try for another message of the domain, at one host, that found the primary away: it spoke for this message too. */
  | 'PROBE'
  /** A recipient ended by hand, without a report. */
  | 'RECIPIENT_CANCELLED'
  /** A recipient ended: the next hop has taken the message over. */
  | 'RECIPIENT_DELIVERED'
  /** A recipient ended: held for the whole lifetime without success. */
  | 'RECIPIENT_EXPIRED'
  /** A recipient ended: refused for good, or bounced by hand. */
  | 'RECIPIENT_FAILED'
  /** The next hop refused recipients for good that were kept all the same, since the refusal may be a mistake. */
  | 'RECIPIENT_SUSPECTED'
  /** A report was made, but could not be delivered; nobody is told of that. */
  | 'REPORT_DROPPED'
  /** A delivery status notification about the message was made, and waits to be delivered itself. */
  | 'REPORT_MADE'
  /** A report was due, but none is sent; `reason` says why. */
  | 'REPORT_SUPPRESSED';

/** What TLS towards a primary must be. Where MX records decide, the domain may ask for more by DANE or MTA-STS. Mail that cannot be handed over so is kept. */
export type TlsPolicy =
  /** Not used, whatever the domain publishes. */
  | 'NONE'
  /** Used where it is offered, whoever the certificate names; clear text where it fails. */
  | 'OPPORTUNISTIC'
  /** Must be used, whoever the certificate names. */
  | 'REQUIRED'
  /** Must be used, with a certificate that a known authority issued and that names the host. */
  | 'VERIFIED';

/**
 * What speaks for a tenant: sent as `Authorization: Bearer SECRET`. A token of the operator's tenant sees and changes the objects of
 * every tenant, as far as its scopes reach.
 */
export type Token = {
  readonly __typename?: 'Token';
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** When it ends by itself; null: it has no end. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** When it was last used, to the minute or so; null: never. */
  readonly lastUsedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Its name, for people: `terraform`. */
  readonly name: Scalars['String']['output'];
  /** The beginning of its secret, to know it by: `bmx_k3Vq81xZ`. */
  readonly prefix: Scalars['String']['output'];
  /** The beginning of the secret before the last rotation; null when that is not taken any more. */
  readonly previousPrefix?: Maybe<Scalars['String']['output']>;
  /** Until when the secret before the last rotation is taken; null when it is not any more. */
  readonly previousUntil?: Maybe<Scalars['DateTime']['output']>;
  /** When it last got a new secret; null: never. */
  readonly rotatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What it may do. */
  readonly scopes: ReadonlyArray<Scope>;
  /** Its owner. */
  readonly tenant: Tenant;
};

/** A page of tokens. */
export type TokenConnection = {
  readonly __typename?: 'TokenConnection';
  /** The tokens with their cursors. */
  readonly edges: ReadonlyArray<TokenEdge>;
  /** The tokens alone. */
  readonly nodes: ReadonlyArray<Token>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A new token. */
export type TokenCreateInput = {
  /** When it ends by itself. Absent or null: it has no end, for which your own token must have none. Not later than your own. */
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, without its secret, which is kept nowhere. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its name, for people, 1 to 100 characters: `terraform`. */
  readonly name: Scalars['String']['input'];
  /** What it may do; at least one, none that your own token lacks. */
  readonly scopes: ReadonlyArray<Scope>;
  /**
   * What is to be sent after `Bearer`, if you put it elsewhere yourself: `bmx_` and 43 letters, digits, `-` or `_` from a cryptographic random
   * generator, for this token alone. Absent or null: one is made.
   */
  readonly secret?: InputMaybe<Scalars['String']['input']>;
  /** Whose; absent or null: your own tenant's. Another's only with a token of the operator's tenant. */
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
};

/** Answer of tokenCreate. */
export type TokenCreatePayload = {
  readonly __typename?: 'TokenCreatePayload';
  /** What is sent after `Bearer`. Told here once; null when you gave it, after an error, and in a repetition with the same idempotencyKey. */
  readonly secret?: Maybe<Scalars['String']['output']>;
  /** The new token; null after an error. */
  readonly token?: Maybe<Token>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A token on its page. */
export type TokenEdge = {
  readonly __typename?: 'TokenEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The token. */
  readonly node: Token;
};

/** Ends a token. */
export type TokenRevokeInput = {
  /** Which token. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of tokenRevoke. */
export type TokenRevokePayload = {
  readonly __typename?: 'TokenRevokePayload';
  /** The token as it was; null after an error. */
  readonly token?: Maybe<Token>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Gives a token a new secret. */
export type TokenRotateInput = {
  /** Which token. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, without its secret, which is kept nowhere. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** How long the old secret is taken beside the new one: 0 to 604800, a week. */
  readonly overlapSeconds?: InputMaybe<Scalars['Int']['input']>;
  /**
   * What is to be sent after `Bearer`, if you put it elsewhere yourself: `bmx_` and 43 letters, digits, `-` or `_` from a cryptographic random
   * generator, for this token alone. Absent or null: one is made.
   */
  readonly secret?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of tokenRotate. */
export type TokenRotatePayload = {
  readonly __typename?: 'TokenRotatePayload';
  /** What is sent after `Bearer`. Told here once; null when you gave it, after an error, and in a repetition with the same idempotencyKey. */
  readonly secret?: Maybe<Scalars['String']['output']>;
  /** The token after it; null after an error. */
  readonly token?: Maybe<Token>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** An algorithm of transaction signatures (RFC 8945 §6). */
export type TsigAlgorithm =
  /** HMAC with SHA-256. */
  | 'HMAC_SHA256'
  /** HMAC with SHA-384. */
  | 'HMAC_SHA384'
  /** HMAC with SHA-512. */
  | 'HMAC_SHA512';

/** A key for transaction signatures (RFC 8945). It is used once and kept nowhere: not in the database, the log or the audit log. */
export type TsigInput = {
  /** Its algorithm. */
  readonly algorithm?: TsigAlgorithm;
  /** Its name, as the server has it. */
  readonly keyName: Scalars['String']['input'];
  /** Its secret, base64, as in the configuration of the server. */
  readonly secret: Scalars['String']['input'];
};

/** What becomes of a recipient of whom nothing is known while the primary does not answer. None is refused for good. */
export type UnknownWhileDown = {
  readonly __typename?: 'UnknownWhileDown';
  /** Of DEFER_THEN_ACCEPT: from the beginning of the outage, 1 to 240. */
  readonly hours: Scalars['Int']['output'];
  /** What is done. */
  readonly policy: UnknownWhileDownPolicy;
};

/** What becomes of a recipient of whom nothing is known while the primary does not answer. */
export type UnknownWhileDownInput = {
  /** Of DEFER_THEN_ACCEPT: from the beginning of the outage, 1 to 240. */
  readonly hours?: InputMaybe<Scalars['Int']['input']>;
  /** What is done. */
  readonly policy: UnknownWhileDownPolicy;
};

/** What is done with a recipient of whom nothing is known while the primary does not answer. */
export type UnknownWhileDownPolicy =
  /** Its mail is taken. */
  | 'ACCEPT'
  /** Its mail is put off (450) until the primary answers. */
  | 'DEFER'
  /** Its mail is put off (450) for some hours from the beginning of the outage, then taken. */
  | 'DEFER_THEN_ACCEPT';

/** What a person did wrong in a mutation. Nothing was changed. */
export type UserError = {
  readonly __typename?: 'UserError';
  /** Stable; for programs. */
  readonly code: UserErrorCode;
  /** Path within the input, an index as its digits: `["deliverTo", "0", "host"]`. */
  readonly field: ReadonlyArray<Scalars['String']['output']>;
  /** A sentence that says what to do. */
  readonly message: Scalars['String']['output'];
};

/** Why a mutation was refused. */
export type UserErrorCode =
  /** You have it already; the payload holds it. */
  | 'ALREADY_EXISTS'
  /** Another tenant's claim of the domain was proven first. */
  | 'CLAIM_LOST'
  /** Somebody changed it meanwhile, or a request with the same idempotencyKey is still at work. */
  | 'CONFLICT'
  /** Your token lacks a scope that this needs; the message names it. */
  | 'FORBIDDEN'
  /** Mail is held; say what becomes of it. */
  | 'HELD_MAIL'
  /** The name is a mail server's, not a mail domain's; `force: true` overrides. */
  | 'HOST_NOT_DOMAIN'
  /** The value cannot be used; the message says why. */
  | 'INVALID'
  /** The message is being handed over at this moment; repeat in a minute. */
  | 'IN_DELIVERY'
  /** You have no such object. */
  | 'NOT_FOUND'
  /** Your tenant has as many as it may have. */
  | 'QUOTA'
  /** More than half of the User List would go (`force: true` does it all the same), or all of it (`allowEveryone: true`). */
  | 'SHRINK'
  /** Another tenant has it. */
  | 'TAKEN'
  /** More than is allowed at once. */
  | 'TOO_MANY';

/** On whose behalf a request speaks. */
export type Viewer = {
  readonly __typename?: 'Viewer';
  /** True when it sees and changes the objects of every tenant. */
  readonly isOperator: Scalars['Boolean']['output'];
  /** What it may do. */
  readonly scopes: ReadonlyArray<Scope>;
  /** The tenant that new objects will belong to. */
  readonly tenant: Tenant;
  /** The token it speaks with; null for the operator token of the service's own folder or environment. */
  readonly token?: Maybe<Token>;
};

/**
 * An address that is told what happens, by signed POST requests: Standard Webhooks 1.0.0, with the headers `webhook-id`,
 * `webhook-timestamp` and `webhook-signature`. A message comes at least once; who has seen its webhook-id ignores it. What is told
 * is in docs/webhooks.md, type by type.
 */
export type Webhook = {
  readonly __typename?: 'Webhook';
  /** When it was made. What happened before is told by webhookReplay only. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** What was sent and is to be sent, newest first. Kept for 30 days. */
  readonly deliveries: WebhookDeliveryConnection;
  /** What it is for, in the owner's words; may be empty. */
  readonly description: Scalars['String']['output'];
  /** Since when it is disabled; null while it is not, and for NO_SECRET. */
  readonly disabledAt?: Maybe<Scalars['DateTime']['output']>;
  /** Why nothing is sent; null while it is ENABLED. */
  readonly disabledReason?: Maybe<WebhookDisabledReason>;
  /** Of which domains; null: of all, and of what is about none. */
  readonly domains?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** What it is told of. */
  readonly events: ReadonlyArray<WebhookEventKind>;
  /** Since when no attempt has succeeded; null: the last one has, or there was none. */
  readonly failingSince?: Maybe<Scalars['DateTime']['output']>;
  /** UUID. */
  readonly id: Scalars['ID']['output'];
  /** Until when the secret before the last rotation signs as well; null when it does not any more. */
  readonly previousSecretUntil?: Maybe<Scalars['DateTime']['output']>;
  /** Grows by one with every change; give it back as `expectedRevision`. */
  readonly revision: Scalars['Int']['output'];
  /** When it last got a new secret; null: never. */
  readonly rotatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether anything is sent. */
  readonly status: WebhookStatus;
  /** Its owner: what happens to the owner's domains is told. */
  readonly tenant: Tenant;
  /** Where it sends. */
  readonly url: Scalars['String']['output'];
};


/**
 * An address that is told what happens, by signed POST requests: Standard Webhooks 1.0.0, with the headers `webhook-id`,
 * `webhook-timestamp` and `webhook-signature`. A message comes at least once; who has seen its webhook-id ignores it. What is told
 * is in docs/webhooks.md, type by type.
 */
export type WebhookDeliveriesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WebhookDeliveryFilter>;
  first: Scalars['Int']['input'];
};

/** A page of webhooks. */
export type WebhookConnection = {
  readonly __typename?: 'WebhookConnection';
  /** The webhooks with their cursors. */
  readonly edges: ReadonlyArray<WebhookEdge>;
  /** The webhooks alone. */
  readonly nodes: ReadonlyArray<Webhook>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A new webhook. */
export type WebhookCreateInput = {
  /** What it is for, up to 200 characters. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** Of which domains, by name; absent or null: of all, and of what is about none. */
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What to tell; at least one. */
  readonly events: ReadonlyArray<WebhookEventKind>;
  /**
   * 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, without its secret. Who has lost that asks
   * for a new one with webhookRotateSecret.
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whose; absent or null: your own tenant's. Another's only with a token of the operator's tenant. */
  readonly tenantId?: InputMaybe<Scalars['ID']['input']>;
  /**
   * Where to send: `https://hooks.example.org/backup-mx`, with no user name in it, on port 443, 80 or one from 1024 on. Private
   * addresses and http:// only where the service allows private next hops.
   */
  readonly url: Scalars['String']['input'];
};

/** Answer of webhookCreate. */
export type WebhookCreatePayload = {
  readonly __typename?: 'WebhookCreatePayload';
  /**
   * What its messages are signed with: `whsec_` and base64. Told here once; null after an error, and in a repetition with the same
   * idempotencyKey.
   */
  readonly secret?: Maybe<Scalars['String']['output']>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The new webhook; null after an error. */
  readonly webhook?: Maybe<Webhook>;
};

/** Removes a webhook. */
export type WebhookDeleteInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of webhookDelete. */
export type WebhookDeletePayload = {
  readonly __typename?: 'WebhookDeletePayload';
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The webhook as it was; null after an error. */
  readonly webhook?: Maybe<Webhook>;
};

/** One message to a webhook. */
export type WebhookDelivery = {
  readonly __typename?: 'WebhookDelivery';
  /** Attempts since it was made, or last asked for again. */
  readonly attemptCount: Scalars['Int']['output'];
  /** What is sent, to the octet: JSON with `type`, `timestamp` and `data`. */
  readonly body: Scalars['String']['output'];
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** UUID: the `webhook-id` that the receiver sees, the same for each attempt. */
  readonly id: Scalars['ID']['output'];
  /** When it was last sent, or tried to; null: not yet. */
  readonly lastAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it is tried next; null when it is not PENDING. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** The number of the last answer's HTTP status; null when nobody answered. */
  readonly responseStatus?: Maybe<Scalars['Int']['output']>;
  /** The first 1,000 bytes of the last answer, or in brackets what happened instead of one; null before the first attempt. */
  readonly responseText?: Maybe<Scalars['String']['output']>;
  /** What became of it. */
  readonly status: WebhookDeliveryStatus;
  /** What it tells: `outage.opened`, or `ping`. */
  readonly type: Scalars['String']['output'];
};

/** A page of deliveries. */
export type WebhookDeliveryConnection = {
  readonly __typename?: 'WebhookDeliveryConnection';
  /** The deliveries with their cursors. */
  readonly edges: ReadonlyArray<WebhookDeliveryEdge>;
  /** The deliveries alone. */
  readonly nodes: ReadonlyArray<WebhookDelivery>;
  /** Where the page stands. */
  readonly pageInfo: PageInfo;
};

/** A delivery on its page. */
export type WebhookDeliveryEdge = {
  readonly __typename?: 'WebhookDeliveryEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The delivery. */
  readonly node: WebhookDelivery;
};

/** What deliveries must have in common; all that is given must hold. */
export type WebhookDeliveryFilter = {
  /** What became of them. */
  readonly status?: InputMaybe<WebhookDeliveryStatus>;
};

/** What became of a message to a webhook. */
export type WebhookDeliveryStatus =
  /** The receiver answered with a 2xx status. */
  | 'DELIVERED'
  /** It is not tried any more. */
  | 'FAILED'
  /** It is still to be sent, or tried again. */
  | 'PENDING';

/** Why a webhook does not send. */
export type WebhookDisabledReason =
  /** Somebody has disabled it with webhookUpdate. */
  | 'BY_USER'
  /** A delivery was tried for five days in vain, and nothing else arrived meanwhile. */
  | 'FAILING'
  /** The receiver answered 410: it wants nothing more. */
  | 'GONE'
  /** It came with a move of the database, and secrets do not travel: give it a new one with webhookRotateSecret. What happens until then is sent after that. */
  | 'NO_SECRET';

/** A webhook on its page. */
export type WebhookEdge = {
  readonly __typename?: 'WebhookEdge';
  /** Give it as `after` to go on behind this one. */
  readonly cursor: Scalars['String']['output'];
  /** The webhook. */
  readonly node: Webhook;
};

/** What a webhook may be told of. In the message `OUTAGE_OPENED` is the type `outage.opened`. */
export type WebhookEventKind =
  /** Refusals of the destination are believed again. */
  | 'BREAKER_CLOSED'
  /** The destination refuses recipients it knows: delivery stops, mail is kept. */
  | 'BREAKER_OPENED'
  /** A DNS list in use failed its self-test, and is asked no more. */
  | 'DNSBL_ZONE_OFF'
  /** That list answers properly again. */
  | 'DNSBL_ZONE_ON'
  /** A domain's proof was seen, so its mail is accepted. */
  | 'DOMAIN_ACTIVATED'
  /** The doctor found a problem that was none at its last look, or one of those is over. */
  | 'DOMAIN_CHECKED'
  /** That record is there again. */
  | 'DOMAIN_PROOF_FOUND'
  /** The record that proves a domain's ownership is gone. */
  | 'DOMAIN_PROOF_LOST'
  /** An operator has suspended a domain. */
  | 'DOMAIN_SUSPENDED'
  /** An operator has taken the suspension back. */
  | 'DOMAIN_UNSUSPENDED'
  /** How many recipients failed or expired, and how many reports were not made: once an hour for each domain that has any. */
  | 'MAIL_DIGEST'
  /** The destination is back, or nothing is held for it any more. */
  | 'OUTAGE_CLOSED'
  /** What an outage held is delivered, or has ended otherwise. */
  | 'OUTAGE_DRAINED'
  /** The destination is back, and what is held is being delivered. */
  | 'OUTAGE_DRAINING'
  /** A destination cannot be reached: its mail is held. */
  | 'OUTAGE_OPENED'
  /** More is known of the cause of an outage. */
  | 'OUTAGE_RECLASSIFIED'
  /** An outage has lasted for 1, 24, 120 or 216 hours. */
  | 'OUTAGE_THRESHOLD'
  /** Most primaries fail at once: the fault is the service's. For webhooks of the operator's tenant. */
  | 'SERVICE_TROUBLE_BEGAN'
  /** That is over. For webhooks of the operator's tenant. */
  | 'SERVICE_TROUBLE_ENDED'
  /** The service has disabled another webhook of yours. */
  | 'WEBHOOK_DISABLED';

/** Sends a delivery again. */
export type WebhookRedeliverInput = {
  /** Which delivery. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of webhookRedeliver. */
export type WebhookRedeliverPayload = {
  readonly __typename?: 'WebhookRedeliverPayload';
  /** The delivery, which is sent at once; null after an error. */
  readonly delivery?: Maybe<WebhookDelivery>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Sends again what happened since an instant. */
export type WebhookReplayInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Since when, at most 30 days ago; what lies further back is left out. */
  readonly since: Scalars['DateTime']['input'];
};

/** Answer of webhookReplay. */
export type WebhookReplayPayload = {
  readonly __typename?: 'WebhookReplayPayload';
  /** True when there were more than 10,000: replay again from a later instant. Null after an error. */
  readonly hasMore?: Maybe<Scalars['Boolean']['output']>;
  /** How many messages are sent, at most 10,000; null after an error. */
  readonly replayedCount?: Maybe<Scalars['Int']['output']>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The webhook; null after an error. */
  readonly webhook?: Maybe<Webhook>;
};

/** Gives a webhook a new secret. */
export type WebhookRotateSecretInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, without its secret, which is told once. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** How long the old secret signs beside the new one: 0 to 604800 seconds, a week. */
  readonly overlapSeconds?: InputMaybe<Scalars['Int']['input']>;
};

/** Answer of webhookRotateSecret. */
export type WebhookRotateSecretPayload = {
  readonly __typename?: 'WebhookRotateSecretPayload';
  /** The new secret, as in webhookCreate; null after an error, and in a repetition with the same idempotencyKey. */
  readonly secret?: Maybe<Scalars['String']['output']>;
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The webhook after it; null after an error. */
  readonly webhook?: Maybe<Webhook>;
};

/** Whether a webhook sends. */
export type WebhookStatus =
  /** It does not: `disabledReason`. */
  | 'DISABLED'
  /** It sends. */
  | 'ENABLED';

/** Sends a ping. */
export type WebhookTestInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer, and sends nothing. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of webhookTest. */
export type WebhookTestPayload = {
  readonly __typename?: 'WebhookTestPayload';
  /** The ping, and what the receiver said; null after an error. */
  readonly delivery?: Maybe<WebhookDelivery>;
  /** Empty when it was sent, whatever the receiver said. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Changes of a webhook. Absent: as it was. */
export type WebhookUpdateInput = {
  /** What it is for; null: nothing. */
  readonly description?: InputMaybe<Scalars['String']['input']>;
  /** Of which domains; null: of all. */
  readonly domains?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** What to tell, all of it; null: as it was. */
  readonly events?: InputMaybe<ReadonlyArray<WebhookEventKind>>;
  /** Refuse with CONFLICT when the webhook has another revision. */
  readonly expectedRevision?: InputMaybe<Scalars['Int']['input']>;
  /** Which webhook. */
  readonly id: Scalars['ID']['input'];
  /** 1 to 255 characters of your own: once it was done, a repetition within 24 hours gets the same answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether it sends; null: as it was. What happens while it does not is told by webhookReplay only. */
  readonly isEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Where to send, as in webhookCreate; null: as it was. */
  readonly url?: InputMaybe<Scalars['String']['input']>;
};

/** Answer of webhookUpdate. */
export type WebhookUpdatePayload = {
  readonly __typename?: 'WebhookUpdatePayload';
  /** Empty when it was done. */
  readonly userErrors: ReadonlyArray<UserError>;
  /** The webhook after the change. With CONFLICT as it is now; null after any other error. */
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





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AlertContact: ResolverTypeWrapper<AlertContactParent>;
  AlertContactConfirmInput: AlertContactConfirmInput;
  AlertContactConfirmPayload: ResolverTypeWrapper<Omit<AlertContactConfirmPayload, 'alertContact'> & { alertContact?: Maybe<ResolversTypes['AlertContact']> }>;
  AlertContactConnection: ResolverTypeWrapper<Omit<AlertContactConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['AlertContactEdge']>, nodes: ReadonlyArray<ResolversTypes['AlertContact']> }>;
  AlertContactCreateInput: AlertContactCreateInput;
  AlertContactCreatePayload: ResolverTypeWrapper<Omit<AlertContactCreatePayload, 'alertContact'> & { alertContact?: Maybe<ResolversTypes['AlertContact']> }>;
  AlertContactDeleteInput: AlertContactDeleteInput;
  AlertContactDeletePayload: ResolverTypeWrapper<Omit<AlertContactDeletePayload, 'alertContact'> & { alertContact?: Maybe<ResolversTypes['AlertContact']> }>;
  AlertContactEdge: ResolverTypeWrapper<Omit<AlertContactEdge, 'node'> & { node: ResolversTypes['AlertContact'] }>;
  AlertContactStatus: AlertContactStatus;
  Attempt: ResolverTypeWrapper<ShownAttempt>;
  AttemptConnection: ResolverTypeWrapper<Omit<AttemptConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['AttemptEdge']>, nodes: ReadonlyArray<ResolversTypes['Attempt']> }>;
  AttemptEdge: ResolverTypeWrapper<Omit<AttemptEdge, 'node'> & { node: ResolversTypes['Attempt'] }>;
  AttemptOutcome: AttemptOutcome;
  AttemptWait: AttemptWait;
  AuditConnection: ResolverTypeWrapper<Omit<AuditConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['AuditEdge']>, nodes: ReadonlyArray<ResolversTypes['AuditEntry']> }>;
  AuditEdge: ResolverTypeWrapper<Omit<AuditEdge, 'node'> & { node: ResolversTypes['AuditEntry'] }>;
  AuditEntry: ResolverTypeWrapper<AuditView>;
  AuditFilter: AuditFilter;
  AuditOutcome: AuditOutcome;
  AuditSubjectKind: AuditSubjectKind;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Breaker: ResolverTypeWrapper<Breaker>;
  BreakerState: BreakerState;
  ByteCount: ResolverTypeWrapper<Scalars['ByteCount']['output']>;
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
  DomainBounceHeldPayload: ResolverTypeWrapper<Omit<DomainBounceHeldPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainCheckInput: DomainCheckInput;
  DomainCheckPayload: ResolverTypeWrapper<Omit<DomainCheckPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainCondition: ResolverTypeWrapper<DomainCondition>;
  DomainConditionKind: DomainConditionKind;
  DomainConnection: ResolverTypeWrapper<Omit<DomainConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['DomainEdge']>, nodes: ReadonlyArray<ResolversTypes['Domain']> }>;
  DomainCreateInput: DomainCreateInput;
  DomainCreatePayload: ResolverTypeWrapper<Omit<DomainCreatePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainDeleteInput: DomainDeleteInput;
  DomainDeletePayload: ResolverTypeWrapper<Omit<DomainDeletePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainDrillDeliverInput: DomainDrillDeliverInput;
  DomainDrillDeliverPayload: ResolverTypeWrapper<Omit<DomainDrillDeliverPayload, 'drill'> & { drill?: Maybe<ResolversTypes['Drill']> }>;
  DomainDrillInput: DomainDrillInput;
  DomainDrillPayload: ResolverTypeWrapper<Omit<DomainDrillPayload, 'drill'> & { drill?: Maybe<ResolversTypes['Drill']> }>;
  DomainDrillScheduleInput: DomainDrillScheduleInput;
  DomainDrillSchedulePayload: ResolverTypeWrapper<Omit<DomainDrillSchedulePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainEdge: ResolverTypeWrapper<Omit<DomainEdge, 'node'> & { node: ResolversTypes['Domain'] }>;
  DomainExtendHoldInput: DomainExtendHoldInput;
  DomainExtendHoldPayload: ResolverTypeWrapper<Omit<DomainExtendHoldPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainFilter: DomainFilter;
  DomainFlushInput: DomainFlushInput;
  DomainFlushPayload: ResolverTypeWrapper<Omit<DomainFlushPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainMx: ResolverTypeWrapper<DomainMx>;
  DomainPause: ResolverTypeWrapper<DomainPause>;
  DomainPauseInput: DomainPauseInput;
  DomainPausePayload: ResolverTypeWrapper<Omit<DomainPausePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainPlan: ResolverTypeWrapper<DomainPlan>;
  DomainPlanAction: DomainPlanAction;
  DomainPlanDifference: ResolverTypeWrapper<DomainPlanDifference>;
  DomainProof: ResolverTypeWrapper<DomainProof>;
  DomainQueue: ResolverTypeWrapper<DomainQueue>;
  DomainReleaseBreakerInput: DomainReleaseBreakerInput;
  DomainReleaseBreakerPayload: ResolverTypeWrapper<Omit<DomainReleaseBreakerPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainResumeInput: DomainResumeInput;
  DomainResumePayload: ResolverTypeWrapper<Omit<DomainResumePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainSetMxInput: DomainSetMxInput;
  DomainSetMxPayload: ResolverTypeWrapper<Omit<DomainSetMxPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainStatus: DomainStatus;
  DomainSuspendInput: DomainSuspendInput;
  DomainSuspendPayload: ResolverTypeWrapper<Omit<DomainSuspendPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainUnsetMxInput: DomainUnsetMxInput;
  DomainUnsetMxPayload: ResolverTypeWrapper<Omit<DomainUnsetMxPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainUnsuspendInput: DomainUnsuspendInput;
  DomainUnsuspendPayload: ResolverTypeWrapper<Omit<DomainUnsuspendPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainUpdateInput: DomainUpdateInput;
  DomainUpdatePayload: ResolverTypeWrapper<Omit<DomainUpdatePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainUpdatePreview: ResolverTypeWrapper<DomainUpdatePreview>;
  DomainVerifyInput: DomainVerifyInput;
  DomainVerifyPayload: ResolverTypeWrapper<Omit<DomainVerifyPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  DomainsApplyInput: DomainsApplyInput;
  DomainsApplyPayload: ResolverTypeWrapper<DomainsApplyPayload>;
  Drill: ResolverTypeWrapper<DrillView>;
  DrillConnection: ResolverTypeWrapper<Omit<DrillConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['DrillEdge']>, nodes: ReadonlyArray<ResolversTypes['Drill']> }>;
  DrillDelivery: DrillDelivery;
  DrillEdge: ResolverTypeWrapper<Omit<DrillEdge, 'node'> & { node: ResolversTypes['Drill'] }>;
  DrillFinding: ResolverTypeWrapper<DrillFinding>;
  DrillFindingCode: DrillFindingCode;
  DrillResult: DrillResult;
  DrillSchedule: ResolverTypeWrapper<DrillSchedule>;
  DrillState: DrillState;
  DrillStep: ResolverTypeWrapper<DrillStep>;
  DrillStepName: DrillStepName;
  DrillVerdict: DrillVerdict;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  HeaderField: ResolverTypeWrapper<HeaderField>;
  HeldMailChoice: HeldMailChoice;
  HostTrouble: HostTrouble;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Label: ResolverTypeWrapper<Label>;
  LabelInput: LabelInput;
  ListedRecipient: ResolverTypeWrapper<ListedRecipient>;
  ListedRecipientConnection: ResolverTypeWrapper<ListedRecipientConnection>;
  ListedRecipientEdge: ResolverTypeWrapper<ListedRecipientEdge>;
  Message: ResolverTypeWrapper<MessageView>;
  MessageBounceInput: MessageBounceInput;
  MessageBouncePayload: ResolverTypeWrapper<Omit<MessageBouncePayload, 'message'> & { message?: Maybe<ResolversTypes['Message']> }>;
  MessageCancelInput: MessageCancelInput;
  MessageCancelPayload: ResolverTypeWrapper<Omit<MessageCancelPayload, 'message'> & { message?: Maybe<ResolversTypes['Message']> }>;
  MessageConnection: ResolverTypeWrapper<Omit<MessageConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['MessageEdge']>, nodes: ReadonlyArray<ResolversTypes['Message']> }>;
  MessageContent: ResolverTypeWrapper<MessageContent>;
  MessageEdge: ResolverTypeWrapper<Omit<MessageEdge, 'node'> & { node: ResolversTypes['Message'] }>;
  MessageFilter: MessageFilter;
  MessageRetryInput: MessageRetryInput;
  MessageRetryPayload: ResolverTypeWrapper<Omit<MessageRetryPayload, 'message'> & { message?: Maybe<ResolversTypes['Message']> }>;
  MessagesBounceInput: MessagesBounceInput;
  MessagesBouncePayload: ResolverTypeWrapper<MessagesBouncePayload>;
  MessagesCancelInput: MessagesCancelInput;
  MessagesCancelPayload: ResolverTypeWrapper<MessagesCancelPayload>;
  MessagesRetryInput: MessagesRetryInput;
  MessagesRetryPayload: ResolverTypeWrapper<MessagesRetryPayload>;
  Mta: Mta;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  MxChange: MxChange;
  MxFormRecord: ResolverTypeWrapper<MxFormRecord>;
  MxRecord: ResolverTypeWrapper<MxRecord>;
  MxRecordChange: ResolverTypeWrapper<MxRecordChange>;
  MxVerdict: MxVerdict;
  NextHop: ResolverTypeWrapper<NextHop>;
  NextHopInput: NextHopInput;
  Operation: ResolverTypeWrapper<Operation>;
  OperationConnection: ResolverTypeWrapper<OperationConnection>;
  OperationEdge: ResolverTypeWrapper<OperationEdge>;
  OperationFilter: OperationFilter;
  OperationState: OperationState;
  OperationVerb: OperationVerb;
  Outage: ResolverTypeWrapper<OutageView>;
  OutageChange: ResolverTypeWrapper<OutageItem>;
  OutageChangeKind: OutageChangeKind;
  OutageClass: OutageClass;
  OutageConnection: ResolverTypeWrapper<Omit<OutageConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['OutageEdge']>, nodes: ReadonlyArray<ResolversTypes['Outage']> }>;
  OutageDrain: ResolverTypeWrapper<OutageDrain>;
  OutageEdge: ResolverTypeWrapper<Omit<OutageEdge, 'node'> & { node: ResolversTypes['Outage'] }>;
  OutageEvidence: ResolverTypeWrapper<OutageEvidence>;
  OutageFilter: OutageFilter;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PreviewedHost: ResolverTypeWrapper<PreviewedHost>;
  PrimarySetup: ResolverTypeWrapper<PrimarySetup>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QueueChange: ResolverTypeWrapper<QueueItem>;
  Recipient: ResolverTypeWrapper<RecipientParent>;
  RecipientAnswer: RecipientAnswer;
  RecipientForgetInput: RecipientForgetInput;
  RecipientForgetPayload: ResolverTypeWrapper<Omit<RecipientForgetPayload, 'recipientStanding'> & { recipientStanding?: Maybe<ResolversTypes['RecipientStanding']> }>;
  RecipientListChange: ResolverTypeWrapper<RecipientListChange>;
  RecipientStanding: ResolverTypeWrapper<RecipientStandingView>;
  RecipientState: RecipientState;
  RecipientsAddInput: RecipientsAddInput;
  RecipientsAddPayload: ResolverTypeWrapper<Omit<RecipientsAddPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  RecipientsRemoveInput: RecipientsRemoveInput;
  RecipientsRemovePayload: ResolverTypeWrapper<Omit<RecipientsRemovePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  RecipientsReplaceInput: RecipientsReplaceInput;
  RecipientsReplacePayload: ResolverTypeWrapper<Omit<RecipientsReplacePayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  Rejection: ResolverTypeWrapper<RejectionView>;
  RejectionConnection: ResolverTypeWrapper<Omit<RejectionConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['RejectionEdge']>, nodes: ReadonlyArray<ResolversTypes['Rejection']> }>;
  RejectionEdge: ResolverTypeWrapper<Omit<RejectionEdge, 'node'> & { node: ResolversTypes['Rejection'] }>;
  RejectionFilter: RejectionFilter;
  RequestedAttempt: ResolverTypeWrapper<RequestedAttempt>;
  RetryStage: ResolverTypeWrapper<RetryStage>;
  Scope: Scope;
  Service: ResolverTypeWrapper<ServiceParent>;
  ServiceNode: ResolverTypeWrapper<ServiceNode>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Tenant: ResolverTypeWrapper<TenantParent>;
  TenantConnection: ResolverTypeWrapper<Omit<TenantConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['TenantEdge']>, nodes: ReadonlyArray<ResolversTypes['Tenant']> }>;
  TenantCreateInput: TenantCreateInput;
  TenantCreatePayload: ResolverTypeWrapper<Omit<TenantCreatePayload, 'tenant'> & { tenant?: Maybe<ResolversTypes['Tenant']> }>;
  TenantDeleteInput: TenantDeleteInput;
  TenantDeletePayload: ResolverTypeWrapper<Omit<TenantDeletePayload, 'tenant'> & { tenant?: Maybe<ResolversTypes['Tenant']> }>;
  TenantEdge: ResolverTypeWrapper<Omit<TenantEdge, 'node'> & { node: ResolversTypes['Tenant'] }>;
  TenantQuotas: ResolverTypeWrapper<TenantQuotas>;
  TenantQuotasInput: TenantQuotasInput;
  TenantUpdateInput: TenantUpdateInput;
  TenantUpdatePayload: ResolverTypeWrapper<Omit<TenantUpdatePayload, 'tenant'> & { tenant?: Maybe<ResolversTypes['Tenant']> }>;
  TimelineActor: ResolverTypeWrapper<TimelineActor>;
  TimelineConnection: ResolverTypeWrapper<Omit<TimelineConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['TimelineEdge']>, nodes: ReadonlyArray<ResolversTypes['TimelineEntry']> }>;
  TimelineEdge: ResolverTypeWrapper<TimelineItem>;
  TimelineEntry: ResolverTypeWrapper<TimelineEntryParent>;
  TimelineKind: TimelineKind;
  TlsPolicy: TlsPolicy;
  Token: ResolverTypeWrapper<TokenParent>;
  TokenConnection: ResolverTypeWrapper<Omit<TokenConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['TokenEdge']>, nodes: ReadonlyArray<ResolversTypes['Token']> }>;
  TokenCreateInput: TokenCreateInput;
  TokenCreatePayload: ResolverTypeWrapper<Omit<TokenCreatePayload, 'token'> & { token?: Maybe<ResolversTypes['Token']> }>;
  TokenEdge: ResolverTypeWrapper<Omit<TokenEdge, 'node'> & { node: ResolversTypes['Token'] }>;
  TokenRevokeInput: TokenRevokeInput;
  TokenRevokePayload: ResolverTypeWrapper<Omit<TokenRevokePayload, 'token'> & { token?: Maybe<ResolversTypes['Token']> }>;
  TokenRotateInput: TokenRotateInput;
  TokenRotatePayload: ResolverTypeWrapper<Omit<TokenRotatePayload, 'token'> & { token?: Maybe<ResolversTypes['Token']> }>;
  TsigAlgorithm: TsigAlgorithm;
  TsigInput: TsigInput;
  UnknownWhileDown: ResolverTypeWrapper<UnknownWhileDown>;
  UnknownWhileDownInput: UnknownWhileDownInput;
  UnknownWhileDownPolicy: UnknownWhileDownPolicy;
  UserError: ResolverTypeWrapper<UserError>;
  UserErrorCode: UserErrorCode;
  Viewer: ResolverTypeWrapper<Caller>;
  Webhook: ResolverTypeWrapper<WebhookParent>;
  WebhookConnection: ResolverTypeWrapper<Omit<WebhookConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['WebhookEdge']>, nodes: ReadonlyArray<ResolversTypes['Webhook']> }>;
  WebhookCreateInput: WebhookCreateInput;
  WebhookCreatePayload: ResolverTypeWrapper<Omit<WebhookCreatePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookDeleteInput: WebhookDeleteInput;
  WebhookDeletePayload: ResolverTypeWrapper<Omit<WebhookDeletePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookDelivery: ResolverTypeWrapper<WebhookDeliveryParent>;
  WebhookDeliveryConnection: ResolverTypeWrapper<Omit<WebhookDeliveryConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['WebhookDeliveryEdge']>, nodes: ReadonlyArray<ResolversTypes['WebhookDelivery']> }>;
  WebhookDeliveryEdge: ResolverTypeWrapper<Omit<WebhookDeliveryEdge, 'node'> & { node: ResolversTypes['WebhookDelivery'] }>;
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookDeliveryStatus: WebhookDeliveryStatus;
  WebhookDisabledReason: WebhookDisabledReason;
  WebhookEdge: ResolverTypeWrapper<Omit<WebhookEdge, 'node'> & { node: ResolversTypes['Webhook'] }>;
  WebhookEventKind: WebhookEventKind;
  WebhookRedeliverInput: WebhookRedeliverInput;
  WebhookRedeliverPayload: ResolverTypeWrapper<Omit<WebhookRedeliverPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['WebhookDelivery']> }>;
  WebhookReplayInput: WebhookReplayInput;
  WebhookReplayPayload: ResolverTypeWrapper<Omit<WebhookReplayPayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookRotateSecretInput: WebhookRotateSecretInput;
  WebhookRotateSecretPayload: ResolverTypeWrapper<Omit<WebhookRotateSecretPayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }>;
  WebhookStatus: WebhookStatus;
  WebhookTestInput: WebhookTestInput;
  WebhookTestPayload: ResolverTypeWrapper<Omit<WebhookTestPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['WebhookDelivery']> }>;
  WebhookUpdateInput: WebhookUpdateInput;
  WebhookUpdatePayload: ResolverTypeWrapper<Omit<WebhookUpdatePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AlertContact: AlertContactParent;
  AlertContactConfirmInput: AlertContactConfirmInput;
  AlertContactConfirmPayload: Omit<AlertContactConfirmPayload, 'alertContact'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']> };
  AlertContactConnection: Omit<AlertContactConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['AlertContactEdge']>, nodes: ReadonlyArray<ResolversParentTypes['AlertContact']> };
  AlertContactCreateInput: AlertContactCreateInput;
  AlertContactCreatePayload: Omit<AlertContactCreatePayload, 'alertContact'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']> };
  AlertContactDeleteInput: AlertContactDeleteInput;
  AlertContactDeletePayload: Omit<AlertContactDeletePayload, 'alertContact'> & { alertContact?: Maybe<ResolversParentTypes['AlertContact']> };
  AlertContactEdge: Omit<AlertContactEdge, 'node'> & { node: ResolversParentTypes['AlertContact'] };
  Attempt: ShownAttempt;
  AttemptConnection: Omit<AttemptConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['AttemptEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Attempt']> };
  AttemptEdge: Omit<AttemptEdge, 'node'> & { node: ResolversParentTypes['Attempt'] };
  AuditConnection: Omit<AuditConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['AuditEdge']>, nodes: ReadonlyArray<ResolversParentTypes['AuditEntry']> };
  AuditEdge: Omit<AuditEdge, 'node'> & { node: ResolversParentTypes['AuditEntry'] };
  AuditEntry: AuditView;
  AuditFilter: AuditFilter;
  Boolean: Scalars['Boolean']['output'];
  Breaker: Breaker;
  ByteCount: Scalars['ByteCount']['output'];
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
  DomainBounceHeldPayload: Omit<DomainBounceHeldPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainCheckInput: DomainCheckInput;
  DomainCheckPayload: Omit<DomainCheckPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainCondition: DomainCondition;
  DomainConnection: Omit<DomainConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['DomainEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Domain']> };
  DomainCreateInput: DomainCreateInput;
  DomainCreatePayload: Omit<DomainCreatePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainDeleteInput: DomainDeleteInput;
  DomainDeletePayload: Omit<DomainDeletePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainDrillDeliverInput: DomainDrillDeliverInput;
  DomainDrillDeliverPayload: Omit<DomainDrillDeliverPayload, 'drill'> & { drill?: Maybe<ResolversParentTypes['Drill']> };
  DomainDrillInput: DomainDrillInput;
  DomainDrillPayload: Omit<DomainDrillPayload, 'drill'> & { drill?: Maybe<ResolversParentTypes['Drill']> };
  DomainDrillScheduleInput: DomainDrillScheduleInput;
  DomainDrillSchedulePayload: Omit<DomainDrillSchedulePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainEdge: Omit<DomainEdge, 'node'> & { node: ResolversParentTypes['Domain'] };
  DomainExtendHoldInput: DomainExtendHoldInput;
  DomainExtendHoldPayload: Omit<DomainExtendHoldPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainFilter: DomainFilter;
  DomainFlushInput: DomainFlushInput;
  DomainFlushPayload: Omit<DomainFlushPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainMx: DomainMx;
  DomainPause: DomainPause;
  DomainPauseInput: DomainPauseInput;
  DomainPausePayload: Omit<DomainPausePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainPlan: DomainPlan;
  DomainPlanDifference: DomainPlanDifference;
  DomainProof: DomainProof;
  DomainQueue: DomainQueue;
  DomainReleaseBreakerInput: DomainReleaseBreakerInput;
  DomainReleaseBreakerPayload: Omit<DomainReleaseBreakerPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainResumeInput: DomainResumeInput;
  DomainResumePayload: Omit<DomainResumePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainSetMxInput: DomainSetMxInput;
  DomainSetMxPayload: Omit<DomainSetMxPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainSuspendInput: DomainSuspendInput;
  DomainSuspendPayload: Omit<DomainSuspendPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainUnsetMxInput: DomainUnsetMxInput;
  DomainUnsetMxPayload: Omit<DomainUnsetMxPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainUnsuspendInput: DomainUnsuspendInput;
  DomainUnsuspendPayload: Omit<DomainUnsuspendPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainUpdateInput: DomainUpdateInput;
  DomainUpdatePayload: Omit<DomainUpdatePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainUpdatePreview: DomainUpdatePreview;
  DomainVerifyInput: DomainVerifyInput;
  DomainVerifyPayload: Omit<DomainVerifyPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  DomainsApplyInput: DomainsApplyInput;
  DomainsApplyPayload: DomainsApplyPayload;
  Drill: DrillView;
  DrillConnection: Omit<DrillConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['DrillEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Drill']> };
  DrillEdge: Omit<DrillEdge, 'node'> & { node: ResolversParentTypes['Drill'] };
  DrillFinding: DrillFinding;
  DrillSchedule: DrillSchedule;
  DrillStep: DrillStep;
  Float: Scalars['Float']['output'];
  HeaderField: HeaderField;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  Label: Label;
  LabelInput: LabelInput;
  ListedRecipient: ListedRecipient;
  ListedRecipientConnection: ListedRecipientConnection;
  ListedRecipientEdge: ListedRecipientEdge;
  Message: MessageView;
  MessageBounceInput: MessageBounceInput;
  MessageBouncePayload: Omit<MessageBouncePayload, 'message'> & { message?: Maybe<ResolversParentTypes['Message']> };
  MessageCancelInput: MessageCancelInput;
  MessageCancelPayload: Omit<MessageCancelPayload, 'message'> & { message?: Maybe<ResolversParentTypes['Message']> };
  MessageConnection: Omit<MessageConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['MessageEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Message']> };
  MessageContent: MessageContent;
  MessageEdge: Omit<MessageEdge, 'node'> & { node: ResolversParentTypes['Message'] };
  MessageFilter: MessageFilter;
  MessageRetryInput: MessageRetryInput;
  MessageRetryPayload: Omit<MessageRetryPayload, 'message'> & { message?: Maybe<ResolversParentTypes['Message']> };
  MessagesBounceInput: MessagesBounceInput;
  MessagesBouncePayload: MessagesBouncePayload;
  MessagesCancelInput: MessagesCancelInput;
  MessagesCancelPayload: MessagesCancelPayload;
  MessagesRetryInput: MessagesRetryInput;
  MessagesRetryPayload: MessagesRetryPayload;
  Mutation: Record<PropertyKey, never>;
  MxFormRecord: MxFormRecord;
  MxRecord: MxRecord;
  MxRecordChange: MxRecordChange;
  NextHop: NextHop;
  NextHopInput: NextHopInput;
  Operation: Operation;
  OperationConnection: OperationConnection;
  OperationEdge: OperationEdge;
  OperationFilter: OperationFilter;
  Outage: OutageView;
  OutageChange: OutageItem;
  OutageConnection: Omit<OutageConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['OutageEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Outage']> };
  OutageDrain: OutageDrain;
  OutageEdge: Omit<OutageEdge, 'node'> & { node: ResolversParentTypes['Outage'] };
  OutageEvidence: OutageEvidence;
  OutageFilter: OutageFilter;
  PageInfo: PageInfo;
  PreviewedHost: PreviewedHost;
  PrimarySetup: PrimarySetup;
  Query: Record<PropertyKey, never>;
  QueueChange: QueueItem;
  Recipient: RecipientParent;
  RecipientForgetInput: RecipientForgetInput;
  RecipientForgetPayload: Omit<RecipientForgetPayload, 'recipientStanding'> & { recipientStanding?: Maybe<ResolversParentTypes['RecipientStanding']> };
  RecipientListChange: RecipientListChange;
  RecipientStanding: RecipientStandingView;
  RecipientsAddInput: RecipientsAddInput;
  RecipientsAddPayload: Omit<RecipientsAddPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  RecipientsRemoveInput: RecipientsRemoveInput;
  RecipientsRemovePayload: Omit<RecipientsRemovePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  RecipientsReplaceInput: RecipientsReplaceInput;
  RecipientsReplacePayload: Omit<RecipientsReplacePayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  Rejection: RejectionView;
  RejectionConnection: Omit<RejectionConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['RejectionEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Rejection']> };
  RejectionEdge: Omit<RejectionEdge, 'node'> & { node: ResolversParentTypes['Rejection'] };
  RejectionFilter: RejectionFilter;
  RequestedAttempt: RequestedAttempt;
  RetryStage: RetryStage;
  Service: ServiceParent;
  ServiceNode: ServiceNode;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Tenant: TenantParent;
  TenantConnection: Omit<TenantConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['TenantEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Tenant']> };
  TenantCreateInput: TenantCreateInput;
  TenantCreatePayload: Omit<TenantCreatePayload, 'tenant'> & { tenant?: Maybe<ResolversParentTypes['Tenant']> };
  TenantDeleteInput: TenantDeleteInput;
  TenantDeletePayload: Omit<TenantDeletePayload, 'tenant'> & { tenant?: Maybe<ResolversParentTypes['Tenant']> };
  TenantEdge: Omit<TenantEdge, 'node'> & { node: ResolversParentTypes['Tenant'] };
  TenantQuotas: TenantQuotas;
  TenantQuotasInput: TenantQuotasInput;
  TenantUpdateInput: TenantUpdateInput;
  TenantUpdatePayload: Omit<TenantUpdatePayload, 'tenant'> & { tenant?: Maybe<ResolversParentTypes['Tenant']> };
  TimelineActor: TimelineActor;
  TimelineConnection: Omit<TimelineConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['TimelineEdge']>, nodes: ReadonlyArray<ResolversParentTypes['TimelineEntry']> };
  TimelineEdge: TimelineItem;
  TimelineEntry: TimelineEntryParent;
  Token: TokenParent;
  TokenConnection: Omit<TokenConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['TokenEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Token']> };
  TokenCreateInput: TokenCreateInput;
  TokenCreatePayload: Omit<TokenCreatePayload, 'token'> & { token?: Maybe<ResolversParentTypes['Token']> };
  TokenEdge: Omit<TokenEdge, 'node'> & { node: ResolversParentTypes['Token'] };
  TokenRevokeInput: TokenRevokeInput;
  TokenRevokePayload: Omit<TokenRevokePayload, 'token'> & { token?: Maybe<ResolversParentTypes['Token']> };
  TokenRotateInput: TokenRotateInput;
  TokenRotatePayload: Omit<TokenRotatePayload, 'token'> & { token?: Maybe<ResolversParentTypes['Token']> };
  TsigInput: TsigInput;
  UnknownWhileDown: UnknownWhileDown;
  UnknownWhileDownInput: UnknownWhileDownInput;
  UserError: UserError;
  Viewer: Caller;
  Webhook: WebhookParent;
  WebhookConnection: Omit<WebhookConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['WebhookEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Webhook']> };
  WebhookCreateInput: WebhookCreateInput;
  WebhookCreatePayload: Omit<WebhookCreatePayload, 'webhook'> & { webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookDeleteInput: WebhookDeleteInput;
  WebhookDeletePayload: Omit<WebhookDeletePayload, 'webhook'> & { webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookDelivery: WebhookDeliveryParent;
  WebhookDeliveryConnection: Omit<WebhookDeliveryConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['WebhookDeliveryEdge']>, nodes: ReadonlyArray<ResolversParentTypes['WebhookDelivery']> };
  WebhookDeliveryEdge: Omit<WebhookDeliveryEdge, 'node'> & { node: ResolversParentTypes['WebhookDelivery'] };
  WebhookDeliveryFilter: WebhookDeliveryFilter;
  WebhookEdge: Omit<WebhookEdge, 'node'> & { node: ResolversParentTypes['Webhook'] };
  WebhookRedeliverInput: WebhookRedeliverInput;
  WebhookRedeliverPayload: Omit<WebhookRedeliverPayload, 'delivery'> & { delivery?: Maybe<ResolversParentTypes['WebhookDelivery']> };
  WebhookReplayInput: WebhookReplayInput;
  WebhookReplayPayload: Omit<WebhookReplayPayload, 'webhook'> & { webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookRotateSecretInput: WebhookRotateSecretInput;
  WebhookRotateSecretPayload: Omit<WebhookRotateSecretPayload, 'webhook'> & { webhook?: Maybe<ResolversParentTypes['Webhook']> };
  WebhookTestInput: WebhookTestInput;
  WebhookTestPayload: Omit<WebhookTestPayload, 'delivery'> & { delivery?: Maybe<ResolversParentTypes['WebhookDelivery']> };
  WebhookUpdateInput: WebhookUpdateInput;
  WebhookUpdatePayload: Omit<WebhookUpdatePayload, 'webhook'> & { webhook?: Maybe<ResolversParentTypes['Webhook']> };
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
};

export type AlertContactConfirmPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactConfirmPayload'] = ResolversParentTypes['AlertContactConfirmPayload']> = {
  alertContact?: Resolver<Maybe<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AlertContactConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AlertContactConnection'] = ResolversParentTypes['AlertContactConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AlertContactEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AlertContact']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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

export type AttemptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Attempt'] = ResolversParentTypes['Attempt']> = {
  address?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  latencyMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AttemptOutcome'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  tls?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AttemptConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttemptConnection'] = ResolversParentTypes['AttemptConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AttemptEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Attempt']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AttemptEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AttemptEdge'] = ResolversParentTypes['AttemptEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Attempt'], ParentType, ContextType>;
};

export type AuditConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditConnection'] = ResolversParentTypes['AuditConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AuditEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
  mutation?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuditOutcome'], ParentType, ContextType>;
  subjectId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  subjectKind?: Resolver<Maybe<ResolversTypes['AuditSubjectKind']>, ParentType, ContextType>;
  subjectName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  tokenId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  tokenName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tokenPrefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrorCodes?: Resolver<ReadonlyArray<ResolversTypes['UserErrorCode']>, ParentType, ContextType>;
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
  status?: Resolver<ResolversTypes['DoctorVerdict'], ParentType, ContextType>;
};

export type DomainResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Domain'] = ResolversParentTypes['Domain']> = {
  breaker?: Resolver<ResolversTypes['Breaker'], ParentType, ContextType>;
  callAheads?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  conditions?: Resolver<ReadonlyArray<ResolversTypes['DomainCondition']>, ParentType, ContextType>;
  delayReports?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
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
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ignoredAlertContacts?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['Label']>, ParentType, ContextType>;
  lastAttempt?: Resolver<Maybe<ResolversTypes['Attempt']>, ParentType, ContextType>;
  mx?: Resolver<ResolversTypes['DomainMx'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  outage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
  pause?: Resolver<Maybe<ResolversTypes['DomainPause']>, ParentType, ContextType>;
  primarySetup?: Resolver<ReadonlyArray<ResolversTypes['PrimarySetup']>, ParentType, ContextType>;
  proof?: Resolver<Maybe<ResolversTypes['DomainProof']>, ParentType, ContextType>;
  queue?: Resolver<ResolversTypes['DomainQueue'], ParentType, ContextType>;
  recipientCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  recipientDelimiter?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  recipientFiltering?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  recipientGeneration?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  recipients?: Resolver<ResolversTypes['ListedRecipientConnection'], ParentType, ContextType, RequireFields<DomainRecipientsArgs, 'first'>>;
  requestedAttempt?: Resolver<Maybe<ResolversTypes['RequestedAttempt']>, ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['DomainStatus'], ParentType, ContextType>;
  tenant?: Resolver<ResolversTypes['Tenant'], ParentType, ContextType>;
  tlsPolicy?: Resolver<ResolversTypes['TlsPolicy'], ParentType, ContextType>;
  unknownWhileDown?: Resolver<ResolversTypes['UnknownWhileDown'], ParentType, ContextType>;
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
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Domain']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
  changes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  differences?: Resolver<ReadonlyArray<ResolversTypes['DomainPlanDifference']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainPlanDifferenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPlanDifference'] = ResolversParentTypes['DomainPlanDifference']> = {
  after?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  field?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
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
  heldBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  holdExtensionHours?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  oldestAcceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type DomainReleaseBreakerPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainReleaseBreakerPayload'] = ResolversParentTypes['DomainReleaseBreakerPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainResumePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainResumePayload'] = ResolversParentTypes['DomainResumePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
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
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DomainUpdatePreviewResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainUpdatePreview'] = ResolversParentTypes['DomainUpdatePreview']> = {
  heldBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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

export type DrillResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Drill'] = ResolversParentTypes['Drill']> = {
  deliverAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  enteredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  findings?: Resolver<ReadonlyArray<ResolversTypes['DrillFinding']>, ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isScheduled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  messageId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  recipient?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  releasedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  result?: Resolver<Maybe<ResolversTypes['DrillResult']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['DrillState'], ParentType, ContextType>;
  steps?: Resolver<ReadonlyArray<ResolversTypes['DrillStep']>, ParentType, ContextType>;
};

export type DrillConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillConnection'] = ResolversParentTypes['DrillConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DrillEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Drill']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
  everyDays?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type DrillStepResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DrillStep'] = ResolversParentTypes['DrillStep']> = {
  afterMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  isPassed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  latencyMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['DrillStepName'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
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

export type ListedRecipientResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ListedRecipient'] = ResolversParentTypes['ListedRecipient']> = {
  localPart?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ListedRecipientConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ListedRecipientConnection'] = ResolversParentTypes['ListedRecipientConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ListedRecipientEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['ListedRecipient']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ListedRecipientEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ListedRecipientEdge'] = ResolversParentTypes['ListedRecipientEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ListedRecipient'], ParentType, ContextType>;
};

export type MessageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Message'] = ResolversParentTypes['Message']> = {
  acceptedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  content?: Resolver<Maybe<ResolversTypes['MessageContent']>, ParentType, ContextType, RequireFields<MessageContentArgs, 'reason'>>;
  domain?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  ehloName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  headers?: Resolver<Maybe<ReadonlyArray<ResolversTypes['HeaderField']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  recipients?: Resolver<ReadonlyArray<ResolversTypes['Recipient']>, ParentType, ContextType>;
  reversePath?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sizeBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  timeline?: Resolver<ResolversTypes['TimelineConnection'], ParentType, ContextType, RequireFields<MessageTimelineArgs, 'first'>>;
  transaction?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
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
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Message']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type MessageContentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MessageContent'] = ResolversParentTypes['MessageContent']> = {
  base64?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sizeBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
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
  domainUnsetMx?: Resolver<ResolversTypes['DomainUnsetMxPayload'], ParentType, ContextType, RequireFields<MutationDomainUnsetMxArgs, 'input'>>;
  domainUnsuspend?: Resolver<ResolversTypes['DomainUnsuspendPayload'], ParentType, ContextType, RequireFields<MutationDomainUnsuspendArgs, 'input'>>;
  domainUpdate?: Resolver<ResolversTypes['DomainUpdatePayload'], ParentType, ContextType, RequireFields<MutationDomainUpdateArgs, 'input'>>;
  domainVerify?: Resolver<ResolversTypes['DomainVerifyPayload'], ParentType, ContextType, RequireFields<MutationDomainVerifyArgs, 'input'>>;
  domainsApply?: Resolver<ResolversTypes['DomainsApplyPayload'], ParentType, ContextType, RequireFields<MutationDomainsApplyArgs, 'input'>>;
  messageBounce?: Resolver<ResolversTypes['MessageBouncePayload'], ParentType, ContextType, RequireFields<MutationMessageBounceArgs, 'input'>>;
  messageCancel?: Resolver<ResolversTypes['MessageCancelPayload'], ParentType, ContextType, RequireFields<MutationMessageCancelArgs, 'input'>>;
  messageRetry?: Resolver<ResolversTypes['MessageRetryPayload'], ParentType, ContextType, RequireFields<MutationMessageRetryArgs, 'input'>>;
  messagesBounce?: Resolver<ResolversTypes['MessagesBouncePayload'], ParentType, ContextType, RequireFields<MutationMessagesBounceArgs, 'input'>>;
  messagesCancel?: Resolver<ResolversTypes['MessagesCancelPayload'], ParentType, ContextType, RequireFields<MutationMessagesCancelArgs, 'input'>>;
  messagesRetry?: Resolver<ResolversTypes['MessagesRetryPayload'], ParentType, ContextType, RequireFields<MutationMessagesRetryArgs, 'input'>>;
  recipientForget?: Resolver<ResolversTypes['RecipientForgetPayload'], ParentType, ContextType, RequireFields<MutationRecipientForgetArgs, 'input'>>;
  recipientsAdd?: Resolver<ResolversTypes['RecipientsAddPayload'], ParentType, ContextType, RequireFields<MutationRecipientsAddArgs, 'input'>>;
  recipientsRemove?: Resolver<ResolversTypes['RecipientsRemovePayload'], ParentType, ContextType, RequireFields<MutationRecipientsRemoveArgs, 'input'>>;
  recipientsReplace?: Resolver<ResolversTypes['RecipientsReplacePayload'], ParentType, ContextType, RequireFields<MutationRecipientsReplaceArgs, 'input'>>;
  tenantCreate?: Resolver<ResolversTypes['TenantCreatePayload'], ParentType, ContextType, RequireFields<MutationTenantCreateArgs, 'input'>>;
  tenantDelete?: Resolver<ResolversTypes['TenantDeletePayload'], ParentType, ContextType, RequireFields<MutationTenantDeleteArgs, 'input'>>;
  tenantUpdate?: Resolver<ResolversTypes['TenantUpdatePayload'], ParentType, ContextType, RequireFields<MutationTenantUpdateArgs, 'input'>>;
  tokenCreate?: Resolver<ResolversTypes['TokenCreatePayload'], ParentType, ContextType, RequireFields<MutationTokenCreateArgs, 'input'>>;
  tokenRevoke?: Resolver<ResolversTypes['TokenRevokePayload'], ParentType, ContextType, RequireFields<MutationTokenRevokeArgs, 'input'>>;
  tokenRotate?: Resolver<ResolversTypes['TokenRotatePayload'], ParentType, ContextType, RequireFields<MutationTokenRotateArgs, 'input'>>;
  webhookCreate?: Resolver<ResolversTypes['WebhookCreatePayload'], ParentType, ContextType, RequireFields<MutationWebhookCreateArgs, 'input'>>;
  webhookDelete?: Resolver<ResolversTypes['WebhookDeletePayload'], ParentType, ContextType, RequireFields<MutationWebhookDeleteArgs, 'input'>>;
  webhookRedeliver?: Resolver<ResolversTypes['WebhookRedeliverPayload'], ParentType, ContextType, RequireFields<MutationWebhookRedeliverArgs, 'input'>>;
  webhookReplay?: Resolver<ResolversTypes['WebhookReplayPayload'], ParentType, ContextType, RequireFields<MutationWebhookReplayArgs, 'input'>>;
  webhookRotateSecret?: Resolver<ResolversTypes['WebhookRotateSecretPayload'], ParentType, ContextType, RequireFields<MutationWebhookRotateSecretArgs, 'input'>>;
  webhookTest?: Resolver<ResolversTypes['WebhookTestPayload'], ParentType, ContextType, RequireFields<MutationWebhookTestArgs, 'input'>>;
  webhookUpdate?: Resolver<ResolversTypes['WebhookUpdatePayload'], ParentType, ContextType, RequireFields<MutationWebhookUpdateArgs, 'input'>>;
};

export type MxFormRecordResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MxFormRecord'] = ResolversParentTypes['MxFormRecord']> = {
  change?: Resolver<ResolversTypes['MxChange'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  preference?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  ttlSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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

export type OperationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Operation'] = ResolversParentTypes['Operation']> = {
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  done?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['OperationState'], ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  verb?: Resolver<ResolversTypes['OperationVerb'], ParentType, ContextType>;
};

export type OperationConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OperationConnection'] = ResolversParentTypes['OperationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OperationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Operation']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type OperationEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OperationEdge'] = ResolversParentTypes['OperationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Operation'], ParentType, ContextType>;
};

export type OutageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Outage'] = ResolversParentTypes['Outage']> = {
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  class?: Resolver<ResolversTypes['OutageClass'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  drain?: Resolver<Maybe<ResolversTypes['OutageDrain']>, ParentType, ContextType>;
  drainedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  evidence?: Resolver<ReadonlyArray<ResolversTypes['OutageEvidence']>, ParentType, ContextType>;
  heldBytes?: Resolver<Maybe<ResolversTypes['ByteCount']>, ParentType, ContextType>;
  heldCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastReply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nextProbeAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  oldestAcceptedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type OutageChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageChange'] = ResolversParentTypes['OutageChange']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['OutageChangeKind'], ParentType, ContextType>;
  outage?: Resolver<Maybe<ResolversTypes['Outage']>, ParentType, ContextType>;
};

export type OutageConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OutageConnection'] = ResolversParentTypes['OutageConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OutageEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Outage']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
  latencyMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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
  alertContacts?: Resolver<ResolversTypes['AlertContactConnection'], ParentType, ContextType, RequireFields<QueryAlertContactsArgs, 'first'>>;
  auditLog?: Resolver<ResolversTypes['AuditConnection'], ParentType, ContextType, RequireFields<QueryAuditLogArgs, 'first'>>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType, RequireFields<QueryDomainArgs, 'name'>>;
  domains?: Resolver<ResolversTypes['DomainConnection'], ParentType, ContextType, RequireFields<QueryDomainsArgs, 'first'>>;
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType, RequireFields<QueryMessageArgs, 'id'>>;
  messages?: Resolver<ResolversTypes['MessageConnection'], ParentType, ContextType, RequireFields<QueryMessagesArgs, 'first'>>;
  operation?: Resolver<Maybe<ResolversTypes['Operation']>, ParentType, ContextType, RequireFields<QueryOperationArgs, 'id'>>;
  operations?: Resolver<ResolversTypes['OperationConnection'], ParentType, ContextType, RequireFields<QueryOperationsArgs, 'first'>>;
  outages?: Resolver<ResolversTypes['OutageConnection'], ParentType, ContextType, RequireFields<QueryOutagesArgs, 'first'>>;
  recipientStanding?: Resolver<Maybe<ResolversTypes['RecipientStanding']>, ParentType, ContextType, RequireFields<QueryRecipientStandingArgs, 'address'>>;
  rejections?: Resolver<ResolversTypes['RejectionConnection'], ParentType, ContextType, RequireFields<QueryRejectionsArgs, 'first'>>;
  service?: Resolver<ResolversTypes['Service'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType, RequireFields<QueryTenantArgs, 'id'>>;
  tenants?: Resolver<ResolversTypes['TenantConnection'], ParentType, ContextType, RequireFields<QueryTenantsArgs, 'first'>>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType, RequireFields<QueryTokenArgs, 'id'>>;
  tokens?: Resolver<ResolversTypes['TokenConnection'], ParentType, ContextType, RequireFields<QueryTokensArgs, 'first'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType, RequireFields<QueryWebhookArgs, 'id'>>;
  webhooks?: Resolver<ResolversTypes['WebhookConnection'], ParentType, ContextType, RequireFields<QueryWebhooksArgs, 'first'>>;
};

export type QueueChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QueueChange'] = ResolversParentTypes['QueueChange']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  heldBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  heldCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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

export type RecipientListChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientListChange'] = ResolversParentTypes['RecipientListChange']> = {
  added?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  addedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  removed?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  removedCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
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

export type RecipientsAddPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientsAddPayload'] = ResolversParentTypes['RecipientsAddPayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientsRemovePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientsRemovePayload'] = ResolversParentTypes['RecipientsRemovePayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RecipientsReplacePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecipientsReplacePayload'] = ResolversParentTypes['RecipientsReplacePayload']> = {
  change?: Resolver<Maybe<ResolversTypes['RecipientListChange']>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RejectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Rejection'] = ResolversParentTypes['Rejection']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  clientAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  command?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  ehloName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  forwardPath?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isDryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reply?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reversePath?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  zone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RejectionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionConnection'] = ResolversParentTypes['RejectionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['RejectionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Rejection']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type RejectionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RejectionEdge'] = ResolversParentTypes['RejectionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Rejection'], ParentType, ContextType>;
};

export type RequestedAttemptResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RequestedAttempt'] = ResolversParentTypes['RequestedAttempt']> = {
  beganAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  waitsFor?: Resolver<Maybe<ResolversTypes['AttemptWait']>, ParentType, ContextType>;
};

export type RetryStageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RetryStage'] = ResolversParentTypes['RetryStage']> = {
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  everySeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ServiceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Service'] = ResolversParentTypes['Service']> = {
  egressAddresses?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  messageSizeLimitBytes?: Resolver<ResolversTypes['ByteCount'], ParentType, ContextType>;
  mxNames?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  nodes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ServiceNode']>>, ParentType, ContextType>;
  retrySchedule?: Resolver<ReadonlyArray<ResolversTypes['RetryStage']>, ParentType, ContextType>;
  runtime?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ServiceNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ServiceNode'] = ResolversParentTypes['ServiceNode']> = {
  lastSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  roles?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  runtime?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  messageTimeline?: SubscriptionResolver<ResolversTypes['TimelineEdge'], "messageTimeline", ParentType, ContextType, RequireFields<SubscriptionMessageTimelineArgs, 'id'>>;
  outageChanged?: SubscriptionResolver<ResolversTypes['OutageChange'], "outageChanged", ParentType, ContextType, Partial<SubscriptionOutageChangedArgs>>;
  queueChanged?: SubscriptionResolver<ResolversTypes['QueueChange'], "queueChanged", ParentType, ContextType, RequireFields<SubscriptionQueueChangedArgs, 'domain'>>;
};

export type TenantResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Tenant'] = ResolversParentTypes['Tenant']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  quotas?: Resolver<ResolversTypes['TenantQuotas'], ParentType, ContextType>;
  revision?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TenantConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantConnection'] = ResolversParentTypes['TenantConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TenantEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Tenant']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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

export type TenantUpdatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TenantUpdatePayload'] = ResolversParentTypes['TenantUpdatePayload']> = {
  tenant?: Resolver<Maybe<ResolversTypes['Tenant']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TimelineActorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineActor'] = ResolversParentTypes['TimelineActor']> = {
  isOperator?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  tokenName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TimelineConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimelineConnection'] = ResolversParentTypes['TimelineConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TimelineEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['TimelineEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
};

export type TokenConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenConnection'] = ResolversParentTypes['TokenConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TokenEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Token']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type TokenCreatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenCreatePayload'] = ResolversParentTypes['TokenCreatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TokenEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenEdge'] = ResolversParentTypes['TokenEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Token'], ParentType, ContextType>;
};

export type TokenRevokePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenRevokePayload'] = ResolversParentTypes['TokenRevokePayload']> = {
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type TokenRotatePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TokenRotatePayload'] = ResolversParentTypes['TokenRotatePayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['Token']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type UnknownWhileDownResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UnknownWhileDown'] = ResolversParentTypes['UnknownWhileDown']> = {
  hours?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  policy?: Resolver<ResolversTypes['UnknownWhileDownPolicy'], ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>;
  field?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
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
};

export type WebhookConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookConnection'] = ResolversParentTypes['WebhookConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Webhook']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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
  lastAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  responseStatus?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  responseText?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WebhookDeliveryStatus'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type WebhookDeliveryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookDeliveryConnection'] = ResolversParentTypes['WebhookDeliveryConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookDeliveryEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['WebhookDelivery']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
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

export type WebhookRotateSecretPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WebhookRotateSecretPayload'] = ResolversParentTypes['WebhookRotateSecretPayload']> = {
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
  Attempt?: AttemptResolvers<ContextType>;
  AttemptConnection?: AttemptConnectionResolvers<ContextType>;
  AttemptEdge?: AttemptEdgeResolvers<ContextType>;
  AuditConnection?: AuditConnectionResolvers<ContextType>;
  AuditEdge?: AuditEdgeResolvers<ContextType>;
  AuditEntry?: AuditEntryResolvers<ContextType>;
  Breaker?: BreakerResolvers<ContextType>;
  ByteCount?: GraphQLScalarType;
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
  DomainUnsetMxPayload?: DomainUnsetMxPayloadResolvers<ContextType>;
  DomainUnsuspendPayload?: DomainUnsuspendPayloadResolvers<ContextType>;
  DomainUpdatePayload?: DomainUpdatePayloadResolvers<ContextType>;
  DomainUpdatePreview?: DomainUpdatePreviewResolvers<ContextType>;
  DomainVerifyPayload?: DomainVerifyPayloadResolvers<ContextType>;
  DomainsApplyPayload?: DomainsApplyPayloadResolvers<ContextType>;
  Drill?: DrillResolvers<ContextType>;
  DrillConnection?: DrillConnectionResolvers<ContextType>;
  DrillEdge?: DrillEdgeResolvers<ContextType>;
  DrillFinding?: DrillFindingResolvers<ContextType>;
  DrillSchedule?: DrillScheduleResolvers<ContextType>;
  DrillStep?: DrillStepResolvers<ContextType>;
  HeaderField?: HeaderFieldResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  Label?: LabelResolvers<ContextType>;
  ListedRecipient?: ListedRecipientResolvers<ContextType>;
  ListedRecipientConnection?: ListedRecipientConnectionResolvers<ContextType>;
  ListedRecipientEdge?: ListedRecipientEdgeResolvers<ContextType>;
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
  Operation?: OperationResolvers<ContextType>;
  OperationConnection?: OperationConnectionResolvers<ContextType>;
  OperationEdge?: OperationEdgeResolvers<ContextType>;
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
  RecipientListChange?: RecipientListChangeResolvers<ContextType>;
  RecipientStanding?: RecipientStandingResolvers<ContextType>;
  RecipientsAddPayload?: RecipientsAddPayloadResolvers<ContextType>;
  RecipientsRemovePayload?: RecipientsRemovePayloadResolvers<ContextType>;
  RecipientsReplacePayload?: RecipientsReplacePayloadResolvers<ContextType>;
  Rejection?: RejectionResolvers<ContextType>;
  RejectionConnection?: RejectionConnectionResolvers<ContextType>;
  RejectionEdge?: RejectionEdgeResolvers<ContextType>;
  RequestedAttempt?: RequestedAttemptResolvers<ContextType>;
  RetryStage?: RetryStageResolvers<ContextType>;
  Service?: ServiceResolvers<ContextType>;
  ServiceNode?: ServiceNodeResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Tenant?: TenantResolvers<ContextType>;
  TenantConnection?: TenantConnectionResolvers<ContextType>;
  TenantCreatePayload?: TenantCreatePayloadResolvers<ContextType>;
  TenantDeletePayload?: TenantDeletePayloadResolvers<ContextType>;
  TenantEdge?: TenantEdgeResolvers<ContextType>;
  TenantQuotas?: TenantQuotasResolvers<ContextType>;
  TenantUpdatePayload?: TenantUpdatePayloadResolvers<ContextType>;
  TimelineActor?: TimelineActorResolvers<ContextType>;
  TimelineConnection?: TimelineConnectionResolvers<ContextType>;
  TimelineEdge?: TimelineEdgeResolvers<ContextType>;
  TimelineEntry?: TimelineEntryResolvers<ContextType>;
  Token?: TokenResolvers<ContextType>;
  TokenConnection?: TokenConnectionResolvers<ContextType>;
  TokenCreatePayload?: TokenCreatePayloadResolvers<ContextType>;
  TokenEdge?: TokenEdgeResolvers<ContextType>;
  TokenRevokePayload?: TokenRevokePayloadResolvers<ContextType>;
  TokenRotatePayload?: TokenRotatePayloadResolvers<ContextType>;
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
  WebhookRotateSecretPayload?: WebhookRotateSecretPayloadResolvers<ContextType>;
  WebhookTestPayload?: WebhookTestPayloadResolvers<ContextType>;
  WebhookUpdatePayload?: WebhookUpdatePayloadResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = Context> = {
  requires?: RequiresDirectiveResolver<any, any, ContextType>;
};
