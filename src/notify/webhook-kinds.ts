/**
 * The kinds of events a webhook may subscribe to, and the events of the record that they stand for.
 *
 * Names are part of the public API: `OUTAGE_OPENED` there is `outage.opened` in the message. Kinds are added, never renamed.
 */
import type { EventKind } from '../events/record.ts';

export const WEBHOOK_KINDS = [
  'OUTAGE_OPENED',
  'OUTAGE_RECLASSIFIED',
  'OUTAGE_THRESHOLD',
  'OUTAGE_DRAINING',
  'OUTAGE_DRAINED',
  'OUTAGE_CLOSED',
  'BREAKER_OPENED',
  'BREAKER_CLOSED',
  'DOMAIN_ACTIVATED',
  'DOMAIN_SUSPENDED',
  'DOMAIN_UNSUSPENDED',
  'DOMAIN_PROOF_LOST',
  'DOMAIN_PROOF_FOUND',
  'DOMAIN_CHECKED',
  'DNSBL_ZONE_OFF',
  'DNSBL_ZONE_ON',
  'MAIL_DIGEST',
  'WEBHOOK_DISABLED',
  'SERVICE_TROUBLE_BEGAN',
  'SERVICE_TROUBLE_ENDED',
] as const;

export type WebhookKind = (typeof WEBHOOK_KINDS)[number];

/** The kind of a message sent on request; no one can subscribe to it. */
export const PING = 'PING';

const OTHERWISE_NAMED: Partial<Readonly<Record<EventKind, WebhookKind>>> = {
  PROOF_LOST: 'DOMAIN_PROOF_LOST',
  PROOF_FOUND: 'DOMAIN_PROOF_FOUND',
  OWN_TROUBLE_BEGAN: 'SERVICE_TROUBLE_BEGAN',
  OWN_TROUBLE_ENDED: 'SERVICE_TROUBLE_ENDED',
};

/** Null: of such an event no webhook is told. */
export function webhookKindOf(event: EventKind): WebhookKind | null {
  return OTHERWISE_NAMED[event] ?? WEBHOOK_KINDS.find((kind) => kind === event) ?? null;
}

/** The events that these kinds tell. */
export function eventKindsOf(kinds: readonly WebhookKind[]): string[] {
  const others = Object.entries(OTHERWISE_NAMED);
  return kinds.map((kind) => others.find(([, named]) => named === kind)?.[0] ?? kind);
}

/** `OUTAGE_OPENED` is `outage.opened`. */
export function typeOf(kind: string): string {
  return kind.toLowerCase().replace('_', '.');
}
