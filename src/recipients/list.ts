/**
 * User Lists: which mailboxes a domain has, as its owner says. An empty list is off; otherwise every other name is refused.
 *
 * What the room offers, put together. Does not refuse anything itself (policy/user-list.ts) and knows nothing of what
 * callouts and deliveries have shown.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { RecipientListWork } from '../settings/domain-create.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from '../settings/relay-domain.ts';
import { forgetAnswers } from './forget.ts';
import { type ChangeDomain, type ChangeList, createListChange, replaceList } from './list-change.ts';
import { checkLocalParts } from './list-input.ts';
import { createListLookup, type LookupOptions, type ListLookup } from './list-lookup.ts';
import { deleteEntries, type EntriesRequest, isList, listEntries, pinPlans, writeFirstList } from './list-store.ts';

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
  isList,
  replace: replaceList,
  remove: deleteEntries,
  forgetAnswers,
};

async function insertFirst(sql: SqlExecutor, domain: RelayDomain, localParts: readonly string[]): Promise<RelayDomain> {
  if (localParts.length === 0) return domain;
  await pinPlans(sql);
  await writeFirstList(sql, domain, localParts);
  const [row] = await sql<DomainRow[]>`
    update domains
    set recipient_count = ${localParts.length}, recipient_generation = recipient_generation + 1
    where id = ${domain.id}
    returning ${sql(DOMAIN_COLUMNS)}`;
  if (row === undefined) throw new Error('a new domain has gone');
  return relayDomainOf(row);
}
