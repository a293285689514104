/**
 * A relay domain as the rest of the service knows it, and how its row becomes one.
 */
import type { DeliverToHost, DnsblSettings, TlsPolicy } from '../db/schema.ts';

export type { DeliverToHost, DnsblSettings, DnsblZoneSetting, TlsPolicy } from '../db/schema.ts';

/** PENDING: claimed, ownership not proven, not served. SUSPENDED: served with a deferral only. */
export type DomainStatus = 'PENDING' | 'ACTIVE' | 'SUSPENDED';

/**
 * What becomes of a recipient of whom nothing is known while the primary does not answer: taken; put off for some hours from
 * the beginning of the outage and then taken; put off until the primary answers. Never refused for good.
 */
export interface UnknownWhileDown {
  readonly policy: 'ACCEPT' | 'DEFER_THEN_ACCEPT' | 'DEFER';
  /** Of DEFER_THEN_ACCEPT. */
  readonly hours: number;
}

/** The User List, as far as every RCPT needs it. */
export interface RecipientList {
  /** Entries; 0: the list is off. */
  readonly count: number;
  /** Grows with every change of the entries. */
  readonly generation: number;
  /** What follows this character in a local part is not looked at; null: compared whole. */
  readonly delimiter: string | null;
}

export interface RelayDomain {
  readonly id: string;
  /** Lower-case A-label. */
  readonly name: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly status: DomainStatus;
  /** Hosts to hand mail to instead of the MX records; empty: the MX records decide. */
  readonly deliverTo: readonly DeliverToHost[];
  readonly labels: Readonly<Record<string, string>>;
  readonly recipientList: RecipientList;
  /** Whether the primary is asked about a recipient before it is accepted. */
  readonly callAheads: boolean;
  readonly unknownWhileDown: UnknownWhileDown;
  readonly dnsbl: DnsblSettings;
  /** What TLS towards the primary must be. */
  readonly tlsPolicy: TlsPolicy;
  /** Most messages a minute while held mail drains; null: no cap but what the primary bears. */
  readonly drainPerMinute: number | null;
  /** Networks whose hosts may ask for the mail by ETRN: `192.0.2.0/24`. */
  readonly etrnClients: readonly string[];
  /** Senders are told of a delay although they did not ask. */
  readonly delayReports: boolean;
  /** Grows by one with every change. */
  readonly revision: number;
}

/** A row of `domains` with the columns of `DOMAIN_COLUMNS`. */
export interface DomainRow {
  id: string;
  name: string;
  tenant_id: string;
  destination_id: string;
  status: DomainStatus;
  deliver_to: DeliverToHost[];
  labels: Record<string, string>;
  recipient_count: number;
  recipient_generation: number;
  recipient_delimiter: string | null;
  call_aheads: boolean;
  unknown_while_down: UnknownWhileDown['policy'];
  unknown_defer_hours: number;
  dnsbl: Partial<DnsblSettings>;
  tls_policy: TlsPolicy;
  drain_per_minute: number | null;
  etrn_clients: string[];
  delay_reports: boolean;
  revision: number;
}

export const DOMAIN_COLUMNS = [
  'id',
  'name',
  'tenant_id',
  'destination_id',
  'status',
  'deliver_to',
  'labels',
  'recipient_count',
  'recipient_generation',
  'recipient_delimiter',
  'call_aheads',
  'unknown_while_down',
  'unknown_defer_hours',
  'dnsbl',
  'tls_policy',
  'drain_per_minute',
  'etrn_clients',
  'delay_reports',
  'revision',
] as const;

/** A domain that asked for nothing is looked up nowhere. */
export const NO_DNSBL: DnsblSettings = { zones: [], threshold: 1, allowZones: [], allowedClients: [] };

export const DEFAULT_UNKNOWN_WHILE_DOWN: UnknownWhileDown = { policy: 'ACCEPT', hours: 4 };

export function relayDomainOf(row: DomainRow): RelayDomain {
  return {
    id: row.id,
    name: row.name,
    tenantId: row.tenant_id,
    destinationId: row.destination_id,
    status: row.status,
    deliverTo: row.deliver_to,
    labels: row.labels,
    recipientList: {
      count: row.recipient_count,
      generation: row.recipient_generation,
      delimiter: row.recipient_delimiter,
    },
    callAheads: row.call_aheads,
    unknownWhileDown: { policy: row.unknown_while_down, hours: row.unknown_defer_hours },
    dnsbl: { ...NO_DNSBL, ...row.dnsbl },
    tlsPolicy: row.tls_policy,
    drainPerMinute: row.drain_per_minute,
    etrnClients: row.etrn_clients,
    delayReports: row.delay_reports,
    revision: row.revision,
  };
}
