/**
 * Adds relay domains that have been checked (new.ts): one, or all of a set in as many statements.
 *
 * The destination of each name is made or taken over as it is, with what it still holds, and of the same owner with its clock.
 */
import type { SqlExecutor } from '../db/client.ts';
import { and, columnsOf, eq, isAny, query } from '../db/query.ts';
import { domains } from '../db/schema.ts';
import { recordEvents } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { adoptDestinations, forgetAnswers, lockDestinations } from './destination.ts';
import { changeDomains, type DomainChange } from './change.ts';
import type { Domains } from './domains.ts';
import { checkNewDomain, type DomainCreateInput, type NewDomain } from './new.ts';
import { checkQuotaOfEach } from './quotas.ts';
import {
  DOMAIN_COLUMNS,
  type DomainRow,
  type RelayDomain,
  relayDomainOf,
  rowOfSettings,
  SETTING_COLUMNS,
  type SettingRow,
} from './relay-domain.ts';
import type { UserError } from '../input/checked.ts';
import { insertFirstLists } from './user-list/store.ts';

export async function createDomain(node: Domains, viewer: Viewer, input: DomainCreateInput): Promise<DomainChange> {
  const checked = await checkNewDomain(node, viewer, input);
  if (checked.kind === 'BAD') return { kind: 'REFUSED', errors: checked.errors, domain: null };
  const domain = checked.value;
  return changeDomains(node, [domain.name], async (transaction) => {
    const { created, refused } = await insertDomains(transaction, viewer, [domain]);
    const [made] = created;
    return made === undefined
      ? { result: refusalOf(refused), changed: null }
      : { result: { kind: 'DONE', domain: made }, changed: [domain.name] };
  });
}

/** Why a domain was not made. */
export interface Refusal {
  /** The place of the domain among those that were to be made. */
  readonly index: number;
  readonly error: UserError;
  /** The viewer's own object that stands in the way, where there is one. */
  readonly domain: RelayDomain | null;
}

/** All of them, in order, or none and why. */
export interface Insertion {
  readonly created: readonly RelayDomain[];
  readonly refused: readonly Refusal[];
}

/** Makes all of them, in the order of their names, or none; within a transaction that is undone when one is refused. */
export async function insertDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  domains: readonly NewDomain[],
): Promise<Insertion> {
  if (domains.length === 0) return { created: [], refused: [] };
  const names = domains.map(({ name }) => name);
  const destinationIds = await lockDestinations(sql, names, names);
  if (!(await lockTenant(sql, viewer.tenantId))) {
    return { created: [], refused: [{ index: 0, error: TENANT_GONE, domain: null }] };
  }
  const tooMany = await checkQuotas(sql, viewer, domains);
  if (tooMany !== null) {
    const own = (await findConflicts(sql, viewer, names)).filter(({ domain }) => domain !== null);
    return { created: [], refused: own.length > 0 ? own : [tooMany] };
  }
  const rows = await insertRows(sql, viewer, { domains, destinationIds });
  if (rows.length < domains.length) {
    const made = new Set(rows.map(({ name }) => name));
    const conflicts = await findConflicts(sql, viewer, names);
    return { created: [], refused: conflicts.filter(({ index }) => !made.has(names[index] ?? '')) };
  }
  return { created: await furnish(sql, viewer, { domains, rows }), refused: [] };
}

async function insertRows(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, destinationIds }: { domains: readonly NewDomain[]; destinationIds: ReadonlyMap<string, string> },
): Promise<readonly DomainRow[]> {
  const columns = Object.entries(SETTING_COLUMNS) as [keyof SettingRow, { readonly name: string }][];
  const values = domains.map(({ name, status, settings }) => {
    const row = rowOfSettings(settings);
    const stored = Object.fromEntries(columns.map(([key, column]) => [column.name, row[key]]));
    return { id: newId(), destination_id: destinationIds.get(name), name, status, ...stored };
  });
  const names = columns.map(([, { name }]) => sql`${sql(name)}`).reduce((all, next) => sql`${all}, ${next}`);
  return sql<DomainRow[]>`
    insert into domains (id, tenant_id, destination_id, name, status, proof_check_at, ${names})
    select id, ${viewer.tenantId}::uuid, destination_id, name, status,
           case when status = 'PENDING' then bmx_now() + interval '1 minute' end, ${names}
    from jsonb_populate_recordset(null::domains, ${JSON.stringify(values)}::text::jsonb)
    order by name
    on conflict do nothing
    returning ${columnsOf(sql, DOMAIN_COLUMNS)}`;
}

/** Adds all else to domains that have their rows: their destinations, their lists, the record. */
async function furnish(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, rows }: { readonly domains: readonly NewDomain[]; readonly rows: readonly DomainRow[] },
): Promise<readonly RelayDomain[]> {
  const byName = new Map(rows.map((row) => [row.name, relayDomainOf(row)]));
  const made = domains.flatMap((given) => {
    const domain = byName.get(given.name);
    return domain === undefined ? [] : [{ given, domain }];
  });
  const { tenantId } = viewer;
  const served = made.flatMap(({ given: { settings }, domain: { status, destinationId } }) =>
    status === 'ACTIVE' ? [{ tenantId, destinationId, settings }] : [],
  );
  if (served.length > 0) {
    await adoptDestinations(sql, served);
    await forgetAnswers(
      sql,
      served.map(({ destinationId }) => destinationId),
      'ALL',
    );
  }
  await recordEvents(
    sql,
    made.map(({ given: { name, status, settings, recipientList }, domain: { destinationId } }) => ({
      tenantId,
      destinationId,
      messageId: null,
      kind: 'DOMAIN_CREATED',
      facts: { name, status, ...settings, recipientCount: recipientList.length },
    })),
  );
  return insertFirstLists(
    sql,
    made.map(({ given, domain }) => ({ domain, forms: given.recipientList })),
  );
}

/** The refusal of the only one that was to be made. */
function refusalOf([refusal]: readonly Refusal[]): DomainChange {
  if (refusal === undefined) throw new Error('a domain was neither made nor refused');
  return { kind: 'REFUSED', errors: [refusal.error], domain: refusal.domain };
}

const TENANT_GONE: UserError = {
  field: [],
  message: 'Your tenant has just been deleted. Ask the operator of this service.',
  code: 'FORBIDDEN',
};

/** False when it is deleted; otherwise it stays until COMMIT. */
async function lockTenant(sql: SqlExecutor, tenantId: string): Promise<boolean> {
  const rows = await sql`select from tenants where id = ${tenantId} and deleted_at is null for key share`;
  return rows.length > 0;
}

async function checkQuotas(
  sql: SqlExecutor,
  { tenantId }: Viewer,
  domains: readonly NewDomain[],
): Promise<Refusal | null> {
  const ofDomains = { tenantId, quota: 'domains', more: domains.map(() => 1), field: ['name'] } as const;
  const entries = domains.map(({ recipientList }) => recipientList.length);
  const ofEntries = { tenantId, quota: 'recipientEntries', more: entries, field: ['recipientList'] } as const;
  const tooMany = (await checkQuotaOfEach(sql, ofDomains)) ?? (await checkQuotaOfEach(sql, ofEntries));
  return tooMany === null ? null : { ...tooMany, domain: null };
}

/** Each name, as if what stands in its way were known: the viewer's own domain, or one of another tenant. */
async function findConflicts(sql: SqlExecutor, viewer: Viewer, names: readonly string[]): Promise<readonly Refusal[]> {
  const isOwn = and(isAny(domains.name, names), eq(domains.tenantId, viewer.tenantId));
  const present = await query(sql, (db) => db.select(DOMAIN_COLUMNS).from(domains).where(isOwn));
  const own = new Map(present.map((row) => [row.name, relayDomainOf(row)]));
  return names.map((name, index) => {
    const domain = own.get(name) ?? null;
    const error: UserError =
      domain === null
        ? { field: ['name'], message: `${name} is already served for another tenant.`, code: 'TAKEN' }
        : {
            field: ['name'],
            message: `${name} is already one of your domains. Change it with domainUpdate.`,
            code: 'ALREADY_EXISTS',
          };
    return { index, error, domain };
  });
}
