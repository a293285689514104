/**
 * The message to a webhook: the body of an event, its signatures, the headers (Standard Webhooks 1.0.0).
 *
 * The body has `type`, `timestamp` and `data`; `data.version` is 1 as long as fields are only added. A body is written once and
 * kept, since every attempt signs the same octets. Facts are named here one by one: what the record learns to hold is not told
 * by that. Pure.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { kindName } from '../mail/kind-name.ts';
import { PING, type WebhookKind } from './webhook-input.ts';

export interface WebhookEvent {
  readonly id: string;
  readonly kind: WebhookKind;
  readonly at: Date;
  /** Null when it is about none. */
  readonly domain: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The page of a domain in the console: for people who are told of it. */
export function domainPageUrl(publicUrl: string, domain: string): string {
  return `${publicUrl}/console/d/${encodeURIComponent(domain)}`;
}

const VERSION = 1;

const OUTAGE = ['outageId', 'class', 'reply', 'heldCount'];
/** The API has one word for it. */
const SHOWN_AS: Readonly<Record<string, string>> = { class: 'kind', formerClass: 'formerKind' };
const FACTS: Readonly<Record<WebhookKind, readonly string[]>> = {
  OUTAGE_OPENED: OUTAGE,
  OUTAGE_RECLASSIFIED: [...OUTAGE, 'formerClass'],
  OUTAGE_THRESHOLD: [...OUTAGE, 'hours'],
  OUTAGE_DRAINING: OUTAGE,
  OUTAGE_DRAINED: [...OUTAGE, 'waitingCount'],
  OUTAGE_CLOSED: [...OUTAGE, 'reason'],
  BREAKER_OPENED: ['reply', 'heldCount'],
  BREAKER_CLOSED: ['reason'],
  DOMAIN_ACTIVATED: [],
  DOMAIN_SUSPENDED: ['reason'],
  DOMAIN_UNSUSPENDED: ['reason'],
  DOMAIN_PROOF_LOST: [],
  DOMAIN_PROOF_FOUND: [],
  DOMAIN_CHECKED: ['status', 'began', 'ended'],
  DNSBL_ZONE_OFF: ['zone', 'reason'],
  DNSBL_ZONE_ON: ['zone', 'reason'],
  MAIL_DIGEST: ['failedCount', 'expiredCount', 'reportsSuppressedCount', 'since', 'until'],
  WEBHOOK_DISABLED: ['webhookId', 'reason'],
  SERVICE_TROUBLE_BEGAN: ['failingHosts', 'workingDomains'],
  SERVICE_TROUBLE_ENDED: ['failingHosts', 'workingDomains'],
};

/** The body of an event, as it is signed and sent. */
export function bodyOf({ id, kind, at, domain, facts }: WebhookEvent, publicUrl: string): string {
  const shown = FACTS[kind].flatMap((name) =>
    facts[name] === undefined ? [] : [[SHOWN_AS[name] ?? name, facts[name]] as const],
  );
  const about = domain === null ? {} : { domain, consoleUrl: domainPageUrl(publicUrl, domain) };
  const data = { version: VERSION, eventId: id, ...about, ...Object.fromEntries(shown) };
  return JSON.stringify({ type: kindName(kind), timestamp: at.toISOString(), data });
}

export function pingBody(at: Date): string {
  return JSON.stringify({ type: kindName(PING), timestamp: at.toISOString(), data: { version: VERSION } });
}

const SECRET_BYTES = 32;

/** 256 random bits. */
export function makeWebhookSecret(): Uint8Array {
  return randomBytes(SECRET_BYTES);
}

/** As its owner gets it, once. */
export function secretText(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString('base64')}`;
}

export interface Signed {
  readonly id: string;
  /** The time of this attempt, in whole seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
  /** Each makes a signature of its own: the present one, and the one before while it is still taken. */
  readonly secrets: readonly Uint8Array[];
}

export function headersOf({ id, timestamp, body, secrets }: Signed): Record<string, string> {
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
