/**
 * The steps that make a set of domains be as they are described: which are to be added, changed or removed.
 *
 * A description says all of a domain: what it leaves out has its default; a User List that is not named stays. With an owner
 * label only domains that bear it are touched, and each gets it. Reads and checks; changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import { monotonicMs } from '../clock.ts';
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { tenantScope } from '../db/fragments.ts';
import { columnsOf } from '../db/query.ts';
import type { HeldMailChoice } from './delete.ts';
import type { DomainRules } from './domains.ts';
import { changedSettings, type ListDifference } from './difference.ts';
import { checkLabels, type LabelInput } from './input.ts';
import { type Checked, invalid, type UserError } from '../input/checked.ts';
import { checkNewDomain, type DomainCreateInput, type NewDomain } from './new.ts';
import { checkOwner } from './owner.ts';
import { applySettings } from './settings.ts';
import {
  DEFAULT_SETTINGS,
  DOMAIN_COLUMNS,
  type DomainRow,
  type DomainSettings,
  type RelayDomain,
  relayDomainOf,
  settingsOf,
} from './relay-domain.ts';
import { checkRouteOf, type FindMxHosts } from './route-check.ts';
import type { ListPermission } from './user-list/change.ts';
import { checkLocalParts } from './user-list/input.ts';
import { compareLists } from './user-list/store.ts';

export type DomainApplyInput = DomainCreateInput & {
  /** Empties its User List. */
  readonly allowEveryone?: boolean | null | undefined;
};

export interface DomainsApplyInput {
  readonly domains: readonly DomainApplyInput[];
  /** Only domains with this label are touched. Absent or null: all of the viewer's, and nothing can be removed. */
  readonly owner?: LabelInput | null | undefined;
  /** Takes over domains that do not bear the owner's label yet. */
  readonly adopt?: boolean | null | undefined;
  /** Removes domains of the owner that are not described, of the viewer's own tenant only: another's label may be the same. */
  readonly prune?: boolean | null | undefined;
  /** The treatment of mail that is held for those. */
  readonly held?: HeldMailChoice | null | undefined;
}

export type PlannedStep =
  | { readonly kind: 'CREATE'; readonly index: number; readonly domain: NewDomain }
  | {
      readonly kind: 'UPDATE';
      readonly index: number;
      readonly domain: RelayDomain;
      readonly settings: DomainSettings;
      /** Names of the settings that change; empty when only the list does. */
      readonly changes: readonly string[];
      /** Null: the User List stays. */
      readonly recipientList: PlannedList | null;
      readonly permission: ListPermission;
    }
  | { readonly kind: 'KEEP'; readonly domain: RelayDomain }
  | { readonly kind: 'DELETE'; readonly domain: RelayDomain };

export interface PlannedList {
  readonly localParts: readonly string[];
  readonly difference: ListDifference;
}

/** The plan for a domain that is there, before its User List is compared. */
interface Draft {
  readonly kind: 'PRESENT';
  readonly index: number;
  readonly domain: RelayDomain;
  readonly settings: DomainSettings;
  readonly changes: readonly string[];
  /** Null: none is named. */
  readonly recipientList: readonly string[] | null;
  readonly permission: ListPermission;
}

type Created = Extract<PlannedStep, { kind: 'CREATE' }>;

export const MOST_DOMAINS = 1000;
/** Questions to the DNS under way at once. */
const CHECKS_AT_ONCE = 50;
/** For how long names are asked for their MX records, all together: the answer is a piece of advice, and a person waits. */
const ASK_FOR_MS = 2_000;

/** The MX records of a name count as unknown once the time for all is over. */
function askInTime(findMxHosts: FindMxHosts): FindMxHosts {
  const endMs = monotonicMs() + ASK_FOR_MS;
  return async (name) => (monotonicMs() < endMs ? findMxHosts(name) : 'UNKNOWN');
}

export async function planDomains(
  rules: DomainRules,
  viewer: Viewer,
  input: DomainsApplyInput,
): Promise<Checked<readonly PlannedStep[]>> {
  const asking = { ...rules, findMxHosts: askInTime(rules.findMxHosts) };
  const refusal = checkForm(input);
  if (refusal.length > 0) return { kind: 'BAD', errors: refusal };
  const present = await findPresent(rules.sql, viewer, input);
  const drafts: (Created | Draft)[] = [];
  const errors: UserError[] = [];
  for (let at = 0; at < input.domains.length; at += CHECKS_AT_ONCE) {
    const some = input.domains.slice(at, at + CHECKS_AT_ONCE);
    const planned = await Promise.all(
      some.map((wanted, index) => planOne(asking, { viewer, input, wanted, index: at + index, present })),
    );
    for (const [index, one] of planned.entries()) {
      if (one.kind === 'OK') drafts.push(one.value);
      else
        errors.push(...one.errors.map((error) => ({ ...error, path: ['domains', String(at + index), ...error.path] })));
    }
  }
  if (errors.length > 0) return { kind: 'BAD', errors };
  const steps = await withLists(rules.sql, drafts);
  const described = new Set(input.domains.map(({ name }) => normalizeDomain(name.trim())));
  const gone =
    input.prune === true
      ? [...present.values()].filter((each) => isOwned(each, input) && !described.has(each.name))
      : [];
  return { kind: 'OK', value: [...steps, ...gone.map((domain) => ({ kind: 'DELETE' as const, domain }))] };
}

function checkForm(input: DomainsApplyInput): UserError[] {
  if (input.domains.length > MOST_DOMAINS) {
    const message = `At most ${MOST_DOMAINS} domains are applied at once. Split them by owner.`;
    return [{ path: ['domains'], message, code: 'TOO_MANY' }];
  }
  if (input.owner == null && (input.prune === true || input.adopt === true)) {
    const message =
      'Name an owner: only domains that bear its label can be told from others, to be adopted or removed.';
    return [invalid(['owner'], message, 'REQUIRED')];
  }
  const owner = checkLabels(input.owner == null ? [] : [input.owner]);
  const errors: UserError[] =
    owner.kind === 'BAD'
      ? owner.errors.map((error) => ({ ...error, path: ['owner', error.path.at(-1) ?? 'key'] }))
      : [];
  const seen = new Map<string, number>();
  for (const [index, { name }] of input.domains.entries()) {
    const normal = normalizeDomain(name.trim());
    const before = normal === null ? undefined : seen.get(normal);
    if (before !== undefined)
      errors.push(
        invalid(
          ['domains', String(index), 'name'],
          `It is described twice: see entry ${before}. Remove one of them.`,
          'DUPLICATE',
        ),
      );
    else if (normal !== null) seen.set(normal, index);
  }
  return errors;
}

/**
 * The viewer's domains that are described or bear the owner's label, by name; a served one before a claimed one. To an operator a
 * tenant's claim is as if it were not there: it must not keep a name from him.
 */
async function findPresent(
  sql: SqlExecutor,
  viewer: Viewer,
  { domains, owner, prune }: DomainsApplyInput,
): Promise<Map<string, RelayDomain>> {
  const names = domains.flatMap(({ name }) => normalizeDomain(name.trim()) ?? []);
  // Only tenants that the description speaks for: anybody may give his domains the same label.
  const tenants = [viewer.tenantId, ...domains.flatMap(({ tenantId }) => tenantId ?? [])];
  const owned =
    owner != null && prune === true
      ? sql`or (labels @> ${JSON.stringify({ [owner.key]: owner.value })}::text::jsonb and tenant_id::text = any(${tenants}::text[]))`
      : sql``;
  const rows = await sql<DomainRow[]>`
    select distinct on (name) ${columnsOf(sql, DOMAIN_COLUMNS)} from domains
    where (name = any(${names}::text[]) ${owned}) and ${tenantScope(sql, viewer)}
      and (status <> 'PENDING' or tenant_id = ${viewer.tenantId})
    order by name, status = 'PENDING', tenant_id <> ${viewer.tenantId}, id`;
  return new Map(rows.map((row) => [row.name, relayDomainOf(row)]));
}

interface OnePlan {
  readonly viewer: Viewer;
  readonly input: DomainsApplyInput;
  readonly wanted: DomainApplyInput;
  readonly index: number;
  readonly present: ReadonlyMap<string, RelayDomain>;
}

async function planOne(rules: DomainRules, plan: OnePlan): Promise<Checked<Created | Draft>> {
  const { viewer, input, index, present } = plan;
  const wanted = withOwner(plan.wanted, input);
  const domain = present.get(normalizeDomain(wanted.name.trim()) ?? '');
  if (domain === undefined) {
    const checked = await checkNewDomain(rules, viewer, wanted);
    return checked.kind === 'BAD' ? checked : { kind: 'OK', value: { kind: 'CREATE', index, domain: checked.value } };
  }
  const owner = checkOwner(viewer, wanted.tenantId ?? domain.tenantId);
  if (owner.kind === 'BAD') return owner;
  if (owner.value !== domain.tenantId) {
    const message = `${domain.name} belongs to another tenant. Move it with domainTransfer, or leave tenantId out.`;
    return { kind: 'BAD', errors: [{ path: ['tenantId'], message, code: 'CONFLICT' }] };
  }
  if (input.owner != null && input.adopt !== true && !isOwned(domain, input)) {
    const message = `${domain.name} is yours and does not bear the label ${input.owner.key}=${input.owner.value}: somebody else looks after it. Repeat with adopt: true to take it over.`;
    return { kind: 'BAD', errors: [{ path: ['name'], message, code: 'CONFLICT' }] };
  }
  const settings = applySettings(DEFAULT_SETTINGS, wanted);
  if (settings.kind === 'BAD') return settings;
  const before = settingsOf(domain);
  if (!isDeepStrictEqual(settings.value.deliverTo, before.deliverTo)) {
    const complaints = await checkRouteOf(rules.checkRoute, domain.name, settings.value.deliverTo);
    if (complaints.length > 0) return { kind: 'BAD', errors: complaints };
  }
  const recipientList =
    wanted.recipientList == null
      ? null
      : await checkLocalParts({ domainName: domain.name, localParts: wanted.recipientList, field: 'recipientList' });
  if (recipientList?.kind === 'BAD') return recipientList;
  const draft = {
    kind: 'PRESENT',
    index,
    domain,
    settings: settings.value,
    changes: changedSettings(before, settings.value),
    recipientList: recipientList?.value ?? null,
    permission: { force: wanted.force === true, allowEveryone: wanted.allowEveryone === true },
  } as const;
  return { kind: 'OK', value: draft };
}

/** The steps, now that is known which of the lists that are named are others: all are compared at once. */
async function withLists(sql: Sql, drafts: readonly (Created | Draft)[]): Promise<readonly PlannedStep[]> {
  const lists = drafts.flatMap((draft) =>
    draft.kind === 'PRESENT' && draft.recipientList !== null
      ? [{ domainId: draft.domain.id, forms: draft.recipientList }]
      : [],
  );
  const compared = lists.length === 0 ? [] : await compareLists(sql, lists);
  const changed = new Map<string, PlannedList>();
  for (const [index, { domainId, forms }] of lists.entries()) {
    const difference = compared[index];
    if (difference === undefined) throw new Error('a list was not compared');
    if (difference.addedCount + difference.removedCount > 0) changed.set(domainId, { localParts: forms, difference });
  }
  return drafts.map((draft) => {
    if (draft.kind === 'CREATE') return draft;
    const recipientList = changed.get(draft.domain.id) ?? null;
    return recipientList === null && draft.changes.length === 0
      ? { kind: 'KEEP', domain: draft.domain }
      : { ...draft, kind: 'UPDATE', recipientList };
  });
}

function withOwner(wanted: DomainApplyInput, { owner }: DomainsApplyInput): DomainApplyInput {
  if (owner == null) return wanted;
  const others = (wanted.labels ?? []).filter(({ key }) => key !== owner.key);
  return { ...wanted, labels: [...others, owner] };
}

function isOwned({ labels }: RelayDomain, { owner }: DomainsApplyInput): boolean {
  return owner != null && labels[owner.key] === owner.value;
}
