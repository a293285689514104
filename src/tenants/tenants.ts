/**
 * Tenants: the owners of domains, User Lists and tokens. An installation begins with one, the operator's own.
 *
 * Only an operator makes or changes one. A deleted tenant's row stays, since history names it; nothing speaks for it any more.
 * Quotas bound how many things it may have, never how much mail.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { and, eq, getTableColumns, isAny, isNull, part, query } from '../db/query.ts';
import { domains, tenants } from '../db/schema.ts';
import { emptySlice, type PageRequest, readWalkOf, SETTINGS_COUNT_LIMIT, type Slice } from '../db/walk.ts';
import { recordEvent } from '../events/record.ts';
import { askedId, newId } from '../mail/id.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import { type Change, checkTitle, errorsOf, invalid, refused, type UserError } from '../input/checked.ts';
import { removeDomain } from '../domains/delete.ts';
import { noSuchTenant } from '../domains/owner.ts';
import { applyQuotas, NO_QUOTAS, type Quotas, type QuotasInput, quotasOf, rowOfQuotas } from '../domains/quotas.ts';
import { DOMAIN_COLUMNS, type RelayDomain, relayDomainOf } from '../domains/relay-domain.ts';
import type { TokenCache } from './token-cache.ts';

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly quotas: Quotas;
  /** Null: it is in service. */
  readonly suspension: { readonly reason: string; readonly since: Date } | null;
  readonly revision: number;
  readonly createdAt: Date;
}

export interface TenantCreateInput {
  readonly name: string;
  readonly quotas?: QuotasInput | null | undefined;
}

export interface TenantUpdateInput {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly quotas?: QuotasInput | null | undefined;
  readonly expectedRevision?: number | null | undefined;
}

const { deletedAt, ...COLUMNS } = getTableColumns(tenants);

function tenantOf({
  id,
  name,
  revision,
  createdAt,
  suspendedAt: since,
  suspensionReason: reason,
  ...quotas
}: Omit<typeof tenants.$inferSelect, 'deletedAt'>): Tenant {
  const suspension = since === null || reason === null ? null : { reason, since };
  return { id, name, quotas: quotasOf(quotas), suspension, revision, createdAt };
}

/** Those of these that the viewer may see, by id. */
export async function findTenants(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, Tenant>> {
  const isMeant = and(isAny(tenants.id, ids), itselfOnly(viewer));
  const rows = await query(sql, (db) => db.select(COLUMNS).from(tenants).where(isMeant));
  return new Map(rows.map((row) => [row.id, tenantOf(row)]));
}

/** All that is given must hold. */
export interface TenantFilter {
  /** Without regard to case. */
  readonly namePrefix?: string | null | undefined;
  readonly isSuspended?: boolean | null | undefined;
}

export interface TenantPageRequest extends PageRequest {
  readonly order: 'CREATED' | 'NAME';
  readonly filter: TenantFilter;
}

const SCAN_LIMIT = 5_000;

/** Names are compared in lower case, byte by byte. A prefix is a part of the index of names, which then gives the order. */
export function listTenants(
  sql: SqlExecutor,
  viewer: Viewer,
  { order, filter, ...page }: TenantPageRequest,
): Promise<Slice<Tenant>> {
  const { namePrefix, isSuspended = null } = filter;
  const prefix = namePrefix?.trim().toLowerCase() ?? '';
  if (prefix.includes('\0')) return Promise.resolve(emptySlice());
  const name = sql`lower(name) collate "C"`;
  const key = { column: name, type: sql`text`, low: sql`${prefix}::text`, high: sql`${`${prefix}\u{10ffff}`}::text` };
  const walk = {
    table: sql`tenants`,
    range: {
      ...(order === 'NAME' ? { key } : {}),
      among: viewer.isOperator ? null : sql`array[${viewer.tenantId}::uuid]`,
      isDescending: false,
    },
    page,
    scope: sql`deleted_at is null`,
    matches: [
      ...(order === 'NAME' || prefix === '' ? [] : [sql`starts_with(lower(name), ${prefix})`]),
      ...(isSuspended === null ? [] : [isSuspended ? sql`suspended_at is not null` : sql`suspended_at is null`]),
    ],
    scanLimit: SCAN_LIMIT,
    countLimit: SETTINGS_COUNT_LIMIT,
  };
  return readWalkOf(sql, walk, (ids) => findTenants(sql, viewer, ids));
}

export function createTenant(sql: Sql, viewer: Viewer, input: TenantCreateInput): Promise<Change<Tenant>> {
  return sql.begin((transaction) => insertTenant(transaction, viewer, input));
}

async function insertTenant(sql: SqlExecutor, viewer: Viewer, input: TenantCreateInput): Promise<Change<Tenant>> {
  if (!viewer.isOperator) return refused(operatorsOnly());
  const name = checkTitle(input.name, "A tenant's name");
  const quotas = applyQuotas(NO_QUOTAS, input.quotas);
  if (name.kind === 'BAD' || quotas.kind === 'BAD') return refused(...errorsOf(name, quotas));
  const values = { id: newId(), name: name.value, ...rowOfQuotas(quotas.value) };
  const [row] = await query(sql, (db) => db.insert(tenants).values(values).onConflictDoNothing().returning(COLUMNS));
  if (row === undefined) return nameTaken(sql, name.value);
  await record(sql, row.id, 'TENANT_CREATED', { name: row.name, quotas: quotas.value });
  return { kind: 'DONE', object: tenantOf(row) };
}

export function updateTenant(sql: Sql, viewer: Viewer, input: TenantUpdateInput): Promise<Change<Tenant>> {
  return sql.begin((transaction) => changeTenant(transaction, viewer, input));
}

async function changeTenant(sql: SqlExecutor, viewer: Viewer, input: TenantUpdateInput): Promise<Change<Tenant>> {
  const before = await lockTenant(sql, viewer, input.id);
  if (before === null) return refused(noSuchTenant(input.id));
  const expected = input.expectedRevision ?? before.revision;
  if (expected !== before.revision) {
    const message = `The tenant has revision ${before.revision}, not ${expected}: look at it again, and repeat with that.`;
    return { kind: 'REFUSED', errors: [{ path: ['expectedRevision'], message, code: 'CONFLICT' }], object: before };
  }
  const name = checkTitle(input.name ?? before.name, "A tenant's name");
  const quotas = input.quotas === null ? applyQuotas(NO_QUOTAS, {}) : applyQuotas(before.quotas, input.quotas);
  if (name.kind === 'BAD' || quotas.kind === 'BAD') return refused(...errorsOf(name, quotas));
  const other = await findByName(sql, name.value);
  if (other !== null && other.id !== before.id) return nameTaken(sql, name.value);
  const set = { name: name.value, ...rowOfQuotas(quotas.value), revision: before.revision + 1 };
  const [row] = await query(sql, (db) =>
    db.update(tenants).set(set).where(eq(tenants.id, before.id)).returning(COLUMNS),
  );
  if (row === undefined) throw new Error('a locked tenant is gone');
  const after = tenantOf(row);
  await record(sql, row.id, 'TENANT_UPDATED', {
    before: { name: before.name, quotas: before.quotas },
    after: { name: after.name, quotas: after.quotas },
  });
  return { kind: 'DONE', object: after };
}

/** Ends its tokens, claims, webhooks and alert contacts with it. Refused while a domain of it is in service. */
export function deleteTenant(
  tokens: TokenCache,
  viewer: Viewer,
  { id }: { readonly id: string },
): Promise<Change<Tenant>> {
  return tokens.change((transaction) => removeTenant(transaction, viewer, id));
}

async function removeTenant(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Change<Tenant>> {
  // Domains are locked before their tenant.
  const claims = viewer.isOperator ? await lockClaims(sql, id) : [];
  const tenant = await lockTenant(sql, viewer, id);
  if (tenant === null) return refused(noSuchTenant(id));
  if (tenant.id === OPERATOR_TENANT_ID) {
    return refused(
      invalid(['id'], "The operator's own tenant cannot be deleted: the service speaks through it.", 'INVALID'),
    );
  }
  const [row] = await sql<{ count: number }[]>`select count(*)::integer as count from domains 
      where tenant_id = ${tenant.id} and id <> all(${claims.map((claim) => claim.id)}::uuid[])`;
  const count = row?.count ?? 0;
  if (count > 0) {
    const left = count === 1 ? '1 domain' : `${count} domains`;
    const message = `${tenant.name} still has ${left}. Delete them first with domainDelete, which asks what becomes of held mail.`;
    return { kind: 'REFUSED', errors: [{ path: ['id'], message, code: 'CONFLICT' }], object: tenant };
  }
  for (const domain of claims) await removeDomain(sql, viewer, { domain, held: null });
  const revoked = await sql`delete from tokens where tenant_id = ${tenant.id} returning id`;
  await sql`delete from webhook_secrets where tenant_id = ${tenant.id}`;
  await sql`delete from webhooks where tenant_id = ${tenant.id}`;
  await sql`delete from alert_contacts where tenant_id = ${tenant.id}`;
  await sql`update tenants set deleted_at = bmx_now(), revision = revision + 1 where id = ${tenant.id}`;
  await record(sql, tenant.id, 'TENANT_DELETED', { name: tenant.name, revokedTokens: revoked.length });
  return { kind: 'DONE', object: tenant };
}

async function lockClaims(sql: SqlExecutor, tenantId: string): Promise<RelayDomain[]> {
  const isClaim = and(eq(domains.tenantId, askedId(tenantId)), eq(domains.status, 'PENDING'));
  const rows = await query(sql, (db) =>
    db.select(DOMAIN_COLUMNS).from(domains).where(isClaim).orderBy(domains.name).for('update'),
  );
  return rows.map(relayDomainOf);
}

/** The tenant that an operator may change, locked until COMMIT: domains and tokens that are added wait for it. */
export async function lockTenant(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Tenant | null> {
  if (!viewer.isOperator) return null;
  const isMeant = and(eq(tenants.id, askedId(id)), isNull(deletedAt));
  const [row] = await query(sql, (db) => db.select(COLUMNS).from(tenants).where(isMeant).for('update'));
  return row === undefined ? null : tenantOf(row);
}

/** One that exists, as it is now. */
export async function readTenant(sql: SqlExecutor, id: string): Promise<Tenant> {
  const [row] = await query(sql, (db) => db.select(COLUMNS).from(tenants).where(eq(tenants.id, id)));
  if (row === undefined) throw new Error(`there is no tenant ${id}`);
  return tenantOf(row);
}

function itselfOnly(viewer: Viewer) {
  return viewer.isOperator ? undefined : eq(tenants.id, viewer.tenantId);
}

async function findByName(sql: SqlExecutor, name: string): Promise<Tenant | null> {
  const isNamed = and(part`lower(${tenants.name}) = lower(${name})`, isNull(deletedAt));
  const [row] = await query(sql, (db) => db.select(COLUMNS).from(tenants).where(isNamed));
  return row === undefined ? null : tenantOf(row);
}

async function nameTaken(sql: SqlExecutor, name: string): Promise<Change<Tenant>> {
  const message = `There is a tenant "${name}" already. Take another name.`;
  const error: UserError = { path: ['name'], message, code: 'ALREADY_EXISTS' };
  return { kind: 'REFUSED', errors: [error], object: await findByName(sql, name) };
}

function operatorsOnly(): UserError {
  return { path: [], message: "Only a token of the operator's tenant may do this.", code: 'FORBIDDEN' };
}

function record(
  sql: SqlExecutor,
  tenantId: string,
  kind: 'TENANT_CREATED' | 'TENANT_UPDATED' | 'TENANT_DELETED',
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  return recordEvent(sql, { tenantId, destinationId: null, messageId: null, kind, facts });
}
