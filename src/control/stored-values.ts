/**
 * Words that the database keeps as text, as values of the API's enums, and back for filters.
 *
 * In a rolling upgrade a newer node may write a word that this version does not know. A read shows it as OTHER and does not
 * fail: one row would take the whole page with it. A filter by OTHER finds such rows.
 */
import type { WordCondition } from '../db/fragments.ts';

/** `values`: the enum as generated from the schema; it has OTHER. `text`: `inbound`, `BMX-USER`, `domainUpdate`. */
export function storedValue<Value extends string>(
  values: Readonly<Record<string, Value>>,
  text: string,
): Value | 'OTHER' {
  const word = text
    .replaceAll(/([a-z])(?=[A-Z])/g, '$1_')
    .replaceAll('-', '_')
    .toUpperCase();
  return Object.values(values).find((value) => value === word) ?? 'OTHER';
}

/** The condition of a filter on such a word; null where none is asked for. `spell`: a value as it is stored. */
export function storedWords(
  values: Readonly<Record<string, string>>,
  asked: string | null | undefined,
  spell: (value: string) => string,
): WordCondition | null {
  if (asked == null) return null;
  if (asked !== 'OTHER') return { isAnyOf: [spell(asked)] };
  return { isNoneOf: Object.values(values).map(spell) };
}

/** BMX_USER is stored, and said to clients, as `BMX-USER`. */
export function spellCode(value: string): string {
  return value.replaceAll('_', '-');
}

/** DOMAIN_UPDATE is stored as `domainUpdate`, the name of the field. */
export function spellMutation(value: string): string {
  return value.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
