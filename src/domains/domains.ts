/**
 * Relay domains: how their rows are read, and the served ones in memory.
 *
 * Every read for a person carries its viewer in the query itself. Changes go through change.ts.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { tenantScope } from '../db/fragments.ts';
import { createSnapshot, type SnapshotOptions } from '../db/snapshot.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { Viewer } from '../mail/viewer.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import type { CheckRoute, FindMxHosts } from './route-check.ts';

export type { DeliverToHost, DomainStatus, RelayDomain } from './relay-domain.ts';

/** What changes of domains need beside the input. */
export interface DomainRules {
  readonly sql: Sql;
  /** Every name of this service, lower case: MX_HOSTNAME and MX_NAMES. They cannot be relay domains. */
  readonly ownNames: ReadonlySet<string>;
  readonly findMxHosts: FindMxHosts;
  readonly checkRoute: CheckRoute;
}

export interface DomainsOptions extends DomainRules {
  readonly snapshot?: Pick<SnapshotOptions<RelayDomain>, 'maxKnown' | 'maxUnknown'>;
}

export interface Domains extends DomainRules {
  /** For every RCPT: the served domain of this name in its one form, from memory when warm. Not for a viewer: no tenant asks. */
  findRelayDomain(name: string): Promise<RelayDomain | null>;
  /** Forgets what is in memory about the domain of this name. */
  drop(name: string): void;
  /** A notice of another node (or our own) on SETTINGS_CHANNEL. */
  onSettingsNotice(payload: string): void;
  /** Notices may have been missed: whenever listening was lost, and again when it begins anew. */
  onReset(): void;
}

/** On SETTINGS_CHANNEL, before the name of the domain that has changed. */
export const DOMAIN_NOTICE = 'domain:';
const MOST_SUBDOMAINS = 100;
/** About 1 KB each: a few dozen megabytes at the most. */
const SNAPSHOT = { maxKnown: 50_000, maxUnknown: 10_000 };

export function createDomains({ snapshot: bounds, ...rules }: DomainsOptions): Domains {
  const served = createSnapshot({ ...SNAPSHOT, ...bounds, load: (name) => loadServed(rules.sql, name) });
  return {
    ...rules,
    findRelayDomain: served.find,
    drop: served.drop,
    onSettingsNotice(payload) {
      if (payload.startsWith(DOMAIN_NOTICE)) served.drop(payload.slice(DOMAIN_NOTICE.length));
      else served.dropAll();
    },
    onReset: served.dropAll,
  };
}

async function loadServed(sql: SqlExecutor, name: string): Promise<RelayDomain | null> {
  const [row] = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains where name = ${name} and status <> 'PENDING'`;
  return row === undefined ? null : relayDomainOf(row);
}

export async function findDomain(sql: SqlExecutor, viewer: Viewer, name: string): Promise<RelayDomain | null> {
  const normal = normalizeDomain(name.trim());
  if (normal === null) return null;
  const [row] = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains
    where name = ${normal} and ${tenantScope(sql, viewer)}
    order by status = 'PENDING', id
    limit 1`;
  return row === undefined ? null : relayDomainOf(row);
}

/** Served domains of the same tenant whose names end in this one's, a hundred at the most. Not for a viewer. */
export async function findSubdomains(sql: SqlExecutor, { tenantId, name }: RelayDomain): Promise<RelayDomain[]> {
  const rows = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains
    where tenant_id = ${tenantId} and right(name, ${name.length + 1}) = ${`.${name}`} and status <> 'PENDING'
    order by name limit ${MOST_SUBDOMAINS}`;
  return rows.map(relayDomainOf);
}

/** In order of creation, after the domain with id `afterId` if given. */
export async function listDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  page: { limit: number; afterId: string | null },
): Promise<RelayDomain[]> {
  const rows = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains
    where ${tenantScope(sql, viewer)} ${page.afterId === null ? sql`` : sql`and id > ${page.afterId}`}
    order by id
    limit ${page.limit}`;
  return rows.map(relayDomainOf);
}

/** The viewer's domains that feed these destinations, by destination id; a served one before a claimed one. */
export async function findDomainsByDestination(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, RelayDomain>> {
  const rows = await sql<DomainRow[]>`
    select distinct on (destination_id) ${sql(DOMAIN_COLUMNS)} from domains
    where destination_id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}
    order by destination_id, status = 'PENDING', id`;
  return new Map(rows.map((row) => [row.destination_id, relayDomainOf(row)]));
}
