/**
 * One entry of a timeline, and the facts that its sources give.
 */
import type { OutageClass } from '../../outage/class.ts';
import type { AttemptView } from './attempts.ts';

export type TimelineKind =
  | 'ACCEPTED'
  | 'ATTEMPT'
  | 'PROBE'
  | 'RECIPIENT_DELIVERED'
  | 'RECIPIENT_FAILED'
  | 'RECIPIENT_EXPIRED'
  | 'RECIPIENT_CANCELLED'
  | 'MESSAGE_RETRIED'
  | 'MESSAGE_CANCELLED'
  | 'MESSAGE_BOUNCED'
  | 'RECIPIENT_SUSPECTED'
  | 'CLAIM_LOST'
  | 'DOMAIN_FLUSHED'
  | 'DOMAIN_PAUSED'
  | 'DOMAIN_RESUMED'
  | 'DOMAIN_REROUTED'
  | 'DOMAIN_DELETED'
  | 'HOLD_EXTENDED'
  | 'HOLD_EXTENSION_ENDED'
  | 'OUTAGE_OPENED'
  | 'OUTAGE_RECLASSIFIED'
  | 'OUTAGE_CLOSED'
  | 'OUTAGE_DRAINING'
  | 'OUTAGE_DRAINED'
  | 'BREAKER_OPENED'
  | 'BREAKER_TRIAL'
  | 'BREAKER_CLOSED'
  | 'SERVICE_TROUBLE_BEGAN'
  | 'SERVICE_TROUBLE_ENDED'
  | 'REPORT_MADE'
  | 'REPORT_SUPPRESSED'
  | 'REPORT_DROPPED';

export interface TimelineEntry {
  /** The cursor of its place: the same each time it is read. */
  readonly id: string;
  readonly at: Date;
  readonly kind: TimelineKind;
  readonly text: string;
  /** Whom it speaks of; empty: the whole message. */
  readonly recipients: readonly string[];
  readonly host: string | null;
  /** Verbatim, or our own words in brackets. */
  readonly reply: string | null;
  readonly attempt: AttemptView | null;
  readonly outageId: string | null;
  readonly operationId: string | null;
  readonly reason: string | null;
  readonly actor: TimelineActor | null;
  /** The report's id as a message. */
  readonly reportId: string | null;
}

export interface TimelineActor {
  readonly isOperator: boolean;
  readonly tokenName: string | null;
}

/** The facts of a timeline's sources; each has those that it knows. Instants as RFC 3339. */
export interface TimelineFacts {
  readonly transaction?: string;
  readonly clientAddress?: string | null;
  readonly ehloName?: string;
  readonly protocol?: string | null;
  readonly sizeBytes?: number;
  readonly recipientCount?: number;
  readonly isReport?: boolean;
  readonly since?: string | null;
  readonly class?: OutageClass | null;
  readonly formerClass?: OutageClass;
  readonly outageId?: string | null;
  readonly heldCount?: number;
  readonly waitingCount?: number;
  readonly id?: string;
  readonly at?: string;
  readonly address?: string | null;
  readonly tls?: string | null;
  readonly outcome?: AttemptView['outcome'];
  readonly latencyMs?: number;
  readonly reason?: string;
  readonly by?: string;
  readonly token?: string | null;
  readonly operationId?: string;
  readonly from?: string;
  readonly until?: string | null;
  readonly hours?: number;
  readonly held?: 'DELIVER_FIRST' | 'CANCEL' | null;
  readonly before?: Routed;
  readonly after?: Routed;
  readonly action?: 'failed' | 'delayed' | 'relayed';
  readonly reportMessageId?: string;
}

interface Routed {
  readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
}
