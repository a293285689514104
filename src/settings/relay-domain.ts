/**
 * A relay domain as the rest of the service knows it, and how its row becomes one.
 */
import type { DeliverToHost } from '../db/schema.ts';

export type { DeliverToHost } from '../db/schema.ts';

/** PENDING: claimed, ownership not proven, not served. SUSPENDED: served with a deferral only. */
export type DomainStatus = 'PENDING' | 'ACTIVE' | 'SUSPENDED';

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
  'revision',
] as const;

export function relayDomainOf(row: DomainRow): RelayDomain {
  return {
    id: row.id,
    name: row.name,
    tenantId: row.tenant_id,
    destinationId: row.destination_id,
    status: row.status,
    deliverTo: row.deliver_to,
    labels: row.labels,
    revision: row.revision,
  };
}
