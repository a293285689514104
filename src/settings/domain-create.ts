/**
 * Adds a relay domain that has been checked (domain-new.ts).
 *
 * The destination of that name is made or taken over as it is, with what it still holds, and of the same owner with its clock.
 */
import type { SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { adoptDestination, lockDestination } from './destination.ts';
import type { Checked } from './domain-input.ts';
import type { DomainChange, RunChange } from './domain-change.ts';
import { checkNewDomain, type DomainCreateInput, type NewDomain, type NewDomainDependencies } from './domain-new.ts';
import { columnsOf } from './domain-settings.ts';
import { checkQuota } from './quotas.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import type { UserError } from './user-error.ts';

/** The recipients' own work: their room lies above this one. */
export interface RecipientListWork {
  /** The one form of each, in order, without repetitions. Paths of errors begin with `field`. */
  readonly check: (
    domainName: string,
    localParts: readonly string[],
    field: string,
  ) => Promise<Checked<readonly string[]>>;
  /** The first entries of a domain that has just been made, in the transaction of its making; null when there are none. */
  readonly insert: (sql: SqlExecutor, domain: RelayDomain, localParts: readonly string[]) => Promise<RelayDomain>;
  /** Whether the domain's list is exactly this one. */
  readonly isList: (sql: SqlExecutor, domainId: string, localParts: readonly string[]) => Promise<boolean>;
  /** Makes the list of a locked domain exactly this one; the same list changes nothing. A shrink by much wants `force`. */
  readonly replace: (
    sql: SqlExecutor,
    viewer: Viewer,
    change: { readonly domain: RelayDomain; readonly localParts: readonly string[]; readonly force: boolean },
  ) => Promise<DomainChange>;
  /** All entries go, with the domain. */
  readonly remove: (sql: SqlExecutor, domainId: string) => Promise<void>;
  /** What a destination's primary has shown: its refusals, when another takes over; all of it, for a domain made anew. */
  readonly forgetAnswers: (sql: SqlExecutor, destinationId: string, what: 'REFUSALS' | 'ALL') => Promise<void>;
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
    return deps.change(domain.name, (transaction) =>
      insertDomain(transaction, viewer, { domain, lists: deps.recipientLists }),
    );
  };
}

/** Within a transaction that is undone when it is refused. */
export async function insertDomain(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, lists }: { readonly domain: NewDomain; readonly lists: RecipientListWork },
): Promise<DomainChange> {
  const destinationId = await lockDestination(sql, domain.name);
  if (!(await lockTenant(sql, viewer.tenantId))) return { kind: 'REFUSED', errors: [TENANT_GONE], domain: null };
  const tooMany = await checkQuotas(sql, viewer, domain);
  if (tooMany !== null) {
    const conflict = await describeConflict(sql, viewer, domain.name);
    return conflict.domain === null ? { kind: 'REFUSED', errors: [tooMany], domain: null } : conflict;
  }
  const { deliverTo, ...settings } = domain.settings;
  const columns = columnsOf(domain.settings);
  const [row] = await sql<DomainRow[]>`
    insert into domains (id, tenant_id, destination_id, name, status, proof_check_at, deliver_to, labels, recipient_delimiter, call_aheads,
                         unknown_while_down, unknown_defer_hours, dnsbl, tls_policy, drain_per_minute, etrn_clients, delay_reports)
    values (${newId()}, ${viewer.tenantId}, ${destinationId}, ${domain.name}, ${domain.status},
            case when ${domain.status} = 'PENDING' then bmx_now() + interval '1 minute' end, ${columns.deliverTo}::text::jsonb, ${columns.labels}::text::jsonb, ${columns.recipientDelimiter},
            ${columns.callAheads}, ${columns.policy}, ${columns.hours}, ${columns.dnsbl}::text::jsonb,
            ${columns.tlsPolicy}, ${columns.drainPerMinute}, ${columns.etrnClients}::text::jsonb, ${columns.delayReports})
    on conflict do nothing
    returning ${sql(DOMAIN_COLUMNS)}`;
  if (row === undefined) return describeConflict(sql, viewer, domain.name);

  if (domain.status === 'ACTIVE') {
    await adoptDestination(sql, { tenantId: viewer.tenantId, destinationId, settings: domain.settings });
    await lists.forgetAnswers(sql, destinationId, 'ALL');
  }
  const created = await lists.insert(sql, relayDomainOf(row), domain.recipients);
  await recordEvent(sql, {
    tenantId: viewer.tenantId,
    destinationId,
    messageId: null,
    kind: 'DOMAIN_CREATED',
    facts: {
      name: domain.name,
      status: domain.status,
      deliverTo,
      ...settings,
      recipientCount: domain.recipients.length,
    },
  });
  return { kind: 'DONE', domain: created };
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
  { recipients }: NewDomain,
): Promise<UserError | null> {
  return (
    (await checkQuota(sql, { tenantId, quota: 'domains', more: 1, field: ['name'] })) ??
    checkQuota(sql, { tenantId, quota: 'recipientEntries', more: recipients.length, field: ['recipients'] })
  );
}

async function describeConflict(sql: SqlExecutor, viewer: Viewer, name: string): Promise<DomainChange> {
  const [row] = await sql<DomainRow[]>`
    select ${sql(DOMAIN_COLUMNS)} from domains where name = ${name} and tenant_id = ${viewer.tenantId}`;
  const error: UserError =
    row === undefined
      ? { field: ['name'], message: `${name} is already served for another tenant.`, code: 'TAKEN' }
      : {
          field: ['name'],
          message: `${name} is already one of your domains. Change it with domainUpdate.`,
          code: 'ALREADY_EXISTS',
        };
  return { kind: 'REFUSED', errors: [error], domain: row === undefined ? null : relayDomainOf(row) };
}
