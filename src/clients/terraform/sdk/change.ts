/**
 * Plans a change of one object and applies it, by Terraform's rules.
 *
 * A plan: configured values stay as they are written; omitted ones are the default, the former value, or unknown; if nothing changes,
 * the plan is the prior state. An apply: planned values come back as they were planned, nothing stays unknown, and after a failed
 * change the state is what it was. Otherwise Terraform would regard the object as damaged and replace it.
 */
import { type Diagnostic, LOOK_AGAIN, refusals } from './diagnostic.ts';
import type { Found, Outcome, Resource } from './resource.ts';
import type { Attribute, Attributes } from './schema.ts';
import { isKnown, isList, isRecord, isSame, type State, UNKNOWN, type Value } from './value.ts';

export interface Plan {
  readonly planned: State;
  /** Attributes whose new value takes a new object. */
  readonly replacing: readonly string[];
}

/** `prior` is null for an object that is to be made. `derived` follows from the configuration. Removing needs no plan. */
export function planChange(attributes: Attributes, prior: State | null, config: State, derived: State = {}): Plan {
  const names = Object.keys(attributes);
  const planned: Record<string, Value> = Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, plannedValue(attribute, prior?.[name], config[name])]),
  );
  Object.assign(planned, derived);
  if (prior === null) return { planned, replacing: [] };
  const changed = names.filter((name) => differs(attributes, name, planned, prior));
  if (changed.length === 0) return { planned: prior, replacing: [] };
  for (const name of names) {
    const volatile = attributes[name]?.isVolatile;
    if (volatile === true || volatile?.some((other) => changed.includes(other)) === true) planned[name] = UNKNOWN;
  }
  return { planned, replacing: changed.filter((name) => attributes[name]?.replaces === true) };
}

function plannedValue(attribute: Attribute, prior: Value | undefined, config: Value = null): Value {
  if (attribute.isWriteOnly === true) return null;
  if (attribute.use === 'COMPUTED' || (attribute.isFilled === true && config === null))
    return prior ?? (prior === undefined ? UNKNOWN : null);
  return config ?? attribute.default ?? null;
}

/** Whether the attribute has another value, to the letter. */
export function differs(attributes: Attributes, name: string, one: State, other: State): boolean {
  const attribute = attributes[name];
  return attribute === undefined || !isSame(attribute.type, one[name] ?? null, other[name] ?? null);
}

/**
 * The service's values in the user's words: a value of `said` that means the same is kept, and an empty one that was omitted stays
 * null.
 */
export function inTheirWords(attributes: Attributes, said: State, found: State): State {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => {
      const [word, value] = [said[name] ?? null, found[name] ?? null];
      if (attribute.isLocal === true) return [name, word];
      return [name, meansSame(attribute, word, value) ? word : value];
    }),
  );
}

function meansSame(attribute: Attribute, word: Value, found: Value): boolean {
  if (isSame(attribute.type, word, found)) return true;
  if (word === null) return isEmpty(found);
  if (!isKnown(word) || found === null) return found === null && isEmpty(word);
  return attribute.means?.(word, found) === true;
}

function isEmpty(value: Value): boolean {
  return isList(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}

/** Mistakes of a configuration that can be seen without asking anybody; what is not known yet is not looked at. */
export function checkConfig(attributes: Attributes, config: State): readonly Diagnostic[] {
  return Object.entries(attributes).flatMap(([name, { type, check }]): Diagnostic[] => {
    const value = config[name] ?? null;
    if (check === undefined || value === null) return [];
    const kind = typeof type === 'string' ? null : type[0];
    const parts: [Value, ...(string | number)[]][] = [[value]];
    if (kind !== null && isList(value)) {
      parts.splice(0, 1, ...value.map((each, index) => (kind === 'list' ? [each, index] : [each]) as [Value, number]));
    } else if (isRecord(value)) {
      parts.splice(0, 1, ...Object.entries(value).map(([key, each]) => [each, key] as [Value, string]));
    }
    return parts.flatMap(([part, ...steps]) => {
      const detail = isKnown(part) && part !== null ? check(part) : null;
      return detail === null
        ? []
        : [{ severity: 'ERROR' as const, summary: `${name} cannot be used`, detail, path: [name, ...steps] as const }];
    });
  });
}

export interface Applied {
  /** Null: there is no object, or none that we know of. */
  readonly state: State | null;
  readonly diagnostics: readonly Diagnostic[];
}

interface Change {
  /** Null: make it. */
  readonly prior: State | null;
  /** Null: remove it. */
  readonly planned: State | null;
  /** Attributes that are write-only, as the configuration has them. */
  readonly given: State;
}

export async function applyChange<Api>(
  resource: Resource<Api>,
  api: Api,
  { prior, planned, given }: Change,
): Promise<Applied> {
  if (planned === null) {
    if (prior === null) return { state: null, diagnostics: [] };
    const errors = (await resource.remove(api, prior)).filter(({ code }) => code !== 'NOT_FOUND');
    if (errors.length > 0) {
      return { state: prior, diagnostics: refusals(errors, `${resource.title(prior)} cannot be removed`) };
    }
    const remaining = resource.remains?.(prior) ?? null;
    return { state: null, diagnostics: remaining === null ? [] : [remaining] };
  }
  // What was not known when the configuration was checked is known now, and nothing has been made yet.
  const whole = { ...planned, ...given };
  const wrong = [...checkConfig(resource.attributes, whole), ...(resource.check?.(whole) ?? [])];
  if (wrong.length > 0) return { state: prior, diagnostics: wrong };
  if (prior === null) return settle(resource, planned, await resource.create(api, whole), null);
  return applyUpdate(resource, api, { prior, planned, given });
}

/** A change of the same object by another resource delays ours, no more: so often it is tried again. */
const MOST_TRIES = 30;

async function applyUpdate<Api>(
  resource: Resource<Api>,
  api: Api,
  { prior, planned, given }: { readonly prior: State; readonly planned: State; readonly given: State },
): Promise<Applied> {
  const { attributes, update } = resource;
  const isOurs = Object.entries(attributes).some(
    ([name, { isLocal, isActedOn }]) =>
      (isLocal !== true || isActedOn === true) &&
      isKnown(planned[name] ?? null) &&
      differs(attributes, name, planned, prior),
  );
  for (let tries = 1; ; tries += 1) {
    const found = await resource.read(api, prior);
    if (found === null) return { state: prior, diagnostics: [conflict(resource, prior, 'It is gone.')] };
    const changed = changedMeanwhile(attributes, { prior, planned, found });
    if (changed !== undefined) {
      const reason = `Somebody else has changed \`${changed}\` since the plan was made.`;
      return { state: prior, diagnostics: [{ ...conflict(resource, prior, reason), path: [changed] }] };
    }
    const outcome: Outcome =
      update !== undefined && isOurs
        ? await update.call(resource, api, { ...planned, ...given }, found)
        : { kind: 'DONE', values: found.values };
    const isOvertaken = outcome.kind === 'REFUSED' && outcome.errors.some(({ code }) => code === 'CONFLICT');
    if (!isOvertaken || tries === MOST_TRIES) return settle(resource, planned, outcome, prior);
  }
}

/** An attribute that follows from the configuration, and that is neither as it was when the plan was made nor as it is to be. */
function changedMeanwhile(
  attributes: Attributes,
  { prior, planned, found }: { readonly prior: State; readonly planned: State; readonly found: Found },
): string | undefined {
  const asWas = inTheirWords(attributes, prior, found.values);
  const asWanted = inTheirWords(attributes, planned, found.values);
  return Object.keys(attributes).find(
    (name) =>
      (attributes[name]?.use !== 'COMPUTED' || attributes[name].isDerived === true) &&
      differs(attributes, name, asWas, prior) &&
      differs(attributes, name, asWanted, planned),
  );
}

function settle<Api>(resource: Resource<Api>, planned: State, outcome: Outcome, prior: State | null): Applied {
  const { attributes } = resource;
  if (outcome.kind === 'REFUSED') {
    const state = outcome.values === undefined ? prior : stateOf(attributes, planned, outcome.values);
    const summary = `${resource.title(planned)} cannot be ${prior === null ? 'created' : 'changed'}`;
    return { state, diagnostics: refusals(outcome.errors, summary, { attributes, state: planned }) };
  }
  const state = stateOf(attributes, planned, outcome.values);
  const kept = inTheirWords(attributes, planned, outcome.values);
  const diagnostics = Object.keys(attributes)
    .filter((name) => isKnown(planned[name] ?? null) && attributes[name]?.use !== 'COMPUTED')
    .filter((name) => differs(attributes, name, kept, planned))
    .map(
      (name): Diagnostic => ({
        severity: 'WARNING',
        summary: `${name} is kept in another form`,
        detail: `The service keeps it as ${JSON.stringify(kept[name])}. Write it in that form, or every plan will change it.`,
        path: [name],
      }),
    );
  return { state, diagnostics };
}

/** The planned values, and the present values of those that were unknown. */
function stateOf(attributes: Attributes, planned: State, values: State): State {
  return Object.fromEntries(
    Object.keys(attributes).map((name) => {
      const value = planned[name] ?? null;
      return [name, isKnown(value) ? value : (values[name] ?? null)];
    }),
  );
}

function conflict<Api>(resource: Resource<Api>, state: State, reason: string): Diagnostic {
  return {
    severity: 'ERROR',
    summary: `${resource.title(state)} cannot be changed (CONFLICT)`,
    detail: `${reason} ${LOOK_AGAIN}`,
  };
}
