/**
 * Words that the database keeps as text, as values of the API's enums.
 *
 * In a rolling upgrade a newer node may write a word that this version does not know. A read shows it as OTHER and does not
 * fail: one row would take the whole page with it.
 */

/** `values`: the enum as generated from the schema; it has OTHER. */
export function storedValue<Value extends string>(
  values: Readonly<Record<string, Value>>,
  text: string,
): Value | 'OTHER' {
  const word = text.toUpperCase();
  return Object.values(values).find((value) => value === word) ?? 'OTHER';
}
