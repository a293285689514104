/**
 * Entries of a User List with `*`, which stands for any characters, none included. Matched in linear time, without regular
 * expressions: what a customer writes and what a stranger asks for cannot make it slow together.
 */

/** What stands between the asterisks of one entry, in order: at least two parts. */
export type Pattern = readonly string[];

export const WILDCARD = '*';

export function compilePattern(entry: string): Pattern {
  const parts = entry.split(WILDCARD);
  return parts.filter((part, index) => part !== '' || index === 0 || index === parts.length - 1);
}

/** Both in the one form of a local part. */
export function matchesPattern(pattern: Pattern, form: string): boolean {
  const head = pattern[0] ?? '';
  const tail = pattern.at(-1) ?? '';
  const end = form.length - tail.length;
  let at = head.length;
  if (at > end || !form.startsWith(head) || !form.endsWith(tail)) return false;
  // The first place where a part fits leaves the most room for those behind it.
  for (let index = 1; index < pattern.length - 1; index += 1) {
    const part = pattern[index] ?? '';
    const found = form.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
