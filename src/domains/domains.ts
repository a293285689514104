/**
 * Relay domains: how their rows are read, and the served ones in memory.
 *
 * Every read for a person carries its viewer in the query itself. Changes go through change.ts.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { and, type Builder, eq, isAny, ne, part, query, tenantOnly } from '../db/query.ts';
import { domains, tenants } from '../db/schema.ts';
import { createSnapshot, type SnapshotOptions } from '../db/snapshot.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { MailEvents } from '../telemetry/events.ts';
import { DOMAIN_COLUMNS, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import type { CheckRoute, FindMxHosts } from './route-check.ts';

/** The needs of a change of domains beside its input. */
export interface DomainRules {
  readonly sql: Sql;
  /** Every name of this service, lower case: MX_HOSTNAME and MX_NAMES. They cannot be relay domains. */
  readonly ownNames: ReadonlySet<string>;
  readonly findMxHosts: FindMxHosts;
  readonly checkRoute: CheckRoute;
  readonly events: Pick<MailEvents, 'outageClosed' | 'breakerMoved'>;
}

export interface DomainsOptions extends DomainRules {
  readonly snapshot?: Pick<SnapshotOptions<RelayDomain>, 'maxKnown' | 'maxUnknown'>;
}

export interface Domains extends DomainRules {
  /**
   * For every RCPT: the served domain of this name in its one form, from memory when warm; SUSPENDED also while its tenant is. Not
   * for a viewer: no tenant asks.
   */
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
  const served = createSnapshot({ ...SNAPSHOT, ...bounds, load: (name) => findInForce(rules.sql, name) });
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

const IS_SERVED = ne(domains.status, 'PENDING');
/** A served one before a claimed one. */
const SERVED_FIRST = part`${domains.status} = 'PENDING'`;

/** The served domain of this name, in its one form. `viewer`: only if it is the viewer's. */
export async function findServed(
  sql: SqlExecutor,
  name: string,
  viewer: Viewer | null = null,
): Promise<RelayDomain | null> {
  const isMeant = and(eq(domains.name, name), IS_SERVED, viewer === null ? undefined : tenantOnly(domains, viewer));
  const [row] = await query(sql, (db) => db.select(DOMAIN_COLUMNS).from(domains).where(isMeant));
  return row === undefined ? null : relayDomainOf(row);
}

/** The served domain as mail for it is treated: SUSPENDED also while its tenant is. */
async function findInForce(sql: SqlExecutor, name: string): Promise<RelayDomain | null> {
  const isSuspended = part<boolean>`exists (select from ${tenants} where ${tenants.id} = ${domains.tenantId} and ${tenants.suspendedAt} is not null)`;
  const isMeant = and(eq(domains.name, name), IS_SERVED);
  const [row] = await query(sql, (db) =>
    db
      .select({ ...DOMAIN_COLUMNS, isSuspended })
      .from(domains)
      .where(isMeant),
  );
  if (row === undefined) return null;
  const domain = relayDomainOf(row);
  return row.isSuspended ? { ...domain, status: 'SUSPENDED' } : domain;
}

/** The viewer's domain of this name, in its one form. */
export function selectNamed(db: Builder, viewer: Viewer, name: string) {
  const isMeant = and(eq(domains.name, name), tenantOnly(domains, viewer));
  return db.select(DOMAIN_COLUMNS).from(domains).where(isMeant).orderBy(SERVED_FIRST, domains.id).limit(1);
}

export async function findDomain(sql: SqlExecutor, viewer: Viewer, name: string): Promise<RelayDomain | null> {
  const normal = normalizeDomain(name.trim());
  const [row] = normal === null ? [] : await query(sql, (db) => selectNamed(db, viewer, normal));
  return row === undefined ? null : relayDomainOf(row);
}

/** Served domains of the same tenant whose names end in this one's, a hundred at the most. Not for a viewer. */
export async function findSubdomains(sql: SqlExecutor, { tenantId, name }: RelayDomain): Promise<RelayDomain[]> {
  const isBelow = part`right(${domains.name}, ${name.length + 1}) = ${`.${name}`}`;
  const isMeant = and(eq(domains.tenantId, tenantId), isBelow, IS_SERVED);
  const rows = await query(sql, (db) =>
    db.select(DOMAIN_COLUMNS).from(domains).where(isMeant).orderBy(domains.name).limit(MOST_SUBDOMAINS),
  );
  return rows.map(relayDomainOf);
}

/** Those of these that the viewer may see, by id. */
export async function findDomainsById(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, RelayDomain>> {
  const isMeant = and(isAny(domains.id, ids), tenantOnly(domains, viewer));
  const rows = await query(sql, (db) => db.select(DOMAIN_COLUMNS).from(domains).where(isMeant));
  return new Map(rows.map((row) => [row.id, relayDomainOf(row)]));
}

/** The viewer's domains that feed these destinations, by destination id; a served one before a claimed one. */
export async function findDomainsByDestination(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, RelayDomain>> {
  const { destinationId, id } = domains;
  const isMeant = and(isAny(destinationId, destinationIds), tenantOnly(domains, viewer));
  const rows = await query(sql, (db) =>
    db
      .selectDistinctOn([destinationId], DOMAIN_COLUMNS)
      .from(domains)
      .where(isMeant)
      .orderBy(destinationId, SERVED_FIRST, id),
  );
  return new Map(rows.map((row) => [row.destinationId, relayDomainOf(row)]));
}
