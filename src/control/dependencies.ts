/**
 * What the control plane needs from the rest of the service, as plain objects that main puts together.
 *
 * Everything that reads or changes owned data takes the viewer. Nothing here is a database: rooms below hand in their work.
 */
import type { Doctor } from '../doctor/doctor.ts';
import type { SetMx } from '../doctor/set-mx.ts';
import type { Ownership } from '../doctor/ownership.ts';
import type { AuditInspection } from '../events/audit-pages.ts';
import type { AuditLog } from '../events/audit.ts';
import type { OutageFeed } from '../events/outage-feed.ts';
import type { RejectionInspection } from '../events/rejection-pages.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { AlertContacts } from '../notify/contacts.ts';
import type { Deliveries } from '../notify/deliveries.ts';
import type { Webhooks } from '../notify/webhooks.ts';
import type { BreakerInspection } from '../outage/breaker-inspect.ts';
import type { HoldExtension } from '../outage/hold.ts';
import type { LastAttemptInspection } from '../outage/last-attempt.ts';
import type { OutageInspection } from '../outage/inspect.ts';
import type { PauseView, PauseWindow } from '../outage/pause.ts';
import type { Drills } from '../queue/drills/drills.ts';
import type { BounceSuspectedResult } from '../queue/verbs/bounce-suspected.ts';
import type { AttemptInspection } from '../queue/read/attempts.ts';
import type { ContentInspection } from '../queue/read/content.ts';
import type { NodeView } from '../queue/read/nodes.ts';
import type { QueueInspection } from '../queue/read/queues.ts';
import type { SuppressionQuestion } from '../queue/read/suppressions.ts';
import type { MessageInspection } from '../queue/read/inspect.ts';
import type { TimelineInspection } from '../queue/read/timeline.ts';
import type { OperationInspection, OperationRequest, OperationStart } from '../queue/verbs/operations.ts';
import type { WatchedCount, WatchedDomain } from '../queue/read/watched-counts.ts';
import type { MessageMark, WatchedMessage } from '../queue/read/watched-messages.ts';
import type { ZoneStanding, ZoneUseQuestion } from '../domains/dnsbl-counts.ts';
import type { RecipientLists } from '../domains/user-list/list.ts';
import type { Standings } from '../verification/standing.ts';
import type { Domains } from '../domains/domains.ts';
import type { Idempotency } from '../input/idempotency.ts';
import type { QueueLimits } from '../queue/limits.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { TokenBook } from '../tenants/token-book.ts';
import type { Tokens } from '../tenants/tokens.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { MxObservation } from '../mail/mx.ts';

export type VerbKind = 'DONE' | 'NOT_FOUND' | 'IN_DELIVERY' | 'ENDED';

/** A verb of the operator on one held message. `reason` is one line, never empty. */
export type MessageVerb = (
  viewer: Viewer,
  verb: { readonly id: string; readonly reason: string },
) => Promise<{ readonly kind: VerbKind }>;

/** The operator's verbs on a destination. */
export interface DomainVerbs {
  /** False, and nothing changed: the window would have passed. */
  readonly pause: (viewer: Viewer, destinationId: string, window: PauseWindow) => Promise<boolean>;
  readonly resume: (viewer: Viewer, destinationId: string, reason: string) => Promise<void>;
  readonly extendHold: (viewer: Viewer, destinationId: string, hours: number) => Promise<HoldExtension>;
  readonly maxHoldHours: number;
  /** In force or to come, by destination id. */
  readonly findPauses: (viewer: Viewer, destinationIds: readonly string[]) => Promise<Map<string, PauseView>>;
}

export interface ServiceFacts {
  readonly version: string;
  /** `bun 1.4.5`. */
  readonly runtime: string;
  /** The names that customers add to their MX records, all of them. */
  readonly mxNames: readonly string[];
  readonly egressAddresses: readonly string[];
}

export interface ControlDependencies {
  readonly listen: { readonly host: string; readonly port: number };
  /** False: only health and metrics are served, as in a process without the role `control`. */
  readonly isControl: boolean;
  readonly operatorToken: string;
  /** What stands for the client at an address wherever connections are counted; null for a trusted one (TRUSTED_CLIENTS). */
  readonly strangerNetwork: (address: string) => string | null;
  readonly service: ServiceFacts;
  readonly log: Pick<Log, 'fault' | 'subscriberDropped'>;

  readonly domains: Pick<
    Domains,
    | 'findDomain'
    | 'listDomains'
    | 'findDomainsByDestination'
    | 'createDomain'
    | 'updateDomain'
    | 'previewUpdate'
    | 'deleteDomain'
    | 'suspendDomain'
    | 'applyDomains'
    | 'proofs'
  >;
  readonly recipientLists: Pick<RecipientLists, 'changeList' | 'listEntries'>;
  readonly standings: Standings;
  readonly audit: AuditLog;
  readonly auditPages: AuditInspection;
  readonly ownership: Pick<Ownership, 'verify'>;
  readonly doctor: Pick<Doctor, 'check' | 'listByStatus' | 'readReports'>;
  readonly tenants: Tenants;
  readonly tokens: Tokens;
  readonly findToken: TokenBook['find'];
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  readonly alertContacts: AlertContacts;
  readonly readZoneStandings: (
    viewer: Viewer,
    questions: readonly ZoneUseQuestion[],
  ) => Promise<readonly ZoneStanding[]>;
  readonly readLimits: () => Promise<QueueLimits>;
  readonly idempotency: Idempotency;

  readonly messages: MessageInspection;
  readonly contents: ContentInspection;
  readonly attempts: AttemptInspection;
  readonly timelines: TimelineInspection;
  readonly findSuppressions: (
    viewer: Viewer,
    questions: readonly SuppressionQuestion[],
  ) => Promise<readonly (string | null)[]>;
  readonly queues: QueueInspection;
  readonly breakers: BreakerInspection;
  readonly outages: OutageInspection;
  readonly lastAttempts: LastAttemptInspection;
  readonly rejections: RejectionInspection;
  readonly outageFeed: OutageFeed;
  readonly readMessageMarks: (watched: readonly WatchedMessage[]) => Promise<readonly MessageMark[]>;
  readonly readWatchedCounts: (watched: readonly WatchedDomain[]) => Promise<readonly (WatchedCount | null)[]>;
  readonly listNodes: () => Promise<readonly NodeView[]>;

  readonly retryMessage: MessageVerb;
  readonly cancelMessage: MessageVerb;
  readonly bounceMessage: MessageVerb;
  readonly domainVerbs: DomainVerbs;
  readonly drills: Drills;
  readonly setMx: SetMx;
  readonly operations: OperationInspection;
  readonly startOperation: (viewer: Viewer, request: OperationRequest) => Promise<OperationStart>;
  /** Closes the breaker; the destination is looked at at once. */
  readonly releaseBreaker: (
    viewer: Viewer,
    domain: { readonly destinationId: string; readonly name: string },
  ) => Promise<void>;
  readonly bounceSuspected: (
    viewer: Viewer,
    domain: { readonly destinationId: string; readonly name: string },
    verb: { readonly reason: string; readonly expectedCount: number | null },
  ) => Promise<BounceSuspectedResult>;
  /** Asks for an attempt within two seconds, whatever clock or breaker say. */
  readonly flushDestination: (viewer: Viewer, destinationId: string) => Promise<void>;

  /** Asks the DNS; trouble is the verdict UNRESOLVABLE, not an exception. */
  readonly observeMx: (domainName: string) => Promise<MxObservation>;

  /** Whether an error means that the database cannot be reached for now, rather than a fault of ours. */
  readonly isDatabaseAway: (error: unknown) => boolean;
  /** What is billed for a client's address: its network; null for one that stands for everybody, as a proxy's on this machine. */
  readonly networkOf: (address: string) => string | null;
  /** Why the service is not ready, one sentence each; empty when it is. */
  readonly readiness: () => Promise<readonly string[]>;
  /** A request to /graphql was answered. */
  readonly onRequest: (request: Parameters<Metrics['apiRequest']>[0] & { readonly traceparent: string | null }) => void;
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}
