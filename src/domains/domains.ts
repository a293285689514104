/**
 * Relay domains: the rows, their snapshot in memory, and how they change.
 *
 * Every read and write carries its viewer in the query itself. A change is one transaction with its event and its notice to
 * the other nodes; it is in force on this node before the call returns, elsewhere when the notice arrives.
 * What a person did wrong is a value; a lost database is an exception.
 */
import type { SqlExecutor, Sql } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import type { ChangesWork, DomainChange, RunChange } from './change.ts';
import { createDomainCreation, type RecipientListWork } from './create.ts';
import type { DomainCreateInput, FindMxHosts } from './new.ts';
import { createDomainsApply, type DomainsApply } from './apply.ts';
import { createDomainDeletion, type CancelHeld, type DomainDeleteInput } from './delete.ts';
import { lockDomain } from './lock.ts';
import { createDomainProofs, type DomainProofs } from './proof.ts';
import { createDomainSuspension, type DomainSuspension } from './suspend.ts';
import { createSnapshot, type SnapshotOptions } from '../db/snapshot.ts';
import { createDomainPreview, createDomainUpdate, type DomainPreview, type DomainUpdateInput } from './update.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { tenantScope } from '../db/fragments.ts';
import type { CheckRoute } from './route-check.ts';

export type { DomainChange } from './change.ts';
export type { DomainPreview } from './update.ts';
export type { DeliverToHost, DomainStatus, RelayDomain } from './relay-domain.ts';

export interface DomainsDependencies {
  readonly sql: Sql;
  /** Every name of this service, lower case: MX_HOSTNAME and MX_NAMES. They cannot be relay domains. */
  readonly ownNames: ReadonlySet<string>;
  readonly findMxHosts: FindMxHosts;
  readonly cancelHeld: CancelHeld;
  readonly checkRoute: CheckRoute;
  readonly recipientLists: RecipientListWork;
  readonly snapshot?: Pick<SnapshotOptions<RelayDomain>, 'maxKnown' | 'maxUnknown'>;
}

export interface Domains {
  /** For every RCPT: the served domain of this name in its one form, from memory when warm. Not for a viewer: no tenant asks. */
  findRelayDomain(name: string): Promise<RelayDomain | null>;
  findDomain(viewer: Viewer, name: string): Promise<RelayDomain | null>;
  /** Served domains of the same tenant whose names end in this one's, a hundred at the most. Not for a viewer. */
  findSubdomains(domain: RelayDomain): Promise<RelayDomain[]>;
  /** In order of creation, after the domain with id `afterId` when given. */
  listDomains(viewer: Viewer, page: { limit: number; afterId: string | null }): Promise<RelayDomain[]>;
  /** The viewer's domains that feed these destinations, by destination id; a served one before a claimed one. */
  findDomainsByDestination(viewer: Viewer, destinationIds: readonly string[]): Promise<Map<string, RelayDomain>>;
  createDomain(viewer: Viewer, input: DomainCreateInput): Promise<DomainChange>;
  updateDomain(viewer: Viewer, input: DomainUpdateInput): Promise<DomainChange>;
  /** What updateDomain would do. */
  previewUpdate(viewer: Viewer, input: DomainUpdateInput): Promise<DomainPreview>;
  deleteDomain(viewer: Viewer, input: DomainDeleteInput): Promise<DomainChange>;
  /** Many at once, all or none. */
  readonly applyDomains: DomainsApply;
  readonly suspendDomain: DomainSuspension;
  readonly proofs: DomainProofs;
  /** Work of the rooms above on the viewer's domain, its row locked until COMMIT. An error names the input field `domain`. */
  changeDomain(
    viewer: Viewer,
    name: string,
    work: (transaction: SqlExecutor, domain: RelayDomain) => Promise<DomainChange>,
  ): Promise<DomainChange>;
  /** A notice of another node (or our own) on SETTINGS_CHANNEL. */
  onSettingsNotice(payload: string): void;
  /** Notices may have been missed: whenever listening was lost, and again when it begins anew. */
  onReset(): void;
}

const NOTICE = 'domain:';
const MOST_SUBDOMAINS = 100;
/** About 1 KB each: a few dozen megabytes at the most. */
const SNAPSHOT = { maxKnown: 50_000, maxUnknown: 10_000 };

export function createDomains(deps: DomainsDependencies): Domains {
  const { sql } = deps;
  const snapshot = createSnapshot({ ...SNAPSHOT, ...deps.snapshot, load: (name) => loadServed(sql, name) });

  const change: RunChange = (name, work) =>
    changeMany([name], async (transaction) => {
      const result = await work(transaction);
      return { result, changed: result.kind === 'DONE' ? [name] : null };
    });

  /** Runs changes in a transaction, tells the other nodes with its COMMIT, and drops our own entries after it. */
  async function changeMany<T>(names: readonly string[], work: ChangesWork<T>): Promise<T> {
    const done: { result?: T } = {};
    try {
      await sql.begin(async (transaction) => {
        const { result, changed } = await work(transaction);
        done.result = result;
        if (changed === null) throw UNDONE;
        const notices = changed.map((name) => NOTICE + name);
        if (notices.length > 0) {
          await transaction`select pg_notify(${SETTINGS_CHANNEL}, notice) from unnest(${notices}::text[]) as notice`;
        }
      });
      return done.result as T;
    } catch (error) {
      if (error === UNDONE) return done.result as T;
      throw error;
    } finally {
      // Also when COMMIT's outcome is unknown: asking once more is cheap.
      for (const name of names) snapshot.drop(name);
    }
  }

  const updating = { ...deps, change, findDomain: (viewer: Viewer, name: string) => findDomain(sql, viewer, name) };
  return {
    findRelayDomain: (name) => snapshot.find(name),
    findDomain: (viewer, name) => findDomain(sql, viewer, name),
    findSubdomains: (domain) => findSubdomains(sql, domain),
    listDomains: (viewer, page) => listDomains(sql, viewer, page),
    findDomainsByDestination: (viewer, ids) => findDomainsByDestination(sql, viewer, ids),
    createDomain: createDomainCreation({ ...deps, change }),
    updateDomain: createDomainUpdate(updating),
    previewUpdate: createDomainPreview(updating),
    deleteDomain: createDomainDeletion({ ...deps, change }),
    applyDomains: createDomainsApply({ ...deps, changeMany }),
    suspendDomain: createDomainSuspension(change),
    proofs: createDomainProofs({ ...deps, changeMany }),
    changeDomain: (viewer, name, work) => lockDomain({ change, viewer, name, field: 'domain' }, work),
    onSettingsNotice(payload) {
      if (payload.startsWith(NOTICE)) snapshot.drop(payload.slice(NOTICE.length));
      else snapshot.dropAll();
    },
    onReset: () => snapshot.dropAll(),
  };
}

/** Thrown to undo a transaction, caught right outside it. */
const UNDONE = new Error('undone');

async function loadServed(sql: SqlExecutor, name: string): Promise<RelayDomain | null> {
  const [row] = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains where name = ${name} and status <> 'PENDING'`;
  return row === undefined ? null : relayDomainOf(row);
}

async function findDomain(sql: SqlExecutor, viewer: Viewer, name: string): Promise<RelayDomain | null> {
  const normal = normalizeDomain(name.trim());
  if (normal === null) return null;
  const [row] = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains
    where name = ${normal} and ${tenantScope(sql, viewer)}
    order by status = 'PENDING', id
    limit 1`;
  return row === undefined ? null : relayDomainOf(row);
}

async function findSubdomains(sql: SqlExecutor, { tenantId, name }: RelayDomain): Promise<RelayDomain[]> {
  const rows = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains
    where tenant_id = ${tenantId} and right(name, ${name.length + 1}) = ${`.${name}`} and status <> 'PENDING'
    order by name limit ${MOST_SUBDOMAINS}`;
  return rows.map(relayDomainOf);
}

async function listDomains(
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

async function findDomainsByDestination(
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
