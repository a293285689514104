/**
 * Makes a set of domains be as they are described, all of them or none: one plan (plan.ts), one transaction.
 *
 * Each domain of the plan is locked and must still be what the plan saw. A step that is refused undoes all others.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { ClosedOutage } from '../outage/lifecycle.ts';
import { lockDestinations } from './destination.ts';
import { changeDomains, type DomainChange } from './change.ts';
import { insertDomains } from './create.ts';
import type { Domains } from './domains.ts';
import { NAMES_TOLD, recipientListDifference, settingDifferences, type TextDifference } from './difference.ts';
import { removeDomain } from './delete.ts';
import { storeSettings } from './update.ts';
import { type DomainsApplyInput, planDomains, type PlannedStep } from './plan.ts';
import { type RelayDomain, settingsOf } from './relay-domain.ts';
import type { UserError } from '../input/checked.ts';
import { replaceList } from './user-list/change.ts';

interface DomainStep {
  readonly name: string;
  readonly action: 'CREATE' | 'UPDATE' | 'KEEP' | 'DELETE';
  /** Names of settings that change, in alphabetical order. */
  readonly changes: readonly string[];
}

export interface AppliedDomain extends DomainStep {
  /** The changes in words, in the same order; of a domain that is added, its settings that are not the default. */
  readonly differences: readonly TextDifference[];
}

/** A domain that is another in the same transaction. */
export interface DomainDifference extends Omit<DomainStep, 'name'> {
  readonly before: RelayDomain | null;
  readonly after: RelayDomain | null;
}

/** Is told of the domains that change, in their transaction, before its COMMIT. */
export type RecordDifferences = (transaction: SqlExecutor, differences: readonly DomainDifference[]) => Promise<void>;

export type DomainsApplied =
  | {
      readonly kind: 'DONE';
      readonly domains: readonly AppliedDomain[];
      readonly removed: readonly RelayDomain[];
    }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

interface ApplyOptions {
  /** Only says what would be done. */
  readonly isDryRun?: boolean;
  readonly record?: RecordDifferences;
}

/** Removed domains whose held mail is to be cancelled are `removed`: the caller cancels it after the domains are gone. */
export async function applyDomains(
  domains: Domains,
  viewer: Viewer,
  input: DomainsApplyInput,
  { isDryRun = false, record = async () => {} }: ApplyOptions = {},
): Promise<DomainsApplied> {
  const plan = await planDomains(domains, viewer, input);
  if (plan.kind === 'BAD') return { kind: 'REFUSED', errors: plan.errors };
  const steps = plan.value;
  const applied = steps.map(describeWhole);
  if (isDryRun) return { kind: 'DONE', domains: applied, removed: [] };
  const errors = await runSteps(domains, viewer, { steps, input, record });
  if (errors.length > 0) return { kind: 'REFUSED', errors };
  const removed = steps.flatMap((step) => (step.kind === 'DELETE' ? [step.domain] : []));
  return { kind: 'DONE', domains: applied, removed };
}

interface Run {
  readonly steps: readonly PlannedStep[];
  readonly input: DomainsApplyInput;
  readonly record: RecordDifferences;
}

/** The errors that undid all of it; none when it is done. */
async function runSteps(
  domains: Domains,
  viewer: Viewer,
  { steps, input, record }: Run,
): Promise<readonly UserError[]> {
  const active = steps.filter(({ kind }) => kind !== 'KEEP');
  // One order for all who lock several.
  const sorted = active.toSorted((a, b) => (a.domain.name < b.domain.name ? -1 : 1));
  const names = sorted.map(({ domain }) => domain.name);
  const made = sorted.flatMap(({ kind, domain }) => (kind === 'CREATE' ? [domain.name] : []));
  return changeDomains(domains, names, async (sql) => {
    await lockDestinations(sql, names, made);
    const errors: UserError[] = [...(await lockUnchanged(sql, sorted))];
    const differences: DomainDifference[] = [];
    const closedBreakers: string[] = [];
    const endedOutages: ClosedOutage[] = [];
    const changes = sorted.filter((step) => step.kind !== 'CREATE');
    for (const step of errors.length === 0 ? changes : []) {
      const change = await runStep(sql, viewer, { step, input });
      errors.push(...errorsOfStep(step, change));
      if (change.kind === 'DONE') differences.push(differenceOf(step, change.domain));
      if (change.kind === 'DONE' && change.hasClosedBreaker === true) closedBreakers.push(change.domain.name);
    }
    // After the others: what is removed makes room in a quota.
    if (errors.length === 0) {
      const made = await createAll(sql, viewer, sorted);
      errors.push(...made.errors);
      differences.push(...made.differences);
      endedOutages.push(...made.endedOutages);
    }
    if (errors.length === 0) await record(sql, differences);
    return { result: errors, changed: errors.length === 0 ? names : null, closedBreakers, endedOutages };
  });
}

async function createAll(
  sql: SqlExecutor,
  viewer: Viewer,
  steps: readonly PlannedStep[],
): Promise<{
  readonly errors: readonly UserError[];
  readonly differences: readonly DomainDifference[];
  readonly endedOutages: readonly ClosedOutage[];
}> {
  const creations = steps.filter((step) => step.kind === 'CREATE');
  const domains = creations.map(({ domain }) => domain);
  const { created, refused, endedOutages } = await insertDomains(sql, viewer, domains);
  const errors = refused.flatMap(({ index, error }) => {
    const step = creations[index];
    return step === undefined ? [] : errorsOfStep(step, { kind: 'REFUSED', errors: [error], domain: null });
  });
  const differences = created.flatMap((domain, index) => {
    const step = creations[index];
    return step === undefined ? [] : [differenceOf(step, domain)];
  });
  return { errors, differences, endedOutages };
}

/** Complaints about those that are not what the plan saw. */
async function lockUnchanged(sql: SqlExecutor, steps: readonly PlannedStep[]): Promise<readonly UserError[]> {
  const known = steps.flatMap((step) => (step.kind === 'UPDATE' || step.kind === 'DELETE' ? [step] : []));
  const rows = await sql<{ id: string; revision: number }[]>`
    select id, revision from domains where id = any(${known.map(({ domain }) => domain.id)}::uuid[]) order by name for update`;
  const revisions = new Map(rows.map(({ id, revision }) => [id, revision]));
  const changed = known.filter(({ domain }) => revisions.get(domain.id) !== domain.revision);
  return changed.map((step) => ({
    path: step.kind === 'UPDATE' ? ['domains', String(step.index)] : ['prune'],
    message: `Somebody changed ${step.domain.name} meanwhile: look at it, and repeat.`,
    code: 'CONFLICT',
  }));
}

interface StepRun {
  readonly step: Exclude<PlannedStep, { kind: 'CREATE' }>;
  readonly input: DomainsApplyInput;
}

async function runStep(sql: SqlExecutor, viewer: Viewer, { step, input }: StepRun): Promise<DomainChange> {
  switch (step.kind) {
    case 'DELETE':
      return removeDomain(sql, viewer, { domain: step.domain, held: input.held ?? null });
    case 'KEEP':
      return { kind: 'DONE', domain: step.domain };
    case 'UPDATE': {
      const { domain, settings, changes, recipientList, permission } = step;
      const listed: DomainChange =
        recipientList === null
          ? { kind: 'DONE', domain }
          : await replaceList(sql, viewer, { domain, localParts: recipientList.localParts, ...permission });
      if (listed.kind === 'REFUSED' || changes.length === 0) return listed;
      return storeSettings(sql, viewer, { domain: listed.domain, before: settingsOf(domain), after: settings });
    }
    default:
      return step satisfies never;
  }
}

function errorsOfStep(step: PlannedStep, change: DomainChange): readonly UserError[] {
  if (change.kind === 'DONE') return [];
  if (step.kind === 'CREATE' || step.kind === 'UPDATE') {
    return change.errors.map((error) => ({
      ...error,
      path: ['domains', String(step.index), ...recipientListField(error.path)],
    }));
  }
  return change.errors;
}

/** The field that the list calls `localParts` is `recipientList` here. */
function recipientListField(path: readonly string[]): readonly string[] {
  return path[0] === 'localParts' ? ['recipientList', ...path.slice(1)] : path;
}

function differenceOf(step: PlannedStep, after: RelayDomain): DomainDifference {
  const { action, changes } = describe(step);
  const before = step.kind === 'CREATE' ? null : step.domain;
  return { action, changes, before, after: step.kind === 'DELETE' ? null : after };
}

function describeWhole(step: PlannedStep): AppliedDomain {
  const list = listOfStep(step);
  const differences = [...settingsOfStep(step), ...(list === null ? [] : [list])];
  return { ...describe(step), differences: differences.toSorted((a, b) => (a.field < b.field ? -1 : 1)) };
}

function settingsOfStep(step: PlannedStep): readonly TextDifference[] {
  if (step.kind === 'CREATE') return settingDifferences(null, step.domain.settings);
  return step.kind === 'UPDATE' ? settingDifferences(settingsOf(step.domain), step.settings) : [];
}

function listOfStep(step: PlannedStep): TextDifference | null {
  if (step.kind === 'UPDATE' && step.recipientList !== null) {
    const { localParts, difference } = step.recipientList;
    return recipientListDifference(step.domain.recipientList.count, localParts.length, difference);
  }
  if (step.kind !== 'CREATE' || step.domain.recipientList.length === 0) return null;
  const { recipientList } = step.domain;
  const added = recipientList.slice(0, NAMES_TOLD);
  const difference = { addedCount: recipientList.length, added, removedCount: 0, removed: [] };
  return recipientListDifference(0, recipientList.length, difference);
}

function describe(step: PlannedStep): DomainStep {
  const { name } = step.domain;
  if (step.kind !== 'UPDATE') return { name, action: step.kind, changes: [] };
  const list = step.recipientList === null ? [] : ['recipientList'];
  return { name, action: 'UPDATE', changes: [...step.changes, ...list].toSorted() };
}
