/** The parts of a node that its destinations share, and the interface of the SMTP side of a delivery. */
import type { DestinationState } from '../outage/clock.ts';
import type { ClaimedMessage, Holder, QueueSql } from '../queue/claim.ts';
import type { RecipientResult } from '../queue/finalize.ts';
import type { MessageResult } from '../queue/outcome.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { StoppableResult } from './attempt.ts';
import type { InboundPriority } from './concurrency/inbound-priority.ts';
import type { DestinationMemories } from './concurrency/limits.ts';
import type { ConditionKeeper } from './conditions.ts';
import type { ByteBudget } from './message-source.ts';
import type { HostMemory } from './recovery-checks.ts';
import type { Route, RouteHost } from './route.ts';

export interface AttemptsOptions {
  readonly destinationId: string;
  readonly signal: AbortSignal;
  /** Asked right before each final dot: the claims are still this node's. */
  readonly mayFinish: () => boolean;
}

/** The SMTP side of one destination: connections that live from message to message. */
export interface Attempts {
  attempt(
    message: ClaimedMessage,
    hosts: readonly RouteHost[],
    content: () => Promise<Uint8Array>,
    /** Asked right before each final dot: there is room for one more that is not recorded. */
    mayDeliver: () => boolean | Promise<boolean>,
  ): Promise<StoppableResult>;
  close(): Promise<void>;
}

export interface DeliveryDeps {
  readonly sql: QueueSql;
  /** This node's lease, or null while it has none: then nothing is tried. */
  readonly holder: () => Holder | null;
  readonly findRoute: (destination: DestinationState) => Promise<Route>;
  readonly openAttempts: (options: AttemptsOptions) => Attempts;
  readonly hosts: HostMemory;
  readonly inboundPriority: InboundPriority;
  readonly events: MailEvents;
  /** Remembers what the primary has shown about its mailboxes. */
  readonly learn: (
    destination: Pick<DestinationState, 'id' | 'kind'>,
    messages: readonly Pick<MessageResult, 'messageId' | 'isDrill'>[],
    results: readonly RecipientResult[],
  ) => void;
}

/** The state that all destinations of a node share. */
export interface DeliveringNode extends DeliveryDeps {
  readonly budget: ByteBudget;
  readonly conditions: ConditionKeeper;
  readonly memories: DestinationMemories;
  readonly isStopping: () => boolean;
  readonly poke: (destinationId: string) => void;
}
