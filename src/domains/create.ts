/**
 * Adds relay domains that have been checked (domain-new.ts): one, or all of a set in as many statements.
 *
 * The destination of each name is made or taken over as it is, with what it still holds, and of the same owner with its clock.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { recordEvents } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { adoptDestinations, lockDestinations } from './destination.ts';
import type { Checked } from '../input/checked.ts';
import type { DomainChange, RunChange } from './change.ts';
import type { ListDifference } from './difference.ts';
import { checkNewDomain, type DomainCreateInput, type NewDomain, type NewDomainDependencies } from './new.ts';
import { rowOfSettings } from './settings.ts';
import { checkQuotaOfEach } from './quotas.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import type { UserError } from '../input/user-error.ts';

/** The recipients' own work: their room lies above this one. */
export interface RecipientListWork {
  /** The one form of each, in order, without repetitions. Paths of errors begin with `field`. */
  readonly check: (
    domainName: string,
    localParts: readonly string[],
    field: string,
  ) => Promise<Checked<readonly string[]>>;
  /** The first entries of domains that have just been made, in the transaction of their making. The domains as they are then, in order. */
  readonly insert: (sql: SqlExecutor, created: readonly FirstList[]) => Promise<readonly RelayDomain[]>;
  /** What these lists would do to those of their domains, in order; written nowhere. */
  readonly compare: (sql: Sql, lists: readonly WantedList[]) => Promise<readonly ListDifference[]>;
  /** Makes the list of a locked domain exactly this one; the same list changes nothing. */
  readonly replace: (sql: SqlExecutor, viewer: Viewer, change: WholeList) => Promise<DomainChange>;
  /** All entries go, with the domain. */
  readonly remove: (sql: SqlExecutor, domainId: string) => Promise<void>;
  /** What the primaries of destinations have shown: their refusals, when others take over; all of it, for domains made anew. */
  readonly forgetAnswers: (
    sql: SqlExecutor,
    destinationIds: readonly string[],
    what: 'REFUSALS' | 'ALL',
  ) => Promise<void>;
}

/** The User List that a domain begins with. */
export interface FirstList {
  readonly domain: RelayDomain;
  readonly localParts: readonly string[];
}

/** What a person allows a change of a User List to do. */
export interface ListPermission {
  /** Shrink it by more than half. */
  readonly force: boolean;
  /** Empty it, so that mail for any mailbox is accepted. */
  readonly allowEveryone: boolean;
}

/** All that the User List of a locked domain is to have. */
export interface WholeList extends ListPermission {
  readonly domain: RelayDomain;
  readonly localParts: readonly string[];
}

/** The User List that a domain is to have. */
export interface WantedList {
  readonly domainId: string;
  readonly localParts: readonly string[];
}

interface CreationDependencies extends NewDomainDependencies {
  readonly recipientLists: RecipientListWork;
  readonly change: RunChange;
}

export function createDomainCreation(deps: CreationDependencies) {
  return async (viewer: Viewer, input: DomainCreateInput): Promise<DomainChange> => {
    const checked = await checkNewDomain(deps, viewer, input);
    if (checked.kind === 'BAD') return { kind: 'REFUSED', errors: checked.errors, domain: null };
    const domain = checked.value;
    return deps.change(domain.name, async (transaction) => {
      const made = await insertDomains(transaction, viewer, { domains: [domain], lists: deps.recipientLists });
      const [created] = made.created;
      return created === undefined ? refusalOf(made.refused) : { kind: 'DONE', domain: created };
    });
  };
}

/** Why a domain was not made. */
export interface Refusal {
  /** Of the domain among those that were to be made. */
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

interface NewDomains {
  /** In the order of their names. */
  readonly domains: readonly NewDomain[];
  readonly lists: RecipientListWork;
}

/** Makes all of them, or none; within a transaction that is undone when one is refused. */
export async function insertDomains(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, lists }: NewDomains,
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
  return { created: await furnish(sql, viewer, { domains, lists, rows }), refused: [] };
}

async function insertRows(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, destinationIds }: { domains: readonly NewDomain[]; destinationIds: ReadonlyMap<string, string> },
): Promise<readonly DomainRow[]> {
  const values = domains.map(({ name, status, settings }) => ({
    id: newId(),
    destination_id: destinationIds.get(name),
    name,
    status,
    ...rowOfSettings(settings),
  }));
  return sql<DomainRow[]>`
    insert into domains (id, tenant_id, destination_id, name, status, proof_check_at, deliver_to, labels, recipient_delimiter, call_aheads,
                         unknown_while_down, unknown_defer_hours, dnsbl, tls_policy, drain_per_minute, etrn_clients, delay_reports)
    select id, ${viewer.tenantId}::uuid, destination_id, name, status,
           case when status = 'PENDING' then bmx_now() + interval '1 minute' end, deliver_to, labels, recipient_delimiter, call_aheads,
           unknown_while_down, unknown_defer_hours, dnsbl, tls_policy, drain_per_minute, etrn_clients, delay_reports
    from jsonb_to_recordset(${JSON.stringify(values)}::text::jsonb)
      as r (id uuid, destination_id uuid, name text, status text, deliver_to jsonb, labels jsonb, recipient_delimiter text,
            call_aheads boolean, unknown_while_down text, unknown_defer_hours integer, dnsbl jsonb, tls_policy text,
            drain_per_minute integer, etrn_clients jsonb, delay_reports boolean)
    order by name
    on conflict do nothing
    returning ${sql(DOMAIN_COLUMNS)}`;
}

/** What belongs to domains that have their rows: their destinations, their lists, the record. */
async function furnish(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, lists, rows }: NewDomains & { readonly rows: readonly DomainRow[] },
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
    await lists.forgetAnswers(
      sql,
      served.map(({ destinationId }) => destinationId),
      'ALL',
    );
  }
  await recordEvents(
    sql,
    made.map(({ given: { name, status, settings, recipients }, domain: { destinationId } }) => ({
      tenantId,
      destinationId,
      messageId: null,
      kind: 'DOMAIN_CREATED',
      facts: { name, status, ...settings, recipientCount: recipients.length },
    })),
  );
  return lists.insert(
    sql,
    made.map(({ given, domain }) => ({ domain, localParts: given.recipients })),
  );
}

/** Of the only one that was to be made. */
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
  const entries = domains.map(({ recipients }) => recipients.length);
  const ofEntries = { tenantId, quota: 'recipientEntries', more: entries, field: ['recipients'] } as const;
  const tooMany = (await checkQuotaOfEach(sql, ofDomains)) ?? (await checkQuotaOfEach(sql, ofEntries));
  return tooMany === null ? null : { ...tooMany, domain: null };
}

/** Each name, as if what stands in its way were known: the viewer's own domain, or one of another tenant. */
async function findConflicts(sql: SqlExecutor, viewer: Viewer, names: readonly string[]): Promise<readonly Refusal[]> {
  const rows = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains where name = any(${[...names]}::text[]) and tenant_id = ${viewer.tenantId}`;
  const own = new Map(rows.map((row) => [row.name, relayDomainOf(row)]));
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
