/**
 * Adds a relay domain. It need not exist in DNS yet; refused is only what cannot be a domain whose mail we hold.
 *
 * The destination of that name is made or taken over as it is, with what it still holds and its clock.
 */
import { within } from '../clock.ts';
import type { SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { adoptDestination, lockDestination } from './destination.ts';
import { type Checked, checkDomainName, errorsOf } from './domain-input.ts';
import type { DomainChange, RunChange } from './domain-change.ts';
import {
  applySettings,
  columnsOf,
  DEFAULT_SETTINGS,
  type DomainSettings,
  type DomainSettingsInput,
} from './domain-settings.ts';
import { checkQuota } from './quotas.ts';
import { DOMAIN_COLUMNS, type DomainRow, type DomainStatus, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import { type CheckRoute, complaintsOf, findRouteHosts } from './route-check.ts';
import type { UserError } from './user-error.ts';

export interface DomainCreateInput extends DomainSettingsInput {
  readonly name: string;
  /** Local parts of its User List; absent or empty: the list is off. */
  readonly recipients?: readonly string[] | null | undefined;
  /** Adds it even though it looks like a mail server's host name. */
  readonly force?: boolean | null;
}

/** Lower-case names of a domain's MX records; empty when it has none; UNKNOWN when DNS does not say. */
export type FindMxHosts = (name: string) => Promise<readonly string[] | 'UNKNOWN'>;

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
  /** All entries go, with the domain. */
  readonly remove: (sql: SqlExecutor, domainId: string) => Promise<void>;
  /** What a destination's primary has shown: its refusals, when another takes over; all of it, for a domain made anew. */
  readonly forgetAnswers: (sql: SqlExecutor, destinationId: string, what: 'REFUSALS' | 'ALL') => Promise<void>;
}

interface CreationDependencies {
  readonly ownNames: ReadonlySet<string>;
  readonly findMxHosts: FindMxHosts;
  readonly checkRoute: CheckRoute;
  readonly recipientLists: RecipientListWork;
  readonly change: RunChange;
}

interface NewDomain {
  readonly name: string;
  readonly settings: DomainSettings;
  readonly recipients: readonly string[];
  readonly status: DomainStatus;
}

/** Names above the host that are asked for their MX records: `mx1.mail.example.org` may serve `example.org`. */
const MAX_PARENTS = 3;
/** A person waits for the answer; a resolver that works needs a fraction of this. */
const MX_TIMEOUT_MS = 2_000;

export function createDomainCreation(deps: CreationDependencies) {
  return async (viewer: Viewer, input: DomainCreateInput): Promise<DomainChange> => {
    const name = checkDomainName(input.name, deps.ownNames);
    const settings = applySettings(DEFAULT_SETTINGS, input);
    const shownName = name.kind === 'OK' ? name.value : '';
    const recipients = await deps.recipientLists.check(shownName, input.recipients ?? [], 'recipients');
    if (name.kind === 'BAD' || settings.kind === 'BAD' || recipients.kind === 'BAD') {
      return { kind: 'REFUSED', errors: errorsOf(name, settings, recipients), domain: null };
    }
    const hostError = input.force === true ? null : await checkIsNoHost(name.value, deps.findMxHosts);
    if (hostError !== null) return { kind: 'REFUSED', errors: [hostError], domain: null };
    const { deliverTo } = settings.value;
    const hosts = deliverTo.length === 0 ? null : await findRouteHosts(deps.checkRoute, name.value, deliverTo);
    const complaints = complaintsOf(hosts ?? []);
    if (complaints.length > 0) return { kind: 'REFUSED', errors: complaints, domain: null };

    const domain: NewDomain = {
      name: name.value,
      settings: settings.value,
      recipients: recipients.value,
      // An operator's is served at once; a tenant's waits for the proof of its ownership.
      status: viewer.isOperator ? 'ACTIVE' : 'PENDING',
    };
    return deps.change(domain.name, (transaction) =>
      insertDomain(transaction, viewer, { domain, lists: deps.recipientLists }),
    );
  };
}

/** A host name without MX records of its own that is an MX of a domain above it is a mail server, not a mail domain. */
async function checkIsNoHost(name: string, findMxHosts: FindMxHosts): Promise<UserError | null> {
  const parents = parentsOf(name);
  const [own, ...above] = await Promise.all([name, ...parents].map((domain) => answerInTime(findMxHosts(domain))));
  if (own === undefined || own === 'UNKNOWN' || own.length > 0) return null;
  const parent = parents.find((_, index) => above[index] !== 'UNKNOWN' && above[index]?.includes(name));
  if (parent === undefined) return null;
  return {
    field: ['name'],
    message:
      `${name} is the mail server of ${parent}, not a domain of its own. Add ${parent}: its mail server is found ` +
      `through its MX records. If ${name} does receive mail for addresses @${name}, repeat with force: true.`,
    code: 'HOST_NOT_DOMAIN',
  };
}

/** DNS that is slow or away must not keep anybody from adding a domain. */
function answerInTime(answer: ReturnType<FindMxHosts>): ReturnType<FindMxHosts> {
  return within(
    MX_TIMEOUT_MS,
    answer.catch(() => 'UNKNOWN' as const),
    () => 'UNKNOWN' as const,
  );
}

/** Nearest first; a top-level domain is not asked. */
function parentsOf(name: string): string[] {
  const labels = name.split('.');
  const parents = labels.slice(1, -1).map((_, index) => labels.slice(index + 1).join('.'));
  return parents.slice(0, MAX_PARENTS);
}

async function insertDomain(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, lists }: { readonly domain: NewDomain; readonly lists: RecipientListWork },
): Promise<DomainChange> {
  const tooMany = await checkQuotas(sql, viewer, domain);
  if (tooMany !== null) {
    const conflict = await describeConflict(sql, viewer, domain.name);
    return conflict.domain === null ? { kind: 'REFUSED', errors: [tooMany], domain: null } : conflict;
  }
  const { deliverTo, ...settings } = domain.settings;
  const destinationId = await lockDestination(sql, domain.name);
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
