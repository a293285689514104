/**
 * Values as Terraform's type system has them (cty), as plain JavaScript: null, booleans, numbers, texts, arrays for lists and sets,
 * records for maps and objects, and UNKNOWN for what is known only after an apply. Pure.
 */

class Unknown {
  readonly isUnknown = true;
}

/** A value that is not known yet. There is one; refinements are dropped. */
export const UNKNOWN = new Unknown();

export type Value = null | boolean | number | string | Unknown | readonly Value[] | { readonly [key: string]: Value };

/** The attributes of a resource, data source or provider block, by name. */
export type State = Readonly<Record<string, Value>>;

/** A type as the schema writes it in JSON. */
export type Type =
  | 'string'
  | 'number'
  | 'bool'
  | readonly ['list' | 'set' | 'map', Type]
  | readonly ['object', Readonly<Record<string, Type>>];

export function isRecord(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether nothing in the value is unknown. */
export function isKnown(value: Value): boolean {
  if (value instanceof Unknown) return false;
  if (isList(value)) return value.every(isKnown);
  return !isRecord(value) || Object.values(value).every(isKnown);
}

/** Whether two values of a type are one; the order of a set does not count. Unknown is only itself. */
export function isSame(type: Type, one: Value, other: Value): boolean {
  if (one === other) return true;
  if (typeof type === 'string') return false;
  if (type[0] === 'object') {
    if (!isRecord(one) || !isRecord(other)) return false;
    return Object.entries(type[1]).every(([name, inner]) => isSame(inner, one[name] ?? null, other[name] ?? null));
  }
  const [kind, inner] = type;
  if (isList(one) && isList(other)) {
    if (one.length !== other.length) return false;
    const [left, right] = kind === 'set' ? [ordered(one), ordered(other)] : [one, other];
    return left.every((value, index) => isSame(inner, value, right[index] ?? null));
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => key in other && isSame(inner, one[key] ?? null, other[key] ?? null))
  );
}

function ordered(values: readonly Value[]): readonly Value[] {
  return values.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A text, or null for everything else. */
export function textOf(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** The texts of a list or set; none for everything else. */
export function textsOf(value: Value | undefined): readonly string[] {
  return value !== undefined && isList(value) ? value.filter((each) => typeof each === 'string') : [];
}
