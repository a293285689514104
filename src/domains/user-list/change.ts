/**
 * Changes of a User List: add, remove, replace. All entries are checked first, then it is all done or nothing is.
 *
 * One transaction with the domain's row locked: two writers come one after the other, and who names the revision he has
 * read overwrites no one. A list that shrinks by more than half is more often a broken export than a wish, and needs `force`.
 * An emptied list is off, and mail for any mailbox is accepted: that needs `allowEveryone`, which says so.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { part } from '../../db/query.ts';
import { domains } from '../../db/schema.ts';
import {
  changeDomain,
  type ChangingDomains,
  type DomainChange,
  type DomainRefusal,
  noSuchDomain,
  recordOf,
  refuse,
  writeDomain,
} from '../change.ts';
import { checkQuota } from '../quotas.ts';
import type { ListDifference } from '../difference.ts';
import type { RelayDomain } from '../relay-domain.ts';
import type { UserError } from '../../input/checked.ts';
import { checkLocalParts, describeTooMany } from './input.ts';
import { type ListVerb, measureList, pinPlans, writeList } from './store.ts';

export interface ListInput {
  /** As the person typed it. */
  readonly domain: string;
  readonly localParts: readonly string[];
  /** Shrinks the list by any number, but not to nothing. */
  readonly force?: boolean | null | undefined;
  /** Empties the list. */
  readonly allowEveryone?: boolean | null | undefined;
  /** Refuse with CONFLICT unless the list has this revision. */
  readonly expectedRevision?: number | null | undefined;
  /** Says what would change, also where that would need `force` or `allowEveryone`. */
  readonly dryRun?: boolean | null | undefined;
}

export type ListChange =
  | { readonly kind: 'DONE'; readonly domain: RelayDomain; readonly difference: ListDifference }
  /** `domain` as it is, with CONFLICT and SHRINK. */
  | DomainRefusal;

/** The permission for a change of a User List. */
export interface ListPermission {
  /** Shrink it by more than half. */
  readonly force: boolean;
  /** Empty it, so that mail for any mailbox is accepted. */
  readonly allowEveryone: boolean;
}

/** All that the User List of a locked domain is to have. */
interface WholeList extends ListPermission {
  readonly domain: RelayDomain;
  readonly localParts: readonly string[];
}

/** From here on a shrink by more than half wants `force`. */
const GUARDED_COUNT = 100;
/** Names of those that came and those that went, in the record of events. */
const EVENT_SAMPLES = 20;

interface Wanted {
  readonly verb: ListVerb;
  readonly forms: readonly string[];
  readonly input: ListInput;
}

export async function changeList(
  node: ChangingDomains,
  viewer: Viewer,
  verb: ListVerb,
  input: ListInput,
): Promise<ListChange> {
  const name = normalizeDomain(input.domain.trim());
  if (name === null) return noSuchDomain(input.domain, 'domain');
  const checked = await checkLocalParts({ domainName: name, localParts: input.localParts, field: 'localParts' });
  if (checked.kind === 'BAD') return { kind: 'REFUSED', errors: checked.errors, domain: null };
  return changeDomain(node, viewer, { name, field: 'domain' }, (sql, domain) =>
    changeLocked(sql, viewer, { domain, wanted: { verb, forms: checked.value, input } }),
  );
}

/** As `recipientListReplace`, of a domain that is locked already. */
export async function replaceList(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, localParts, ...permission }: WholeList,
): Promise<DomainChange> {
  const input = { domain: domain.name, localParts, ...permission };
  return changeLocked(sql, viewer, { domain, wanted: { verb: 'REPLACE', forms: localParts, input } });
}

async function changeLocked(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, wanted }: { readonly domain: RelayDomain; readonly wanted: Wanted },
): Promise<ListChange> {
  const { input } = wanted;
  const conflict = checkRevision(domain, input.expectedRevision);
  if (conflict !== null) return refuse(conflict, domain);
  await pinPlans(sql);
  const { patternCount, ...difference } = await measureList(sql, domain.id, wanted);
  const count = domain.recipientList.count + difference.addedCount - difference.removedCount;
  const tooMany = describeTooMany('localParts', count, difference.addedCount === 0 ? 0 : patternCount);
  if (tooMany !== null) return refuse(tooMany);
  const done: ListChange = { kind: 'DONE', domain, difference };
  // Writing what is there already is no change: its revision stays, so that a replayed plan is a no-op.
  if (input.dryRun === true || difference.addedCount + difference.removedCount === 0) return done;
  const shrink = checkShrink(domain, count, input);
  if (shrink !== null) return refuse(shrink, domain);
  const { tenantId } = domain;
  const more = count - domain.recipientList.count;
  const beyond = await checkQuota(sql, { tenantId, quota: 'recipientEntries', more, path: ['localParts'] });
  if (beyond !== null) return refuse(beyond, domain);
  await writeList(sql, domain, { ...wanted, difference });
  return { ...done, domain: await recordChange(sql, viewer, { domain, count, difference }) };
}

function checkRevision(domain: RelayDomain, expected: number | null | undefined): UserError | null {
  const { revision } = domain.recipientList;
  if (expected === undefined || expected === null || expected === revision) return null;
  const message =
    `The User List of ${domain.name} has revision ${revision}, not ${expected}: somebody changed it meanwhile. ` +
    'Read it again and repeat with its revision.';
  return { path: ['expectedRevision'], message, code: 'CONFLICT' };
}

function checkShrink(domain: RelayDomain, count: number, { force, allowEveryone }: ListInput): UserError | null {
  const before = domain.recipientList.count;
  if (before > 0 && count === 0) {
    if (allowEveryone === true) return null;
    const message =
      `The User List of ${domain.name} would lose ${before === 1 ? 'its only entry' : `all its ${before} entries`} and be off: mail for any mailbox would be ` +
      'accepted. If you mean that, repeat with allowEveryone: true.';
    return { path: ['allowEveryone'], message, code: 'SHRINK' };
  }
  if (force === true || before < GUARDED_COUNT || count >= before / 2) return null;
  const message =
    `The User List of ${domain.name} would shrink from ${before} entries to ${count}. ` +
    'If you mean that, repeat with force: true.';
  return { path: ['force'], message, code: 'SHRINK' };
}

async function recordChange(
  sql: SqlExecutor,
  viewer: Viewer,
  {
    domain,
    count,
    difference,
  }: { readonly domain: RelayDomain; readonly count: number; readonly difference: ListDifference },
): Promise<RelayDomain> {
  const recipientListRevision = part`${domains.recipientListRevision} + 1`;
  const changed = await writeDomain(sql, domain, { recipientCount: count, recipientListRevision });
  await recordOf(sql, domain, 'RECIPIENTS_CHANGED', {
    by: viewer.tenantId,
    ...difference,
    added: difference.added.slice(0, EVENT_SAMPLES),
    removed: difference.removed.slice(0, EVENT_SAMPLES),
    count,
    revision: changed.recipientList.revision,
  });
  return changed;
}
