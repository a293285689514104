/**
 * What every resolver has at hand: on whose behalf the request speaks, the rooms below, and its batches.
 */
import type { DoctorReport } from '../doctor/reports.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { BreakerView } from '../outage/breaker-inspect.ts';
import type { ConditionView, OutageView } from '../outage/inspect.ts';
import type { DestinationAttempts } from '../outage/last-attempt.ts';
import type { PauseView } from '../outage/pause.ts';
import type { AttemptsRequest, AttemptView } from '../queue/read/attempts.ts';
import type { SuppressionQuestion } from '../queue/read/suppressions.ts';
import type { QueueView } from '../queue/read/queues.ts';
import type { OperationView } from '../queue/verbs/operations.ts';
import type { TimelineEntry, TimelineRequest } from '../queue/read/timeline.ts';
import type { ZoneStanding, ZoneUseQuestion } from '../domains/dnsbl-counts.ts';
import type { EntriesRequest } from '../domains/user-list/store.ts';
import type { DomainProof } from '../domains/proof.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { Tenant } from '../tenants/tenants.ts';
import type { AnswerRoom } from './answer-room.ts';
import { createBatch, createMapBatch } from './batch.ts';
import type { Caller } from './caller.ts';
import type { ControlDependencies } from './dependencies.ts';
import type { Session } from './subscriptions/session.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

export interface Context {
  readonly caller: Caller;
  /** The caller's. */
  readonly viewer: Viewer;
  readonly deps: ControlDependencies;
  /** Of a subscription those of all its viewer's. */
  readonly load: Loaders;
  /** The subscriptions that are open here, the room for answers, and this request's connection. */
  readonly live: { readonly subscriptions: Subscriptions; readonly answers: AnswerRoom; readonly session: Session };
  /** Whether the work of the mutation that is being done has run, or an earlier answer was given. */
  readonly once: { hasRun: boolean };
}

/** By destination id unless said otherwise; null where there is none that the viewer may see. */
export interface Loaders {
  readonly domain: (destinationId: string) => Promise<RelayDomain | null>;
  /** By domain id; null: none. */
  readonly ignoredContacts: (domainId: string) => Promise<readonly string[] | null>;
  /** By domain id. */
  readonly proof: (domainId: string) => Promise<DomainProof | null>;
  /** By domain id; null: not looked at yet. */
  readonly doctor: (domainId: string) => Promise<DoctorReport | null>;
  readonly queue: (destinationId: string) => Promise<QueueView | null>;
  readonly breaker: (destinationId: string) => Promise<BreakerView | null>;
  readonly openOutage: (destinationId: string) => Promise<OutageView | null>;
  readonly destinationAttempts: (destinationId: string) => Promise<DestinationAttempts | null>;
  readonly pause: (destinationId: string) => Promise<PauseView | null>;
  readonly conditions: (destinationId: string) => Promise<readonly ConditionView[] | null>;
  readonly tenant: (tenantId: string) => Promise<Tenant | null>;
  /** By its id. */
  readonly outage: (outageId: string) => Promise<OutageView | null>;
  /** By its id. */
  readonly operation: (operationId: string) => Promise<OperationView | null>;
  readonly timeline: (request: TimelineRequest) => Promise<readonly TimelineEntry[]>;
  readonly attempts: (request: AttemptsRequest) => Promise<readonly AttemptView[]>;
  /** By message id; null when it has ended. */
  readonly headerSection: (messageId: string) => Promise<Uint8Array | null>;
  readonly suppression: (question: SuppressionQuestion) => Promise<string | null>;
  readonly recipientEntries: (request: EntriesRequest) => Promise<readonly string[]>;
  readonly zoneStanding: (question: ZoneUseQuestion) => Promise<ZoneStanding>;
}

export function createContext(deps: ControlDependencies, live: Context['live']): Context {
  const { caller } = live.session;
  const { viewer } = caller;
  return { caller, live, once: { hasRun: false }, viewer, deps, load: createLoaders(deps, viewer) };
}

/** What is asked for in the same moment is asked for together, by all that share them. */
export function createLoaders(deps: ControlDependencies, viewer: Viewer): Loaders {
  return {
    domain: createMapBatch((ids) => deps.domains.findDomainsByDestination(viewer, ids)),
    ignoredContacts: createMapBatch((ids) => deps.alertContacts.findIgnored(viewer, ids)),
    proof: createMapBatch((ids) => deps.domains.proofs.readProofs(viewer, ids)),
    doctor: createMapBatch((ids) => deps.doctor.readReports(viewer, ids)),
    queue: createMapBatch((ids) => deps.queues.readQueues(viewer, ids)),
    breaker: createMapBatch((ids) => deps.breakers.readBreakers(viewer, ids)),
    openOutage: createMapBatch((ids) => deps.outages.findOpenOutages(viewer, ids)),
    destinationAttempts: createMapBatch((ids) => deps.lastAttempts.readAttempts(viewer, ids)),
    pause: createMapBatch((ids) => deps.domainVerbs.findPauses(viewer, ids)),
    conditions: createMapBatch((ids) => deps.outages.findConditions(viewer, ids)),
    tenant: createMapBatch((ids) => deps.tenants.findTenants(viewer, ids)),
    outage: createMapBatch((ids) => deps.outages.findOutages(viewer, ids)),
    operation: createMapBatch((ids) => deps.operations.findOperations(viewer, ids)),
    timeline: createBatch((requests) => deps.timelines.listTimelines(viewer, requests)),
    attempts: createBatch((requests) => deps.attempts.listAttempts(viewer, requests)),
    headerSection: createMapBatch((ids) => deps.contents.readHeaderSections(viewer, ids)),
    suppression: createBatch((questions) => deps.findSuppressions(viewer, questions)),
    recipientEntries: createBatch((requests) => deps.recipientLists.listEntries(viewer, requests)),
    zoneStanding: createBatch((questions) => deps.readZoneStandings(viewer, questions)),
  };
}
