/**
 * The plan of an apply, by Terraform's rules: configured values stay as they are written; omitted ones are the default, the former
 * value, or unknown; if nothing changes, the plan is the prior state. Pure.
 */
import type { Diagnostic } from './diagnostic.ts';
import type { Attribute, Attributes } from './schema.ts';
import { isKnown, isList, isRecord, isSame, type State, UNKNOWN, type Value } from './value.ts';

export interface Plan {
  readonly planned: State;
  /** Attributes whose new value takes a new object. */
  readonly replacing: readonly string[];
}

/** `prior` is null for an object that is to be made. Removing needs no plan. */
export function planChange(attributes: Attributes, prior: State | null, config: State): Plan {
  const names = Object.keys(attributes);
  const planned = Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, plannedValue(attribute, prior?.[name], config[name])]),
  );
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
