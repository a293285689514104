/**
 * User Lists: which mailboxes a domain has, as its owner says. An empty list is off; otherwise every other name is refused.
 *
 * What the room offers, put together. Does not refuse anything itself (policy/checks/user-list.ts) and knows nothing of what
 * callouts and deliveries have shown.
 */
import type { Sql, SqlExecutor } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import type { FirstList, RecipientListWork } from '../create.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from '../relay-domain.ts';
import { forgetAnswers } from './forget.ts';
import { type ChangeDomain, type ChangeList, createListChange, replaceList } from './change.ts';
import { checkLocalParts } from './input.ts';
import { createListLookup, type LookupOptions, type ListLookup } from './lookup.ts';
import { compareLists, deleteEntries, type EntriesRequest, listEntries, pinPlans, writeFirstLists } from './store.ts';

export interface RecipientListsDependencies extends Omit<LookupOptions, 'sql'> {
  readonly sql: Sql;
  /** For the look-up at every RCPT: pinned to index scans. */
  readonly lookupSql: Sql;
  readonly changeDomain: ChangeDomain;
}

/** The look-up is not for a viewer: no tenant asks. */
export interface RecipientLists extends ListLookup {
  readonly changeList: ChangeList;
  /** One list of entries per request, in their order, each in alphabetical order; empty when the domain is not the viewer's. */
  listEntries(viewer: Viewer, requests: readonly EntriesRequest[]): Promise<string[][]>;
}

export function createRecipientLists(deps: RecipientListsDependencies): RecipientLists {
  return {
    ...createListLookup({ ...deps, sql: deps.lookupSql }),
    changeList: createListChange(deps.changeDomain),
    listEntries: (viewer, requests) => listEntries(deps.sql, viewer, requests),
  };
}

/** The recipients' part in the making, the changes and the end of a domain. */
export const recipientListWork: RecipientListWork = {
  check: (domainName, localParts, field) => checkLocalParts({ domainName, localParts, field }),
  insert: insertFirst,
  compare: (sql, lists) =>
    sql.begin(async (transaction) => {
      await pinPlans(transaction);
      return compareLists(transaction, lists);
    }),
  replace: replaceList,
  remove: deleteEntries,
  forgetAnswers,
};

async function insertFirst(sql: SqlExecutor, created: readonly FirstList[]): Promise<readonly RelayDomain[]> {
  const lists = created.flatMap(({ domain, localParts }) =>
    localParts.length === 0 ? [] : [{ domain, forms: localParts }],
  );
  if (lists.length === 0) return created.map(({ domain }) => domain);
  await pinPlans(sql);
  await writeFirstLists(sql, lists);
  const rows = await sql<DomainRow[]>`
    update domains d
    set recipient_count = l.count, recipient_generation = recipient_generation + 1
    from unnest(${lists.map(({ domain }) => domain.id)}::uuid[], ${lists.map(({ forms }) => forms.length)}::integer[])
      as l (domain_id, count)
    where d.id = l.domain_id
    returning ${sql(DOMAIN_COLUMNS)}`;
  const byId = new Map(rows.map((row) => [row.id, relayDomainOf(row)]));
  return created.map(({ domain }) => byId.get(domain.id) ?? domain);
}
