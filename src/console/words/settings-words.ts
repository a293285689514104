/** Words for what tokens may do, and for what webhooks are told. */
import type { Scope, WebhookDeliveryStatus, WebhookDisabledReason, WebhookEventKind } from '../operations/generated.ts';
import type { Tone } from './labels.ts';

/** Reading stands before writing, which includes it. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  DOMAIN_READ: 'See domains and outages',
  DOMAIN_WRITE: 'Change domains and their User Lists',
  QUEUE_READ: 'See messages, tries and refusals',
  QUEUE_WRITE: 'Try, pause, return and cancel mail',
  MESSAGE_CONTENT: 'Read the content of held messages',
  WEBHOOK_READ: 'See webhooks and alert contacts',
  WEBHOOK_WRITE: 'Change webhooks and alert contacts',
  TOKEN_READ: 'See tokens, but never their secrets',
  TOKEN_WRITE: 'Create, rotate and revoke tokens',
  AUDIT_READ: 'See who changed what',
  SERVICE_READ: 'See how the service is',
  SERVICE_WRITE: 'Change the limits of the service',
  TENANT_WRITE: 'Create, change and delete tenants',
};

export const SCOPES_IN_ORDER = Object.keys(SCOPE_WORDS) as readonly Scope[];

/** Those that an owner can ask for, in the order of the day of an outage. */
export const EVENT_WORDS: Readonly<Record<Exclude<WebhookEventKind, 'OTHER'>, string>> = {
  OUTAGE_OPENED: 'A server is away',
  OUTAGE_RECLASSIFIED: 'An outage has another kind',
  OUTAGE_THRESHOLD: 'An outage has lasted for 1, 24, 120 or 216 hours',
  OUTAGE_DRAINING: 'A server is back, and gets what was held',
  OUTAGE_DRAINED: 'All that was held is handed over',
  OUTAGE_CLOSED: 'An outage is over',
  BREAKER_OPENED: 'A server refuses mailboxes that it knows',
  BREAKER_CLOSED: 'It takes them again',
  MAIL_DIGEST: 'Mail has failed or expired, once an hour',
  DOMAIN_CHECKED: 'A check-up found a problem, or one is over',
  DOMAIN_ACTIVATED: 'A domain is proven',
  DOMAIN_PROOF_LOST: 'The proof of a domain is gone',
  DOMAIN_PROOF_FOUND: 'The proof of a domain is there again',
  DOMAIN_SUSPENDED: 'A domain is suspended',
  DOMAIN_UNSUSPENDED: 'A suspension is over',
  DNSBL_ZONE_OFF: 'A DNS list does not work any more',
  DNSBL_ZONE_ON: 'A DNS list works again',
  WEBHOOK_DISABLED: 'Another webhook was disabled',
  SERVICE_TROUBLE_BEGAN: 'The service itself is in trouble',
  SERVICE_TROUBLE_ENDED: 'The trouble of the service is over',
};

/** For the operator's tenant only. */
const OPERATOR_EVENTS: ReadonlySet<string> = new Set<WebhookEventKind>([
  'SERVICE_TROUBLE_BEGAN',
  'SERVICE_TROUBLE_ENDED',
]);

export function eventOptions(isOperator: boolean): readonly (readonly [string, string])[] {
  return Object.entries(EVENT_WORDS).filter(([kind]) => isOperator || !OPERATOR_EVENTS.has(kind));
}

export const DISABLED_WORDS: Readonly<Record<WebhookDisabledReason, string>> = {
  BY_USER: 'It was disabled here or through the API.',
  GONE: 'Its receiver answered that it wants no more (410).',
  FAILING: 'Nothing has arrived there for five days.',
  NO_SECRET: 'It came with a move of the database, and has no secret yet. Rotate its secret.',
};

export const DELIVERY_WORDS: Readonly<Record<WebhookDeliveryStatus, { readonly text: string; readonly tone: Tone }>> = {
  PENDING: { text: 'Waits', tone: 'held' },
  DELIVERED: { text: 'Arrived', tone: 'fine' },
  FAILED: { text: 'Did not arrive', tone: 'attention' },
};
