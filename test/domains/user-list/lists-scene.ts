/** A node's User Lists on a test database, and a domain to have one. */
import type { Viewer } from '../../../src/mail/viewer.ts';
import { changeList, type ListChange, type ListInput } from '../../../src/domains/user-list/change.ts';
import type { ListVerb } from '../../../src/domains/user-list/store.ts';
import { createListLookup, type ListLookup } from '../../../src/domains/user-list/lookup.ts';
import type { Domains } from '../../../src/domains/domains.ts';
import type { RelayDomain } from '../../../src/domains/relay-domain.ts';
import { domainsOn, OPERATOR } from '../../control/harness.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { createDomain } from '../../../src/domains/create.ts';

export interface ListsNode {
  readonly domains: Domains;
  readonly lists: ListLookup;
  change(verb: ListVerb, input: ListInput, viewer?: Viewer): Promise<ListChange>;
  /** As RCPT asks: the served domain from the snapshot, the local part as given. */
  isListed(address: string): Promise<boolean>;
}

export function openNode(database: TestDatabase): ListsNode {
  const domains = domainsOn(database);
  const lists = createListLookup({ sql: database.database.queueSql });
  return {
    domains,
    lists,
    change: (verb, input, viewer = OPERATOR) => changeList(domains, viewer, verb, input),
    async isListed(address) {
      const at = address.lastIndexOf('@');
      const domain = await domains.findRelayDomain(address.slice(at + 1));
      if (domain === null) throw new Error(`${address} is not served`);
      return lists.isListed(domain, address.slice(0, at));
    },
  };
}

export async function addListed(
  node: ListsNode,
  name: string,
  more: { readonly recipientList?: readonly string[]; readonly recipientDelimiter?: string } = {},
): Promise<RelayDomain> {
  const change = await createDomain(node.domains, OPERATOR, { name, ...more });
  if (change.kind !== 'DONE') throw new Error(JSON.stringify(change.errors));
  return change.domain;
}

/** The entries as they stand, in alphabetical order. */
export async function entriesOf(database: TestDatabase, domainId: string): Promise<string[]> {
  const rows = await database.sql`
    select local_part from recipient_entries where domain_id = ${domainId} order by local_part`;
  return rows.map((row) => String(row['local_part']));
}

/** The codes and fields of a refusal: `SHRINK at force`. */
export function refusalOf(change: ListChange): string {
  if (change.kind === 'DONE') throw new Error('it was done');
  return change.errors.map(({ code, path }) => `${code} at ${path.join('.')}`).join(', ');
}
