/** The words that stand for a closed set of the API in a usage: `--scope SCOPE` takes one of these. */
import type {
  AuditOutcome,
  BreakerState,
  DnsblMode,
  DoctorVerdict,
  HeldMailChoice,
  OutageKind,
  RecipientState,
  RejectionCode,
  Scope,
  Situation,
  TlsPolicy,
  TsigAlgorithm,
  UnknownWhileDownPolicy,
  WebhookDeliveryStatus,
  WebhookEventKind,
} from '../../control/generated.ts';

/** All values of an enum of the API; the types hold the list to be complete. */
function all<Enum extends string>() {
  return <const Values extends readonly Enum[]>(
    ...values: Values & ([Exclude<Enum, Values[number]>] extends [never] ? unknown : 'a value is missing')
  ): readonly Enum[] => values;
}

export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FORMAT: ['LINES', 'POSTFIX', 'CSV', 'LDIF'],
  STATE: all<RecipientState>()('HELD', 'DELIVERED', 'FAILED', 'EXPIRED', 'CANCELLED'),
  KIND: all<OutageKind>()(
    'DOWN',
    'BLOCKING',
    'GREYLISTING',
    'RATE_LIMITING',
    'TARPITTING',
    'MISCONFIGURED',
    'DNS_BROKEN',
  ),
  SITUATION: all<Situation>()(
    'EXPIRING',
    'BREAKER_OPEN',
    'OUTAGE',
    'DRAINING',
    'HOLDING',
    'PAUSED',
    'SUSPENDED',
    'PENDING',
    'CHECK_FAILED',
    'FINE',
  ),
  BREAKER: all<BreakerState>()('CLOSED', 'TRIAL', 'OPEN'),
  VERDICT: all<DoctorVerdict>()('OK', 'UNKNOWN', 'WARNING', 'PROBLEM'),
  TLS: all<TlsPolicy>()('NONE', 'OPPORTUNISTIC', 'REQUIRED', 'VERIFIED'),
  POLICY: all<UnknownWhileDownPolicy>()('ACCEPT', 'DEFER_THEN_ACCEPT', 'DEFER'),
  MODE: all<DnsblMode>()('DRY_RUN', 'REJECT'),
  END: all<HeldMailChoice>()('DELIVER_FIRST', 'CANCEL'),
  ALGORITHM: all<TsigAlgorithm>()('HMAC_SHA256', 'HMAC_SHA384', 'HMAC_SHA512'),
  SCOPE: all<Scope>()(
    'TENANT_WRITE',
    'DOMAIN_READ',
    'DOMAIN_WRITE',
    'SERVICE_READ',
    'SERVICE_WRITE',
    'QUEUE_READ',
    'QUEUE_WRITE',
    'MESSAGE_CONTENT',
    'TOKEN_READ',
    'TOKEN_WRITE',
    'WEBHOOK_READ',
    'WEBHOOK_WRITE',
    'AUDIT_READ',
  ),
  OUTCOME: all<AuditOutcome>()('STARTED', 'DONE', 'REFUSED', 'REPLAYED', 'FAULT'),
  REJECTION: all<Exclude<RejectionCode, 'OTHER'>>()(
    'BMX_USER',
    'BMX_PRIMARY',
    'BMX_RELAY',
    'BMX_DNSBL',
    'BMX_SIZE',
    'BMX_RANK',
    'BMX_LOOP',
    'BMX_NULLMX',
    'BMX_BYTES',
    'BMX_LIMIT',
    'BMX_LATER',
    'BMX_SUSPENDED',
    'BMX_DNS',
    'BMX_BUSY',
    'BMX_STORE',
  ).map((code) => code.replaceAll('_', '-')),
  STATUS: all<WebhookDeliveryStatus>()('PENDING', 'DELIVERED', 'FAILED'),
  EVENT: all<Exclude<WebhookEventKind, 'OTHER'>>()(
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
  ),
};

/** A value as the API spells it: `outage.opened`, `Dry-run`. */
export function spelled(value: string): string {
  return value.toUpperCase().replaceAll(/[-. ]/g, '_');
}
