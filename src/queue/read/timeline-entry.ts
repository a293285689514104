/**
 * One entry of a timeline, from the row that tells it. Pure; its sentence is timeline-text.ts's.
 */
import { OPERATOR_TENANT_ID, type Viewer } from '../../mail/viewer.ts';
import type { OutageClass } from '../../outage/class.ts';
import type { AttemptView } from './attempts.ts';
import { sentenceOf } from './timeline-text.ts';

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
  | 'OWN_TROUBLE_BEGAN'
  | 'OWN_TROUBLE_ENDED'
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

export interface TimelineRow {
  readonly at_us: number;
  readonly rank: number;
  readonly key: string;
  readonly at: Date;
  readonly kind: TimelineKind | keyof typeof TOLD_AS;
  readonly recipients: readonly string[];
  readonly reply: string | null;
  readonly host: string | null;
  readonly facts: TimelineFacts;
}

/** Events whose names say more, or less, than what a timeline tells of them. */
const TOLD_AS = { DOMAIN_UPDATED: 'DOMAIN_REROUTED', MESSAGE_SUSPECTED: 'RECIPIENT_SUSPECTED' } as const;

function kindOf(kind: TimelineRow['kind']): TimelineKind {
  return kind === 'DOMAIN_UPDATED' || kind === 'MESSAGE_SUSPECTED' ? TOLD_AS[kind] : kind;
}

export function entryOf(id: string, row: TimelineRow, viewer: Viewer): TimelineEntry {
  const { at, recipients, reply, host, facts } = row;
  const kind = kindOf(row.kind);
  const actor = actorOf(facts, viewer);
  return {
    id,
    at,
    kind,
    text: sentenceOf({ kind, recipients, reply, host, facts, actor }),
    recipients,
    host,
    reply,
    attempt: attemptOf(row),
    outageId: facts.outageId ?? null,
    operationId: facts.operationId ?? null,
    reason: facts.reason ?? null,
    actor,
    reportId: facts.reportMessageId ?? null,
  };
}

function attemptOf({ kind, reply, host, facts }: TimelineRow): AttemptView | null {
  if (kind !== 'ATTEMPT' && kind !== 'PROBE') return null;
  const { id = '', at = '', address = null, tls = null, outcome = 'DEFERRED', latencyMs = 0 } = facts;
  return { id, at: new Date(at), host, address, tls, reply: reply ?? '', outcome, latencyMs };
}

/** Names of the operator's tokens are not told to tenants. */
function actorOf({ by, token = null }: TimelineFacts, viewer: Viewer): TimelineActor | null {
  if (by === undefined) return null;
  const isOperator = by === OPERATOR_TENANT_ID;
  return { isOperator, tokenName: isOperator && !viewer.isOperator ? null : token };
}
