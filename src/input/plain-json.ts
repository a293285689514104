/**
 * Values as JSON and back, instants included: JSON itself would give them back as text.
 */
const INSTANT_KEY = '$instant';

/**
 * JSON of plain objects, arrays, texts, numbers, booleans, nulls and Dates, as Postgres takes it for jsonb: a NUL and half a
 * character, which a sentence may have quoted, become replacement characters.
 */
export function writePlainJson(value: unknown): string {
  return JSON.stringify(value, function writeInstant(this: Record<string, unknown>, key: string, inner: unknown) {
    const original = this[key];
    if (typeof inner === 'string' && !(original instanceof Date))
      return inner.toWellFormed().replaceAll('\0', '\uFFFD');
    return original instanceof Date ? { [INSTANT_KEY]: original.toISOString() } : inner;
  });
}

/** The value that was written, from JSON that has been parsed. */
export function revivePlainJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revivePlainJson);
  if (typeof value !== 'object' || value === null) return value;
  if (INSTANT_KEY in value) return new Date(String(value[INSTANT_KEY]));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revivePlainJson(inner)]));
}
