/**
 * The rows of User Lists: measured, written and read, a whole list in one statement.
 *
 * A User List says which mailboxes a domain has. An empty list is off; otherwise every other name is refused
 * (policy/recipient.ts). Whoever writes holds the lock of the domain's row. A list travels as one text with a line for each entry, since no form
 * holds a control character: an array of a million strings would be a million calls here and there.
 * No statement joins two long lists: a plan made for ten rows would take hours for a million. Lists are compared by EXCEPT,
 * which sorts or hashes, and rows with a list by `= any` and `<> all`, which Postgres looks up in an index or hashes once
 * the list is a constant of its plan. `pinPlans` makes it one.
 */
import type { Sql, SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { tenantScope } from '../../db/fragments.ts';
import { columnsOf } from '../../db/query.ts';
import { type ListDifference, NAMES_TOLD } from '../difference.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from '../relay-domain.ts';

export type ListVerb = 'ADD' | 'REMOVE' | 'REPLACE';

export interface MeasuredList extends ListDifference {
  /** Entries with an asterisk there would be. */
  readonly patternCount: number;
}

export interface EntriesRequest {
  readonly domainId: string;
  readonly limit: number;
  /** Only entries after this one, in alphabetical order. */
  readonly after: string | null;
  /** Only entries that begin with it; the empty string: all. */
  readonly prefix: string;
}

const SAMPLES = 100;

/**
 * For the rest of the transaction: each plan is made for the very list, and by index where the table still looks small. A
 * million entries on a slow disk may take longer than any other statement.
 */
export async function pinPlans(sql: SqlExecutor): Promise<void> {
  await sql`
    select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
           set_config('statement_timeout', '120s', true)`;
}

/** The difference, written nowhere. `forms`: no repetitions. */
export async function measureList(
  sql: SqlExecutor,
  domainId: string,
  { verb, forms }: { readonly verb: ListVerb; readonly forms: readonly string[] },
): Promise<MeasuredList> {
  const none = sql`select null::text as local_part where false`;
  const removed = {
    ADD: none,
    REMOVE: sql`select local_part from present`,
    REPLACE: sql`select local_part from present except select local_part from given`,
  }[verb];
  const added = verb === 'REMOVE' ? none : sql`select local_part from given except select local_part from present`;
  const [measured] = await sql<MeasuredList[]>`
    with given as materialized (select unnest(${arrayOf(sql, forms)}) as local_part),
         present as materialized (
           select local_part from recipient_entries
           where domain_id = ${domainId}
                 ${verb === 'REPLACE' ? sql`` : sql`and local_part = any(${arrayOf(sql, forms)})`}),
         added as materialized (${added}),
         removed as materialized (${removed})
    select (select count(*) from added)::integer as "addedCount",
           (select count(*) from removed)::integer as "removedCount",
           ((select count(*) from recipient_entries where domain_id = ${domainId} and local_part like '%*%')
            + (select count(*) from added where local_part like '%*%')
            - (select count(*) from removed where local_part like '%*%'))::integer as "patternCount",
           ${samplesOf(sql, sql`added`)} as added,
           ${samplesOf(sql, sql`removed`)} as removed`;
  if (measured === undefined) throw new Error('a count returned no row');
  return measured;
}

/** The effect of lists on those of their domains, in order; each has no repetitions. Told are a few names of each. */
export async function compareLists(
  sql: Sql,
  lists: readonly { readonly domainId: string; readonly forms: readonly string[] }[],
): Promise<ListDifference[]> {
  const questions = lists.map(({ domainId, forms }, position) => ({
    position,
    wanted_domain_id: domainId,
    forms: forms.join('\n'),
  }));
  return sql.begin(async (transaction) => {
    await pinPlans(transaction);
    return compare(transaction, JSON.stringify(questions));
  });
}

function compare(sql: SqlExecutor, questions: string) {
  return sql<ListDifference[]>`
    select found.*
    from jsonb_to_recordset(${questions}::text::jsonb) as q (position integer, wanted_domain_id uuid, forms text)
    cross join lateral (
      with given as materialized (select unnest(string_to_array(q.forms, chr(10))) as local_part),
           present as materialized (select local_part from recipient_entries where domain_id = q.wanted_domain_id),
           added as materialized (select local_part from given except select local_part from present),
           removed as materialized (select local_part from present except select local_part from given)
      select (select count(*) from added)::integer as "addedCount",
             (select count(*) from removed)::integer as "removedCount",
             ${samplesOf(sql, sql`added`, NAMES_TOLD)} as added,
             ${samplesOf(sql, sql`removed`, NAMES_TOLD)} as removed
    ) as found
    order by q.position`;
}

/** Writes what `measureList` has measured, and nothing that need not be. */
export async function writeList(
  sql: SqlExecutor,
  domain: RelayDomain,
  {
    verb,
    forms,
    difference,
  }: { readonly verb: ListVerb; readonly forms: readonly string[]; readonly difference: ListDifference },
): Promise<void> {
  const list = arrayOf(sql, forms);
  if (difference.removedCount > 0) {
    const isGoing = verb === 'REMOVE' ? sql`local_part = any(${list})` : sql`local_part <> all(${list})`;
    await sql`delete from recipient_entries where domain_id = ${domain.id} and ${isGoing}`;
  }
  if (difference.addedCount === 0) return;
  const isAllNew = difference.addedCount === forms.length;
  await insertEntries(
    sql,
    domain,
    isAllNew ? sql`select unnest(${list}) as local_part` : missingOf(sql, domain.id, forms),
  );
}

interface FirstList {
  readonly domain: RelayDomain;
  readonly forms: readonly string[];
}

/** Writes the first entries of domains, in the transaction that makes them. Returns the domains as they are then, in order. */
export async function insertFirstLists(
  sql: SqlExecutor,
  created: readonly FirstList[],
): Promise<readonly RelayDomain[]> {
  const lists = created.filter(({ forms }) => forms.length > 0);
  if (lists.length === 0) return created.map(({ domain }) => domain);
  await pinPlans(sql);
  await writeFirstLists(sql, lists);
  const rows = await sql<DomainRow[]>`
    update domains d
    set recipient_count = l.count, recipient_generation = recipient_generation + 1
    from unnest(${lists.map(({ domain }) => domain.id)}::uuid[], ${lists.map(({ forms }) => forms.length)}::integer[])
      as l (domain_id, count)
    where d.id = l.domain_id
    returning ${columnsOf(sql, DOMAIN_COLUMNS)}`;
  const byId = new Map(rows.map((row) => [row.id, relayDomainOf(row)]));
  return created.map(({ domain }) => byId.get(domain.id) ?? domain);
}

async function writeFirstLists(sql: SqlExecutor, lists: readonly FirstList[]): Promise<void> {
  const rows = lists.map(({ domain, forms }) => ({
    domain_id: domain.id,
    tenant_id: domain.tenantId,
    destination_id: domain.destinationId,
    forms: forms.join('\n'),
  }));
  await sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    select domain_id, tenant_id, destination_id, local_part
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as r (domain_id uuid, tenant_id uuid, destination_id uuid, forms text)
      cross join lateral unnest(string_to_array(forms, chr(10))) as local_part
    order by domain_id, local_part`;
}

function missingOf(sql: SqlExecutor, domainId: string, forms: readonly string[]) {
  return sql`
    select unnest(${arrayOf(sql, forms)}) as local_part
    except
    select local_part from recipient_entries where domain_id = ${domainId} and local_part = any(${arrayOf(sql, forms)})`;
}

/** In the order of the index, and without a look for conflicts, which would cost as much again: the domain's row is locked. */
async function insertEntries(
  sql: SqlExecutor,
  domain: RelayDomain,
  entries: ReturnType<typeof missingOf>,
): Promise<void> {
  await sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    select ${domain.id}::uuid, ${domain.tenantId}::uuid, ${domain.destinationId}::uuid, local_part
    from (${entries}) as entries
    order by local_part`;
}

export async function deleteEntries(sql: SqlExecutor, domainId: string): Promise<void> {
  await sql`delete from recipient_entries where domain_id = ${domainId}`;
}

/** One list of entries per request, in their order, each in alphabetical order. */
export async function listEntries(
  sql: SqlExecutor,
  viewer: Viewer,
  requests: readonly EntriesRequest[],
): Promise<string[][]> {
  const questions = requests.map(({ domainId, limit, after, prefix }, position) => ({
    position,
    wanted_domain_id: domainId,
    from: after ?? '',
    prefix,
    count: limit,
  }));
  const rows = await sql<{ position: number; local_part: string }[]>`
    select q.position, found.local_part
    from jsonb_to_recordset(${JSON.stringify(questions)}::text::jsonb) as q (
      position integer, wanted_domain_id uuid, "from" text, prefix text, count integer)
    cross join lateral (
      select local_part from recipient_entries
      where domain_id = q.wanted_domain_id and local_part > q."from" and ${tenantScope(sql, viewer)}
        -- As ranges of the key; nothing sorts between texts with a common beginning but others with it.
        and local_part >= q.prefix and (q.prefix = '' or local_part <= q.prefix || U&'\\+10FFFF') and starts_with(local_part, q.prefix)
      order by local_part
      limit q.count
    ) as found
    order by q.position, found.local_part`;
  const lists = requests.map((): string[] => []);
  for (const { position, local_part: localPart } of rows) lists[position]?.push(localPart);
  return lists;
}

function arrayOf(sql: SqlExecutor, forms: readonly string[]) {
  return sql`string_to_array(${forms.join('\n')}::text, chr(10))`;
}

function samplesOf(sql: SqlExecutor, entries: ReturnType<typeof arrayOf>, count = SAMPLES) {
  return sql`
    coalesce((select jsonb_agg(local_part order by local_part)
              from (select local_part from ${entries} order by local_part limit ${count}) as first), '[]')`;
}
