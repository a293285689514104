/**
 * Adds relay domains that have been checked (new.ts): one, or all of a set in as many statements.
 *
 * The destination of each name is made or taken over as it is, with what it still holds, and of the same owner with its clock.
 */
import type { SqlExecutor } from '../db/client.ts';
import { and, columnsOf, isAny, query } from '../db/query.ts';
import { domains } from '../db/schema.ts';
import { recordEvents } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { ClosedOutage } from '../outage/lifecycle.ts';
import { adoptDestinations, forgetAnswers, lockDestinations } from './destination.ts';
import { changeDomains, type DomainChange } from './change.ts';
import type { Domains } from './domains.ts';
import { checkNewDomain, type DomainCreateInput, type NewDomain } from './new.ts';
import { lockOwners, noSuchTenant } from './owner.ts';
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
    const { created, refused, endedOutages } = await insertDomains(transaction, viewer, [domain]);
    const [made] = created;
    return made === undefined
      ? { result: refusalOf(refused), changed: null }
      : { result: { kind: 'DONE', domain: made }, changed: [domain.name], endedOutages };
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
  /** The outages of former owners that ended with it. */
  readonly endedOutages: readonly ClosedOutage[];
}

const refusing = (refused: readonly Refusal[]): Insertion => ({ created: [], refused, endedOutages: [] });

/** Makes all of them, in the order of their names, or none; within a transaction that is undone when one is refused. */
export async function insertDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  domains: readonly NewDomain[],
): Promise<Insertion> {
  if (domains.length === 0) return refusing([]);
  const names = domains.map(({ name }) => name);
  const destinationIds = await lockDestinations(sql, names, names);
  const gone = await findGone(sql, viewer, domains);
  if (gone !== null) return refusing([gone]);
  const tooMany = await checkQuotas(sql, domains);
  if (tooMany !== null) {
    const own = (await findConflicts(sql, domains)).filter(({ domain }) => domain !== null);
    return refusing(own.length > 0 ? own : [tooMany]);
  }
  const rows = await insertRows(sql, domains, destinationIds);
  if (rows.length < domains.length) {
    const made = new Set(rows.map(({ name }) => name));
    const conflicts = await findConflicts(sql, domains);
    return refusing(conflicts.filter(({ index }) => !made.has(names[index] ?? '')));
  }
  return { ...(await furnish(sql, domains, rows)), refused: [] };
}

async function insertRows(
  sql: SqlExecutor,
  domains: readonly NewDomain[],
  destinationIds: ReadonlyMap<string, string>,
): Promise<readonly DomainRow[]> {
  const columns = Object.entries(SETTING_COLUMNS) as [keyof SettingRow, { readonly name: string }][];
  const values = domains.map(({ tenantId, name, status, settings }) => {
    const row = rowOfSettings(settings);
    const stored = Object.fromEntries(columns.map(([key, column]) => [column.name, row[key]]));
    return { id: newId(), tenant_id: tenantId, destination_id: destinationIds.get(name), name, status, ...stored };
  });
  const names = columns.map(([, { name }]) => sql`${sql(name)}`).reduce((all, next) => sql`${all}, ${next}`);
  return sql<DomainRow[]>`
    insert into domains (id, tenant_id, destination_id, name, status, proof_check_at, ${names})
    select id, tenant_id, destination_id, name, status,
           case when status = 'PENDING' then bmx_now() + interval '1 minute' end, ${names}
    from jsonb_populate_recordset(null::domains, ${JSON.stringify(values)}::text::jsonb)
    order by name
    on conflict do nothing
    returning ${columnsOf(sql, DOMAIN_COLUMNS)}`;
}

/** Adds all else to domains that have their rows: their destinations, their lists, the record. */
async function furnish(
  sql: SqlExecutor,
  domains: readonly NewDomain[],
  rows: readonly DomainRow[],
): Promise<Pick<Insertion, 'created' | 'endedOutages'>> {
  const byName = new Map(rows.map((row) => [row.name, relayDomainOf(row)]));
  const made = domains.flatMap((given) => {
    const domain = byName.get(given.name);
    return domain === undefined ? [] : [{ given, domain }];
  });
  const served = made.flatMap(({ given: { settings }, domain: { tenantId, status, destinationId } }) =>
    status === 'ACTIVE' ? [{ tenantId, destinationId, settings }] : [],
  );
  const endedOutages = served.length === 0 ? [] : await adoptDestinations(sql, served);
  if (served.length > 0) {
    await forgetAnswers(
      sql,
      served.map(({ destinationId }) => destinationId),
      'ALL',
    );
  }
  await recordEvents(
    sql,
    made.map(({ given: { name, status, settings, recipientList }, domain: { tenantId, destinationId } }) => ({
      tenantId,
      destinationId,
      messageId: null,
      kind: 'DOMAIN_CREATED',
      facts: { name, status, ...settings, recipientCount: recipientList.length },
    })),
  );
  const lists = made.map(({ given, domain }) => ({ domain, forms: given.recipientList }));
  return { created: await insertFirstLists(sql, lists), endedOutages };
}

/** The refusal of the only one that was to be made. */
function refusalOf([refusal]: readonly Refusal[]): DomainChange {
  if (refusal === undefined) throw new Error('a domain was neither made nor refused');
  return { kind: 'REFUSED', errors: [refusal.error], domain: refusal.domain };
}

const TENANT_GONE: UserError = {
  path: [],
  message: 'Your tenant has just been deleted. Ask the operator of this service.',
  code: 'FORBIDDEN',
};

/** The first whose owner does not exist; the others' stay until COMMIT. */
async function findGone(sql: SqlExecutor, viewer: Viewer, domains: readonly NewDomain[]): Promise<Refusal | null> {
  const present = await lockOwners(sql, ownersOf(domains));
  const index = domains.findIndex(({ tenantId }) => !present.has(tenantId));
  const tenantId = domains[index]?.tenantId;
  if (tenantId === undefined) return null;
  return {
    index,
    error: tenantId === viewer.tenantId ? TENANT_GONE : noSuchTenant(tenantId, 'tenantId'),
    domain: null,
  };
}

/** Each once, in one order for all who lock them. */
function ownersOf(domains: readonly NewDomain[]): readonly string[] {
  return [...new Set(domains.map(({ tenantId }) => tenantId))].sort();
}

async function checkQuotas(sql: SqlExecutor, domains: readonly NewDomain[]): Promise<Refusal | null> {
  for (const tenantId of ownersOf(domains)) {
    const entries = domains.map((domain) => (domain.tenantId === tenantId ? domain.recipientList.length : 0));
    const more = domains.map((domain) => (domain.tenantId === tenantId ? 1 : 0));
    const tooMany =
      (await checkQuotaOfEach(sql, { tenantId, quota: 'domains', more, path: ['name'] })) ??
      (await checkQuotaOfEach(sql, { tenantId, quota: 'recipientEntries', more: entries, path: ['recipientList'] }));
    if (tooMany !== null) return { ...tooMany, domain: null };
  }
  return null;
}

/** Each name, as if what stands in its way were known: the owner's domain, or one of another tenant. */
async function findConflicts(sql: SqlExecutor, wanted: readonly NewDomain[]): Promise<readonly Refusal[]> {
  const names = wanted.map(({ name }) => name);
  const isOwn = and(isAny(domains.name, names), isAny(domains.tenantId, ownersOf(wanted)));
  const present = await query(sql, (db) => db.select(DOMAIN_COLUMNS).from(domains).where(isOwn));
  return wanted.map(({ name, tenantId }, index) => {
    const row = present.find((each) => each.name === name && each.tenantId === tenantId);
    const domain = row === undefined ? null : relayDomainOf(row);
    const error: UserError =
      domain === null
        ? { path: ['name'], message: `${name} is already served for another tenant.`, code: 'TAKEN' }
        : {
            path: ['name'],
            message: `${name} is already one of your domains. Change it with domainUpdate.`,
            code: 'ALREADY_EXISTS',
          };
    return { index, error, domain };
  });
}
